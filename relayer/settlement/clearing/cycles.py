"""Netting cycles: proposed with a proof, checked here in full, verified by somebody else, then posted, all or nothing.

The proof is never believed because of who sent it: the ledger derives the debts itself and checks the certificate in time
linear in them. It must never call a solver.
"""

from __future__ import annotations

from hashlib import sha256
from typing import assert_never

from relayer.codes.settlement import RefusalCode
from relayer.settlement.clearing.checks import (
    Reader,
    refuse,
    require_actor,
    require_after,
    require_anyone,
    require_before,
    require_deadline,
    require_id,
    require_new,
    require_there,
)
from relayer.settlement.clearing.commands import AbortCycle, CommitCycle, ExpireCycle, ProposeCycle, VerifyCycle
from relayer.settlement.clearing.eligible import Scope, eligible_claims, network_of
from relayer.settlement.clearing.events import CycleMoved, CycleProposed, DebtNovated
from relayer.settlement.clearing.values import (
    OPERATOR,
    Act,
    Consent,
    Cycle,
    CyclePlan,
    CycleState,
    DebtRow,
    NovatedDebt,
    Share,
    UnitKey,
)
from relayer.settlement.errors import ClearingRefused
from relayer.settlement.netting import certificate
from relayer.settlement.netting.allocation import allocate
from relayer.settlement.netting.debts import DebtNetwork, PartyId, Unit
from relayer.settlement.netting.errors import NettingCode, NettingRefused
from relayer.settlement.netting.modes import (
    BilateralResult,
    CycleResult,
    HubResult,
    NettingMode,
    NettingResult,
    net_bilateral,
    net_hub,
    summarise,
    verify,
)

CycleCommand = ProposeCycle | VerifyCycle | CommitCycle | AbortCycle | ExpireCycle
CycleEvent = CycleProposed | CycleMoved | DebtNovated

MAXIMUM_SECONDS = 2**63

_MOVES: dict[CycleState, frozenset[CycleState]] = {
    CycleState.VERIFIED: frozenset({CycleState.PROPOSED}),
    CycleState.COMMITTED: frozenset({CycleState.VERIFIED}),
    CycleState.ABORTED: frozenset({CycleState.PROPOSED, CycleState.VERIFIED}),
    CycleState.EXPIRED: frozenset({CycleState.PROPOSED, CycleState.VERIFIED}),
}
"""From which states each one can be reached."""

_REFUSALS = {
    NettingCode.CERTIFICATE_OF_OTHER_DEBTS: RefusalCode.DEBTS_CHANGED,
    NettingCode.CERTIFICATE_MALFORMED: RefusalCode.PROOF_MALFORMED,
    NettingCode.REMAINDER_OUT_OF_RANGE: RefusalCode.PROOF_FALSE,
    NettingCode.POSITION_CHANGED: RefusalCode.PROOF_FALSE,
    NettingCode.POTENTIAL_OUT_OF_RANGE: RefusalCode.PROOF_FALSE,
    NettingCode.NOT_OPTIMAL: RefusalCode.PROOF_FALSE,
    NettingCode.CONSENT_MISSING: RefusalCode.CONSENT_MISSING,
    NettingCode.AMOUNT_OVERFLOW: RefusalCode.AMOUNT_OUT_OF_RANGE,
}
"""What netting refuses, in the ledger's codes; everything else is an INVALID_COMMAND."""


def decide_cycle(state: Reader, command: CycleCommand, act: Act) -> tuple[CycleEvent, ...]:
    """Raises ClearingRefused."""
    if isinstance(command, ProposeCycle):
        return (_propose(state, command, act),)
    cycle = require_there("cycle", command.cycle_id, state.cycle(command.cycle_id))
    what = f"cycle {command.cycle_id}"
    match command:
        case VerifyCycle(proof_hash=proof_hash):
            _require_member(state, command.actor, cycle, "verify")
            moved = _move(act, cycle, CycleState.VERIFIED)
            require_before(what, cycle.plan.expires_at_seconds, act.at_seconds)
            _require_second_pair_of_eyes(cycle, command.actor, proof_hash)
        case CommitCycle():
            _require_member(state, command.actor, cycle, "commit")
            moved = _move(act, cycle, CycleState.COMMITTED)
            require_before(what, cycle.plan.expires_at_seconds, act.at_seconds)
            return (moved, *_novations(cycle.plan))
        case AbortCycle():
            require_actor(state, command.actor, (cycle.proposer,), "abort a cycle that another proposed")
            moved = _move(act, cycle, CycleState.ABORTED)
        case ExpireCycle():
            require_anyone(state, command.actor, "expire cycles")
            moved = _move(act, cycle, CycleState.EXPIRED)
            require_after(what, cycle.plan.expires_at_seconds, act.at_seconds)
        case _:
            assert_never(command)
    return (moved,)


