"""Writes refusals of payments, disputes and cycles: a valid command, and the codes of the same with one other value.

The form is that of `payments.json`. The codes are stated by hand; a test fails when the file differs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from relayer.codes.facts import FactCode
from relayer.codes.limits import DEFAULT_PROPOSALS_PER_HOUR, MAXIMUM_FACT_BITS, RATE_WINDOW_SECONDS
from relayer.codes.settlement import RefusalCode
from relayer.facts.schema import party_id
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.commands import Command
from relayer.settlement.model.cycles import AbortCycle, CommitCycle, ExpireCycle
from relayer.settlement.model.disputes import LapseDispute, ReleaseDispute, UpholdDispute, WriteOff
from relayer.settlement.model.parties import Consent
from relayer.settlement.model.payments import ExpirePayment, FinalisePayment, MarkPaymentPending
from relayer.settlement.netting.certificate import decode
from relayer.settlement.netting.debts import Unit, debt_network
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.netting.solver import solve
from tests.support.scripts import load_script

HERE = Path(__file__).parent
Case = dict[str, Any]
base: Any = load_script(HERE / "generate_lifecycles.py")
KCS, NBM, ATX, NOW = base.KCS, base.NBM, base.ATX, base.NOW
STRANGER = party_id("FR*XXX")
R = RefusalCode


def _each(made: Any, command: Command, changes: dict[RefusalCode, list[dict[str, Any]]]) -> None:
    for code, mutations in changes.items():
        for mutation in mutations:
            made.command(replace(command, **mutation), refusal=code)
    made.command(command)


def _refused_payments() -> Iterator[Case]:
    made = base.Ledger()
    made.owe((NBM, KCS, 700), (KCS, NBM, 300))
    _each(
        made,
        base.instruct(600),
        {
            R.INVALID_COMMAND: [
                {"request_id": " "},
                {"request_id": "x" * 201},
                {"payment_id": ""},
                {"payment_id": "-1"},
                {"payment_id": "P 1"},
                {"payment_id": "\u00e4"},
                {"payment_id": "P" * 36},
                {"payment_id": "P-1\n"},
            ],
            R.NOT_AUTHORISED: [{"actor": KCS}, {"actor": ATX}, {"actor": STRANGER}, {"actor": b"\x01"}],
            R.AMOUNT_OUT_OF_RANGE: [{"amount": 0}, {"amount": 1 << 128}],
            R.NOT_FOUND: [{"cycle_id": "C-9"}],
            R.NO_AGREEMENT: [
                {"creditor": STRANGER},
                {"creditor": b""},
                {"creditor": NBM},
                {"actor": OPERATOR, "debtor": NBM[:31], "creditor": KCS + b"\x00"},
            ],
            R.CURRENCY_UNSUPPORTED: [{"currency": "USD"}, {"currency": ""}, {"currency": "EURO"}],
            R.EXPONENT_MISMATCH: [{"exponent": 3}, {"exponent": 258}],
            R.DEADLINE_INVALID: [
                {"expires_at_seconds": NOW},
                {"expires_at_seconds": NOW + 90 * 86_400 + 1},
                {"expires_at_seconds": (1 << 64) - 1},
            ],
            R.EXCEEDS_OPEN: [{"amount": 701}, {"amount": (1 << 128) - 1}, {"currency": "JPY", "exponent": 0}],
        },
    )
    made.command(replace(base.instruct(50), request_id="other"), refusal=R.ID_TAKEN)
    longest = {"request_id": "longest", "payment_id": "P" * 35, "expires_at_seconds": NOW + 90 * 86_400}
    made.command(replace(base.instruct(50), **longest))
    shortest = {"request_id": "shortest", "payment_id": "P-4", "expires_at_seconds": NOW + 1}
    made.command(replace(base.instruct(10), **shortest))
    made.command(MarkPaymentPending(request_id="in time", actor=NBM, payment_id="P-4"))
    pending = MarkPaymentPending(request_id="pending", actor=NBM, payment_id="P-1")
    _each(made, pending, {R.NOT_FOUND: [{"payment_id": "P-2"}, {"payment_id": ""}], R.NOT_AUTHORISED: [{"actor": KCS}]})
    final = FinalisePayment(request_id="final", actor=KCS, payment_id="P-1", evidence=base.proof_of(600, "S/1"))
    other = base.proof_of(600, "S/1")
    made.at += 600
    made.command(final, refusal=R.DEADLINE_PASSED)
    made.command(replace(pending, request_id="late"), refusal=R.WRONG_STATE)
    made.at -= 1
    early = ExpirePayment(request_id="early", actor=ATX, payment_id="P-1")
    made.command(early, refusal=R.DEADLINE_NOT_REACHED)
    _each(
        made,
        final,
        {
            R.INVALID_COMMAND: [{"evidence": replace(other, reference=each)} for each in (" ", "x" * 201)],
            R.EVIDENCE_MISMATCH: [
                {"evidence": replace(other, amount=601)},
                {"evidence": replace(other, amount=0)},
                {"evidence": replace(other, currency="USD")},
            ],
        },
    )
    made.command(replace(final, request_id="twice"), refusal=R.WRONG_STATE)
    made.command(ExpirePayment(request_id="end", actor=ATX, payment_id="P-1"), refusal=R.WRONG_STATE)
    yield made.case("payments that are refused")


def _refused_disputes() -> Iterator[Case]:
    made = base.Ledger()
    first, second = made.owe((NBM, KCS, 700), (KCS, NBM, 300))
    _each(
        made,
        base.open_dispute(first, 400),
        {
            R.INVALID_COMMAND: [{"dispute_id": "/"}, {"reason": "\t \x1f"}, {"reason": "\u00e4" * 101}],
            R.NOT_FOUND: [{"fact_id": bytes(32)}, {"fact_id": first.fact_id[:31]}, {"fact_id": b""}],
            R.NOT_AUTHORISED: [{"actor": KCS}, {"actor": ATX}, {"fact_id": second.fact_id}],
            R.DEADLINE_INVALID: [{"deadline_seconds": NOW}, {"deadline_seconds": 0}],
            R.AMOUNT_OUT_OF_RANGE: [{"amount": 0}, {"amount": 1 << 128}],
            R.EXCEEDS_OPEN: [{"amount": 701}],
        },
    )
    made.command(replace(base.open_dispute(first, 1), request_id="other"), refusal=R.ID_TAKEN)
    write_off = WriteOff(request_id="write off", actor=KCS, fact_id=first.fact_id, amount=300, reason="goodwill")
    _each(
        made,
        write_off,
        {
            R.INVALID_COMMAND: [{"reason": ""}],
            R.NOT_FOUND: [{"fact_id": bytes(32)}],
            R.NOT_AUTHORISED: [{"actor": NBM}],
            R.AMOUNT_OUT_OF_RANGE: [{"amount": 0}],
            R.EXCEEDS_OPEN: [{"amount": 301}],
        },
    )
    uphold = UpholdDispute(request_id="uphold", actor=KCS, dispute_id="D-1", credited=400)
    made.command(LapseDispute(request_id="lapse", actor=ATX, dispute_id="D-1"), refusal=R.DEADLINE_NOT_REACHED)
    made.command(LapseDispute(request_id="lapse", actor=STRANGER, dispute_id="D-1"), refusal=R.NOT_AUTHORISED)
    made.command(ReleaseDispute(request_id="release", actor=KCS, dispute_id="D-1"), refusal=R.NOT_AUTHORISED)
    made.at += 600
    made.command(uphold, refusal=R.DEADLINE_PASSED)
    made.at -= 1
    _each(
        made,
        uphold,
        {
            R.NOT_FOUND: [{"dispute_id": "D-2"}],
            R.NOT_AUTHORISED: [{"actor": NBM}],
            R.AMOUNT_OUT_OF_RANGE: [{"credited": 0}, {"credited": 401}, {"credited": 1 << 130}],
        },
    )
    made.command(ReleaseDispute(request_id="release", actor=NBM, dispute_id="D-1"), refusal=R.WRONG_STATE)
    consent = made.consent(NBM, Consent.GIVEN, request_id="consent")
    strangers = [{"party": STRANGER, "actor": STRANGER}, {"party": b""}]
    _each(made, consent, {R.NOT_FOUND: strangers, R.NOT_AUTHORISED: [{"party": KCS}], R.SUPERSEDED: [{"replaces": 1}]})
    yield made.case("disputes, write-offs and consents that are refused")


def _refused_cycles() -> Iterator[Case]:
    made = base.Ledger()
    made.owe((NBM, KCS, 1000), (KCS, NBM, 800))
    proposal = replace(made.proposal("C-1"), value_date_seconds=(1 << 63) - 1)
    empty = debt_network(unit=Unit(currency="EUR", exponent=3), parties=(), debts=())
    _each(
        made,
        proposal,
        {
            R.INVALID_COMMAND: [
                {"cycle_id": ".1"},
                {"value_date_seconds": 1 << 63},
                {"currency": "EURO"},
                {"currency": "eur"},
                {"exponent": 19},
                {"exponent": 258},
            ],
            R.NOT_AUTHORISED: [{"actor": STRANGER}, {"actor": ATX}],
            R.DEADLINE_INVALID: [{"expires_at_seconds": NOW}],
            R.CUT_OFF_INVALID: [{"cut_off_seconds": NOW + 1}],
            R.DEBTS_CHANGED: [
                {"cut_off_seconds": 0},
                {"value_date_seconds": 0},
                {"debts_hash": b""},
                {"exponent": 3},
                {"proof": replace(decode(proposal.proof), debts_hash=bytes(32)).encode()},
            ],
            R.PROOF_MALFORMED: [{"proof": b""}, {"proof": proposal.proof + b"\x00"}, {"mode": NettingMode.BILATERAL}],
            R.PROOF_FALSE: [{"proof": replace(decode(proposal.proof), remainder=(201, 0)).encode()}],
            R.CONSENT_MISSING: [{"mode": NettingMode.HUB, "proof": b""}],
            R.NOTHING_TO_NET: [
                {"actor": OPERATOR, "exponent": 3, "debts_hash": empty.digest(), "proof": solve(empty).encode()},
            ],
        },
    )
    made.command(replace(proposal, request_id="again"), refusal=R.ID_TAKEN)
    verification = made.verification("C-1")
    abort = AbortCycle(request_id="abort", actor=KCS, cycle_id="C-1")
    made.command(replace(abort, actor=ATX), refusal=R.NOT_AUTHORISED)
    made.command(ExpireCycle(request_id="expire", actor=KCS, cycle_id="C-1"), refusal=R.DEADLINE_NOT_REACHED)
    made.at += 3599
    _each(
        made,
        verification,
        {
            R.NOT_FOUND: [{"cycle_id": "C-2"}],
            R.NOT_AUTHORISED: [{"actor": ATX}, {"actor": STRANGER}],
            R.PROOF_FALSE: [{"proof_hash": bytes(32)}, {"proof_hash": b""}],
        },
    )
    later = {"request_id": "again", "cycle_id": "C-2", "expires_at_seconds": made.at + 3600}
    made.command(replace(proposal, **later), refusal=R.CYCLE_RUNNING)
    made.command(abort, refusal=R.NOT_AUTHORISED)
    made.command(replace(verification, request_id="twice"), refusal=R.WRONG_STATE)
    commit = CommitCycle(request_id="commit", actor=NBM, cycle_id="C-1")
    made.at += 1
    made.command(commit, refusal=R.DEADLINE_PASSED)
    made.at -= 1
    _each(made, commit, {R.NOT_FOUND: [{"cycle_id": ""}], R.NOT_AUTHORISED: [{"actor": ATX}]})
    made.command(abort, refusal=R.NOT_AUTHORISED)
    made.command(replace(abort, actor=NBM), refusal=R.WRONG_STATE)
    made.command(replace(made.proposal("C-3"), cut_off_seconds=NOW - 1), refusal=R.CUT_OFF_INVALID)
    made.command(replace(made.proposal("C-3"), expires_at_seconds=made.at + 1), refusal=R.NOTHING_TO_NET)
    left = base.instruct(150, cycle_id="C-1", expires_at_seconds=made.at + 1)
    made.command(replace(left, currency="JPY", exponent=0), refusal=R.WRONG_STATE)
    made.command(left)
    yield made.case("cycles that are refused")
    made = base.Ledger()
    huge = base.basic.fact(9, creditor=KCS, debtor=NBM, net=(1 << 128) - 1, tax=0)
    made.facts(huge, codes=[FactCode.BAD_TOTAL], sequence=9)
    greatest = (1 << MAXIMUM_FACT_BITS) - 1
    made.owe((NBM, KCS, greatest), (NBM, ATX, greatest), (KCS, NBM, greatest), (ATX, KCS, 1))
    made.command(made.proposal("C-1"))
    yield made.case("a fact of 2^128 - 1 is refused, and the greatest that are taken stop no cycle")


def _ids_of_others() -> Iterator[Case]:
    """Whoever tries to take an id that another will need, and whose each id is."""
    made = base.Ledger()
    _, owed, *_ = made.owe((NBM, KCS, 700), (KCS, NBM, 300), (ATX, KCS, 90), (KCS, ATX, 80), (ATX, NBM, 70))
    cycle = made.proposal("DENBM-2026-11")
    _each(made, cycle, {R.NOT_AUTHORISED: [{"actor": KCS}, {"actor": ATX}, {"cycle_id": "operator-1"}]})
    free = {"cycle_id": "CYCLE-1", "request_id": "no party has this name"}
    made.command(replace(cycle, actor=ATX, **free))
    made.command(replace(cycle, actor=OPERATOR, cycle_id="operator-1", request_id="operator"))
    taken = {"cycle_id": "ATATX-1", "request_id": "for a party"}
    made.command(replace(cycle, actor=OPERATOR, **taken))
    dispute = base.open_dispute(owed, 100)
    _each(
        made,
        replace(dispute, actor=KCS, dispute_id="DEKCS-1"),
        {R.NOT_AUTHORISED: [{"dispute_id": "DENBM-1"}, {"dispute_id": "operator-1"}]},
    )
    payment = base.instruct(1, payment_id="2026-11-DENBM-DEKCS-EUR1")
    _each(
        made,
        payment,
        {R.NOT_AUTHORISED: [{"actor": KCS, "debtor": KCS, "creditor": NBM}, {"actor": ATX, "debtor": ATX}]},
    )
    other = {"request_id": "tag", "payment_id": "DEKCS-1-DENBM-DEKCS-EUR1"}
    made.command(replace(payment, **other))
    yield made.case("nobody takes an id that another party or the operator will need")


def _aborts_without_end() -> Iterator[Case]:
    """A party that aborts each proposal of the others stops them only as often as it may propose itself."""
    made = base.Ledger()
    made.owe((NBM, KCS, 700), (KCS, NBM, 300))
    for number in range(DEFAULT_PROPOSALS_PER_HOUR + 1):
        made.command(replace(made.proposal(f"C-{number}"), actor=OPERATOR))
    aborts = [
        AbortCycle(request_id=f"abort {number}", actor=KCS, cycle_id=f"C-{number}")
        for number in range(DEFAULT_PROPOSALS_PER_HOUR + 1)
    ]
    for abort in aborts[:-1]:
        made.command(abort)
    made.command(aborts[-1], refusal=R.RATE_EXCEEDED)
    made.command(replace(made.proposal("KCS"), actor=KCS))
    made.command(AbortCycle(request_id="own", actor=KCS, cycle_id="KCS"))
    made.command(made.verification(f"C-{DEFAULT_PROPOSALS_PER_HOUR}", NBM))
    made.command(CommitCycle(request_id="commit", actor=NBM, cycle_id=f"C-{DEFAULT_PROPOSALS_PER_HOUR}"))
    made.owe((NBM, KCS, 700), (KCS, NBM, 300))
    made.at += RATE_WINDOW_SECONDS
    made.command(made.proposal("next"))
    made.command(AbortCycle(request_id="next", actor=KCS, cycle_id="next"))
    yield made.case("a saboteur aborts proposals of others until its hour is used up")


def build() -> list[Case]:
    """All cases."""
    return [*_refused_payments(), *_refused_disputes(), *_refused_cycles(), *_ids_of_others(), *_aborts_without_end()]


def main() -> None:
    (HERE / "refusals.json").write_text(json.dumps(build(), indent=1) + "\n")


if __name__ == "__main__":
    main()
