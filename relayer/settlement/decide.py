"""(state, command) -> entries of the log. The only place where settlement events come from.

Nothing is written here: the caller applies the entries to its own state, all of them or none.
"""

from __future__ import annotations

import re
from typing import assert_never

from relayer.codes.facts import FactCode, FactStatus
from relayer.codes.limits import MAXIMUM_CURRENCIES, MAXIMUM_EXPONENT, MAXIMUM_TEXT_BYTES
from relayer.facts.codec import FactAnswer
from relayer.facts.schema import party_id
from relayer.settlement.codec import encode_event, next_head
from relayer.settlement.commands import (
    ClosePeriod,
    CommandDecision,
    FactsDecision,
    OperatorCommand,
    RecordAgreement,
    RecordFacts,
    RegisterParty,
)
from relayer.settlement.errors import (
    AgreementTaken,
    CutOffNotLater,
    InvalidCommand,
    PartyExists,
    PartyUnknown,
    RequestIdReused,
)
from relayer.settlement.events import AgreementRecorded, FactRecorded, LogEntry, PartyRegistered, PeriodClosed
from relayer.settlement.model import ALL_MODES, Agreement, LogHead, Party
from relayer.settlement.rules import Claim, examine
from relayer.settlement.state import Overlay, SettlementReader, request_digest

_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


def decide(state: SettlementReader, command: OperatorCommand) -> CommandDecision:
    """Raises a CommandRefused if a rule is broken. A repeated request gets the first result and no new entry."""
    event = _event(command)
    first = state.request(event.request_id)
    if first is not None:
        if first.digest != request_digest(event):
            raise RequestIdReused(f"request id {event.request_id!r} was used before with other content; use a new id")
        return CommandDecision(entries=(), reference=first.reference)
    match event:
        case PartyRegistered():
            known = _known_party(state, event.party)
            if known is not None:
                return CommandDecision(entries=(), reference=known)
        case AgreementRecorded():
            _check_agreement(state, event.agreement)
        case PeriodClosed():
            if event.cut_off_seconds <= state.cut_off_seconds():
                raise CutOffNotLater(f"the cut-off stands at {state.cut_off_seconds()} and only moves forward")
        case _:
            assert_never(event)
    encoded = encode_event(event)
    head = next_head(state.head(), encoded)
    return CommandDecision(entries=(LogEntry(head=head, event=event, encoded=encoded),), reference=head)


def decide_facts(state: SettlementReader, command: RecordFacts) -> FactsDecision:
    """Answers every fact; later facts of the command see the earlier ones. Never raises for what a fact says."""
    pending = Overlay(state)
    answers = record_facts(pending, command)
    return FactsDecision(entries=tuple(pending.entries), answers=answers)


def record_facts(state: Overlay, command: RecordFacts) -> tuple[FactAnswer, ...]:
    """Decides like decide_facts and leaves the entries in `state`, for a caller who has an overlay to drop anyway."""
    return tuple(
        _answer(state, Claim(state=state, origin=command.origin, fact=fact, stated_hash=stated))
        for fact, stated in zip(command.facts, command.fact_hashes, strict=True)
    )


def _answer(pending: Overlay, claim: Claim) -> FactAnswer:
    code = examine(claim)
    if code is FactCode.DUPLICATE:
        known = claim.known
        assert known is not None
        return _accepted(known.liability_id, LogHead(known.sequence, known.head_hash), code)
    if code is not FactCode.OK:
        return FactAnswer(
            status=FactStatus.REJECTED, liability_id=bytes(32), sequence=0, head_hash=pending.head().head_hash, code=code
        )
    event = FactRecorded(
        fact=claim.fact, fact_hash=claim.stated_hash, origin=claim.origin, amount=claim.amount, reduction=claim.reduction
    )
    encoded = encode_event(event)
    head = next_head(pending.head(), encoded)
    pending.apply(LogEntry(head=head, event=event, encoded=encoded))
    recorded = claim.known
    assert recorded is not None
    return _accepted(recorded.liability_id, head, code)


def _accepted(liability: bytes, reference: LogHead, code: FactCode) -> FactAnswer:
    return FactAnswer(
        status=FactStatus.ACCEPTED,
        liability_id=liability,
        sequence=reference.sequence,
        head_hash=reference.head_hash,
        code=code,
    )


