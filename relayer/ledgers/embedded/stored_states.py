"""What the client modules share: stored consensus states, and refusals of the pure rules as the host's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from relayer.ledgers.embedded.light_clients import ClientStore
from relayer.ledgers.embedded.refusals import Code, MessageRefused, refuse
from relayer.ports.ledger import ClientCondition
from relayer.proofs.client import ClientStatus
from relayer.proofs.errors import ProofError, Refusal

CONDITIONS = {
    ClientStatus.ACTIVE: ClientCondition.ACTIVE,
    ClientStatus.FROZEN: ClientCondition.FROZEN,
    ClientStatus.EXPIRED: ClientCondition.EXPIRED,
}

_S = TypeVar("_S")


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


def translated(error: ProofError, otherwise: Code) -> MessageRefused:
    """The host's refusal for a refusal of the rules; the rules' own word stands in its detail."""
    match error.code:
        case Refusal.UNKNOWN_HEIGHT:
            return refuse(Code.CONSENSUS_STATE_NOT_FOUND, str(error))
        case Refusal.FROZEN | Refusal.EXPIRED:
            return refuse(Code.CLIENT_NOT_ACTIVE, str(error))
        case _:
            return refuse(otherwise, str(error))
