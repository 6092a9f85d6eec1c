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
from relayer.codes.limits import MAXIMUM_ENDED
from relayer.codes.settlement import RefusalCode
from relayer.facts.codec import fact_hash
from relayer.facts.schema import Fact, party_id
from relayer.settlement.decide import end_deadlines
from relayer.settlement.model.acts import OPERATOR, UnitKey
from relayer.settlement.model.cycles import AbortCycle, CommitCycle, ExpireCycle, ProposeCycle, VerifyCycle
from relayer.settlement.model.disputes import LapseDispute, OpenDispute, ReleaseDispute, UpholdDispute, WriteOff
from relayer.settlement.model.parties import Consent, SetConsent
from relayer.settlement.model.payments import (
    Evidence,
    EvidenceKind,
    ExpirePayment,
    FinalisePayment,
    InstructPayment,
    MarkPaymentPending,
    ReturnPayment,
)
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.netting.solver import solve
from relayer.settlement.rules.cycles import proof_hash_of
from relayer.settlement.rules.eligible import Scope, eligible_claims, network_of
from tests.support.scripts import load_script

HERE = Path(__file__).parent
Case = dict[str, Any]
basic: Any = load_script(HERE / "generate.py")
NAMES = (basic.CREDITOR, basic.DEBTOR, basic.THIRD)
KCS, NBM, ATX = map(party_id, NAMES)
NOW = basic.SERVICE_END + 40 * 86_400
EUR = UnitKey("EUR", 2)


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

    made = Ledger()
    made.owe((NBM, KCS, 700))
    made.command(instruct(700))
    expire = ExpirePayment(request_id="expire", actor=ATX, payment_id="P-1")
    made.command(expire, refusal=RefusalCode.DEADLINE_NOT_REACHED)
    made.at += 600
    made.command(expire)
    made.command(replace(expire, request_id="again"), refusal=RefusalCode.WRONG_STATE)
    yield made.case("a payment that expires")


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
