"""The client registry of the host (ICS-2 and its v2 pairing): create, register the counterparty once, update, recover.

State is stored at the keys of ibc-go, so that a proof of one of them looks as it does on a Cosmos chain.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from relayer.codes.ibc import IbcCode
from relayer.core.ids import ClientId, parse_client_id
from relayer.errors import InvalidInput
from relayer.ledgers.embedded.host.context import Context
from relayer.ledgers.embedded.host.light_clients import Client, ClientStore, LightClientModule, UpdateResult
from relayer.ledgers.embedded.host.refusals import refuse
from relayer.ledgers.embedded.host.transactions import CreateClient, RegisterCounterparty
from relayer.ports.ledger import ClientCondition
from relayer.proofs.errors import ProofError
from relayer.proofs.protobuf import bytes_field, message_field, parse_canonical
from relayer.wire.cosmos_protos import client_v2_counterparty

MAXIMUM_STATE_BYTES = 32 * 1024
MAXIMUM_PREFIX_ELEMENTS = 32
MAXIMUM_PREFIX_BYTES = 256
MAXIMUM_CLIENT_MESSAGE_BYTES = 512 * 1024
_NEXT_CLIENT = b"nextClientSequence"
_CREATOR = b"creator"
_COUNTERPARTY = b"counterparty"
_COUNTER_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterparty:
    """What a client is paired with: the client of us on the other ledger, and where that ledger keeps its commitments."""

    client_id: ClientId
    merkle_prefix: tuple[bytes, ...]

    def path(self, commitment_path: bytes) -> tuple[bytes, ...]:
        """The prefix with the ICS-24 path appended to its last element."""
        return (*self.merkle_prefix[:-1], self.merkle_prefix[-1] + commitment_path)


class ClientRegistry:
    """Light clients by the type that their ids begin with."""

    def __init__(self, modules: Iterable[LightClientModule]) -> None:
        self._modules = {module.client_type: module for module in modules}
        self._by_url = {module.client_state_type_url: module for module in self._modules.values()}

    def create(self, context: Context, creation: CreateClient) -> ClientId:
        """ibc-go CreateClient. The id is ``{type}-{number}``, numbered over all types."""
        module = self._by_url.get(creation.client_state_type_url)
        if module is None:
            raise refuse(IbcCode.ROUTE_NOT_FOUND, f"no client type has the state {creation.client_state_type_url!r} here")
        if creation.consensus_state_type_url != module.consensus_state_type_url:
            raise refuse(
                IbcCode.INVALID_CLIENT_TYPE, f"a {module.client_type} client starts from {module.consensus_state_type_url}"
            )
        if max(len(creation.client_state), len(creation.consensus_state)) > MAXIMUM_STATE_BYTES:
            raise refuse(IbcCode.TOO_LARGE, f"client and consensus state have at most {MAXIMUM_STATE_BYTES} bytes each")
        number = int.from_bytes(context.store.get(_NEXT_CLIENT) or b"", "big")
        context.store.set(_NEXT_CLIENT, (number + 1).to_bytes(_COUNTER_BYTES, "big"))
        client = self.client(context, ClientId(f"{module.client_type}-{number}"))
        module.initialise(client, creation.client_state, creation.consensus_state)
        condition = module.condition(client)
        if condition is not ClientCondition.ACTIVE:
            raise refuse(IbcCode.CLIENT_NOT_ACTIVE, f"the new client would be {condition.value}; start from a newer height")
        client.store.set(_CREATOR, creation.signer.encode())
        return client.client_id

    def register_counterparty(self, context: Context, pairing: RegisterCounterparty) -> ClientId:
        """ibc-go RegisterCounterparty: only the creator, only once."""
        merkle_prefix = pairing.counterparty_merkle_prefix
        if not merkle_prefix:
            raise refuse(IbcCode.INVALID_COUNTERPARTY, "the counterparty's Merkle prefix must have an element")
        if len(merkle_prefix) > MAXIMUM_PREFIX_ELEMENTS or max(map(len, merkle_prefix)) > MAXIMUM_PREFIX_BYTES:
            raise refuse(
                IbcCode.TOO_LARGE,
                f"a Merkle prefix has at most {MAXIMUM_PREFIX_ELEMENTS} elements of {MAXIMUM_PREFIX_BYTES} bytes",
            )
        try:
            client_id, counterparty_id = map(parse_client_id, (pairing.client_id, pairing.counterparty_client_id))
        except InvalidInput as error:
            raise refuse(IbcCode.INVALID_COUNTERPARTY, str(error)) from error
        store = ClientStore(context.store, client_id)
        if store.get(_CREATOR) != pairing.signer.encode():
            raise refuse(IbcCode.UNAUTHORIZED, f"only the creator of {client_id} may pair it; {pairing.signer!r} is not")
        if store.get(_COUNTERPARTY) is not None:
            raise refuse(IbcCode.INVALID_REQUEST, f"{client_id} is paired already, and a pairing never changes")
        body = b"".join(message_field(1, element) for element in merkle_prefix) + bytes_field(2, counterparty_id.encode())
        store.set(_COUNTERPARTY, body)
        return client_id

    def counterparty(self, context: Context, client_id: ClientId) -> Counterparty:
        """Raises clientv2/35 for a client that is not paired or does not exist."""
        raw = ClientStore(context.store, client_id).get(_COUNTERPARTY)
        if raw is None:
            raise refuse(IbcCode.COUNTERPARTY_NOT_FOUND, f"{client_id} has no counterparty; register it first")
        return decode_counterparty(raw)

    def update(self, context: Context, client_id: ClientId, type_url: str, value: bytes) -> UpdateResult:
        """ibc-go UpdateClient, with headers and misbehaviour alike."""
        module = self.module(client_id)
        client = self.client(context, client_id)
        if len(value) > MAXIMUM_CLIENT_MESSAGE_BYTES:
            raise refuse(IbcCode.TOO_LARGE, f"a client message has at most {MAXIMUM_CLIENT_MESSAGE_BYTES} bytes")
        self.require_active(module, client)
        return module.update(client, type_url, value)

    def recover(self, context: Context, subject_id: ClientId, substitute_id: ClientId) -> None:
        """ibc-go RecoverClient, for the ledger's operator: a frozen or expired client takes over an active one's state."""
        module = self.module(subject_id)
        subject, substitute = self.client(context, subject_id), self.client(context, substitute_id)
        if self.module(substitute_id) is not module:
            raise refuse(IbcCode.INVALID_CLIENT_TYPE, f"{substitute_id} is of another type than {subject_id}")
        if module.condition(subject) in {ClientCondition.ACTIVE, ClientCondition.UNKNOWN}:
            raise refuse(IbcCode.INVALID_RECOVERY, f"{subject_id} is {module.condition(subject).value}; nothing to recover")
        self.require_active(module, substitute)
        if module.latest_height(subject) >= module.latest_height(substitute):
            raise refuse(IbcCode.INVALID_HEIGHT, f"{substitute_id} is not ahead of {subject_id}; update it first")
        module.recover(subject, substitute)

    def module(self, client_id: str) -> LightClientModule:
        """The module that the id's type names."""
        client_type, _, _ = client_id.rpartition("-")
        module = self._modules.get(client_type)
        if module is None:
            raise refuse(IbcCode.ROUTE_NOT_FOUND, f"client {client_id!r} has a type that this ledger does not support")
        return module

    def client(self, context: Context, client_id: ClientId) -> Client:
        """The client at this block's time. It may not exist."""
        return Client(
            client_id=client_id,
            host_chain_id=context.block.chain_id,
            host_genesis=context.block.genesis_hash,
            now=context.block.time,
            store=ClientStore(context.store, client_id),
        )

    def active(self, context: Context, client_id: ClientId) -> tuple[LightClientModule, Client]:
        """Raises client/29 unless the client is active."""
        module, client = self.module(client_id), self.client(context, client_id)
        self.require_active(module, client)
        return module, client

    def require_active(self, module: LightClientModule, client: Client) -> None:
        """Raises client/29 unless the client is active."""
        condition = module.condition(client)
        if condition is not ClientCondition.ACTIVE:
            raise refuse(IbcCode.CLIENT_NOT_ACTIVE, f"client {client.client_id} is {condition.value}")


def decode_counterparty(raw: bytes) -> Counterparty:
    """ibc.core.client.v2.CounterpartyInfo. Raises MessageRefused for damaged bytes."""
    try:
        info = parse_canonical(client_v2_counterparty.CounterpartyInfo, raw, maximum_bytes=MAXIMUM_STATE_BYTES)
        return Counterparty(client_id=parse_client_id(info.client_id), merkle_prefix=tuple(info.merkle_prefix))
    except (ProofError, InvalidInput) as error:
        raise refuse(IbcCode.INVALID_COUNTERPARTY, f"the stored counterparty is damaged ({error})") from error
