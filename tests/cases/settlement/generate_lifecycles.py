"""Writes the cases of payments, disputes, write-offs, netting cycles and deadlines, with hashed bytes, for every ledger.

Run it with the project's Python to rewrite the files beside it; a test fails when they differ. What each step must answer is
stated by hand; the bytes come from the Python rules, and others must give the same. Bytes that a log once held never change,
so a difference in `entries` of an existing case means that old logs no longer verify.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from relayer.codes.facts import FactCode
from relayer.codes.limits import (
    DEFAULT_DISPUTES_PER_HOUR,
    DEFAULT_PROPOSALS_PER_HOUR,
    MAXIMUM_ENDED,
    RATE_WINDOW_SECONDS,
)
from relayer.codes.settlement import RefusalCode
from relayer.facts.codec import fact_hash
from relayer.facts.schema import Fact, party_id
from relayer.settlement.decide import end_deadlines
from relayer.settlement.model.acts import OPERATOR, UnitKey
from relayer.settlement.model.cycles import AbortCycle, CommitCycle, ExpireCycle, ProposeCycle, VerifyCycle
from relayer.settlement.model.disputes import LapseDispute, OpenDispute, ReleaseDispute, UpholdDispute, WriteOff
from relayer.settlement.model.news import ResendNews
from relayer.settlement.model.parties import ClosePeriod, Consent, SetConsent
from relayer.settlement.model.payments import (
    Evidence,
    EvidenceKind,
    ExpirePayment,
    FinalisePayment,
    InstructPayment,
    MarkPaymentPending,
    ReturnPayment,
)
from relayer.settlement.model.rates import RateLimits, SetRateLimits
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.netting.solver import solve
from relayer.settlement.rules.eligible import Scope, eligible_claims, network_of
from relayer.settlement.rules.plans import proof_hash_of
from tests.support.scripts import load_script

HERE = Path(__file__).parent
Case = dict[str, Any]
basic: Any = load_script(HERE / "generate.py")
NAMES = (basic.CREDITOR, basic.DEBTOR, basic.THIRD)
KCS, NBM, ATX = map(party_id, NAMES)
NOW = basic.SERVICE_END + 40 * 86_400
EUR = UnitKey("EUR", 2)
RATES = RateLimits(proposals_per_hour=1, disputes_per_hour=1)


class Ledger(basic.Ledger):  # type: ignore[misc]
    """Three parties that settle with each other both ways; `at` is the block time of the next step."""

    def __init__(self) -> None:
        super().__init__()
        self.at = NOW
        for number, name in enumerate(NAMES):
            self.register(f"party-{number}", basic.party(name))
        for number, (debtor, creditor) in enumerate((a, b) for a in NAMES for b in NAMES if a != b):
            self.agree(f"agreement-{number}", basic.agreement(creditor, debtor))
        self.issue_for(*NAMES)

    def owe(self, *debts: tuple[bytes, bytes, int]) -> list[Fact]:
        """Facts of (debtor, creditor, cents), in one packet."""
        first = len(self.state.liabilities) + 1
        facts = [
            basic.fact(number, debtor=debtor, creditor=creditor, net=cents, tax=0)
            for number, (debtor, creditor, cents) in enumerate(debts, start=first)
        ]
        self.facts(*facts, codes=[FactCode.OK] * len(facts), hashes=list(map(fact_hash, facts)), sequence=first)
        return facts

    def consent(self, party: bytes, consent: Consent = Consent.GIVEN, *, request_id: str | None = None) -> SetConsent:
        """The command that replaces what the party said before."""
        said = self.state.consent(party)
        return SetConsent(
            request_id=request_id or f"{consent.value} {party.hex()}",
            actor=party,
            party=party,
            consent=consent,
            replaces=said.sequence if said else 0,
        )

    def end_deadlines(self, ended: int, *, limit: int = MAXIMUM_ENDED) -> None:
        """What the ledger does by itself in a block of this time. `ended` is how much must come to its end."""
        entries = end_deadlines(self.state, now_seconds=self.at, limit=limit)
        assert len(entries) == ended, entries
        step = {"command": "EndDeadlines", "at_seconds": self.at, "limit": limit, "entries": self.apply(entries)}
        head = self.state.head()
        self.steps.append({**step, "sequence": head.sequence, "head_hash": head.head_hash.hex()})

    def proposal(self, cycle_id: str, mode: NettingMode = NettingMode.CYCLE) -> ProposeCycle:
        scope = Scope(unit=EUR, cut_off_seconds=self.at, value_date_seconds=self.at, mode=mode)
        network = network_of(eligible_claims(self.state, scope), EUR)
        return ProposeCycle(
            request_id=f"propose {cycle_id}",
            actor=NBM,
            cycle_id=cycle_id,
            mode=mode,
            currency="EUR",
            exponent=2,
            cut_off_seconds=self.at,
            value_date_seconds=self.at,
            expires_at_seconds=self.at + 3600,
            debts_hash=network.digest(),
            proof=solve(network).encode() if mode is NettingMode.CYCLE else b"",
        )

    def verification(self, cycle_id: str, actor: bytes = KCS) -> VerifyCycle:
        cycle = self.state.cycle(cycle_id)
        assert cycle is not None
        proof_hash = proof_hash_of(cycle.plan)
        return VerifyCycle(request_id=f"verify {cycle_id}", actor=actor, cycle_id=cycle_id, proof_hash=proof_hash)


def instruct(amount: int, **changes: Any) -> InstructPayment:
    made = InstructPayment(
        request_id="instruct",
        actor=NBM,
        payment_id="P-1",
        debtor=NBM,
        creditor=KCS,
        currency="EUR",
        exponent=2,
        amount=amount,
        cycle_id="",
        expires_at_seconds=NOW + 600,
    )
    return replace(made, **changes)


def proof_of(amount: int, reference: str) -> Evidence:
    return Evidence(kind=EvidenceKind.BANK_STATEMENT_ENTRY, reference=reference, amount=amount, currency="EUR")


def open_dispute(fact: Fact, amount: int) -> OpenDispute:
    return OpenDispute(
        request_id="dispute",
        actor=NBM,
        dispute_id="D-1",
        fact_id=fact.fact_id,
        amount=amount,
        reason='Stra\u00dfe \u2013 "wrong" car',
        deadline_seconds=NOW + 600,
    )


def payment_cases() -> Iterator[Case]:
    made = Ledger()
    made.owe((NBM, KCS, 700), (NBM, KCS, 500))
    made.command(instruct(1201), refusal=RefusalCode.EXCEEDS_OPEN)
    made.command(instruct(600, actor=KCS), refusal=RefusalCode.NOT_AUTHORISED)
    made.command(instruct(600))
    made.command(instruct(600))
    made.command(instruct(601), refusal=RefusalCode.ID_REUSED)
    made.command(MarkPaymentPending(request_id="pending", actor=NBM, payment_id="P-1"))
    final = FinalisePayment(request_id="final", actor=KCS, payment_id="P-1", evidence=proof_of(600, "S/1"))
    made.command(replace(final, evidence=proof_of(599, "S/1")), refusal=RefusalCode.EVIDENCE_MISMATCH)
    made.command(replace(final, actor=NBM), refusal=RefusalCode.NOT_AUTHORISED)
    made.command(final)
    back = ReturnPayment(request_id="return", actor=NBM, payment_id="P-1", evidence=proof_of(600, "S/1"))
    made.command(back, refusal=RefusalCode.EVIDENCE_USED)
    made.command(replace(back, evidence=proof_of(600, "S/2")))
    yield made.case("a payment that is final and then returned")

    yield _burnt_reference()

    made = Ledger()
    made.owe((NBM, KCS, 700))
    made.command(instruct(700))
    expire = ExpirePayment(request_id="expire", actor=ATX, payment_id="P-1")
    made.command(expire, refusal=RefusalCode.DEADLINE_NOT_REACHED)
    made.at += 600
    made.command(expire)
    made.command(replace(expire, request_id="again"), refusal=RefusalCode.WRONG_STATE)
    yield made.case("a payment that expires")


def _burnt_reference() -> Case:
    """ATX confirms and returns payments of its own with the references that NBM's payment to KCS will have."""
    made = Ledger()
    made.owe((NBM, KCS, 700), (ATX, NBM, 20), (KCS, ATX, 10))
    evidence = proof_of(600, "BANK/1")
    made.command(instruct(10, request_id="own", actor=KCS, payment_id="A-1", debtor=KCS, creditor=ATX))
    burn = FinalisePayment(request_id="burn", actor=ATX, payment_id="A-1", evidence=replace(evidence, amount=10))
    made.command(burn)
    made.command(instruct(20, request_id="back", actor=ATX, payment_id="A-2", debtor=ATX, creditor=NBM))
    made.command(MarkPaymentPending(request_id="pending", actor=ATX, payment_id="A-2"))
    made.command(ReturnPayment(request_id="returned", actor=ATX, payment_id="A-2", evidence=replace(evidence, amount=20)))
    made.command(instruct(600))
    made.command(FinalisePayment(request_id="final", actor=KCS, payment_id="P-1", evidence=evidence))
    made.command(instruct(100, request_id="another", payment_id="P-2"))
    twice = FinalisePayment(request_id="twice", actor=KCS, payment_id="P-2", evidence=replace(evidence, amount=100))
    made.command(twice, refusal=RefusalCode.EVIDENCE_USED)
    case: Case = made.case("a stranger that uses up a bank reference stops no payment between others")
    return case


