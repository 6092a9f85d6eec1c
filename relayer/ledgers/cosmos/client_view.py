"""Light clients as the chain's IBC core shows them (`ibc.core.client.v1` and `v2` queries)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from relayer.core.ids import ClientId, Height, TimestampSeconds
from relayer.errors import LedgerUnavailable
from relayer.ledgers.cosmos.errors import MalformedAnswer
from relayer.ledgers.cosmos.questions import find, is_missing, parse, require_answered
from relayer.ledgers.cosmos.rpc import AbciAnswer, CometRpc
from relayer.light_clients.kind import LightClientType
from relayer.light_clients.known import KNOWN
from relayer.light_clients.registry import LightClients
from relayer.ports.ledger import ClientCondition, ClientStatus
from relayer.proofs.errors import ProofError
from relayer.wire.cosmos_sdk_protos import client_query, client_v2_query

_STATE = "/ibc.core.client.v1.Query/ClientState"
_CONDITION = "/ibc.core.client.v1.Query/ClientStatus"
_CONSENSUS = "/ibc.core.client.v1.Query/ConsensusState"
_COUNTERPARTY = "/ibc.core.client.v2.Query/CounterpartyInfo"
_CONDITIONS = {
    "Active": ClientCondition.ACTIVE,
    "Frozen": ClientCondition.FROZEN,
    "Expired": ClientCondition.EXPIRED,
}
_FIRST_BLOCK = "/store/hostblock/key"
_ATTEMPTS = 3
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """What a client was paired with; it never changes."""

    client_id: str
    merkle_prefix: tuple[bytes, ...]


class ClientView:
    """Reads the client registry (ICS-2) of one chain."""

    def __init__(self, rpc: CometRpc, light_clients: LightClients = KNOWN) -> None:
        self._rpc = rpc
        self._light_clients = light_clients
        self._pairings: dict[ClientId, Pairing] = {}

    async def first_block_hash(self) -> bytes:
        """What the chain has stored as its first block, for what binds signatures to their host; empty where it stores none.

        Only signatures are made for it. A wrong one makes signatures that the chain refuses, and nothing else."""
        answer = await self._rpc.abci_query(_FIRST_BLOCK, b"first_block")
        return answer.value

    async def status(self, client: ClientId) -> ClientStatus:
        """UNKNOWN if there is no such client. Raises LedgerUnavailable for one of a type that is not known here."""
        state, condition, consensus = await self._read(client)
        if is_missing(state):
            return ClientStatus(client_id=client, condition=ClientCondition.UNKNOWN)
        require_answered(state, _STATE)
        require_answered(condition, _CONDITION)
        shown = parse(client_query.QueryClientStateResponse, state.value).client_state
        kind = self._kind(client, shown.type_url)
        followed = _decoded(client, kind.followed, shown.value)
        word = parse(client_query.QueryClientStatusResponse, condition.value).status
        timestamp = self._timestamp(client, consensus)
        pairing = await self.pairing(client)
        return ClientStatus(
            client_id=client,
            condition=_CONDITIONS.get(word, ClientCondition.UNKNOWN),
            client_type=kind.client_type,
            latest_height=followed.latest_height,
            latest_timestamp=timestamp,
            trusting_period_seconds=followed.trusting_period_seconds,
            counterparty_client_id="" if pairing is None else pairing.client_id,
            counterparty_chain_id=followed.chain_id,
            client_state=shown.value,
        )

    async def stores_consensus_state(self, client: ClientId, *, height: Height, consensus_state: bytes) -> bool:
        """Whether the client has stored exactly this at `height`. Raises as `status`."""
        state = await find(
            self._rpc, _STATE, client_query.QueryClientStateRequest(client_id=client), client_query.QueryClientStateResponse
        )
        if state is None:
            return False
        kind = self._kind(client, state.client_state.type_url)
        request = client_query.QueryConsensusStateRequest(
            client_id=client,
            revision_number=_decoded(client, kind.followed, state.client_state.value).revision,
            revision_height=height,
        )
        found = await find(self._rpc, _CONSENSUS, request, client_query.QueryConsensusStateResponse)
        return found is not None and found.consensus_state.value == consensus_state

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

    def _kind(self, client: ClientId, type_url: str) -> LightClientType[Any, Any]:
        kind = self._light_clients.of_client_state(type_url)
        if kind is None:
            raise LedgerUnavailable(
                f"client {client} is of the type {type_url[:100]!r}, which cannot be relayed to; name a client of type "
                + " or ".join(self._light_clients.names)
            )
        return kind

    def _timestamp(self, client: ClientId, consensus: AbciAnswer) -> TimestampSeconds:
        """0 if the newest consensus state was pruned: the client has expired then."""
        if is_missing(consensus):
            return TimestampSeconds(0)
        require_answered(consensus, _CONSENSUS)
        state = parse(client_query.QueryConsensusStateResponse, consensus.value).consensus_state
        kind = self._light_clients.of_consensus_state(state.type_url)
        if kind is None:
            raise MalformedAnswer(f"client {client}: its consensus state is of the unknown type {state.type_url[:100]!r}")
        return _decoded(client, kind.timestamp_of, state.value)


def _decoded(client: ClientId, decode: Callable[[bytes], _T], raw: bytes) -> _T:
    """Raises MalformedAnswer for a state of another form."""
    try:
        return decode(raw)
    except ProofError as error:
        raise MalformedAnswer(f"client {client}: its state does not decode ({error})") from error
