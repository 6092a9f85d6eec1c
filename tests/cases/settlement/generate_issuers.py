"""Writes who may issue facts for whom: issuers of parties, mandates of creditors, their ends, and whoever tries without.

The form is that of `payments.json`. The codes are stated by hand; a test fails when the file differs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from relayer.codes.facts import FactCode, FactKind
from relayer.codes.settlement import RefusalCode
from relayer.facts.codec import fact_id
from relayer.facts.schema import Fact, party_id
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.commands import Command
from relayer.settlement.model.issuers import (
    BindContract,
    BindIssuer,
    GrantMandate,
    Issuer,
    ReleaseContract,
    RemoveIssuer,
    RevokeMandate,
)
from tests.support.scripts import load_script

HERE = Path(__file__).parent
Case = dict[str, Any]
base: Any = load_script(HERE / "generate.py")
KCS, NBM, ATX = map(party_id, (base.CREDITOR, base.DEBTOR, base.THIRD))
STRANGER = party_id("FR*XXX")
ISSUER = Issuer(base.CHAIN_ID, base.ISSUER)
ACCOUNTS = {NBM: bytes([0xD0]) * 20, ATX: bytes([0xA0]) * 20}
"""Issuers of the other parties."""
MILLION = 100_000_000
OK, REFUSED = FactCode.OK, FactCode.ISSUER_NOT_AUTHORISED
R = RefusalCode


def ledger() -> Any:
    """Three parties, each with an issuer of its own, and agreements in both directions of one pair."""
    made = base.Ledger()
    for number, name in enumerate((base.CREDITOR, base.DEBTOR, base.THIRD)):
        made.register(f"party-{number}", base.party(name))
    made.agree("agreement-0", base.agreement())
    made.agree("agreement-1", base.agreement(base.DEBTOR, base.CREDITOR))
    made.issue_for(base.CREDITOR)
    for number, (party, account) in enumerate(ACCOUNTS.items()):
        issuer = Issuer(base.CHAIN_ID, account)
        made.command(BindIssuer(request_id=f"issuer-{number}", actor=OPERATOR, issuer=issuer, party=party))
    return made


def issued_by(party: bytes, sequence: int = 1, **changes: Any) -> tuple[Fact, bytes]:
    """A fact that another party's issuer mints about the debt of the pair, and that issuer."""
    account = ACCOUNTS[party]
    changes.setdefault("fact_id", fact_id(base.CHAIN_ID, base.CONTRACT, account, sequence))
    made: Fact = base.fact(sequence, **changes)
    return made, account


def _attacks() -> Iterator[Case]:
    """A debt of 11.90, and whoever should not be able to touch it."""
    owed = base.fact(1)
    for name, attacker in (("the debtor", NBM), ("a third party", ATX)):
        for kind in FactKind:
            made = ledger()
            made.facts(owed, codes=[OK])
            related = owed.fact_id if kind in {FactKind.CREDIT_NOTE, FactKind.PAYMENT_CONFIRMED} else bytes(32)
            none = {"net": 0, "tax": 0} if kind is FactKind.BOOKING_CONFIRMED else {}
            fact, account = issued_by(attacker, kind=kind, related_fact=related, **none)
            made.facts(fact, codes=[REFUSED], issuer=account)
            yield made.case(f"{name} issues {kind.name} for the creditor")
    made = ledger()
    fact, account = issued_by(ATX, net=MILLION, tax=0)
    made.facts(fact, codes=[REFUSED], issuer=account)
    yield made.case("a third party invents a claim of 1,000,000.00 between two others")
    made = ledger()
    unknown = bytes([0xEE]) * 20
    fact = base.fact(1, fact_id=fact_id(base.CHAIN_ID, base.CONTRACT, unknown, 1))
    made.facts(fact, codes=[REFUSED], issuer=unknown)
    yield made.case("an account that belongs to nobody")


