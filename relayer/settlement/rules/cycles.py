"""Netting cycles: proposed with a proof, checked here in full, verified by somebody else, then posted, all or nothing.

The proof is never believed because of who sent it: the ledger derives the debts itself and checks the certificate in time
linear in them. It must never call a solver.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import assert_never

from relayer.codes.settlement import RefusalCode
from relayer.errors import InvariantBroken
from relayer.facts.codec import liability_id
from relayer.settlement.model.acts import OPERATOR, Share, UnitKey
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
    DebtRow,
    ExpireCycle,
    NovatedDebt,
    ProposeCycle,
    UnitCycles,
    Verification,
    VerifyCycle,
)
from relayer.settlement.model.events import LogEntry
from relayer.settlement.model.facts import Novation
from relayer.settlement.model.liabilities import Liability
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
from relayer.settlement.postings import Account
from relayer.settlement.reader import MutableState, SettlementReader
from relayer.settlement.rules.checks import (
    has_consented,
    post_all,
    refuse,
    require_actor,
    require_after,
    require_anyone,
    require_before,
    require_deadline,
    require_id,
    require_new,
    require_there,
    stored,
)
from relayer.settlement.rules.eligible import Scope, eligible_claims, network_of

_NOVATION = b"interledger.settlement.novation.v1"
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
        case CommitCycle():
            _require_member(state, command.actor, cycle, "commit")
            moved = _move(cycle, CycleState.COMMITTED)
            require_before(what, cycle.plan.expires_at_seconds, now_seconds)
            return (moved, *_novations(cycle.plan))
        case AbortCycle():
            require_actor(state, command.actor, (cycle.proposer,), "abort a cycle that another proposed")
            moved = _move(cycle, CycleState.ABORTED)
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
        plan = event.plan
        post_all(state, head, plan.shares, Account.FREE, Account.HELD)
        state.cycles[plan.cycle_id] = Cycle(
            plan=plan, state=CycleState.PROPOSED, proposer=entry.actor, verification=None, sequence=head.sequence
        )
        state.units[plan.unit] = state.unit_cycles(plan.unit)._replace(running=plan.cycle_id)
        return
    before = stored(state.cycle(event.cycle_id), event.cycle_id)
    unit = before.plan.unit
    verification = before.verification
    match event.state:
        case CycleState.VERIFIED:
            verification = Verification(verifier=entry.actor)
        case CycleState.COMMITTED:
            post_all(state, head, before.plan.shares, Account.HELD, Account.NETTED)
            state.units[unit] = UnitCycles(None, before.plan.cut_off_seconds)
        case CycleState.ABORTED | CycleState.EXPIRED:
            post_all(state, head, before.plan.shares, Account.HELD, Account.FREE)
            state.units[unit] = state.unit_cycles(unit)._replace(running=None)
        case _:
            raise InvariantBroken(f"settlement log: cycle {event.cycle_id} moved to {event.state}")
    state.cycles[event.cycle_id] = replace(before, state=event.state, verification=verification, sequence=head.sequence)


def novated_liability(event: DebtNovated, entry: LogEntry) -> Liability:
    """The liability of a debt without a fact. Its ids are hashes over the cycle and the debt."""
    unit = f"{event.cycle_id}/{event.currency}/{event.exponent}".encode()
    fact_id = sha256(_NOVATION + len(unit).to_bytes(2, "big") + unit + event.debtor + event.creditor).digest()
    fact_hash = sha256(fact_id + event.amount.to_bytes(16, "big")).digest()
    return Liability(
        liability_id=liability_id(fact_id, fact_hash),
        sequence=entry.head.sequence,
        head_hash=entry.head.head_hash,
        fact_id=fact_id,
        fact_hash=fact_hash,
        kind=None,
        creditor=event.creditor,
        debtor=event.debtor,
        currency=event.currency,
        exponent=event.exponent,
        service_end=event.service_end,
        due_date=event.due_date,
        origin=Novation(cycle_id=event.cycle_id),
        amount=event.amount,
        open=event.amount,
        netted=0,
        paid=0,
        credited=0,
        held=0,
    )


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


def _propose(state: SettlementReader, command: ProposeCycle, now: int) -> CycleProposed:
    require_id("cycle id", command.cycle_id)
    require_anyone(state, command.actor, "propose a cycle")
    require_new("cycle", command.cycle_id, state.cycle(command.cycle_id))
    require_deadline(f"cycle {command.cycle_id}", command.expires_at_seconds, now)
    unit = UnitKey(command.currency, command.exponent)
    _require_turn(state, command, unit, now)
    try:
        return CycleProposed(plan=_plan(state, command, unit))
    except NettingRefused as refused:
        code = _REFUSALS.get(refused.code, RefusalCode.INVALID_COMMAND)
        raise refuse(code, f"cycle {command.cycle_id}: {refused}") from refused


def _require_turn(state: SettlementReader, command: ProposeCycle, unit: UnitKey, now: int) -> None:
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


def _plan(state: SettlementReader, command: ProposeCycle, unit: UnitKey) -> CyclePlan:
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
            f"cycle {command.cycle_id}: made for other debts than there are now; read them again and solve again",
        )
    if command.actor and command.actor not in network.parties:
        raise refuse(RefusalCode.NOT_AUTHORISED, f"party {command.actor.hex()} takes no part in the cycle")
    if command.proof and command.mode is not NettingMode.CYCLE:
        raise refuse(RefusalCode.PROOF_MALFORMED, f"mode {command.mode.value} takes no proof; the ledger computes it")
    consents = frozenset(party for party in network.parties if has_consented(state, party))
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


def _require_member(state: SettlementReader, actor: bytes, cycle: Cycle, verb: str) -> None:
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
            RefusalCode.PROOF_FALSE,
            f"cycle {cycle.plan.cycle_id}: another proof was checked than was proposed",
        )


def _move(cycle: Cycle, target: CycleState) -> CycleMoved:
    if not can_be(cycle, target):
        raise refuse(RefusalCode.WRONG_STATE, f"cycle {cycle.plan.cycle_id} is {cycle.state}; it cannot be {target}")
    return CycleMoved(cycle_id=cycle.plan.cycle_id, state=target)


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
