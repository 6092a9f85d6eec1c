"""Payments, disputes, write-offs, cycles: what each does to the amounts; every refusal has its code and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from relayer.codes.facts import FactCode, FactKind
from relayer.codes.limits import MAXIMUM_FACT_BITS
from relayer.codes.settlement import RefusalCode
from relayer.examples.consortium import DEBTS
from relayer.settlement.errors import CommandRefused
from relayer.settlement.model.acts import OPERATOR, UnitKey
from relayer.settlement.model.commands import Command
from relayer.settlement.model.cycles import AbortCycle, CommitCycle, CycleState, ExpireCycle, VerifyCycle
from relayer.settlement.model.disputes import (
    DisputeState,
    LapseDispute,
    OpenDispute,
    ReleaseDispute,
    UpholdDispute,
    WriteOff,
)
from relayer.settlement.model.liabilities import LiabilityState, PositionKey
from relayer.settlement.model.parties import Consent, SetConsent
from relayer.settlement.model.payments import (
    Evidence,
    EvidenceKind,
    ExpirePayment,
    FinalisePayment,
    InstructPayment,
    MarkPaymentPending,
    PaymentState,
    ReturnPayment,
)
from relayer.settlement.netting import certificate
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.rules.plans import proof_hash_of
from tests.support.settlement_bench import PARTIES, START, SettlementBench, fingerprint

NBM, KCS, ROL, VLT = (PARTIES[name] for name in ("NBM", "KCS", "ROL", "VLT"))
LARGEST = 2**MAXIMUM_FACT_BITS - 1
STRANGER = b"\x01" * 32
DAY = 86_400


@pytest.fixture
def bench() -> SettlementBench:
    return SettlementBench()


def a_payment(amount: int = 1000, **changes: object) -> InstructPayment:
    command = InstructPayment(
        request_id="pay-1",
        actor=NBM,
        payment_id="P-1",
        debtor=NBM,
        creditor=KCS,
        currency="EUR",
        exponent=2,
        amount=amount,
        cycle_id="",
        expires_at_seconds=START + DAY,
    )
    return replace(command, **changes)


def evidence(amount: int = 1000, *, reference: str = "STMT-1/7", currency: str = "EUR") -> Evidence:
    return Evidence(kind=EvidenceKind.BANK_STATEMENT_ENTRY, reference=reference, amount=amount, currency=currency)


def final(request: str = "final-1", actor: bytes = KCS, proof: Evidence | None = None) -> FinalisePayment:
    return FinalisePayment(request_id=request, actor=actor, payment_id="P-1", evidence=proof or evidence())


def a_dispute(bench: SettlementBench, amount: int = 400, **changes: object) -> OpenDispute:
    fact_id = next(iter(bench.state.liabilities), bytes(32))
    command = OpenDispute(
        request_id="dispute-1",
        actor=NBM,
        dispute_id="D-1",
        fact_id=fact_id,
        amount=amount,
        reason="the car was returned earlier",
        deadline_seconds=START + DAY,
    )
    return replace(command, **changes)


def amounts(bench: SettlementBench) -> list[tuple[int, int, int, int, int]]:
    bench.check()
    return [(each.open, each.held, each.netted, each.paid, each.credited) for each in bench.state.liabilities.values()]


class TestPayments:
    def test_a_payment_is_held_oldest_first_and_final_with_evidence(self, bench: SettlementBench) -> None:
        bench.owe("NBM", "KCS", 700, due=START + 20)
        bench.owe("NBM", "KCS", 500, due=START + 10)
        bench.execute(a_payment(600))
        assert amounts(bench) == [(700, 100, 0, 0, 0), (500, 500, 0, 0, 0)]
        bench.execute(MarkPaymentPending(request_id="pending-1", actor=NBM, payment_id="P-1"))
        bench.execute(final(proof=evidence(600)))
        assert amounts(bench) == [(600, 0, 0, 100, 0), (0, 0, 0, 500, 0)]
        payment = bench.state.payment("P-1")
        assert payment is not None
        assert (payment.state, payment.recorder, payment.evidence) == (PaymentState.FINAL, KCS, evidence(600))

    def test_a_returned_payment_opens_the_debt_again(self, bench: SettlementBench) -> None:
        bench.owe("NBM", "KCS", 1000)
        bench.execute(a_payment())
        bench.execute(final())
        assert amounts(bench) == [(0, 0, 0, 1000, 0)]
        back = evidence(reference="STMT-2/1")
        bench.execute(ReturnPayment(request_id="return-1", actor=NBM, payment_id="P-1", evidence=back))
        assert amounts(bench) == [(1000, 0, 0, 0, 0)]

    def test_an_expired_payment_gives_back_what_it_held(self, bench: SettlementBench) -> None:
        bench.owe("NBM", "KCS", 1000)
        bench.execute(a_payment())
        bench.now = START + DAY
        bench.execute(ExpirePayment(request_id="expire-1", actor=ROL, payment_id="P-1"))
        assert amounts(bench) == [(1000, 0, 0, 0, 0)]

    def test_a_confirmed_payment_by_fact_cannot_take_what_an_instructed_one_holds(self, bench: SettlementBench) -> None:
        owed = bench.owe("NBM", "KCS", 1000)
        bench.execute(a_payment(900))
        answer, _ = bench.record("NBM", "KCS", 101, kind=FactKind.PAYMENT_CONFIRMED, related=owed.fact_id)
        assert answer.code is FactCode.CREDIT_EXCEEDS
        assert amounts(bench) == [(1000, 900, 0, 0, 0)]

    def test_a_repeat_gets_the_first_result(self, bench: SettlementBench) -> None:
        bench.owe("NBM", "KCS", 1000)
        first = bench.execute(a_payment())
        before = fingerprint(bench.state)
        again = bench.execute(a_payment())
        assert (again.entries, again.reference) == ((), first.reference)
        assert fingerprint(bench.state) == before


class TestDisputes:
    def test_a_dispute_holds_its_amount_and_nothing_else(self, bench: SettlementBench) -> None:
        bench.owe("NBM", "KCS", 1000)
        bench.owe("NBM", "KCS", 1000)
        bench.execute(a_dispute(bench))
        assert amounts(bench) == [(1000, 400, 0, 0, 0), (1000, 0, 0, 0, 0)]
        assert [each.state for each in bench.state.liabilities.values()] == [LiabilityState.OPEN] * 2

    @pytest.mark.parametrize(
        ("close", "state", "after"),
        [
            (ReleaseDispute(request_id="c", actor=NBM, dispute_id="D-1"), DisputeState.RELEASED, (1000, 0, 0, 0, 0)),
            (
                UpholdDispute(request_id="c", actor=KCS, dispute_id="D-1", credited=400),
                DisputeState.UPHELD,
                (600, 0, 0, 0, 400),
            ),
            (
                UpholdDispute(request_id="c", actor=KCS, dispute_id="D-1", credited=1),
                DisputeState.PARTLY_UPHELD,
                (999, 0, 0, 0, 1),
            ),
            (LapseDispute(request_id="c", actor=VLT, dispute_id="D-1"), DisputeState.LAPSED, (1000, 0, 0, 0, 0)),
        ],
        ids=["released", "upheld", "partly", "lapsed"],
    )
    def test_how_a_dispute_ends(
        self, bench: SettlementBench, close: Command, state: DisputeState, after: tuple[int, ...]
    ) -> None:
        bench.owe("NBM", "KCS", 1000)
        bench.execute(a_dispute(bench))
        if state is DisputeState.LAPSED:
            bench.now = START + DAY
        bench.execute(close)
        dispute = bench.state.dispute("D-1")
        assert dispute is not None
        assert dispute.state is state
        assert amounts(bench) == [after]

    def test_a_write_off_is_a_credit_with_a_reason(self, bench: SettlementBench) -> None:
        owed = bench.owe("NBM", "KCS", 1000)
        bench.execute(WriteOff(request_id="w", actor=KCS, fact_id=owed.fact_id, amount=300, reason="goodwill"))
        assert amounts(bench) == [(700, 0, 0, 0, 300)]


class TestCycles:
    @pytest.mark.parametrize(
        ("mode", "remaining", "debts"),
        [(NettingMode.BILATERAL, 80_656_97, 13), (NettingMode.CYCLE, 56_800_49, 10), (NettingMode.HUB, 36_076_82, 5)],
    )
    def test_the_demo_scenario(self, bench: SettlementBench, mode: NettingMode, remaining: int, debts: int) -> None:
        self.demo_debts(bench)
        assert bench.network().gross == 131_406_25
        before = bench.net_positions()
        if mode is NettingMode.HUB:
            for party in PARTIES.values():
                bench.execute(bench.consent(party))
        bench.run_cycle("2026-11", mode=mode)
        bench.check()
        cycle = bench.state.cycle("2026-11")
        assert cycle is not None
        assert (cycle.state, cycle.plan.gross, cycle.plan.remaining) == (CycleState.COMMITTED, 131_406_25, remaining)
        assert sum(bench.state.open_sums.values()) == remaining
        assert sum(1 for total in bench.state.open_sums.values() if total) == debts
        assert bench.net_positions() == before

    def test_a_held_amount_takes_no_part_and_the_same_clears(self, bench: SettlementBench) -> None:
        self.demo_debts(bench)
        contested = next(each for each in bench.state.liabilities.values() if (each.debtor, each.creditor) == (KCS, VLT))
        bench.execute(a_dispute(bench, 285_600, actor=KCS, fact_id=contested.fact_id))
        assert bench.network().gross == 128_550_25
        bench.run_cycle("2026-11")
        assert sum(each.netted for each in bench.state.liabilities.values()) == 74_605_76
        bench.check()

    def test_a_fact_after_the_cut_off_goes_to_the_next_cycle(self, bench: SettlementBench) -> None:
        bench.owe("NBM", "KCS", 100)
        bench.owe("KCS", "NBM", 100)
        late = bench.owe("KCS", "NBM", 50, service_end=START + 1)
        bench.run_cycle("one")
        assert bench.state.liabilities[late.fact_id].open == 50
        bench.now = START + 2
        bench.owe("NBM", "KCS", 50, service_end=START + 2)
        bench.run_cycle("two")
        assert not any(bench.state.open_sums.values())

    def test_what_is_not_due_or_not_agreed_any_more_takes_no_part(self, bench: SettlementBench) -> None:
        bench.owe("NBM", "KCS", 100, due=START + 1)
        bench.owe("KCS", "ROL", 100)
        bench.agree("KCS", "ROL", currencies={"JPY": 0})
        assert bench.network().gross == 0
        assert bench.network(value_date=START + 1).gross == 100

    @pytest.mark.parametrize("end", [AbortCycle, ExpireCycle])
    def test_a_cycle_that_ends_gives_everything_back(
        self, bench: SettlementBench, end: type[AbortCycle | ExpireCycle]
    ) -> None:
        bench.owe("NBM", "KCS", 100)
        bench.owe("KCS", "NBM", 70)
        bench.execute(bench.proposal("one"))
        assert amounts(bench) == [(100, 0, 0, 0, 0), (70, 0, 0, 0, 0)]
        bench.verify("one")
        assert amounts(bench) == [(100, 70, 0, 0, 0), (70, 70, 0, 0, 0)]
        bench.now += 3600
        bench.execute(end(request_id="end", actor=OPERATOR, cycle_id="one"))
        assert amounts(bench) == [(100, 0, 0, 0, 0), (70, 0, 0, 0, 0)]
        bench.run_cycle("two")
        assert amounts(bench) == [(30, 0, 70, 0, 0), (0, 0, 70, 0, 0)]

    def test_what_a_hub_cycle_left_is_paid_by_parties_without_an_agreement(self, bench: SettlementBench) -> None:
        bench.agree("NBM", "ROL", currencies={"JPY": 0})
        bench.owe("NBM", "KCS", 100)
        bench.owe("KCS", "ROL", 100)
        for party in (NBM, KCS, ROL):
            bench.execute(bench.consent(party, actor=OPERATOR))
        bench.run_cycle("hub", mode=NettingMode.HUB)
        novated = [each for each in bench.state.liabilities.values() if each.kind is None]
        assert [(each.debtor, each.creditor, each.open) for each in novated] == [(NBM, ROL, 100)]
        bench.execute(a_payment(100, creditor=ROL, cycle_id="hub"))
        bench.execute(final(actor=ROL, proof=evidence(100)))
        assert not any(bench.state.open_sums.values())
        bench.check()

    @staticmethod
    def demo_debts(bench: SettlementBench) -> None:
        for (debtor, creditor), amount in DEBTS.items():
            bench.owe(debtor, creditor, amount)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    code: RefusalCode
    command: Callable[[SettlementBench], Command]
    before: Callable[[SettlementBench], None] = lambda _bench: None


def instructed(bench: SettlementBench) -> None:
    bench.execute(a_payment())


def paid(bench: SettlementBench) -> None:
    instructed(bench)
    bench.execute(final("final-0"))


def disputed(bench: SettlementBench) -> None:
    bench.execute(a_dispute(bench))


def proposed(bench: SettlementBench) -> None:
    bench.execute(bench.proposal("C-1", actor=NBM))


def verified(bench: SettlementBench) -> None:
    proposed(bench)
    bench.verify("C-1", actor=KCS)


def committed(bench: SettlementBench) -> None:
    verified(bench)
    bench.commit("C-1")


def forged(bench: SettlementBench, row: int, change: int) -> Command:
    proposal = bench.proposal("C-1")
    honest = certificate.decode(proposal.proof)
    remainder = list(honest.remainder)
    remainder[row] += change
    return replace(proposal, proof=replace(honest, remainder=tuple(remainder)).encode())


def stale(bench: SettlementBench) -> Command:
    proposal = bench.proposal("C-1")
    bench.owe("NBM", "KCS", 1)
    return proposal


def other_certificate(bench: SettlementBench) -> Command:
    old = bench.proposal("C-1")
    bench.owe("NBM", "KCS", 1)
    return replace(bench.proposal("C-2"), proof=old.proof)


def not_optimal(bench: SettlementBench) -> Command:
    proposal = bench.proposal("C-1")
    honest = certificate.decode(proposal.proof)
    return replace(proposal, proof=replace(honest, remainder=bench.network().amounts).encode())


def verify_with(bench: SettlementBench, actor: bytes, proof_hash: bytes | None = None) -> Command:
    cycle = bench.state.cycle("C-1")
    assert cycle is not None
    return VerifyCycle(request_id="v", actor=actor, cycle_id="C-1", proof_hash=proof_hash or proof_hash_of(cycle.plan))


def later(seconds: int, prepare: Callable[[SettlementBench], None]) -> Callable[[SettlementBench], None]:
    def run(bench: SettlementBench) -> None:
        prepare(bench)
        bench.now += seconds

    return run


REFUSALS = {
    "payment above what is open": Refusal(code=RefusalCode.EXCEEDS_OPEN, command=lambda _: a_payment(1001)),
    "payment of a held amount": Refusal(code=RefusalCode.EXCEEDS_OPEN, before=disputed, command=lambda _: a_payment(601)),
    "payment of 2^128": Refusal(code=RefusalCode.AMOUNT_OUT_OF_RANGE, command=lambda _: a_payment(2**128)),
    "negative payment": Refusal(code=RefusalCode.AMOUNT_OUT_OF_RANGE, command=lambda _: a_payment(-1)),
    "payment in an unknown currency": Refusal(
        code=RefusalCode.CURRENCY_UNSUPPORTED, command=lambda _: a_payment(currency="XTS")
    ),
    "payment with another exponent": Refusal(code=RefusalCode.EXPONENT_MISMATCH, command=lambda _: a_payment(exponent=3)),
    "payment without an agreement": Refusal(code=RefusalCode.NO_AGREEMENT, command=lambda _: a_payment(creditor=bytes(32))),
    "payment by another party": Refusal(code=RefusalCode.NOT_AUTHORISED, command=lambda _: a_payment(actor=KCS)),
    "payment by a stranger": Refusal(code=RefusalCode.NOT_AUTHORISED, command=lambda _: a_payment(actor=b"\x01" * 32)),
    "payment id taken": Refusal(
        code=RefusalCode.ID_TAKEN, before=instructed, command=lambda _: a_payment(1, request_id="other")
    ),
    "payment id malformed": Refusal(code=RefusalCode.INVALID_COMMAND, command=lambda _: a_payment(payment_id="x" * 36)),
    "request id with other content": Refusal(
        code=RefusalCode.ID_REUSED, before=instructed, command=lambda _: a_payment(999)
    ),
    "request id empty": Refusal(code=RefusalCode.INVALID_COMMAND, command=lambda _: a_payment(request_id=" ")),
    "payment that ends in the past": Refusal(
        code=RefusalCode.DEADLINE_INVALID, command=lambda _: a_payment(expires_at_seconds=START)
    ),
    "payment of an unknown cycle": Refusal(code=RefusalCode.NOT_FOUND, command=lambda _: a_payment(cycle_id="C-9")),
    "payment of a cycle that is not committed": Refusal(
        code=RefusalCode.WRONG_STATE, before=proposed, command=lambda _: a_payment(1, cycle_id="C-1")
    ),
    "final without a payment": Refusal(code=RefusalCode.NOT_FOUND, command=lambda _: final()),
    "final by the debtor": Refusal(code=RefusalCode.NOT_AUTHORISED, before=instructed, command=lambda _: final(actor=NBM)),
    "final twice": Refusal(code=RefusalCode.WRONG_STATE, before=paid, command=lambda _: final()),
    "final with another amount": Refusal(
        code=RefusalCode.EVIDENCE_MISMATCH, before=instructed, command=lambda _: final(proof=evidence(999))
    ),
    "final in another currency": Refusal(
        code=RefusalCode.EVIDENCE_MISMATCH, before=instructed, command=lambda _: final(proof=evidence(currency="JPY"))
    ),
    "final without a reference": Refusal(
        code=RefusalCode.INVALID_COMMAND, before=instructed, command=lambda _: final(proof=evidence(reference=""))
    ),
    "final too late": Refusal(code=RefusalCode.DEADLINE_PASSED, before=later(DAY, instructed), command=lambda _: final()),
    "return with the evidence of the payment": Refusal(
        code=RefusalCode.EVIDENCE_USED,
        before=paid,
        command=lambda _: ReturnPayment(request_id="r", actor=NBM, payment_id="P-1", evidence=evidence()),
    ),
    "return before the bank had it": Refusal(
        code=RefusalCode.WRONG_STATE,
        before=instructed,
        command=lambda _: ReturnPayment(request_id="r", actor=NBM, payment_id="P-1", evidence=evidence()),
    ),
    "expiry before its time": Refusal(
        code=RefusalCode.DEADLINE_NOT_REACHED,
        before=later(DAY - 1, instructed),
        command=lambda _: ExpirePayment(request_id="e", actor=OPERATOR, payment_id="P-1"),
    ),
    "expiry of a final payment": Refusal(
        code=RefusalCode.WRONG_STATE,
        before=later(DAY, paid),
        command=lambda _: ExpirePayment(request_id="e", actor=OPERATOR, payment_id="P-1"),
    ),
    "dispute of a netted amount": Refusal(
        code=RefusalCode.EXCEEDS_OPEN, before=committed, command=lambda bench: a_dispute(bench, 301)
    ),
    "dispute of an amount that a cycle holds": Refusal(
        code=RefusalCode.EXCEEDS_OPEN, before=verified, command=lambda bench: a_dispute(bench, 301)
    ),
    "dispute of a paid amount": Refusal(
        code=RefusalCode.EXCEEDS_OPEN, before=paid, command=lambda bench: a_dispute(bench, 1)
    ),
    "dispute of nothing": Refusal(code=RefusalCode.AMOUNT_OUT_OF_RANGE, command=lambda bench: a_dispute(bench, 0)),
    "dispute of an unknown fact": Refusal(
        code=RefusalCode.NOT_FOUND, command=lambda bench: a_dispute(bench, fact_id=bytes(32))
    ),
    "dispute by the creditor": Refusal(code=RefusalCode.NOT_AUTHORISED, command=lambda bench: a_dispute(bench, actor=KCS)),
    "dispute without an end": Refusal(
        code=RefusalCode.DEADLINE_INVALID,
        command=lambda bench: a_dispute(bench, deadline_seconds=START + 91 * DAY),
    ),
    "dispute without a reason": Refusal(
        code=RefusalCode.INVALID_COMMAND, command=lambda bench: a_dispute(bench, reason=" ")
    ),
    "dispute id taken": Refusal(
        code=RefusalCode.ID_TAKEN, before=disputed, command=lambda bench: a_dispute(bench, 1, request_id="other")
    ),
    "credit above the contested amount": Refusal(
        code=RefusalCode.AMOUNT_OUT_OF_RANGE,
        before=disputed,
        command=lambda _: UpholdDispute(request_id="u", actor=KCS, dispute_id="D-1", credited=401),
    ),
    "upheld by the debtor": Refusal(
        code=RefusalCode.NOT_AUTHORISED,
        before=disputed,
        command=lambda _: UpholdDispute(request_id="u", actor=NBM, dispute_id="D-1", credited=400),
    ),
    "upheld after the deadline": Refusal(
        code=RefusalCode.DEADLINE_PASSED,
        before=later(DAY, disputed),
        command=lambda _: UpholdDispute(request_id="u", actor=KCS, dispute_id="D-1", credited=400),
    ),
    "lapsed before the deadline": Refusal(
        code=RefusalCode.DEADLINE_NOT_REACHED,
        before=disputed,
        command=lambda _: LapseDispute(request_id="l", actor=KCS, dispute_id="D-1"),
    ),
    "write-off above the rest": Refusal(
        code=RefusalCode.EXCEEDS_OPEN,
        before=disputed,
        command=lambda bench: WriteOff(
            request_id="w", actor=KCS, fact_id=next(iter(bench.state.liabilities)), amount=601, reason="goodwill"
        ),
    ),
    "write-off by the debtor": Refusal(
        code=RefusalCode.NOT_AUTHORISED,
        command=lambda bench: WriteOff(
            request_id="w", actor=NBM, fact_id=next(iter(bench.state.liabilities)), amount=1, reason="goodwill"
        ),
    ),
    "consent by another party": Refusal(
        code=RefusalCode.NOT_AUTHORISED,
        command=lambda _: SetConsent(request_id="s", actor=KCS, party=NBM, consent=Consent.GIVEN, replaces=0),
    ),
    "consent by a stranger": Refusal(
        code=RefusalCode.NOT_FOUND,
        command=lambda _: SetConsent(request_id="s", actor=STRANGER, party=STRANGER, consent=Consent.GIVEN, replaces=0),
    ),
    "consent that replaces what is not in force": Refusal(
        code=RefusalCode.SUPERSEDED,
        command=lambda bench: replace(bench.consent(NBM), replaces=1),
    ),
    "hub cycle without consent": Refusal(
        code=RefusalCode.CONSENT_MISSING, command=lambda bench: bench.proposal("C-1", mode=NettingMode.HUB)
    ),
    "hub cycle after consent was withdrawn": Refusal(
        code=RefusalCode.CONSENT_MISSING,
        before=lambda bench: [  # type: ignore[func-returns-value]
            bench.execute(bench.consent(party, consent, actor=OPERATOR))
            for party, consent in ((NBM, Consent.GIVEN), (KCS, Consent.GIVEN), (NBM, Consent.WITHDRAWN))
        ],
        command=lambda bench: bench.proposal("C-1", mode=NettingMode.HUB),
    ),
    "forged certificate that clears more": Refusal(code=RefusalCode.PROOF_FALSE, command=lambda bench: forged(bench, 0, 1)),
    "certificate that leaves a cycle": Refusal(code=RefusalCode.PROOF_FALSE, command=not_optimal),
    "certificate of other debts": Refusal(code=RefusalCode.DEBTS_CHANGED, command=other_certificate),
    "stale proposal": Refusal(code=RefusalCode.DEBTS_CHANGED, command=stale),
    "certificate that is none": Refusal(
        code=RefusalCode.PROOF_MALFORMED, command=lambda bench: replace(bench.proposal("C-1"), proof=b"certificate")
    ),
    "proof where none belongs": Refusal(
        code=RefusalCode.PROOF_MALFORMED,
        command=lambda bench: replace(bench.proposal("C-1", mode=NettingMode.BILATERAL), proof=b"certificate"),
    ),
    "proposal by a party without a debt": Refusal(
        code=RefusalCode.NOT_AUTHORISED, command=lambda bench: bench.proposal("C-1", actor=VLT)
    ),
    "cycle in a currency without debts": Refusal(
        code=RefusalCode.NOTHING_TO_NET, command=lambda bench: bench.proposal("C-1", unit=UnitKey("JPY", 0))
    ),
    "cycle in a malformed currency": Refusal(
        code=RefusalCode.INVALID_COMMAND, command=lambda bench: replace(bench.proposal("C-1"), currency="eur")
    ),
    "cycle with another exponent": Refusal(
        code=RefusalCode.DEBTS_CHANGED, command=lambda bench: replace(bench.proposal("C-1"), exponent=3)
    ),
    "cycle while another runs": Refusal(
        code=RefusalCode.CYCLE_RUNNING, before=verified, command=lambda bench: bench.proposal("C-2")
    ),
    "cycle id taken": Refusal(code=RefusalCode.ID_TAKEN, before=proposed, command=lambda bench: bench.proposal("C-1")),
    "cut-off in the future": Refusal(
        code=RefusalCode.CUT_OFF_INVALID,
        command=lambda bench: bench.proposal("C-1", cut_off=START + 1, value_date=START),
    ),
    "cut-off before the last": Refusal(
        code=RefusalCode.CUT_OFF_INVALID, before=committed, command=lambda bench: bench.proposal("C-2", cut_off=START - 1)
    ),
    "value date out of range": Refusal(
        code=RefusalCode.INVALID_COMMAND, command=lambda bench: replace(bench.proposal("C-1"), value_date_seconds=2**63)
    ),
    "verified by its proposer": Refusal(
        code=RefusalCode.SAME_ACTOR, before=proposed, command=lambda bench: verify_with(bench, NBM)
    ),
    "verified by a party without a debt": Refusal(
        code=RefusalCode.NOT_AUTHORISED, before=proposed, command=lambda bench: verify_with(bench, VLT)
    ),
    "verified another proof": Refusal(
        code=RefusalCode.PROOF_FALSE, before=proposed, command=lambda bench: verify_with(bench, KCS, bytes(32))
    ),
    "verified too late": Refusal(
        code=RefusalCode.DEADLINE_PASSED, before=later(3600, proposed), command=lambda bench: verify_with(bench, KCS)
    ),
    "commit before it was verified": Refusal(
        code=RefusalCode.WRONG_STATE,
        before=proposed,
        command=lambda _: CommitCycle(request_id="c", actor=OPERATOR, cycle_id="C-1"),
    ),
    "commit twice": Refusal(
        code=RefusalCode.WRONG_STATE,
        before=committed,
        command=lambda _: CommitCycle(request_id="c", actor=OPERATOR, cycle_id="C-1"),
    ),
    "commit by a party without a debt": Refusal(
        code=RefusalCode.NOT_AUTHORISED,
        before=proposed,
        command=lambda _: CommitCycle(request_id="c", actor=VLT, cycle_id="C-1"),
    ),
    "abort of a verified cycle by another than the proposer": Refusal(
        code=RefusalCode.NOT_AUTHORISED,
        before=verified,
        command=lambda _: AbortCycle(request_id="a", actor=KCS, cycle_id="C-1"),
    ),
    "abort of a committed cycle": Refusal(
        code=RefusalCode.WRONG_STATE,
        before=committed,
        command=lambda _: AbortCycle(request_id="a", actor=NBM, cycle_id="C-1"),
    ),
    "expiry of a cycle before its time": Refusal(
        code=RefusalCode.DEADLINE_NOT_REACHED,
        before=proposed,
        command=lambda _: ExpireCycle(request_id="e", actor=KCS, cycle_id="C-1"),
    ),
    "commit of an unknown cycle": Refusal(
        code=RefusalCode.NOT_FOUND, command=lambda _: CommitCycle(request_id="c", actor=OPERATOR, cycle_id="C-1")
    ),
    "pending by the creditor": Refusal(
        code=RefusalCode.NOT_AUTHORISED,
        before=instructed,
        command=lambda _: MarkPaymentPending(request_id="m", actor=KCS, payment_id="P-1"),
    ),
    "pending too late": Refusal(
        code=RefusalCode.DEADLINE_PASSED,
        before=later(DAY, instructed),
        command=lambda _: MarkPaymentPending(request_id="m", actor=NBM, payment_id="P-1"),
    ),
    "return by the creditor": Refusal(
        code=RefusalCode.NOT_AUTHORISED,
        before=paid,
        command=lambda _: ReturnPayment(request_id="r", actor=KCS, payment_id="P-1", evidence=evidence(reference="S/9")),
    ),
    "return of another amount": Refusal(
        code=RefusalCode.EVIDENCE_MISMATCH,
        before=paid,
        command=lambda _: ReturnPayment(request_id="r", actor=NBM, payment_id="P-1", evidence=evidence(1, reference="S/9")),
    ),
    "expiry by a stranger": Refusal(
        code=RefusalCode.NOT_AUTHORISED,
        before=later(DAY, instructed),
        command=lambda _: ExpirePayment(request_id="e", actor=STRANGER, payment_id="P-1"),
    ),
    "release by the creditor": Refusal(
        code=RefusalCode.NOT_AUTHORISED,
        before=disputed,
        command=lambda _: ReleaseDispute(request_id="r", actor=KCS, dispute_id="D-1"),
    ),
    "release twice": Refusal(
        code=RefusalCode.WRONG_STATE,
        before=lambda bench: (disputed(bench), bench.execute(ReleaseDispute(request_id="0", actor=NBM, dispute_id="D-1")))[
            0
        ],
        command=lambda _: ReleaseDispute(request_id="r", actor=NBM, dispute_id="D-1"),
    ),
    "release of an unknown dispute": Refusal(
        code=RefusalCode.NOT_FOUND, command=lambda _: ReleaseDispute(request_id="r", actor=NBM, dispute_id="D-9")
    ),
    "lapse by a stranger": Refusal(
        code=RefusalCode.NOT_AUTHORISED,
        before=later(DAY, disputed),
        command=lambda _: LapseDispute(request_id="l", actor=STRANGER, dispute_id="D-1"),
    ),
    "dispute id malformed": Refusal(code=RefusalCode.INVALID_COMMAND, command=lambda bench: a_dispute(bench, dispute_id="")),
    "write-off without a reason": Refusal(
        code=RefusalCode.INVALID_COMMAND,
        command=lambda bench: WriteOff(
            request_id="w", actor=KCS, fact_id=next(iter(bench.state.liabilities)), amount=1, reason=""
        ),
    ),
    "commit too late": Refusal(
        code=RefusalCode.DEADLINE_PASSED,
        before=lambda bench: later(3600, lambda _: (proposed(bench), bench.verify("C-1", actor=KCS))[0])(bench),
        command=lambda _: CommitCycle(request_id="c", actor=OPERATOR, cycle_id="C-1"),
    ),
    "expiry of a cycle by a stranger": Refusal(
        code=RefusalCode.NOT_AUTHORISED,
        before=later(3600, proposed),
        command=lambda _: ExpireCycle(request_id="e", actor=STRANGER, cycle_id="C-1"),
    ),
    "cycle id malformed": Refusal(code=RefusalCode.INVALID_COMMAND, command=lambda bench: bench.proposal("C 1")),
    "cycle proposed by a stranger": Refusal(
        code=RefusalCode.NOT_AUTHORISED, command=lambda bench: replace(bench.proposal("C-9"), actor=STRANGER, cycle_id="C-1")
    ),
    "cycle without an end": Refusal(
        code=RefusalCode.DEADLINE_INVALID,
        command=lambda bench: replace(bench.proposal("C-1"), expires_at_seconds=START + 91 * DAY),
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refused_with_its_code_and_nothing_changed(bench: SettlementBench, name: str) -> None:
    bench.owe("NBM", "KCS", 1000)
    bench.owe("KCS", "NBM", 700)
    refusal = REFUSALS[name]
    refusal.before(bench)
    command = refusal.command(bench)
    before = fingerprint(bench.state)
    with pytest.raises(CommandRefused) as refused:
        bench.execute(command)
    assert refused.value.code is refusal.code, refused.value
    assert fingerprint(bench.state) == before
    bench.check()


def test_a_credit_note_above_the_rest_is_refused_with_its_code(bench: SettlementBench) -> None:
    owed = bench.owe("NBM", "KCS", 1000)
    bench.execute(a_dispute(bench))
    answer, _ = bench.record("NBM", "KCS", 601, kind=FactKind.CREDIT_NOTE, related=owed.fact_id)
    assert answer.code is FactCode.CREDIT_EXCEEDS
    assert amounts(bench) == [(1000, 400, 0, 0, 0)]


@pytest.mark.parametrize("gross", [LARGEST + 1, 2**128 - 1, 2**128])
def test_a_fact_above_the_largest_is_refused_with_its_code(bench: SettlementBench, gross: int) -> None:
    before = fingerprint(bench.state)
    answer, _ = bench.record("NBM", "KCS", gross - 1, tax=1)
    assert answer.code is FactCode.BAD_TOTAL
    assert fingerprint(bench.state) == before


def test_facts_of_the_largest_amount_stop_nobodys_netting(bench: SettlementBench) -> None:
    """A stranger to the others' debts used to stop a currency with one fact."""
    for _ in range(3):
        bench.owe("ISR", "ATX", LARGEST)
    bench.owe("NBM", "KCS", 100)
    bench.owe("KCS", "NBM", 40)
    bench.run_cycle("C-1")
    assert bench.state.open_sum(PositionKey(PARTIES["NBM"], PARTIES["KCS"], "EUR", 2)) == 60


