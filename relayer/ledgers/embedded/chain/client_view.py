"""Light clients as the ports show them, read from the newest state at the present time."""

from __future__ import annotations

from relayer.core.ids import ClientId, Height
from relayer.ledgers.embedded.chain.chain import Chain
from relayer.ledgers.embedded.host.clients import Counterparty
from relayer.ledgers.embedded.host.refusals import MessageRefused
from relayer.ledgers.embedded.host.transactions import RegisterCounterparty
from relayer.ports.ledger import ClientCondition, ClientStatus
from relayer.proofs.comet import TimestampNanoseconds


def client_status(chain: Chain, client_id: ClientId, *, now: TimestampNanoseconds) -> ClientStatus:
    """UNKNOWN for a client that does not exist, or of a type that is not known here."""
    context = chain.query(now=now)
    clients = chain.machine.clients
    unknown = ClientStatus(client_id=client_id, condition=ClientCondition.UNKNOWN)
    try:
        module = clients.module(client_id)
    except MessageRefused:
        return unknown
    client = clients.client(context, client_id)
    condition = module.condition(client)
    if condition is ClientCondition.UNKNOWN:
        return unknown
    latest = module.latest_height(client)
    counterparty = _counterparty(chain, client_id, now=now)
    return ClientStatus(
        client_id=client_id,
        condition=condition,
        client_type=module.client_type,
        latest_height=latest,
        latest_timestamp=module.timestamp_at(client, latest),
        trusting_period_seconds=module.trusting_period_seconds(client),
        counterparty_client_id="" if counterparty is None else counterparty.client_id,
        counterparty_chain_id=module.counterparty_chain_id(client),
        client_state=client.store.client_state or b"",
    )


def stores_consensus_state(
    chain: Chain, client_id: ClientId, *, height: Height, consensus_state: bytes, now: TimestampNanoseconds
) -> bool:
    """Whether the client has stored exactly this at `height`; encodings are canonical."""
    store = chain.machine.clients.client(chain.query(now=now), client_id).store
    return store.consensus_state(height) == consensus_state


def client_state(chain: Chain, client_id: ClientId, *, now: TimestampNanoseconds) -> tuple[str, bytes]:
    """Type URL and protobuf bytes of the client state; both empty for a client that does not exist."""
    clients = chain.machine.clients
    raw = clients.client(chain.query(now=now), client_id).store.client_state
    return ("", b"") if raw is None else (clients.module(client_id).client_state_type_url, raw)


def is_paired_with(chain: Chain, pairing: RegisterCounterparty, *, now: TimestampNanoseconds) -> bool:
    """Whether exactly this pairing is stored already."""
    counterparty = _counterparty(chain, ClientId(pairing.client_id), now=now)
    return counterparty is not None and (counterparty.client_id, counterparty.merkle_prefix) == (
        pairing.counterparty_client_id,
        pairing.counterparty_merkle_prefix,
    )


def _counterparty(chain: Chain, client_id: ClientId, *, now: TimestampNanoseconds) -> Counterparty | None:
    try:
        return chain.machine.clients.counterparty(chain.query(now=now), client_id)
    except MessageRefused:
        return None
