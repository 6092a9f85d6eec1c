"""Writes random stories of clearing, with the statements that their logs lead to.

The form is that of `clearing.json`, and `statements` besides. What a step is answered is not stated by hand: it is what the
Python rules answered, so that others can be compared with them in many states; a test fails when the file differs.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from relayer.codes.facts import FactCode
from relayer.codes.settlement import RefusalCode
from relayer.facts.schema import Fact, party_id
from relayer.settlement.clearing.commands import (
    AbortCycle,
    CommitCycle,
    ExpireCycle,
    ExpirePayment,
    FinalisePayment,
    InstructPayment,
    LapseDispute,
    MarkPaymentPending,
    OpenDispute,
    ProposeCycle,
    ReleaseDispute,
    ReturnPayment,
    SetConsent,
    UpholdDispute,
    VerifyCycle,
    WriteOff,
)
from relayer.settlement.clearing.records import to_plain
from relayer.settlement.clearing.values import OPERATOR, Consent
from relayer.settlement.commands import RecordAgreement, RegisterParty
from relayer.settlement.decide_clearing import decide_clearing, end_deadlines
from relayer.settlement.errors import CommandRefused
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.postings import Account
from relayer.settlement.statement import Movement, make_statement
from tests.support.scripts import load_script

HERE = Path(__file__).parent
Case = dict[str, Any]
STORIES = 6
STEPS = 60
base: Any = load_script(HERE / "generate.py")
KCS, NBM, ATX, NOW = base.KCS, base.NBM, base.ATX, base.NOW


class Teller:
    """Random steps over a ledger of three parties; most of them make sense, and the rules answer all of them."""

    def __init__(self, seed: int) -> None:
        self.name = f"story {seed}"
        self.source = random.Random(seed)
        self.made = base.Ledger()
        self.facts: list[Fact] = []
        self.requests = 0

    def tell(self) -> Case:
        for _ in range(STEPS):
            self.source.choice(self._choices())()
        self.made.at += 400
        self._end_deadlines()
        return self.case(self.name)

    def case(self, name: str) -> Case:
        return {**self.made.case(name), "statements": list(self._statements())}

    def _choices(self) -> list[Callable[[], None]]:
        seldom = [self._wait, self._dispute, self._close_dispute, self._consent]
        return [*seldom, *3 * [self._owe, self._instruct, self._propose], *6 * [self._move_payment, self._move_cycle]]

    def _end_deadlines(self) -> None:
        self.made.end_deadlines(len(end_deadlines(self.made.state, now_seconds=self.made.at)))

    def _party(self) -> bytes:
        return bytes(self.source.choice([KCS, NBM, ATX]))

    def _pair(self) -> tuple[bytes, bytes]:
        first, second = self.source.sample([KCS, NBM, ATX], 2)
        return bytes(first), bytes(second)

    def _request(self) -> str:
        """Now and then one that was there before."""
        self.requests += self.source.random() < 0.97
        return f"request {self.requests}"

    def _ask(self, kind: Any, **fields: Any) -> None:
        actor = self.source.choice([OPERATOR, OPERATOR, OPERATOR, self._party()])
        command = kind(request_id=self._request(), **{"actor": actor, **fields})
        refusal = None
        try:
            decide_clearing(self.made.state, command, now_seconds=self.made.at)
        except CommandRefused as refused:
            refusal = refused.code
        self.made.clear(command, refusal=refusal)

    def _owe(self) -> None:
        count = self.source.randint(1, 5)
        self.facts += self.made.owe(*((*self._pair(), self.source.randint(1, 900)) for _ in range(count)))

    def _wait(self) -> None:
        self.made.at += self.source.choice([1, 60, 300])
        self._end_deadlines()

    def _instruct(self) -> None:
        debtor, creditor = self._pair()
        fields = to_plain(base.instruct(self.source.randint(1, 500)))
        fields.update(debtor=debtor, creditor=creditor, actor=self.source.choice([OPERATOR, debtor]))
        fields.update(payment_id=f"P-{self.requests}", expires_at_seconds=self.made.at + 500)
        self._ask(InstructPayment, **{name: value for name, value in fields.items() if name != "request_id"})

    def _move_payment(self) -> None:
        if not self.made.state.payments:
            return
        payment = self.made.state.payments[self.source.choice(sorted(self.made.state.payments))]
        kind = self.source.choice([MarkPaymentPending, FinalisePayment, FinalisePayment, ReturnPayment, ExpirePayment])
        fields: dict[str, Any] = {"payment_id": payment.order.payment_id}
        if kind in (FinalisePayment, ReturnPayment):
            fields["evidence"] = base.proof_of(payment.order.amount, f"S/{self.source.randint(1, 40)}")
        self._ask(kind, **fields)

    def _dispute(self) -> None:
        if self.facts:
            fields = to_plain(base.open_dispute(self.source.choice(self.facts), self.source.randint(1, 400)))
            fields.update(dispute_id=f"D-{self.requests}", deadline_seconds=self.made.at + 400)
            fields.update(fact_id=bytes.fromhex(fields["fact_id"]))
            self._ask(OpenDispute, **{name: fields[name] for name in fields if name not in ("request_id", "actor")})

    def _close_dispute(self) -> None:
        if self.made.state.disputes:
            name = self.source.choice(sorted(self.made.state.disputes))
            kind = self.source.choice([ReleaseDispute, UpholdDispute, LapseDispute])
            credited = {"credited": self.source.randint(1, 400)} if kind is UpholdDispute else {}
            self._ask(kind, dispute_id=name, **credited)
        elif self.facts:
            fact = self.source.choice(self.facts)
            self._ask(WriteOff, fact_id=fact.fact_id, amount=self.source.randint(1, 300), reason="goodwill")

    def _consent(self) -> None:
        consent = self.source.choice([Consent.GIVEN, Consent.GIVEN, Consent.WITHDRAWN])
        self._ask(SetConsent, party=self._party(), consent=consent)

    def _propose(self) -> None:
        proposal = self.made.proposal(f"C-{self.requests}", self.source.choice(list(NettingMode)))
        fields = {name: getattr(proposal, name) for name in proposal.__dataclass_fields__}
        self._ask(type(proposal), **{name: fields[name] for name in fields if name not in ("request_id", "actor")})

    def _move_cycle(self) -> None:
        if not self.made.state.cycles:
            return
        name = max(self.made.state.cycles, key=lambda each: self.made.state.cycles[each].sequence)
        kind = self.source.choice([VerifyCycle, VerifyCycle, CommitCycle, CommitCycle, AbortCycle, ExpireCycle])
        if kind is VerifyCycle:
            self._ask(kind, actor=self._party(), cycle_id=name, proof_hash=self.made.verification(name).proof_hash)
        else:
            self._ask(kind, cycle_id=name)

    def _statements(self) -> Iterator[Case]:
        middle = (NOW + self.made.at) // 2
        for party in (KCS, NBM, ATX):
            for since, until in ((0, self.made.at + 1), (middle, self.made.at), (NOW + 1, middle)):
                statement = make_statement(
                    party, base.EUR, since_seconds=since, until_seconds=until, movements=self._movements(party)
                )
                yield to_plain(statement)

    def _movements(self, party: bytes) -> Iterator[Movement]:
        state, times = self.made.state, self._times()
        for posting in state.postings:
            liability = state.liability_at(posting.liability)
            if party in (liability.debtor, liability.creditor):
                yield Movement(
                    sequence=posting.sequence,
                    at_seconds=times[posting.sequence - 1],
                    fact_id=liability.fact_id,
                    debtor=liability.debtor,
                    creditor=liability.creditor,
                    novated=int(liability.kind is None),
                    source=Account(posting.source),
                    target=Account(posting.target),
                    amount=posting.amount,
                )

    def _times(self) -> list[int]:
        """When each entry of the log was, by the step that led to it."""
        return [step.get("at_seconds", NOW) for step in self.made.steps for _ in step.get("events", ())]


def _novated() -> Case:
    """Debts that a hub cycle made: netted without an agreement, paid, and on the statements."""
    teller = Teller(0)
    made = teller.made
    made.owe((NBM, KCS, 1000), (KCS, ATX, 800), (ATX, NBM, 100))
    for party in (NBM, KCS, ATX):
        made.clear(SetConsent(request_id=party.hex(), actor=party, party=party, consent=Consent.GIVEN))
    _commit(made, made.proposal("C-1", NettingMode.HUB))
    made.at += 60
    terms = base.basic.agreement(base.basic.THIRD, base.basic.DEBTOR, netting_modes=(NettingMode.HUB,))
    made.command(RecordAgreement(request_id="hub only", agreement=terms))
    made.owe((ATX, NBM, 300), (NBM, ATX, 50))
    _commit(made, made.proposal("C-2", NettingMode.BILATERAL))
    left = base.instruct(200, creditor=ATX, request_id="rest", payment_id="P-2", expires_at_seconds=made.at + 60)
    made.clear(left)
    made.clear(FinalisePayment(request_id="final", actor=ATX, payment_id="P-2", evidence=base.proof_of(200, "S/1")))
    return teller.case("a debt that a hub cycle made")


def _fewer_payments() -> Case:
    """A hub that clears nothing of the sum, and leaves two payments of four debts."""
    teller = Teller(0)
    made, basic, fourth = teller.made, base.basic, "FR*FOU"
    made.command(RegisterParty(request_id="fourth", party=basic.party(fourth)))
    for debtor in (basic.DEBTOR, basic.CREDITOR):
        made.command(RecordAgreement(request_id=f"fourth {debtor}", agreement=basic.agreement(fourth, debtor)))
    everyone = (NBM, KCS, ATX, party_id(fourth))
    made.owe(*((debtor, creditor, 100) for debtor in everyone[:2] for creditor in everyone[2:]))
    for party in everyone:
        made.clear(SetConsent(request_id=party.hex(), actor=party, party=party, consent=Consent.GIVEN))
    _commit(made, made.proposal("C-1", NettingMode.HUB))
    return teller.case("a hub that leaves fewer payments of the same sum")


def _currency_left_out() -> Case:
    """An agreement that no longer holds a currency: its debts take part no more, and nobody can be told to pay them."""
    teller = Teller(0)
    made, basic = teller.made, base.basic
    made.owe((NBM, KCS, 100), (KCS, NBM, 60), (KCS, ATX, 50), (ATX, KCS, 50))
    terms = basic.agreement(basic.DEBTOR, basic.CREDITOR)
    made.command(RecordAgreement(request_id="yen only", agreement=replace(terms, currencies=terms.currencies[1:])))
    _commit(made, made.proposal("C-1"))
    back = base.instruct(60, actor=KCS, debtor=KCS, creditor=NBM)
    made.clear(back, refusal=RefusalCode.CURRENCY_UNSUPPORTED)
    return teller.case("an agreement that no longer holds a currency")


def _dates() -> Case:
    """Liabilities that are due at different times: which of them take part, and which one is paid or cleared first."""
    teller = Teller(0)
    made, basic, day = teller.made, base.basic, 86_400
    late, early = NOW + day, NOW - 20 * day
    dates = [
        *((NBM, KCS, due, NOW - day) for due in (late, NOW, early, NOW, late)),
        *((KCS, NBM, due, NOW - day) for due in (late, late, NOW)),
        *((KCS, NBM, NOW, end) for end in (NOW + 1, NOW)),
        *((KCS, ATX, due, NOW - day) for due in (NOW + 1, NOW)),
        *((ATX, NBM, due, NOW - day) for due in (NOW + 1, NOW)),
    ]
    facts = [
        basic.fact(number, debtor=debtor, creditor=creditor, net=100, tax=0, due_date=due, service_end=end)
        for number, (debtor, creditor, due, end) in enumerate(dates, start=1)
    ]
    made.facts(*facts, codes=[FactCode.OK] * len(facts))
    made.steps[-1]["at_seconds"] = made.at
    made.clear(base.instruct(150))
    _commit(made, made.proposal("C-1"))
    shortest = {"request_id": "shortest", "dispute_id": "D-2", "deadline_seconds": NOW + 1, "reason": "x" * 200}
    made.clear(replace(base.open_dispute(facts[0], 1), **shortest))
    for consent in (Consent.GIVEN, Consent.WITHDRAWN):
        for party in (NBM, KCS, ATX):
            request = f"{consent.value} {party.hex()}"
            made.clear(SetConsent(request_id=request, actor=party, party=party, consent=consent))
    made.at = late
    made.clear(made.proposal("C-2", NettingMode.HUB), refusal=RefusalCode.CONSENT_MISSING)
    _commit(made, made.proposal("C-2"))
    return teller.case("liabilities that are due at different times")


def _commit(made: Any, proposal: ProposeCycle) -> None:
    made.clear(proposal)
    made.clear(made.verification(proposal.cycle_id, actor=ATX))
    made.clear(CommitCycle(request_id=f"commit {proposal.cycle_id}", actor=OPERATOR, cycle_id=proposal.cycle_id))


def build() -> list[Case]:
    """All cases."""
    return [*(Teller(seed).tell() for seed in range(STORIES)), _novated(), _fewer_payments(), _currency_left_out(), _dates()]


def main() -> None:
    (HERE / "stories.json").write_text(json.dumps(build(), indent=1) + "\n")


if __name__ == "__main__":
    main()
