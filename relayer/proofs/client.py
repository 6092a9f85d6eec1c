"""What the light clients have in common: status, stored consensus states, and the outcome of an update.

A client is a pure function of its state, its stored consensus states and a message. The host stores the result;
the functions never write, and never overwrite what a height already has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, Protocol, TypeVar

from relayer.proofs.errors import ClientRefused, Refusal

State = TypeVar("State")
Consensus = TypeVar("Consensus")
Consensus_co = TypeVar("Consensus_co", covariant=True)


class ClientStatus(Enum):
    """ICS-2 status, in the words of `ibc.core.client.v1`."""

    ACTIVE = "Active"
    FROZEN = "Frozen"
    EXPIRED = "Expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientIdentity:
    """Which light client a message is for: its id, and the ledger that hosts it.

    A chain id is a name that two ledgers may share. `host_genesis` is the 32-byte hash of the host's first block, which they
    cannot; empty for a host whose light clients bind nothing to it.
    """

    host_chain_id: str
    host_genesis: bytes
    client_id: str


class ConsensusStates(Protocol[Consensus_co]):
    """Reader of the consensus states that a host has stored for one client, by height."""

    def at(self, height: int) -> Consensus_co | None:
        """The state at exactly this height."""
        ...

    def before(self, height: int) -> Consensus_co | None:
        """The state at the greatest stored height below this one."""
        ...

    def after(self, height: int) -> Consensus_co | None:
        """The state at the lowest stored height above this one."""
        ...

    def heights(self, *, limit: int) -> Sequence[int]:
        """The lowest stored heights, ascending, at most `limit`."""
        ...


@dataclass(frozen=True, slots=True)
class MappingConsensusStates(Generic[Consensus]):
    """A reader over a mapping from height to state."""

    states: Mapping[int, Consensus]

    def at(self, height: int) -> Consensus | None:
        """See ConsensusStates."""
        return self.states.get(height)

    def before(self, height: int) -> Consensus | None:
        """See ConsensusStates."""
        lower = [each for each in self.states if each < height]
        return self.states[max(lower)] if lower else None

    def after(self, height: int) -> Consensus | None:
        """See ConsensusStates."""
        higher = [each for each in self.states if each > height]
        return self.states[min(higher)] if higher else None

    def heights(self, *, limit: int) -> Sequence[int]:
        """See ConsensusStates."""
        return sorted(self.states)[:limit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated(Generic[State, Consensus]):
    """The message was accepted: store `consensus_state` at `height`, where nothing was stored, and the new client state."""

    client_state: State
    height: int
    consensus_state: Consensus


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """The height is known already, with the same content. Nothing to store."""

    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated(Generic[State]):
    """Those who vouch for the followed ledger were replaced: store the new client state. No height is learnt."""

    client_state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered(Generic[State, Consensus]):
    """What the host stores after its governance has recovered a client; the heights in `forget` are removed first."""

    client_state: State
    height: int
    consensus_state: Consensus
    forget: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen(Generic[State]):
    """The message proves misbehaviour: store the frozen client state. This is a success of the message, not an error."""

    client_state: State
    height: int


def require_active(status: ClientStatus) -> None:
    """Raises ClientRefused(FROZEN or EXPIRED) unless the client may be used."""
    match status:
        case ClientStatus.ACTIVE:
            return
        case ClientStatus.FROZEN:
            raise ClientRefused(Refusal.FROZEN, "the client is frozen after misbehaviour; its host ledger must recover it")
        case ClientStatus.EXPIRED:
            raise ClientRefused(Refusal.EXPIRED, "the client was not updated within its trusting period")


def prunable(
    states: ConsensusStates[Consensus], is_expired: Callable[[Consensus], bool], *, latest: int, limit: int
) -> list[int]:
    """Stored heights, oldest first and at most `limit`, up to the first that has not expired; never the latest."""
    heights = []
    for height in states.heights(limit=limit):
        consensus = states.at(height)
        if height == latest or consensus is None or not is_expired(consensus):
            break
        heights.append(height)
    return heights


def forgettable(states: ConsensusStates[object], *, limit: int) -> Sequence[int]:
    """Every stored height. Raises ClientRefused(LIMIT) if there are more than `limit`."""
    heights = states.heights(limit=limit + 1)
    if len(heights) > limit:
        raise ClientRefused(Refusal.LIMIT, f"prune first: more than {limit} consensus states are stored")
    return heights