def dispute_cases() -> Iterator[Case]:
    for name, close in (
        ("released", ReleaseDispute(request_id="close", actor=NBM, dispute_id="D-1")),
        ("upheld", UpholdDispute(request_id="close", actor=KCS, dispute_id="D-1", credited=400)),
        ("partly upheld", UpholdDispute(request_id="close", actor=KCS, dispute_id="D-1", credited=150)),
        ("lapsed", LapseDispute(request_id="close", actor=ATX, dispute_id="D-1")),
    ):
        made = Ledger()
        (fact,) = made.owe((NBM, KCS, 700))
        made.command(open_dispute(fact, 701), refusal=RefusalCode.EXCEEDS_OPEN)
        made.command(open_dispute(fact, 400))
        made.command(instruct(301), refusal=RefusalCode.EXCEEDS_OPEN)
        made.at += 600 if isinstance(close, LapseDispute) else 0
        made.command(close)
        yield made.case(f"a dispute that is {name}")
    made = Ledger()
    (fact,) = made.owe((NBM, KCS, 700))
    write_off = WriteOff(request_id="write off", actor=KCS, fact_id=fact.fact_id, amount=200, reason="goodwill")
    made.command(replace(write_off, actor=NBM), refusal=RefusalCode.NOT_AUTHORISED)
    made.command(write_off)
    yield made.case("a write-off")

    yield _endless_disputes()


