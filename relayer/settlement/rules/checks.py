"""What every rule asks first: who acts, whether ids and amounts have their form, what is stored under an id.

Ids of cycles, payments and disputes are one space for each of the three. So that no party takes an id which another needs,
an id that begins with a party's name, such as DENBM-, is that party's, and one that begins with operator- the operator's. A
payment id that ends as banks' ids are made here, such as -DENBM-DEKCS-EUR1, is for the payments of this debtor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

from relayer.codes.limits import MAXIMUM_AMOUNT, MAXIMUM_ID_CHARACTERS, MAXIMUM_TEXT_BYTES, MAXIMUM_WAIT_SECONDS
from relayer.codes.settlement import RefusalCode
from relayer.errors import InvariantBroken
from relayer.facts.schema import party_id
from relayer.settlement.errors import CommandRefused
from relayer.settlement.model.acts import OPERATOR, LogHead, Share, UnitKey
from relayer.settlement.model.liabilities import Liability
from relayer.settlement.model.parties import Consent
from relayer.settlement.model.payments import Evidence, PaymentOrder, evidence_key
from relayer.settlement.postings import Account
from relayer.settlement.reader import MutableState, SettlementReader

_ID = re.compile(rf"[A-Za-z0-9][A-Za-z0-9.:/-]{{0,{MAXIMUM_ID_CHARACTERS - 1}}}", re.ASCII)

_OWNER = re.compile(r"(?:(?P<operator>operator)|(?P<country>[A-Z]{2})(?P<code>[A-Z0-9]{3}))-", re.ASCII)
_PAYER = re.compile(r"-(?P<country>[A-Z]{2})(?P<code>[A-Z0-9]{3})-[A-Z]{2}[A-Z0-9]{3}-[A-Z]{3}[1-9]\Z", re.ASCII)

_Named = TypeVar("_Named")


def refuse(code: RefusalCode, message: str) -> CommandRefused:
    """The error to raise."""
    return CommandRefused(code, message)


def require_actor(state: SettlementReader, actor: bytes, allowed: Iterable[bytes], verb: str) -> None:
    """NOT_AUTHORISED unless the operator acts, or a registered party that is among `allowed`."""
    if actor == OPERATOR:
        return
    if state.party(actor) is None or actor not in set(allowed):
        raise refuse(
            RefusalCode.NOT_AUTHORISED, f"party {actor.hex()} may not {verb}; one of the parties involved must do it"
        )


def require_anyone(state: SettlementReader, actor: bytes, verb: str) -> None:
    """NOT_AUTHORISED unless the operator or any registered party acts."""
    require_actor(state, actor, (actor,), verb)


def require_operator(actor: bytes, verb: str) -> None:
    """NOT_AUTHORISED unless the operator acts."""
    if actor != OPERATOR:
        raise refuse(RefusalCode.NOT_AUTHORISED, f"party {actor.hex()} may not {verb}; only the ledger's operator may")


def require_id(what: str, text: str) -> None:
    """INVALID_COMMAND unless `text` can name a payment, dispute or cycle."""
    if not _ID.fullmatch(text):
        raise refuse(
            RefusalCode.INVALID_COMMAND,
            f"{what} {text[:60]!r}: expected 1 to {MAXIMUM_ID_CHARACTERS} letters, digits, '.', ':', '/' or '-', "
            "a letter or digit first",
        )


def require_own_id(state: SettlementReader, what: str, name: str, actor: bytes) -> None:
    """NOT_AUTHORISED if the id is another party's or the operator's."""
    found = _OWNER.match(name)
    if found is None:
        return
    owner = OPERATOR if found["operator"] else _named_party(found)
    if owner == OPERATOR or state.party(owner) is not None:
        _require_owner(what, name, owner, actor)


def require_own_payment_id(name: str, actor: bytes) -> None:
    """NOT_AUTHORISED if the id is made for the payments of another debtor."""
    found = _PAYER.search(name)
    if found is not None:
        _require_owner("payment id", name, _named_party(found), actor)


def _named_party(found: re.Match[str]) -> bytes:
    return party_id(f"{found['country']}*{found['code']}")


def _require_owner(what: str, name: str, owner: bytes, actor: bytes) -> None:
    if actor not in (OPERATOR, owner):
        whose = "the operator" if owner == OPERATOR else f"party {owner.hex()}"
        raise refuse(
            RefusalCode.NOT_AUTHORISED, f"{what} {name} is for {whose} alone; choose one that begins with your own name"
        )


def require_new(what: str, name: str, found: object | None) -> None:
    """ID_TAKEN if something is stored under the id."""
    if found is not None:
        raise refuse(
            RefusalCode.ID_TAKEN,
            f"{what} {name} exists already; choose an id that begins with your name, such as DENBM-1; it is yours alone",
        )


def require_there(what: str, name: str, found: _Named | None) -> _Named:
    """NOT_FOUND unless something is stored under the id."""
    if found is None:
        raise refuse(RefusalCode.NOT_FOUND, f"{what} {name} is not on this ledger; check the id")
    return found


def require_text(what: str, text: str, *, may_be_empty: bool = False) -> None:
    """INVALID_COMMAND unless there is text of a reasonable length."""
    if len(text.encode()) > MAXIMUM_TEXT_BYTES or not (may_be_empty or text.strip()):
        least = 0 if may_be_empty else 1
        raise refuse(RefusalCode.INVALID_COMMAND, f"{what}: expected {least} to {MAXIMUM_TEXT_BYTES} bytes of text")


def require_amount(what: str, amount: int) -> None:
    """AMOUNT_OUT_OF_RANGE unless 0 < amount < 2^128."""
    if not 0 < amount <= MAXIMUM_AMOUNT:
        raise refuse(RefusalCode.AMOUNT_OUT_OF_RANGE, f"{what}: {amount} is not within 1 and 2^128 - 1 minor units")


def require_deadline(what: str, deadline: int, now: int) -> None:
    """DEADLINE_INVALID unless it lies ahead, and not too far."""
    if not now < deadline <= now + MAXIMUM_WAIT_SECONDS:
        raise refuse(
            RefusalCode.DEADLINE_INVALID,
            f"{what}: {deadline} must lie after block time {now}, and at most {MAXIMUM_WAIT_SECONDS} seconds after it",
        )


def require_before(what: str, deadline: int, now: int) -> None:
    """DEADLINE_PASSED from the deadline on."""
    if now >= deadline:
        raise refuse(RefusalCode.DEADLINE_PASSED, f"{what}: its time ended at {deadline}, it is {now}")


def require_after(what: str, deadline: int, now: int) -> None:
    """DEADLINE_NOT_REACHED before the deadline."""
    if now < deadline:
        raise refuse(RefusalCode.DEADLINE_NOT_REACHED, f"{what}: its time ends at {deadline}, it is only {now}")


def require_unit(state: SettlementReader, debtor: bytes, creditor: bytes, unit: UnitKey) -> None:
    """NO_AGREEMENT, CURRENCY_UNSUPPORTED or EXPONENT_MISMATCH unless the pair settles in this unit."""
    in_force = state.agreement(creditor, debtor)
    if in_force is None:
        raise refuse(RefusalCode.NO_AGREEMENT, f"{debtor.hex()} has no agreement with {creditor.hex()}; record it first")
    agreement = in_force.agreement
    exponents = [terms.exponent for terms in agreement.currencies if terms.currency == unit.currency]
    if not exponents:
        raise refuse(RefusalCode.CURRENCY_UNSUPPORTED, f"agreement {agreement.agreement_id} has no {unit.currency}")
    if unit.exponent not in exponents:
        raise refuse(
            RefusalCode.EXPONENT_MISMATCH,
            f"agreement {agreement.agreement_id} states {unit.currency} with exponent {exponents[0]}, not {unit.exponent}",
        )


def require_replaces(what: str, replaces: int, in_force: int) -> None:
    """SUPERSEDED unless `replaces` names the log entry that is in force; 0: none."""
    if replaces != in_force:
        now = f"what entry {in_force} recorded" if in_force else "nothing"
        raise refuse(
            RefusalCode.SUPERSEDED,
            f"{what}: made to replace entry {replaces}, but {now} is in force; read it again",
        )


def require_evidence(state: SettlementReader, evidence: Evidence, order: PaymentOrder) -> None:
    """EVIDENCE_MISMATCH unless it states exactly the order's amount; EVIDENCE_USED if it has proved something between the
    same parties before."""
    require_text("evidence reference", evidence.reference)
    if (evidence.amount, evidence.currency) != (order.amount, order.currency):
        stated = UnitKey(evidence.currency, order.exponent).text(evidence.amount)
        ordered = UnitKey(order.currency, order.exponent).text(order.amount)
        raise refuse(RefusalCode.EVIDENCE_MISMATCH, f"evidence {evidence.reference} states {stated}, the payment {ordered}")
    if state.evidence_used(evidence_key(order, evidence)):
        raise refuse(
            RefusalCode.EVIDENCE_USED, f"evidence {evidence.reference} has proved another movement between the two before"
        )


def require_free(what: str, liability: Liability, amount: int) -> Share:
    """The share, or EXCEEDS_OPEN if it is more than is open and not held."""
    require_amount(what, amount)
    if amount > liability.free:
        text = liability.unit.text
        raise refuse(
            RefusalCode.EXCEEDS_OPEN,
            f"{what}: {text(amount)} is more than the {text(liability.free)} that is open and not held (of "
            f"{text(liability.amount)}; netted {text(liability.netted)}, paid {text(liability.paid)}, credited "
            f"{text(liability.credited)}, held {text(liability.held)})",
        )
    return Share(liability.sequence, amount)


def oldest_first(liabilities: Iterable[Liability]) -> list[Liability]:
    """Those with something free, by due date, then settlement sequence (guarantee G11)."""
    return sorted((each for each in liabilities if each.free), key=lambda each: (each.due_date, each.sequence))


def has_consented(state: SettlementReader, party: bytes) -> bool:
    """Whether the party agrees to novation."""
    said = state.consent(party)
    return said is not None and said.consent is Consent.GIVEN


def post_all(state: MutableState, head: LogHead, shares: Iterable[Share], source: Account, target: Account) -> None:
    """Moves every share between two accounts of its liability."""
    for share in shares:
        state.post(head.sequence, share, source, target)


def stored(found: _Named | None, name: str) -> _Named:
    """What an event says has been there. Raises InvariantBroken otherwise."""
    if found is None:
        raise InvariantBroken(f"settlement log: {name} changes before it was recorded")
    return found
