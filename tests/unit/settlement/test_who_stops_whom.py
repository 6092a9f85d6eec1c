"""A party of the ledger against the others: what it may not take or stop."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relayer.codes.limits import DEFAULT_PROPOSALS_PER_HOUR
from relayer.codes.settlement import RefusalCode
from relayer.iso20022.payment import payment_id_for
from relayer.settlement.decide import decide
from relayer.settlement.errors import CommandRefused
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.commands import Command
from relayer.settlement.model.cycles import AbortCycle, CycleState
from tests.support.paths import ROOT
from tests.support.scripts import load_script

base: Any = load_script(ROOT / "tests" / "cases" / "settlement" / "generate_lifecycles.py")
KCS, NBM, ATX = base.KCS, base.NBM, base.ATX


@pytest.fixture
def ledger() -> Any:
    made = base.Ledger()
    made.owe((NBM, KCS, 700), (KCS, NBM, 300), (ATX, KCS, 90), (KCS, ATX, 80), (ATX, NBM, 70))
    return made


def code(ledger: Any, command: Command) -> RefusalCode | None:
    """The ledger's refusal; None: it took the command."""
    try:
        for entry in decide(ledger.state, command, now_seconds=ledger.at).entries:
            ledger.state.apply(entry)
    except CommandRefused as refused:
        return refused.code
    return None


def test_nobody_takes_an_id_that_another_party_or_the_operator_will_need(ledger) -> None:
    """A third party pays one cent of its own under the id that the debtor's payment will have."""
    payment_id = payment_id_for(cycle_id="2026-11", debtor="DE*NBM", creditor="DE*KCS", currency="EUR")
    burnt = base.instruct(1, payment_id=payment_id, actor=ATX, debtor=ATX, creditor=KCS, request_id="burn")
    assert code(ledger, burnt) is RefusalCode.NOT_AUTHORISED
    assert code(ledger, base.instruct(600, payment_id=payment_id)) is None
    for taken in ("DENBM-2026-11", "operator-2026-11"):
        assert code(ledger, replace(ledger.proposal(taken), actor=ATX)) is RefusalCode.NOT_AUTHORISED


def test_a_saboteur_that_aborts_every_proposal_does_not_stop_netting(ledger) -> None:
    left = []
    for number in range(DEFAULT_PROPOSALS_PER_HOUR + 1):
        cycle_id = f"operator-{number}"
        assert code(ledger, replace(ledger.proposal(cycle_id), actor=OPERATOR)) is None
        abort = AbortCycle(request_id=f"sabotage {number}", actor=KCS, cycle_id=cycle_id)
        if code(ledger, abort) is RefusalCode.RATE_EXCEEDED:
            left.append(cycle_id)
    assert left == [f"operator-{DEFAULT_PROPOSALS_PER_HOUR}"]
    assert code(ledger, ledger.verification(left[0], NBM)) is None
    cycle = ledger.state.cycle(left[0])
    assert cycle is not None
    assert cycle.state is CycleState.VERIFIED


def test_what_a_party_aborts_of_its_own_is_not_counted(ledger) -> None:
    for number in range(DEFAULT_PROPOSALS_PER_HOUR):
        assert code(ledger, ledger.proposal(f"own-{number}")) is None
        assert code(ledger, AbortCycle(request_id=f"own {number}", actor=NBM, cycle_id=f"own-{number}")) is None
    assert code(ledger, replace(ledger.proposal("operator-1"), actor=OPERATOR)) is None
    assert code(ledger, AbortCycle(request_id="other", actor=NBM, cycle_id="operator-1")) is None