def _endless_disputes() -> Case:
    """NBM opens and withdraws disputes of one cent, each of which becomes news that somebody carries."""
    made = Ledger()
    (fact,) = made.owe((NBM, KCS, 700))
    made.command(SetRateLimits(request_id="own", actor=NBM, limits=RATES), refusal=RefusalCode.NOT_AUTHORISED)
    beyond = replace(RATES, disputes_per_hour=1_000_001)
    made.command(SetRateLimits(request_id="beyond", actor=OPERATOR, limits=beyond), refusal=RefusalCode.INVALID_COMMAND)
    made.at = NOW - NOW % RATE_WINDOW_SECONDS
    end = made.at + 2 * RATE_WINDOW_SECONDS
    for number in range(DEFAULT_DISPUTES_PER_HOUR):
        names = {"request_id": f"open {number}", "dispute_id": f"D-{number}", "deadline_seconds": end}
        made.command(replace(open_dispute(fact, 1), **names))
        made.command(ReleaseDispute(request_id=f"release {number}", actor=NBM, dispute_id=f"D-{number}"))
    last = replace(open_dispute(fact, 1), request_id="last", dispute_id="D-last", deadline_seconds=end)
    made.at += RATE_WINDOW_SECONDS - 1
    made.command(last, refusal=RefusalCode.RATE_EXCEEDED)
    made.command(replace(last, request_id="operator", dispute_id="D-operator", actor=OPERATOR))
    made.at += 1
    made.command(last)
    made.command(SetRateLimits(request_id="limits", actor=OPERATOR, limits=RATES))
    made.command(SetRateLimits(request_id="limits again", actor=OPERATOR, limits=RATES))
    one_more = {"request_id": "one more", "dispute_id": "D-more"}
    made.command(replace(last, **one_more), refusal=RefusalCode.RATE_EXCEEDED)
    made.command(ResendNews(request_id="resend", actor=OPERATOR, fact_id=fact.fact_id))
    made.command(ResendNews(request_id="resend 2", actor=NBM, fact_id=fact.fact_id), refusal=RefusalCode.NOT_AUTHORISED)
    made.command(ResendNews(request_id="resend 3", actor=OPERATOR, fact_id=bytes(32)), refusal=RefusalCode.NOT_FOUND)
    case: Case = made.case("a party that opens disputes without end is stopped for the rest of the hour")
    return case


