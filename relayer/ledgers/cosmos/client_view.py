"""Light clients as the chain's IBC core shows them (`ibc.core.client.v1` and `v2` queries)."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.core.ids import ClientId, Height, TimestampSeconds
from relayer.errors import LedgerUnavailable
from relayer.ledgers.cosmos.errors import MalformedAnswer
from relayer.ledgers.cosmos.questions import find, is_missing, parse, require_answered
from relayer.ledgers.cosmos.rpc import AbciAnswer, CometRpc
from relayer.ports.ledger import ClientCondition, ClientStatus
from relayer.proofs.comet import client_types as comet_client_types
from relayer.proofs.errors import ProofError
from relayer.proofs.poa_evm import types as poa_evm_types
from relayer.wire.cosmos_protos import tendermint_client
from relayer.wire.cosmos_sdk_protos import client_query, client_v2_query
from relayer.wire.interledger.lightclients.poaevm.v1 import poaevm_pb2

_STATE = "/ibc.core.client.v1.Query/ClientState"
_CONDITION = "/ibc.core.client.v1.Query/ClientStatus"
_CONSENSUS = "/ibc.core.client.v1.Query/ConsensusState"
_COUNTERPARTY = "/ibc.core.client.v2.Query/CounterpartyInfo"
_CONDITIONS = {
    "Active": ClientCondition.ACTIVE,
    "Frozen": ClientCondition.FROZEN,
    "Expired": ClientCondition.EXPIRED,
}
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """What a client was paired with; it never changes."""

    client_id: str
    merkle_prefix: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Followed:
    """What a client state says of the ledger that it follows."""

    client_type: str
    chain_id: str
    latest_height: Height
    trusting_period_seconds: int


class ClientView:
    """Reads the client registry (ICS-2) of one chain."""

    def __init__(self, rpc: CometRpc) -> None:
        self._rpc = rpc
        self._pairings: dict[ClientId, Pairing] = {}

    async def status(self, client: ClientId) -> ClientStatus:
        """UNKNOWN if there is no such client. Raises LedgerUnavailable for one of a type that is not known here."""
        state, condition, consensus = await self._read(client)
        if is_missing(state):
            return ClientStatus(client_id=client, condition=ClientCondition.UNKNOWN)
        require_answered(state, _STATE)
        require_answered(condition, _CONDITION)
        followed = _followed(client, parse(client_query.QueryClientStateResponse, state.value).client_state)
        word = parse(client_query.QueryClientStatusResponse, condition.value).status
        timestamp = _timestamp(consensus)
        pairing = await self.pairing(client)
        return ClientStatus(
            client_id=client,
            condition=_CONDITIONS.get(word, ClientCondition.UNKNOWN),
            client_type=followed.client_type,
            latest_height=followed.latest_height,
            latest_timestamp=timestamp,
            trusting_period_seconds=followed.trusting_period_seconds,
            counterparty_client_id="" if pairing is None else pairing.client_id,
            counterparty_chain_id=followed.chain_id,
        )

    async def pairing(self, client: ClientId) -> Pairing | None:
        """None while the client is not paired, or does not exist."""
        known = self._pairings.get(client)
        if known is not None:
            return known
        request = client_v2_query.QueryCounterpartyInfoRequest(client_id=client)
        answer = await find(self._rpc, _COUNTERPARTY, request, client_v2_query.QueryCounterpartyInfoResponse)
        if answer is None:
            return None
        found = answer.counterparty_info
        self._pairings[client] = Pairing(client_id=found.client_id, merkle_prefix=tuple(found.merkle_prefix))
        return self._pairings[client]

    async def _read(self, client: ClientId) -> tuple[AbciAnswer, AbciAnswer, AbciAnswer]:
        """State, condition and newest consensus state of one height: a block may come between two answers."""
        queries = [
            (_STATE, client_query.QueryClientStateRequest(client_id=client).SerializeToString()),
            (_CONDITION, client_query.QueryClientStatusRequest(client_id=client).SerializeToString()),
            (_CONSENSUS, client_query.QueryConsensusStateRequest(client_id=client, latest_height=True).SerializeToString()),
        ]
        for _ in range(_ATTEMPTS):
            state, condition, consensus = await self._rpc.abci_queries(queries)
            if state.height == condition.height == consensus.height:
                return state, condition, consensus
        raise LedgerUnavailable(f"client {client}: the ledger moves on while it is read; it is read again")


def _followed(client: ClientId, state: client_query.Any) -> _Followed:
    """Raises LedgerUnavailable for an unknown type, MalformedAnswer for a state of another form."""
    match state.type_url:
        case poa_evm_types.CLIENT_STATE_TYPE_URL:
            try:
                evm = poa_evm_types.decode_client_state(state.value)
            except ProofError as error:
                raise MalformedAnswer(f"client {client}: its state does not decode ({error})") from error
            return _Followed(
                client_type=poa_evm_types.CLIENT_TYPE,
                chain_id=str(evm.chain_id),
                latest_height=Height(evm.latest_height),
                trusting_period_seconds=evm.trusting_period_seconds,
            )
        case comet_client_types.CLIENT_STATE_TYPE_URL:
            # Not by the strict decoder: a client made by others may have other proof specs, and is shown all the same.
            comet = parse(tendermint_client.ClientState, state.value)
            return _Followed(
                client_type=comet_client_types.CLIENT_TYPE,
                chain_id=comet.chain_id,
                latest_height=Height(comet.latest_height.revision_height),
                trusting_period_seconds=comet.trusting_period.seconds,
            )
        case other:
            raise LedgerUnavailable(
                f"client {client} is of the type {other[:100]!r}, which cannot be relayed to; name a client of type "
                f"{poa_evm_types.CLIENT_TYPE} or {comet_client_types.CLIENT_TYPE}"
            )


def _timestamp(consensus: AbciAnswer) -> TimestampSeconds:
    """0 if the newest consensus state was pruned: the client has expired then."""
    if is_missing(consensus):
        return TimestampSeconds(0)
    require_answered(consensus, _CONSENSUS)
    state = parse(client_query.QueryConsensusStateResponse, consensus.value).consensus_state
    if state.type_url == comet_client_types.CONSENSUS_STATE_TYPE_URL:
        return TimestampSeconds(parse(tendermint_client.ConsensusState, state.value).timestamp.seconds)
    return TimestampSeconds(parse(poaevm_pb2.ConsensusState, state.value).timestamp_seconds)
