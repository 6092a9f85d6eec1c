"""Rates: how often one party may ask for what costs the others.

A proposal is stored by everybody and checked in time linear in the debts; an abort undoes the proposal of another; a dispute
becomes news that a relayer pays for. They are counted for each party by block time, so every ledger and every replay comes
to the same counts. The operator is not limited, so no party can abort all that is proposed.
"""

from __future__ import annotations

from relayer.codes.limits import RATE_WINDOW_SECONDS
from relayer.codes.settlement import RefusalCode
from relayer.settlement.model.acts import OPERATOR, LogHead
from relayer.settlement.model.cycles import CycleMoved, CycleProposed, CycleState
from relayer.settlement.model.disputes import DisputeOpened
from relayer.settlement.model.events import LogEntry
from relayer.settlement.model.news import NewsEvent
from relayer.settlement.model.rates import (
    UNUSED,
    RateCommand,
    RateEvent,
    RateKind,
    RateLimits,
    RateLimitsInForce,
    RateLimitsSet,
    RateUse,
)
from relayer.settlement.reader import MutableState, SettlementReader
from relayer.settlement.rules.checks import refuse, require_operator

MAXIMUM_RATE = 1_000_000


def decide_rate(state: SettlementReader, command: RateCommand) -> RateEvent | LogHead:
    """Raises CommandRefused. A head: these limits are in force already."""
    require_operator(command.actor, "set rate limits")
    _check(command.limits)
    in_force = state.rate_limits()
    if in_force.sequence and in_force.limits == command.limits:
        return LogHead(in_force.sequence, in_force.head_hash)
    return RateLimitsSet(limits=command.limits)


def apply_rate(state: MutableState, event: RateEvent | NewsEvent, entry: LogEntry) -> None:
    """What the event does to the state; a request for news changes none."""
    if isinstance(event, RateLimitsSet):
        state.new_rate_limits = RateLimitsInForce(event.limits, *entry.head)


def require_rate(state: SettlementReader, actor: bytes, kind: RateKind, now: int) -> None:
    """RATE_EXCEEDED if the party has asked as often as it may within this hour."""
    if actor == OPERATOR:
        return
    limit = state.rate_limits().limits.of(kind)
    if _used(state, actor, kind, now) >= limit:
        next_hour = (now // RATE_WINDOW_SECONDS + 1) * RATE_WINDOW_SECONDS
        raise refuse(
            RefusalCode.RATE_EXCEEDED,
            f"party {actor.hex()} has asked for {limit} {kind}s within this hour; wait until block time {next_hour}, "
            "or ask the operator for a higher rate",
        )


def count_rate(state: MutableState, entry: LogEntry) -> None:
    """Counts an entry that a party asked for."""
    match entry.event:
        case CycleProposed():
            kind = RateKind.PROPOSAL
        case CycleMoved(cycle_id=cycle_id, state=CycleState.ABORTED) if _is_anothers(state, cycle_id, entry.actor):
            kind = RateKind.ABORT
        case DisputeOpened():
            kind = RateKind.DISPUTE
        case _:
            return
    if entry.actor == OPERATOR:
        return
    used = _used(state, entry.actor, kind, entry.at_seconds)
    state.rate_uses[entry.actor, kind] = RateUse(entry.at_seconds // RATE_WINDOW_SECONDS, used + 1)


def _used(state: SettlementReader, party: bytes, kind: RateKind, now: int) -> int:
    use = state.rate_use(party, kind) or UNUSED
    return use.used if use.hour == now // RATE_WINDOW_SECONDS else 0


def _is_anothers(state: SettlementReader, cycle_id: str, actor: bytes) -> bool:
    cycle = state.cycle(cycle_id)
    return cycle is not None and cycle.proposer != actor


def _check(limits: RateLimits) -> None:
    for kind in RateKind:
        if not 0 <= limits.of(kind) <= MAXIMUM_RATE:
            raise refuse(
                RefusalCode.INVALID_COMMAND,
                f"{limits.of(kind)} {kind}s per hour: expected 0 to {MAXIMUM_RATE}",
            )
