"""What the client modules share: states as they are stored, and refusals of the pure rules as the host's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Generic, Protocol, TypeVar, assert_never

from relayer.ledgers.embedded.host.light_clients import Client, ClientStore, UpdateResult
from relayer.ledgers.embedded.host.refusals import Code, MessageRefused, refuse
from relayer.ports.ledger import ClientCondition
from relayer.proofs.client import ClientStatus, Frozen, Recovered, Unchanged, Updated
from relayer.proofs.errors import ProofError, Refusal

CONDITIONS = {
    ClientStatus.ACTIVE: ClientCondition.ACTIVE,
    ClientStatus.FROZEN: ClientCondition.FROZEN,
    ClientStatus.EXPIRED: ClientCondition.EXPIRED,
}

PRUNED_PER_UPDATE = 2
"""Expired consensus states dropped with each update: one more than it adds, so that none pile up."""

_S = TypeVar("_S")


class _Followed(Protocol):
    """A client state of any type."""

    @property
    def latest_height(self) -> int: ...


_C = TypeVar("_C", bound=_Followed)


class StoredStates(Generic[_S]):
    """relayer.proofs.client.ConsensusStates over a client's store."""

    def __init__(self, store: ClientStore, decode: Callable[[bytes], _S]) -> None:
        self._store = store
        self._decode = decode

    def at(self, height: int) -> _S | None:
        raw = self._store.consensus_state(height)
        return None if raw is None else self._decode(raw)

    def before(self, height: int) -> _S | None:
        found = self._store.height_before(height)
        return None if found is None else self.at(found)

    def after(self, height: int) -> _S | None:
        found = self._store.height_after(height)
        return None if found is None else self.at(found)

    def heights(self, *, limit: int) -> Sequence[int]:
        return self._store.heights(limit=limit)


class StoredForm(Generic[_C, _S]):
    """How clients of one type stand in the store, and what the host does with what the rules return: it stores that."""

    def __init__(
        self,
        *,
        decode_client: Callable[[bytes], _C],
        encode_client: Callable[[_C], bytes],
        decode_consensus: Callable[[bytes], _S],
        encode_consensus: Callable[[_S], bytes],
    ) -> None:
        self._decode_client = decode_client
        self._encode_client = encode_client
        self._decode_consensus = decode_consensus
        self._encode_consensus = encode_consensus
        self._client_of = lru_cache(maxsize=256)(decode_client)
        self._consensus_of = lru_cache(maxsize=4096)(decode_consensus)

    def state(self, client: Client) -> _C:
        """Raises client/4 if no such client was created."""
        raw = client.store.client_state
        if raw is None:
            raise refuse(Code.CLIENT_NOT_FOUND, f"client {client.client_id} does not exist; create it first")
        return self._client_of(raw)

    def states(self, client: Client) -> StoredStates[_S]:
        """The client's consensus states."""
        return StoredStates(client.store, self._consensus_of)

    def initialise(
        self, client: Client, client_state: bytes, consensus_state: bytes, check: Callable[[_C, _S], None]
    ) -> None:
        """`check` raises ProofError for states that no client may start from. Raises client/3, client/8 for those."""
        try:
            state = self._decode_client(client_state)
        except ProofError as error:
            raise refuse(Code.INVALID_CLIENT, f"client state: {error}") from error
        try:
            check(state, self._decode_consensus(consensus_state))
        except ProofError as error:
            raise refuse(Code.INVALID_CONSENSUS, f"consensus state: {error}") from error
        client.store.set_client_state(client_state)
        client.store.add_consensus_state(state.latest_height, consensus_state)

    def keep(self, client: Client, outcome: Updated[_C, _S] | Unchanged | Frozen[_C]) -> UpdateResult:
        """Stores what a client message led to."""
        match outcome:
            case Unchanged():
                return UpdateResult.UNCHANGED
            case Frozen(client_state=frozen):
                client.store.set_client_state(self._encode_client(frozen))
                return UpdateResult.FROZEN
            case Updated(client_state=state, height=height, consensus_state=consensus):
                client.store.set_client_state(self._encode_client(state))
                client.store.add_consensus_state(height, self._encode_consensus(consensus))
                return UpdateResult.UPDATED
            case _:
                assert_never(outcome)

    def start_anew(self, client: Client, recovered: Recovered[_C, _S]) -> None:
        """Stores what a recovery led to."""
        client.store.start_anew(
            self._encode_client(recovered.client_state),
            recovered.height,
            self._encode_consensus(recovered.consensus_state),
            forget=recovered.forget,
        )


def translated(error: ProofError, otherwise: Code) -> MessageRefused:
    """The host's refusal for a refusal of the rules; the rules' own word stands in its detail."""
    match error.code:
        case Refusal.UNKNOWN_HEIGHT:
            return refuse(Code.CONSENSUS_STATE_NOT_FOUND, str(error))
        case Refusal.FROZEN | Refusal.EXPIRED:
            return refuse(Code.CLIENT_NOT_ACTIVE, str(error))
        case _:
            return refuse(otherwise, str(error))