def can_be(cycle: Cycle, target: CycleState) -> bool:
    """Whether a cycle can go from its state to this one."""
    return cycle.state in _MOVES[target]


def proof_hash_of(plan: CyclePlan) -> bytes:
    """What a verifier names: sha256 over mode, debts hash and proof."""
    return sha256(plan.mode.value.encode() + plan.debts_hash + plan.proof).digest()


def network_of_plan(plan: CyclePlan) -> DebtNetwork:
    """The debts that a plan is about. Raises NettingRefused if they are not those that its hash names."""
    network = DebtNetwork(
        unit=Unit(currency=plan.currency, exponent=plan.exponent),
        parties=tuple(map(PartyId, plan.parties)),
        debtors=tuple(each.debtor for each in plan.debts),
        creditors=tuple(each.creditor for each in plan.debts),
        amounts=tuple(each.amount for each in plan.debts),
    )
    if network.digest() != plan.debts_hash:
        raise NettingRefused(
            f"cycle {plan.cycle_id}: its debts are not those of its hash", code=NettingCode.CERTIFICATE_OF_OTHER_DEBTS
        )
    return network


def check_plan(plan: CyclePlan) -> NettingResult:
    """Everything that can be known from a plan alone: its debts, its proof, its figures, its novations.

    Anyone may do this without the ledger. Raises NettingRefused with the first rule that it breaks.
    """
    network = network_of_plan(plan)
    result = result_of(network, plan.mode, plan.proof, frozenset(network.parties))
    summary = summarise(result)
    payments = result.payments if isinstance(result, HubResult) else ()
    if (plan.gross, plan.remaining) != (summary.gross, summary.remaining) or plan.novated != tuple(
        NovatedDebt(each.debtor, each.creditor, each.amount) for each in payments
    ):
        raise NettingRefused(
            f"cycle {plan.cycle_id}: its figures do not follow from its proof", code=NettingCode.POSITION_CHANGED
        )
    cleared = summary.gross - sum(_remainder(result))
    if sum(share.amount for share in plan.shares) != cleared:
        raise NettingRefused(
            f"cycle {plan.cycle_id}: its shares do not add up to the {cleared} that it clears",
            code=NettingCode.CLAIMS_DISAGREE,
        )
    return result


def result_of(network: DebtNetwork, mode: NettingMode, proof: bytes, consents: frozenset[PartyId]) -> NettingResult:
    """The result that a proof stands for, verified. Raises NettingRefused."""
    result: NettingResult
    match mode:
        case NettingMode.BILATERAL:
            result = net_bilateral(network)
        case NettingMode.CYCLE:
            result = CycleResult(network=network, certificate=certificate.decode(proof))
        case NettingMode.HUB:
            result = net_hub(network, consents=consents)
        case _:
            assert_never(mode)
    verify(result)
    return result


def _propose(state: Reader, command: ProposeCycle, act: Act) -> CycleProposed:
    require_id("cycle id", command.cycle_id)
    require_anyone(state, command.actor, "propose a cycle")
    require_new("cycle", command.cycle_id, state.cycle(command.cycle_id))
    require_deadline(f"cycle {command.cycle_id}", command.expires_at_seconds, act.at_seconds)
    unit = UnitKey(command.currency, command.exponent)
    _require_turn(state, command, unit, act.at_seconds)
    try:
        return CycleProposed(act=act, plan=_plan(state, command, unit))
    except NettingRefused as refused:
        code = _REFUSALS.get(refused.code, RefusalCode.INVALID_COMMAND)
        raise refuse(code, f"cycle {command.cycle_id}: {refused}") from refused


def _require_turn(state: Reader, command: ProposeCycle, unit: UnitKey, now: int) -> None:
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


