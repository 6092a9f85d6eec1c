"""Two ledgers compared about who may issue for whom: each difference, and the verb that mends it."""

from __future__ import annotations

import pytest

from relayer.business.rights import ComparedRights
from relayer.ports.facts import RegisteredIssuer, RegisteredMandate, RegisteredRights
from relayer.ports.settlement import IssuingRights
from relayer.settlement.model.issuers import Issuer, IssuerInForce, IssuingState, MandateInForce

CHAIN_ID = 1337
ACCOUNT = bytes([7]) * 20
KCS, ATX = b"KCS", b"ATX"
WHO = f"0x{ACCOUNT.hex()}"
ABSENT, ACTIVE = "absent", None
Standing = str | int | None
"""ABSENT, ACTIVE, or the sequence of the last fact of a right that ended."""


def compared(
    *, contract: Standing = ACTIVE, settlement: Standing = ACTIVE, granted: Standing = ABSENT, recorded: Standing = ABSENT
) -> ComparedRights:
    issuer = Issuer(CHAIN_ID, ACCOUNT)
    there = [] if isinstance(contract, str) else [RegisteredIssuer(account=ACCOUNT, party=ATX, last_sequence=contract)]
    mandate = [] if isinstance(granted, str) else [RegisteredMandate(creditor=KCS, account=ACCOUNT, last_sequence=granted)]
    here = (
        [] if isinstance(settlement, str) else [IssuerInForce(issuer=issuer, party=ATX, sequence=9, **ended(settlement))]  # type: ignore[arg-type]
    )
    said = (
        [] if isinstance(recorded, str) else [MandateInForce(creditor=KCS, issuer=issuer, sequence=9, **ended(recorded))]  # type: ignore[arg-type]
    )
    elsewhere = IssuerInForce(issuer=Issuer(1, ACCOUNT), party=KCS, sequence=1, **ended(ACTIVE))  # type: ignore[arg-type]
    return ComparedRights(
        registered=RegisteredRights(issuers=tuple(there), mandates=tuple(mandate)),
        recorded=IssuingRights(issuers=(*here, elsewhere), mandates=tuple(said)),
        chain_id=CHAIN_ID,
        name=bytes.decode,
    )


def ended(last: int | None) -> dict[str, object]:
    state = IssuingState.ACTIVE if last is None else IssuingState.ENDED
    return {"state": state, "last_sequence": last or 0}


@pytest.mark.parametrize(
    "both",
    [
        compared(),
        compared(contract=3, settlement=3),
        compared(granted=ACTIVE, recorded=ACTIVE),
        compared(granted=2, recorded=2),
        compared(contract=3, settlement=ABSENT),
        compared(contract=3, settlement=3, granted=ACTIVE, recorded=2),
    ],
)
def test_ledgers_that_agree(both: ComparedRights) -> None:
    assert both.differences() == ()


@pytest.mark.parametrize(
    ("both", "finding", "verb"),
    [
        (compared(settlement=ABSENT), "not known to the settlement ledger", "relayer settlement apply"),
        (compared(contract=ABSENT), "not known to the contract ledger", "relayer settlement apply"),
        (compared(contract=3), "removed on the contract ledger", f"relayer settlement remove-issuer {WHO}"),
        (compared(settlement=3), "removed on the settlement ledger", f"relayer settlement remove-issuer {WHO}"),
        (compared(contract=5, settlement=3), "number 5 on the contract ledger and 3", "issue what is missing again"),
        (compared(contract=3, settlement=5), "number 3 on the contract ledger and 5", "entry 9 of the log"),
        (compared(granted=ACTIVE), "not on the settlement ledger", f"relayer settlement mandate KCS {WHO}"),
        (compared(recorded=ACTIVE), "not on the contract ledger", f"relayer settlement mandate KCS {WHO}"),
        (compared(granted=2, recorded=ACTIVE), "not on the contract ledger", "--revoke"),
        (compared(granted=ACTIVE, recorded=2), "not on the settlement ledger", "--revoke"),
        (compared(granted=4, recorded=2), "refuses those after it", f"relayer settlement mandate KCS {WHO}"),
    ],
)
def test_a_difference_names_the_verb_that_mends_it(both: ComparedRights, finding: str, verb: str) -> None:
    (found,) = both.differences()
    assert found.account == ACCOUNT
    assert finding in found.finding
    assert verb in found.remedy


def test_an_account_that_changed_hands() -> None:
    both = compared()
    taken = IssuerInForce(issuer=Issuer(CHAIN_ID, ACCOUNT), party=KCS, sequence=9, **ended(ACTIVE))  # type: ignore[arg-type]
    other = ComparedRights(
        registered=both.registered,
        recorded=IssuingRights(issuers=(taken,), mandates=()),
        chain_id=CHAIN_ID,
        name=bytes.decode,
    )
    (found,) = other.differences()
    assert "belongs to ATX on the contract ledger and to KCS on the settlement ledger" in found.finding