def _event(command: OperatorCommand) -> PartyRegistered | AgreementRecorded | PeriodClosed:
    """The event that the command would become; refuses fields outside their range."""
    _check_text("request id", command.request_id, required=True)
    match command:
        case RegisterParty():
            _check_party(command.party)
            return PartyRegistered(request_id=command.request_id, party=command.party)
        case RecordAgreement():
            _check_terms(command.agreement)
            return AgreementRecorded(request_id=command.request_id, agreement=command.agreement)
        case ClosePeriod():
            if not 0 < command.cut_off_seconds < 1 << 63:
                raise InvalidCommand(f"cut-off {command.cut_off_seconds}: expected unix seconds above 0")
            return PeriodClosed(request_id=command.request_id, cut_off_seconds=command.cut_off_seconds)
        case _:
            assert_never(command)


def _check_text(what: str, text: str, *, required: bool) -> None:
    if len(text.encode()) > MAXIMUM_TEXT_BYTES or (required and not text.strip()):
        raise InvalidCommand(f"{what}: expected {'1' if required else '0'} to {MAXIMUM_TEXT_BYTES} bytes of text")


def _check_party(party: Party) -> None:
    if party.party_id != party_id(party.ocpi_id):
        raise InvalidCommand(f"party {party.ocpi_id}: the party id is not keccak256 of the OCPI id; compute it again")
    _check_text(f"party {party.ocpi_id}: name", party.name, required=True)
    _check_text(f"party {party.ocpi_id}: LEI", party.lei, required=False)
    _check_text(f"party {party.ocpi_id}: VAT id", party.vat_id, required=False)


def _check_terms(agreement: Agreement) -> None:
    _check_text("agreement id", agreement.agreement_id, required=True)
    if agreement.creditor == agreement.debtor or {len(agreement.creditor), len(agreement.debtor)} != {32}:
        raise InvalidCommand(f"agreement {agreement.agreement_id}: creditor and debtor are two party ids of 32 bytes")
    if not 1 <= len(agreement.currencies) <= MAXIMUM_CURRENCIES:
        raise InvalidCommand(f"agreement {agreement.agreement_id}: expected 1 to {MAXIMUM_CURRENCIES} currencies")
    seen = {terms.currency for terms in agreement.currencies}
    if len(seen) != len(agreement.currencies):
        raise InvalidCommand(f"agreement {agreement.agreement_id}: a currency stands there twice")
    if not agreement.netting_modes or agreement.netting_modes != tuple(
        mode for mode in ALL_MODES if mode in agreement.netting_modes
    ):
        raise InvalidCommand(
            f"agreement {agreement.agreement_id}: netting modes: expected at least one of BILATERAL, CYCLE and HUB, "
            "each once, in this order"
        )
    for terms in agreement.currencies:
        if not _CURRENCY.fullmatch(terms.currency) or not 0 <= terms.exponent <= MAXIMUM_EXPONENT:
            raise InvalidCommand(
                f"agreement {agreement.agreement_id}: currency {terms.currency!r} with exponent {terms.exponent}: expected "
                f"three capital letters and 0 to {MAXIMUM_EXPONENT}"
            )
        if terms.open_limit is not None and terms.open_limit < 0:
            raise InvalidCommand(f"agreement {agreement.agreement_id}: the limit must not be negative")


def _known_party(state: SettlementReader, party: Party) -> LogHead | None:
    known = state.party(party.party_id)
    if known is None:
        return None
    if known != party:
        raise PartyExists(f"party {party.ocpi_id} is registered with other particulars")
    return state.party_reference(party.party_id)


def _check_agreement(state: SettlementReader, agreement: Agreement) -> None:
    for party in (agreement.creditor, agreement.debtor):
        if state.party(party) is None:
            raise PartyUnknown(f"agreement {agreement.agreement_id}: register party {party.hex()} first")
    pair = state.agreement_pair(agreement.agreement_id)
    if pair is not None and pair != (agreement.creditor, agreement.debtor):
        raise AgreementTaken(f"agreement id {agreement.agreement_id!r} belongs to another pair; choose another id")
    in_force = state.agreement(agreement.creditor, agreement.debtor)
    if in_force is not None and in_force.agreement_id != agreement.agreement_id:
        raise AgreementTaken(
            f"the pair of agreement {agreement.agreement_id!r} has {in_force.agreement_id!r}; record its terms under that id"
        )