def _plan(state: Reader, command: ProposeCycle, unit: UnitKey) -> CyclePlan:
    scope = Scope(
        unit=unit,
        cut_off_seconds=command.cut_off_seconds,
        value_date_seconds=command.value_date_seconds,
        mode=command.mode,
    )
    claims = eligible_claims(state, scope)
    network = network_of(claims, unit)
    if network.digest() != command.debts_hash:
        raise refuse(
            RefusalCode.DEBTS_CHANGED,
            f"cycle {command.cycle_id}: made for other debts than stand now; read them again and solve again",
        )
    if command.actor and command.actor not in network.parties:
        raise refuse(RefusalCode.NOT_AUTHORISED, f"party {command.actor.hex()} takes no part in the cycle")
    if command.proof and command.mode is not NettingMode.CYCLE:
        raise refuse(RefusalCode.PROOF_MALFORMED, f"mode {command.mode.value} takes no proof; the ledger computes it")
    consents = frozenset(party for party in network.parties if state.consent(party) is Consent.GIVEN)
    result = result_of(network, command.mode, command.proof, consents)
    summary = summarise(result)
    if summary.cleared == 0 and summary.debts_after >= summary.debts_before:
        raise refuse(RefusalCode.NOTHING_TO_NET, f"cycle {command.cycle_id}: nothing of {summary.gross} can be set off")
    allocations = allocate(network=network, remainder=_remainder(result), claims=claims)
    payments = result.payments if isinstance(result, HubResult) else ()
    return CyclePlan(
        cycle_id=command.cycle_id,
        mode=command.mode,
        currency=command.currency,
        exponent=command.exponent,
        cut_off_seconds=command.cut_off_seconds,
        value_date_seconds=command.value_date_seconds,
        expires_at_seconds=command.expires_at_seconds,
        debts_hash=command.debts_hash,
        parties=network.parties,
        debts=tuple(map(DebtRow, network.debtors, network.creditors, network.amounts)),
        proof=command.proof,
        gross=summary.gross,
        remaining=summary.remaining,
        shares=tuple(Share(int.from_bytes(each.claim_id, "big"), each.amount) for each in allocations),
        novated=tuple(NovatedDebt(each.debtor, each.creditor, each.amount) for each in payments),
    )


def _remainder(result: NettingResult) -> tuple[int, ...]:
    match result:
        case BilateralResult():
            return result.remainder
        case CycleResult():
            return result.certificate.remainder
        case HubResult():
            return (0,) * len(result.network.amounts)
        case _:
            assert_never(result)


def _require_member(state: Reader, actor: bytes, cycle: Cycle, verb: str) -> None:
    """The operator, or a party of which the cycle clears something."""
    members: set[bytes] = set()
    if actor != OPERATOR:
        for share in cycle.plan.shares:
            liability = state.liability_at(share.liability)
            if liability is not None:
                members.update((liability.debtor, liability.creditor))
    require_actor(state, actor, members, f"{verb} a cycle that it takes no part in")


def _require_second_pair_of_eyes(cycle: Cycle, actor: bytes, proof_hash: bytes) -> None:
    if actor == cycle.proposer:
        raise refuse(RefusalCode.SAME_ACTOR, f"cycle {cycle.plan.cycle_id}: another than its proposer must verify it")
    if proof_hash != proof_hash_of(cycle.plan):
        raise refuse(
            RefusalCode.PROOF_FALSE, f"cycle {cycle.plan.cycle_id}: the proof that was checked is not the one that stands"
        )


def _move(act: Act, cycle: Cycle, target: CycleState) -> CycleMoved:
    if not can_be(cycle, target):
        raise ClearingRefused(
            RefusalCode.WRONG_STATE, f"cycle {cycle.plan.cycle_id} is {cycle.state}; it cannot be {target}"
        )
    return CycleMoved(act=act, cycle_id=cycle.plan.cycle_id, state=target)


def _novations(plan: CyclePlan) -> tuple[DebtNovated, ...]:
    return tuple(
        DebtNovated(
            cycle_id=plan.cycle_id,
            debtor=each.debtor,
            creditor=each.creditor,
            currency=plan.currency,
            exponent=plan.exponent,
            amount=each.amount,
            service_end=plan.cut_off_seconds,
            due_date=plan.value_date_seconds,
        )
        for each in plan.novated
    )