def cycle_cases() -> Iterator[Case]:
    for mode in NettingMode:
        made = Ledger()
        made.owe((NBM, KCS, 1000), (KCS, ATX, 800), (ATX, NBM, 500), (KCS, NBM, 100), (NBM, KCS, 50))
        if mode is NettingMode.HUB:
            made.command(made.proposal("C-1", mode), refusal=RefusalCode.CONSENT_MISSING)
            for party in (NBM, KCS, ATX):
                made.command(made.consent(party))
        proposal = made.proposal("C-1", mode)
        made.command(replace(proposal, debts_hash=bytes(32)), refusal=RefusalCode.DEBTS_CHANGED)
        if mode is NettingMode.CYCLE:
            forged = bytearray(proposal.proof)
            forged[-1] ^= 1
            made.command(replace(proposal, proof=bytes(forged)), refusal=RefusalCode.PROOF_FALSE)
            made.command(replace(proposal, proof=b"\x00"), refusal=RefusalCode.PROOF_MALFORMED)
        made.command(proposal)
        made.command(made.verification("C-1", actor=NBM), refusal=RefusalCode.SAME_ACTOR)
        commit = CommitCycle(request_id="commit", actor=OPERATOR, cycle_id="C-1")
        made.command(commit, refusal=RefusalCode.WRONG_STATE)
        made.command(made.verification("C-1"))
        made.command(commit)
        made.command(replace(commit, request_id="twice"), refusal=RefusalCode.WRONG_STATE)
        yield made.case(f"a cycle of mode {mode.value}")
    made = Ledger()
    made.owe((NBM, KCS, 1000), (KCS, NBM, 800), (KCS, ATX, 500), (ATX, KCS, 300))
    terms = basic.agreement(basic.CREDITOR, basic.DEBTOR, netting_modes=(NettingMode.BILATERAL,))
    made.agree("bilateral only", terms)
    everything = made.proposal("C-1", NettingMode.BILATERAL)
    made.command(replace(made.proposal("C-1"), debts_hash=everything.debts_hash), refusal=RefusalCode.DEBTS_CHANGED)
    made.command(replace(made.proposal("C-1"), actor=ATX))
    made.command(made.verification("C-1"))
    made.command(CommitCycle(request_id="commit", actor=OPERATOR, cycle_id="C-1"))
    made.command(made.proposal("C-2", NettingMode.BILATERAL))
    yield made.case("a debt takes no part in a mode that its agreement leaves out")
    for end, wait in ((AbortCycle, 0), (ExpireCycle, 3600)):
        made = Ledger()
        made.owe((NBM, KCS, 1000), (KCS, NBM, 800))
        made.command(made.proposal("C-1"))
        made.at += wait
        made.command(end(request_id="end", actor=NBM, cycle_id="C-1"))
        made.command(replace(made.proposal("C-2"), actor=OPERATOR))
        yield made.case(f"a cycle that ends by {end.__name__}")

    yield from _proposals_of_one_party()
    yield _burnt_request_ids()


def _proposals_of_one_party() -> Iterator[Case]:
    """NBM proposes by itself: for 90 days, again at once, and without end."""
    longest = {"expires_at_seconds": NOW + 90 * 86_400}
    made = Ledger()
    facts = made.owe((NBM, KCS, 1000), (KCS, ATX, 800), (ATX, NBM, 500), (KCS, NBM, 100))
    made.command(replace(made.proposal("C-1"), **longest))
    made.command(replace(made.proposal("C-2"), **longest))
    made.command(replace(made.proposal("C-3"), actor=KCS))
    made.command(instruct(800, actor=KCS, debtor=KCS, creditor=ATX))
    made.command(replace(open_dispute(facts[2], 500), actor=ATX))
    made.command(made.verification("C-1"), refusal=RefusalCode.DEBTS_CHANGED)
    made.command(AbortCycle(request_id="abort", actor=KCS, cycle_id="C-1"))
    made.command(AbortCycle(request_id="abort 2", actor=ATX, cycle_id="C-2"))
    made.command(AbortCycle(request_id="abort 3", actor=OPERATOR, cycle_id="C-3"))
    made.command(made.proposal("C-4", NettingMode.BILATERAL))
    made.command(AbortCycle(request_id="abort 4", actor=ATX, cycle_id="C-4"), refusal=RefusalCode.NOT_AUTHORISED)
    made.command(made.verification("C-4"))
    made.command(AbortCycle(request_id="abort 4", actor=KCS, cycle_id="C-4"), refusal=RefusalCode.NOT_AUTHORISED)
    made.command(AbortCycle(request_id="abort 4", actor=NBM, cycle_id="C-4"))
    yield made.case("a proposal of one party holds nobody's debts, and those who take part may abort it")

    made = Ledger()
    made.owe((NBM, KCS, 1000), (KCS, NBM, 800))
    made.at = NOW - NOW % RATE_WINDOW_SECONDS
    for number in range(DEFAULT_PROPOSALS_PER_HOUR):
        made.command(made.proposal(f"C-{number}"))
    made.command(made.proposal("C-6"), refusal=RefusalCode.RATE_EXCEEDED)
    made.command(replace(made.proposal("C-7"), actor=KCS))
    made.command(made.verification("C-7", actor=OPERATOR))
    made.command(made.verification("C-0"), refusal=RefusalCode.CYCLE_RUNNING)
    made.command(CommitCycle(request_id="commit", actor=OPERATOR, cycle_id="C-7"))
    made.command(made.verification("C-0"), refusal=RefusalCode.DEBTS_CHANGED)
    made.command(SetRateLimits(request_id="limits", actor=OPERATOR, limits=RATES))
    made.owe((KCS, NBM, 100))
    made.at += RATE_WINDOW_SECONDS
    made.command(made.proposal("C-8"))
    made.command(made.proposal("C-9"), refusal=RefusalCode.RATE_EXCEEDED)
    made.command(replace(made.proposal("C-9"), actor=OPERATOR))
    made.end_deadlines(DEFAULT_PROPOSALS_PER_HOUR)
    yield made.case("a party that proposes without end is stopped for the rest of the hour")

    made = Ledger()
    made.owe((NBM, KCS, 1000), (KCS, ATX, 800), (ATX, NBM, 500))
    for party in (NBM, KCS, ATX):
        made.command(made.consent(party))
    made.command(made.proposal("C-1", NettingMode.HUB))
    made.command(made.consent(ATX, Consent.WITHDRAWN))
    made.command(made.verification("C-1"), refusal=RefusalCode.CONSENT_MISSING)
    made.command(made.consent(ATX, request_id="again"))
    terms = basic.agreement(basic.CREDITOR, basic.DEBTOR, netting_modes=(NettingMode.BILATERAL,))
    made.agree("bilateral only", terms)
    made.command(made.verification("C-1"), refusal=RefusalCode.DEBTS_CHANGED)
    yield made.case("a proposal outlives neither the consent nor the agreement that it was made under")