def _mandates() -> Iterator[Case]:
    """A platform issues for a creditor, from the grant to the last fact before the end."""
    platform = Issuer(base.CHAIN_ID, ACCOUNTS[ATX])
    grant = GrantMandate(request_id="grant", actor=KCS, creditor=KCS, issuer=platform, replaces=0)
    made = ledger()
    facts = [issued_by(ATX, number)[0] for number in range(1, 7)]

    def deliver(number: int, code: FactCode) -> None:
        made.facts(facts[number - 1], codes=[code], issuer=platform.account)

    deliver(1, REFUSED)
    _each(
        made,
        grant,
        {
            R.NOT_AUTHORISED: [{"actor": NBM}, {"actor": ATX}, {"actor": STRANGER}],
            R.NOT_FOUND: [{"creditor": STRANGER}, {"issuer": Issuer(1, platform.account)}, {"issuer": Issuer(0, b"")}],
            R.INVALID_COMMAND: [{"issuer": ISSUER}],
            R.SUPERSEDED: [{"replaces": 1}],
        },
    )
    deliver(1, OK)
    deliver(2, OK)
    granted = made.state.mandate(KCS, platform).sequence
    made.command(replace(grant, request_id="twice", replaces=granted), refusal=R.WRONG_STATE)
    made.facts(*(issued_by(ATX, 9, creditor=NBM, debtor=KCS)[:1]), codes=[REFUSED], issuer=platform.account)
    revoke = RevokeMandate(request_id="revoke", actor=KCS, creditor=KCS, issuer=platform, last_sequence=4, replaces=granted)
    _each(
        made,
        revoke,
        {
            R.NOT_AUTHORISED: [{"actor": NBM}, {"actor": ATX}],
            R.NOT_FOUND: [{"creditor": STRANGER}, {"creditor": NBM, "actor": NBM, "replaces": 0}],
            R.SUPERSEDED: [{"replaces": 0}],
        },
    )
    deliver(4, OK)
    deliver(5, REFUSED)
    ended = made.state.mandate(KCS, platform).sequence
    made.command(replace(revoke, request_id="twice-2", replaces=ended), refusal=R.WRONG_STATE)
    made.command(replace(grant, request_id="anew", replaces=ended))
    deliver(5, OK)
    made.command(RemoveIssuer(request_id="remove", actor=ATX, issuer=platform, last_sequence=5))
    deliver(3, OK)
    deliver(6, REFUSED)
    yield made.case("a mandate is granted, revoked, granted anew, and ends with its issuer")


def _issuers() -> Iterator[Case]:
    """Binding and removal. What was issued before the end counts whenever it arrives."""
    made = ledger()
    free = Issuer(base.CHAIN_ID, bytes([0xBB]) * 20)
    bind = BindIssuer(request_id="bind", actor=OPERATOR, issuer=free, party=KCS)
    _each(
        made,
        bind,
        {
            R.NOT_AUTHORISED: [{"actor": KCS}, {"actor": STRANGER}],
            R.INVALID_COMMAND: [{"issuer": Issuer(base.CHAIN_ID, b"\x01")}, {"issuer": Issuer(0, bytes(20))}],
            R.NOT_FOUND: [{"party": STRANGER}, {"party": b""}],
            R.ISSUER_TAKEN: [{"issuer": ISSUER}, {"issuer": ISSUER, "party": NBM}],
        },
    )
    remove = RemoveIssuer(request_id="remove", actor=KCS, issuer=ISSUER, last_sequence=2)
    made.facts(base.fact(1), codes=[OK])
    _each(
        made,
        remove,
        {
            R.NOT_AUTHORISED: [{"actor": NBM}, {"actor": STRANGER}],
            R.NOT_FOUND: [{"issuer": Issuer(2**256, base.ISSUER)}, {"issuer": Issuer(1, base.ISSUER)}],
        },
    )
    made.facts(base.fact(1), base.fact(2), base.fact(3), codes=[FactCode.DUPLICATE, OK, REFUSED])
    made.command(replace(remove, request_id="twice"), refusal=R.WRONG_STATE)
    made.command(replace(bind, request_id="again", issuer=ISSUER), refusal=R.ISSUER_TAKEN)
    grant = GrantMandate(request_id="late", actor=NBM, creditor=NBM, issuer=ISSUER, replaces=0)
    made.command(grant, refusal=R.WRONG_STATE)
    yield made.case("an issuer is removed, and what it issued before still counts")


def _contracts() -> Iterator[Case]:
    made = ledger()
    bind = BindContract(request_id="bind", actor=OPERATOR, client_id="poa-evm-0", contract=base.CONTRACT)
    release = ReleaseContract(request_id="release", actor=OPERATOR, client_id="poa-evm-0", contract=base.CONTRACT)
    wrong = [{"client_id": "poa"}, {"client_id": "poa-evm-\u00e9"}, {"client_id": "p" * 65}, {"contract": base.CONTRACT[1:]}]
    strangers = {R.NOT_AUTHORISED: [{"actor": KCS}, {"actor": STRANGER}]}
    _each(made, bind, strangers | {R.INVALID_COMMAND: wrong})
    made.command(replace(bind, request_id="other", client_id="poa-evm-1"))
    made.command(replace(bind, request_id="twice"), refusal=R.WRONG_STATE)
    _each(made, release, strangers | {R.WRONG_STATE: [{"client_id": "poa-evm-2"}]})
    made.command(replace(release, request_id="again"), refusal=R.WRONG_STATE)
    made.command(replace(bind, request_id="anew"))
    made.command(replace(release, request_id="at last", client_id="poa-evm-1"))
    yield made.case("contracts are bound to clients, released and bound again, by operators alone")


def _each(made: Any, command: Command, changes: dict[RefusalCode, list[dict[str, Any]]]) -> None:
    for code, mutations in changes.items():
        for mutation in mutations:
            made.command(replace(command, **mutation), refusal=code)
    made.command(command)


def build() -> list[Case]:
    """All cases."""
    return [*_attacks(), *_mandates(), *_issuers(), *_contracts()]


def main() -> None:
    (HERE / "issuers.json").write_text(json.dumps(build(), indent=1) + "\n")


if __name__ == "__main__":
    main()
