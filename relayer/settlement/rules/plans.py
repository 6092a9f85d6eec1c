"""What a cycle clears and why that is right: made from a proposal and the ledger's own debts, checked by anyone later.

The proof is never believed because of who sent it: the ledger derives the debts itself and checks the certificate in time
linear in them. It must never call a solver.
"""

from __future__ import annotations

from hashlib import sha256
from typing import assert_never

from relayer.codes.settlement import RefusalCode
from relayer.settlement.model.acts import Share, UnitKey
from relayer.settlement.model.cycles import CyclePlan, DebtRow, NovatedDebt, ProposeCycle
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
from relayer.settlement.reader import SettlementReader
from relayer.settlement.rules.checks import has_consented, refuse
from relayer.settlement.rules.eligible import Scope, eligible_claims, is_eligible, network_of

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


def plan_of(state: SettlementReader, command: ProposeCycle) -> CyclePlan:
    """What the proposal comes to with the debts as they are. Raises CommandRefused."""
    unit = UnitKey(command.currency, command.exponent)
    try:
        return _plan(state, command, unit)
    except NettingRefused as refused:
        code = _REFUSALS.get(refused.code, RefusalCode.INVALID_COMMAND)
        raise refuse(code, f"cycle {command.cycle_id}: {refused}") from refused


def require_still_holds(state: SettlementReader, plan: CyclePlan) -> None:
    """DEBTS_CHANGED unless everything that the plan clears is still open, free and agreed upon; CONSENT_MISSING if a party
    of a novation has withdrawn. A proposal reserved nothing, so all of it is asked again before it is held."""
    scope = _scope(plan)
    for share in plan.shares:
        liability = state.liability_at(share.liability)
        if liability is None or liability.free < share.amount or not is_eligible(state, liability, scope):
            raise refuse(
                RefusalCode.DEBTS_CHANGED,
                f"cycle {plan.cycle_id}: {plan.unit.text(share.amount)} of liability {share.liability} cannot be cleared "
                "any more; abort it and propose another",
            )
    if plan.mode is NettingMode.HUB and not all(has_consented(state, party) for party in plan.parties):
        raise refuse(RefusalCode.CONSENT_MISSING, f"cycle {plan.cycle_id}: a party has withdrawn its consent to novation")


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


def _plan(state: SettlementReader, command: ProposeCycle, unit: UnitKey) -> CyclePlan:
    claims = eligible_claims(state, _scope(command))
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
        gross = unit.text(summary.gross)
        raise refuse(RefusalCode.NOTHING_TO_NET, f"cycle {command.cycle_id}: nothing of {gross} can be set off")
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


def _scope(asked: ProposeCycle | CyclePlan) -> Scope:
    return Scope(
        unit=UnitKey(asked.currency, asked.exponent),
        cut_off_seconds=asked.cut_off_seconds,
        value_date_seconds=asked.value_date_seconds,
        mode=asked.mode,
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