def _burnt_request_ids() -> Case:
    """NBM uses the request ids that the operator's abort, period closing and import of bank statements will have."""
    made = Ledger()
    made.owe((NBM, KCS, 1000), (KCS, NBM, 800))
    made.command(instruct(100))
    for number, name in enumerate(("abort C-1", "close 2026-01", "import BANK/1")):
        made.command(made.consent(NBM, (Consent.GIVEN, Consent.WITHDRAWN)[number % 2], request_id=name))
    made.command(replace(made.proposal("C-1"), actor=OPERATOR))
    made.command(AbortCycle(request_id="abort C-1", actor=OPERATOR, cycle_id="C-1"))
    made.command(ClosePeriod(request_id="close 2026-01", actor=OPERATOR, cut_off_seconds=NOW))
    evidence = proof_of(100, "BANK/1")
    made.command(FinalisePayment(request_id="import BANK/1", actor=OPERATOR, payment_id="P-1", evidence=evidence))
    case: Case = made.case("a party that uses up the operator's request ids stops none of the operator's commands")
    return case


def deadline_cases() -> Iterator[Case]:
    made = Ledger()
    facts = made.owe((NBM, KCS, 700), (NBM, KCS, 500), (KCS, NBM, 800))
    made.command(replace(made.proposal("C-1"), expires_at_seconds=NOW + 600))
    for name, wait in (("P-2", 600), ("P-1", 600), ("P-0", 601)):
        changes = {"request_id": name, "payment_id": name, "expires_at_seconds": NOW + wait}
        made.command(instruct(100, **changes))
    made.command(MarkPaymentPending(request_id="pending", actor=NBM, payment_id="P-1"))
    made.command(open_dispute(facts[1], 100))
    made.command(replace(open_dispute(facts[2], 0), request_id="none"), refusal=RefusalCode.NOT_AUTHORISED)
    made.at = NOW + 599
    made.end_deadlines(0)
    made.at = NOW + 600
    made.end_deadlines(3, limit=3)
    made.end_deadlines(1)
    made.command(ExpirePayment(request_id="late", actor=ATX, payment_id="P-1"), refusal=RefusalCode.WRONG_STATE)
    made.at = NOW + 10_000
    made.command(ExpirePayment(request_id="first", actor=ATX, payment_id="P-0"))
    made.end_deadlines(0)
    made.command(made.proposal("C-2"))
    yield made.case("deadlines that the ledger ends by itself, earliest first, then by kind and id")


def build() -> dict[str, list[Case]]:
    """File name without ending -> cases."""
    return {
        "payments": list(payment_cases()),
        "disputes": list(dispute_cases()),
        "cycles": list(cycle_cases()),
        "deadlines": list(deadline_cases()),
    }


def main() -> None:
    for name, cases in build().items():
        (HERE / f"{name}.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
