"""Netting cycles: proposed with a proof, checked here in full, verified by somebody else, then posted, all or nothing.

A proposal reserves nothing, because one party alone made it: several may exist at a time, and any party that takes
part may abort one, as often as it may propose itself. The verification reserves, so at most one verified cycle runs in each
unit, and it asks again whether what the plan clears is still there (relayer.settlement.rules.plans).
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from relayer.codes.settlement import RefusalCode
from relayer.errors import InvariantBroken
from relayer.settlement.model.acts import OPERATOR, UnitKey
from relayer.settlement.model.cycles import (
    AbortCycle,
    CommitCycle,
    Cycle,
    CycleCommand,
    CycleEvent,
    CycleMoved,
    CyclePlan,
    CycleProposed,
    CycleState,
    DebtNovated,
    ExpireCycle,
    ProposeCycle,
    UnitCycles,
    Verification,
    VerifyCycle,
)
from relayer.settlement.model.events import LogEntry
from relayer.settlement.model.rates import RateKind
from relayer.settlement.postings import Account
from relayer.settlement.reader import MutableState, SettlementReader
from relayer.settlement.rules.checks import (
    post_all,
    refuse,
    require_actor,
    require_after,
    require_anyone,
    require_before,
    require_deadline,
    require_id,
    require_new,
    require_own_id,
    require_there,
    stored,
)
from relayer.settlement.rules.novations import novated_liability, novations_of
from relayer.settlement.rules.plans import plan_of, proof_hash_of, require_still_holds
from relayer.settlement.rules.rates import require_rate

MAXIMUM_SECONDS = 2**63

_MOVES: dict[CycleState, frozenset[CycleState]] = {
    CycleState.VERIFIED: frozenset({CycleState.PROPOSED}),
    CycleState.COMMITTED: frozenset({CycleState.VERIFIED}),
    CycleState.ABORTED: frozenset({CycleState.PROPOSED, CycleState.VERIFIED}),
    CycleState.EXPIRED: frozenset({CycleState.PROPOSED, CycleState.VERIFIED}),
}
"""From which states each one can be reached."""


def decide_cycle(state: SettlementReader, command: CycleCommand, *, now_seconds: int) -> tuple[CycleEvent, ...]:
    """Raises CommandRefused."""
    if isinstance(command, ProposeCycle):
        return (_propose(state, command, now_seconds),)
    cycle = require_there("cycle", command.cycle_id, state.cycle(command.cycle_id))
    what = f"cycle {command.cycle_id}"
    match command:
        case VerifyCycle(proof_hash=proof_hash):
            _require_member(state, command.actor, cycle, "verify")
            moved = _move(cycle, CycleState.VERIFIED)
            require_before(what, cycle.plan.expires_at_seconds, now_seconds)
            _require_second_pair_of_eyes(cycle, command.actor, proof_hash)
            _require_turn(state, cycle.plan, now_seconds)
            require_still_holds(state, cycle.plan)
        case CommitCycle():
            _require_member(state, command.actor, cycle, "commit")
            moved = _move(cycle, CycleState.COMMITTED)
            require_before(what, cycle.plan.expires_at_seconds, now_seconds)
            return (moved, *novations_of(cycle.plan))
        case AbortCycle():
            _require_may_abort(state, command.actor, cycle)
            moved = _move(cycle, CycleState.ABORTED)
            if command.actor != cycle.proposer:
                require_rate(state, command.actor, RateKind.ABORT, now_seconds)
        case ExpireCycle():
            require_anyone(state, command.actor, "expire cycles")
            moved = _move(cycle, CycleState.EXPIRED)
            require_after(what, cycle.plan.expires_at_seconds, now_seconds)
        case _:
            assert_never(command)
    return (moved,)


def apply_cycle(state: MutableState, event: CycleEvent, entry: LogEntry) -> None:
    """What the event does to the state. Raises InvariantBroken where it does not fit: a damaged log, or our own bug."""
    head = entry.head
    if isinstance(event, DebtNovated):
        state.open(novated_liability(event, entry))
        return
    if isinstance(event, CycleProposed):
        state.cycles[event.plan.cycle_id] = Cycle(
            plan=event.plan, state=CycleState.PROPOSED, proposer=entry.actor, verification=None, sequence=head.sequence
        )
        return
    before = stored(state.cycle(event.cycle_id), event.cycle_id)
    unit = before.plan.unit
    verification = before.verification
    match event.state:
        case CycleState.VERIFIED:
            verification = Verification(verifier=entry.actor)
            post_all(state, head, before.plan.shares, Account.FREE, Account.HELD)
            state.units[unit] = state.unit_cycles(unit)._replace(running=event.cycle_id)
        case CycleState.COMMITTED:
            post_all(state, head, before.plan.shares, Account.HELD, Account.NETTED)
            state.units[unit] = UnitCycles(None, before.plan.cut_off_seconds)
        case CycleState.ABORTED | CycleState.EXPIRED if before.state is CycleState.PROPOSED:
            pass
        case CycleState.ABORTED | CycleState.EXPIRED:
            post_all(state, head, before.plan.shares, Account.HELD, Account.FREE)
            state.units[unit] = state.unit_cycles(unit)._replace(running=None)
        case _:
            raise InvariantBroken(f"settlement log: cycle {event.cycle_id} moved to {event.state}")
    state.cycles[event.cycle_id] = replace(before, state=event.state, verification=verification, sequence=head.sequence)


def can_be(cycle: Cycle, target: CycleState) -> bool:
    """Whether a cycle can go from its state to this one."""
    return cycle.state in _MOVES[target]


def _propose(state: SettlementReader, command: ProposeCycle, now: int) -> CycleProposed:
    require_id("cycle id", command.cycle_id)
    require_anyone(state, command.actor, "propose a cycle")
    require_own_id(state, "cycle id", command.cycle_id, command.actor)
    require_new("cycle", command.cycle_id, state.cycle(command.cycle_id))
    require_deadline(f"cycle {command.cycle_id}", command.expires_at_seconds, now)
    _require_turn(state, command, now)
    require_rate(state, command.actor, RateKind.PROPOSAL, now)
    return CycleProposed(plan=plan_of(state, command))


def _require_turn(state: SettlementReader, command: ProposeCycle | CyclePlan, now: int) -> None:
    unit = UnitKey(command.currency, command.exponent)
    cycles = state.unit_cycles(unit)
    if cycles.running is not None:
        raise refuse(
            RefusalCode.CYCLE_RUNNING, f"cycle {cycles.running} runs in {unit.currency}; commit, abort or expire it first"
        )
    if not 0 <= command.value_date_seconds < MAXIMUM_SECONDS:
        raise refuse(RefusalCode.INVALID_COMMAND, f"value date {command.value_date_seconds}: expected unix seconds")
    if not cycles.cut_off_seconds <= command.cut_off_seconds <= now:
        raise refuse(
            RefusalCode.CUT_OFF_INVALID,
            f"cut-off {command.cut_off_seconds}: it must not lie before the last one ({cycles.cut_off_seconds}) "
            f"or after block time {now}",
        )


def _require_member(state: SettlementReader, actor: bytes, cycle: Cycle, verb: str) -> None:
    """The operator, or a party of which the cycle clears something."""
    members: set[bytes] = set()
    if actor != OPERATOR:
        for share in cycle.plan.shares:
            liability = state.liability_at(share.liability)
            if liability is not None:
                members.update((liability.debtor, liability.creditor))
    require_actor(state, actor, members, f"{verb} a cycle that it takes no part in")


def _require_may_abort(state: SettlementReader, actor: bytes, cycle: Cycle) -> None:
    """A proposal: whoever takes part, because it binds no party yet. A verified cycle: its proposer."""
    if actor == cycle.proposer or cycle.state is not CycleState.PROPOSED:
        require_actor(state, actor, (cycle.proposer,), "abort a verified cycle that another proposed")
    else:
        _require_member(state, actor, cycle, "abort")


def _require_second_pair_of_eyes(cycle: Cycle, actor: bytes, proof_hash: bytes) -> None:
    if actor == cycle.proposer:
        raise refuse(RefusalCode.SAME_ACTOR, f"cycle {cycle.plan.cycle_id}: another than its proposer must verify it")
    if proof_hash != proof_hash_of(cycle.plan):
        raise refuse(
            RefusalCode.PROOF_FALSE,
            f"cycle {cycle.plan.cycle_id}: another proof was checked than was proposed",
        )


def _move(cycle: Cycle, target: CycleState) -> CycleMoved:
    if not can_be(cycle, target):
        raise refuse(RefusalCode.WRONG_STATE, f"cycle {cycle.plan.cycle_id} is {cycle.state}; it cannot be {target}")
    return CycleMoved(cycle_id=cycle.plan.cycle_id, state=target)
