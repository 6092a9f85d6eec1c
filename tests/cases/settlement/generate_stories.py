"""Writes random stories of payments, disputes and cycles, with the statements that their logs lead to.

The form is that of `payments.json`, and `statements` besides. What a step is answered is not stated by hand: it is what the
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
from relayer.encoding.canonical import encode
from relayer.encoding.mapping import mapping
from relayer.facts.schema import Fact, party_id
from relayer.settlement.decide import decide, end_deadlines
from relayer.settlement.errors import CommandRefused
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.cycles import AbortCycle, CommitCycle, ExpireCycle, ProposeCycle, VerifyCycle
from relayer.settlement.model.disputes import LapseDispute, OpenDispute, ReleaseDispute, UpholdDispute, WriteOff
from relayer.settlement.model.facts import way_of
from relayer.settlement.model.parties import Consent, SetConsent
from relayer.settlement.model.payments import (
    ExpirePayment,
    FinalisePayment,
    InstructPayment,
    MarkPaymentPending,
    ReturnPayment,
)
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.postings import Account
from relayer.settlement.statement import Movement, Statement, make_statement
from relayer.wire.interledger.settlement.v1 import statements_pb2
from tests.support.scripts import load_script

HERE = Path(__file__).parent
Case = dict[str, Any]
STORIES = 6
STEPS = 60
base: Any = load_script(HERE / "generate_lifecycles.py")
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
            decide(self.made.state, command, now_seconds=self.made.at)
        except CommandRefused as refused:
            refusal = refused.code
        self.made.command(command, refusal=refusal)

    def _owe(self) -> None:
        count = self.source.randint(1, 5)
        self.facts += self.made.owe(*((*self._pair(), self.source.randint(1, 900)) for _ in range(count)))

    def _wait(self) -> None:
        self.made.at += self.source.choice([1, 60, 300])
        self._end_deadlines()

    def _instruct(self) -> None:
        debtor, creditor = self._pair()
        fields = _fields(base.instruct(self.source.randint(1, 500)))
        fields.update(debtor=debtor, creditor=creditor, actor=self.source.choice([OPERATOR, debtor]))
        fields.update(payment_id=f"P-{self.requests}", expires_at_seconds=self.made.at + 500)
        self._ask(InstructPayment, **fields)

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
            fields = _fields(base.open_dispute(self.source.choice(self.facts), self.source.randint(1, 400)))
            fields.update(dispute_id=f"D-{self.requests}", deadline_seconds=self.made.at + 400)
            self._ask(OpenDispute, **fields)

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
        party = self._party()
        replaces = self.made.consent(party).replaces * (self.source.random() < 0.9)
        self._ask(SetConsent, party=party, consent=consent, replaces=replaces)

    def _propose(self) -> None:
        proposal = self.made.proposal(f"C-{self.requests}", self.source.choice(list(NettingMode)))
        self._ask(type(proposal), **_fields(proposal))

    def _move_cycle(self) -> None:
        if not self.made.state.cycles:
            return
        name = max(self.made.state.cycles, key=lambda each: self.made.state.cycles[each].sequence)
        kind = self.source.choice([VerifyCycle, VerifyCycle, CommitCycle, CommitCycle, AbortCycle, ExpireCycle])
        if kind is VerifyCycle:
            self._ask(kind, actor=self._party(), cycle_id=name, proof_hash=self.made.verification(name).proof_hash)
        else:
            self._ask(kind, cycle_id=name)

    def _statements(self) -> Iterator[str]:
        middle = (NOW + self.made.at) // 2
        for party in (KCS, NBM, ATX):
            for since, until in ((0, self.made.at + 1), (middle, self.made.at), (NOW + 1, middle)):
                statement = make_statement(
                    party, base.EUR, since_seconds=since, until_seconds=until, movements=self._movements(party)
                )
                yield encode(mapping(Statement, statements_pb2.Statement).to_message(statement)).hex()

    def _movements(self, party: bytes) -> Iterator[Movement]:
        state = self.made.state
        times = [entry.at_seconds for entry in state.entries]
        for posting in state.postings:
            liability = state.liability_at(posting.liability)
            if party in (liability.debtor, liability.creditor):
                yield Movement(
                    sequence=posting.sequence,
                    at_seconds=times[posting.sequence - 1],
                    fact_id=liability.fact_id,
                    debtor=liability.debtor,
                    creditor=liability.creditor,
                    way=way_of(liability.origin) if posting.source == Account.CLAIM else None,
                    source=Account(posting.source),
                    target=Account(posting.target),
                    amount=posting.amount,
                )


def _fields(command: Any) -> dict[str, Any]:
    """Without request id and actor."""
    names = [name for name in command.__dataclass_fields__ if name not in ("request_id", "actor")]
    return {name: getattr(command, name) for name in names}


def _novated() -> Case:
    """Debts that a hub cycle made: netted without an agreement, paid, and on the statements."""
    teller = Teller(0)
    made = teller.made
    made.owe((NBM, KCS, 1000), (KCS, ATX, 800), (ATX, NBM, 100))
    for party in (NBM, KCS, ATX):
        made.command(made.consent(party))
    _commit(made, made.proposal("C-1", NettingMode.HUB))
    made.at += 60
    terms = base.basic.agreement(base.basic.THIRD, base.basic.DEBTOR, netting_modes=(NettingMode.HUB,))
    made.agree("hub only", terms)
    made.owe((ATX, NBM, 300), (NBM, ATX, 50))
    _commit(made, made.proposal("C-2", NettingMode.BILATERAL))
    left = base.instruct(200, creditor=ATX, request_id="rest", payment_id="P-2", expires_at_seconds=made.at + 60)
    made.command(left)
    made.command(FinalisePayment(request_id="final", actor=ATX, payment_id="P-2", evidence=base.proof_of(200, "S/1")))
    return teller.case("a debt that a hub cycle made")


def _fewer_payments() -> Case:
    """A hub that clears nothing of the sum, and leaves two payments of four debts."""
    teller = Teller(0)
    made, basic, fourth = teller.made, base.basic, "FR*FOU"
    made.register("fourth", basic.party(fourth))
    made.mandate("fourth mandate", party_id(fourth))
    for debtor in (basic.DEBTOR, basic.CREDITOR):
        made.agree(f"fourth {debtor}", basic.agreement(fourth, debtor))
    everyone = (NBM, KCS, ATX, party_id(fourth))
    made.owe(*((debtor, creditor, 100) for debtor in everyone[:2] for creditor in everyone[2:]))
    for party in everyone:
        made.command(made.consent(party))
    _commit(made, made.proposal("C-1", NettingMode.HUB))
    return teller.case("a hub that leaves fewer payments of the same sum")


def _currency_left_out() -> Case:
    """An agreement that no longer holds a currency: its debts take part no more, and nobody can be told to pay them."""
    teller = Teller(0)
    made, basic = teller.made, base.basic
    made.owe((NBM, KCS, 100), (KCS, NBM, 60), (KCS, ATX, 50), (ATX, KCS, 50))
    terms = basic.agreement(basic.DEBTOR, basic.CREDITOR)
    made.agree("yen only", replace(terms, currencies=terms.currencies[1:]))
    _commit(made, made.proposal("C-1"))
    back = base.instruct(60, actor=KCS, debtor=KCS, creditor=NBM)
    made.command(back, refusal=RefusalCode.CURRENCY_UNSUPPORTED)
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
    made.command(base.instruct(150))
    _commit(made, made.proposal("C-1"))
    shortest = {"request_id": "shortest", "dispute_id": "D-2", "deadline_seconds": NOW + 1, "reason": "x" * 200}
    made.command(replace(base.open_dispute(facts[0], 1), **shortest))
    for consent in (Consent.GIVEN, Consent.WITHDRAWN):
        for party in (NBM, KCS, ATX):
            made.command(made.consent(party, consent))
    made.at = late
    made.command(made.proposal("C-2", NettingMode.HUB), refusal=RefusalCode.CONSENT_MISSING)
    _commit(made, made.proposal("C-2"))
    return teller.case("liabilities that are due at different times")


def _commit(made: Any, proposal: ProposeCycle) -> None:
    made.command(proposal)
    made.command(made.verification(proposal.cycle_id, actor=ATX))
    made.command(CommitCycle(request_id=f"commit {proposal.cycle_id}", actor=OPERATOR, cycle_id=proposal.cycle_id))


def build() -> list[Case]:
    """All cases."""
    return [*(Teller(seed).tell() for seed in range(STORIES)), _novated(), _fewer_payments(), _currency_left_out(), _dates()]


def main() -> None:
    (HERE / "stories.json").write_text(json.dumps(build(), indent=1) + "\n")


if __name__ == "__main__":
    main()