class TestBounds:
    """The last value that is taken, beside the first one that is refused above."""

    def test_all_of_a_debt_can_be_disputed_for_the_longest_time(self, bench: SettlementBench) -> None:
        bench.owe("NBM", "KCS", 1000)
        longest = {
            "deadline_seconds": START + 90 * DAY,
            "reason": "r" * 200,
            "request_id": "i" * 200,
            "dispute_id": "d" * 35,
        }
        bench.execute(a_dispute(bench, 1000, **longest))
        assert amounts(bench) == [(1000, 1000, 0, 0, 0)]
        assert [each.state for each in bench.state.liabilities.values()] == [LiabilityState.HELD]

    def test_the_largest_debt_can_be_paid_at_once(self, bench: SettlementBench) -> None:
        bench.owe("NBM", "KCS", LARGEST)
        bench.execute(a_payment(LARGEST))
        bench.execute(final(proof=evidence(LARGEST)))
        assert amounts(bench) == [(0, 0, 0, LARGEST, 0)]

    def test_the_next_cycle_may_have_the_same_cut_off(self, bench: SettlementBench) -> None:
        for cycle_id in ("one", "two"):
            bench.owe("NBM", "KCS", 100)
            bench.owe("KCS", "NBM", 100)
            bench.run_cycle(cycle_id)
        assert not any(bench.state.open_sums.values())

    def test_one_second_before_the_end_is_not_too_late(self, bench: SettlementBench) -> None:
        bench.owe("NBM", "KCS", 1000)
        bench.owe("KCS", "NBM", 700)
        bench.execute(a_payment(300))
        bench.execute(bench.proposal("C-1"))
        bench.now += 3599
        bench.verify("C-1")
        bench.commit("C-1")
        bench.now = START + DAY - 1
        bench.execute(final(proof=evidence(300)))
        assert amounts(bench) == [(0, 0, 700, 300, 0), (0, 0, 700, 0, 0)]
