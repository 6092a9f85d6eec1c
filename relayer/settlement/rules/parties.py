"""Parties, agreements, consent, periods and revoked accounts: what the operator sets up, and what a party says of novation.

Terms and consents are mutable: a change names the log entry that it replaces, so that going back to earlier terms is a
change of its own and two people who change the same terms cannot overwrite each other.
"""

from __future__ import annotations

import re
from typing import assert_never

from relayer.codes.limits import MAXIMUM_CURRENCIES, MAXIMUM_EXPONENT
from relayer.codes.settlement import RefusalCode
from relayer.facts.schema import party_id
from relayer.facts.ways import ALL_WAYS
from relayer.settlement.model.acts import LogHead
from relayer.settlement.model.events import LogEntry
from relayer.settlement.model.parties import (
    ALL_MODES,
    AccountRevoked,
    Agreement,
    AgreementInForce,
    AgreementRecorded,
    ClosePeriod,
    ConsentInForce,
    ConsentSet,
    Party,
    PartyCommand,
    PartyEvent,
    PartyRegistered,
    PeriodClosed,
    RecordAgreement,
    RegisterParty,
    RevokeAccount,
    SetConsent,
)
from relayer.settlement.reader import MutableState, SettlementReader
from relayer.settlement.rules.checks import (
    refuse,
    require_actor,
    require_operator,
    require_replaces,
    require_text,
    require_there,
)

_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


def decide_party(state: SettlementReader, command: PartyCommand) -> PartyEvent | LogHead:
    """Raises CommandRefused. A head: what the command asks for was recorded there by another request."""
    match command:
        case RegisterParty(party=party):
            require_operator(command.actor, "register parties")
            _check_party(party)
            return _known_party(state, party) or PartyRegistered(party=party)
        case RecordAgreement(agreement=agreement, replaces=replaces):
            require_operator(command.actor, "record agreements")
            _check_terms(agreement)
            _check_pair(state, agreement)
            in_force = state.agreement(agreement.creditor, agreement.debtor)
            require_replaces(f"agreement {agreement.agreement_id}", replaces, in_force.sequence if in_force else 0)
            return AgreementRecorded(agreement=agreement, replaces=replaces)
        case ClosePeriod(cut_off_seconds=cut_off):
            require_operator(command.actor, "close periods")
            _check_cut_off(state, cut_off)
            return PeriodClosed(cut_off_seconds=cut_off)
        case SetConsent(party=party, consent=consent, replaces=replaces):
            require_there("party", party.hex(), state.party(party))
            require_actor(state, command.actor, (party,), "consent for another party")
            said = state.consent(party)
            require_replaces(f"consent of party {party.hex()}", replaces, said.sequence if said else 0)
            return ConsentSet(party=party, consent=consent, replaces=replaces)
        case RevokeAccount(account=account):
            require_operator(command.actor, "revoke accounts")
            require_text("account", account)
            return state.revocation(account) or AccountRevoked(account=account)
        case _:
            assert_never(command)


def apply_party(state: MutableState, event: PartyEvent, entry: LogEntry) -> None:
    """What the event does to the state."""
    match event:
        case PartyRegistered(party=party):
            state.parties[party.party_id] = (party, entry.head)
        case AgreementRecorded(agreement=agreement):
            pair = (agreement.creditor, agreement.debtor)
            state.agreements[pair] = AgreementInForce(agreement=agreement, sequence=entry.head.sequence)
            state.agreement_pairs[agreement.agreement_id] = pair
        case PeriodClosed(cut_off_seconds=cut_off):
            state.new_cut_off = cut_off
        case ConsentSet(party=party_id, consent=consent):
            state.consents[party_id] = ConsentInForce(party=party_id, consent=consent, sequence=entry.head.sequence)
        case AccountRevoked(account=account):
            state.revocations[account] = entry.head
        case _:
            assert_never(event)


def _check_party(party: Party) -> None:
    if party.party_id != party_id(party.ocpi_id):
        raise _invalid(f"party {party.ocpi_id}: the party id is not keccak256 of the OCPI id; compute it again")
    require_text(f"party {party.ocpi_id}: name", party.name)
    require_text(f"party {party.ocpi_id}: LEI", party.lei, may_be_empty=True)
    require_text(f"party {party.ocpi_id}: VAT id", party.vat_id, may_be_empty=True)


def _known_party(state: SettlementReader, party: Party) -> LogHead | None:
    known = state.party(party.party_id)
    if known is not None and known != party:
        raise refuse(RefusalCode.PARTY_EXISTS, f"party {party.ocpi_id} is registered with other particulars")
    return state.party_reference(party.party_id)


def _check_terms(agreement: Agreement) -> None:
    require_text("agreement id", agreement.agreement_id)
    what = f"agreement {agreement.agreement_id}"
    if agreement.creditor == agreement.debtor or {len(agreement.creditor), len(agreement.debtor)} != {32}:
        raise _invalid(f"{what}: creditor and debtor are two party ids of 32 bytes")
    if not 1 <= len(agreement.currencies) <= MAXIMUM_CURRENCIES:
        raise _invalid(f"{what}: expected 1 to {MAXIMUM_CURRENCIES} currencies")
    if len({terms.currency for terms in agreement.currencies}) != len(agreement.currencies):
        raise _invalid(f"{what}: a currency is listed twice")
    modes = agreement.netting_modes
    if not modes or modes != tuple(mode for mode in ALL_MODES if mode in modes):
        raise _invalid(f"{what}: netting modes: expected at least one of BILATERAL, CYCLE and HUB, each once, in this order")
    if not agreement.ways or agreement.ways != tuple(way for way in ALL_WAYS if way in agreement.ways):
        raise _invalid(f"{what}: ways: expected at least one of {', '.join(ALL_WAYS)}, each once, in this order")
    for terms in agreement.currencies:
        if not _CURRENCY.fullmatch(terms.currency) or not 0 <= terms.exponent <= MAXIMUM_EXPONENT:
            raise _invalid(
                f"{what}: currency {terms.currency!r} with exponent {terms.exponent}: expected three capital letters and 0 "
                f"to {MAXIMUM_EXPONENT}"
            )


def _check_pair(state: SettlementReader, agreement: Agreement) -> None:
    for party in (agreement.creditor, agreement.debtor):
        if state.party(party) is None:
            raise refuse(
                RefusalCode.PARTY_UNKNOWN, f"agreement {agreement.agreement_id}: register party {party.hex()} first"
            )
    pair = state.agreement_pair(agreement.agreement_id)
    if pair is not None and pair != (agreement.creditor, agreement.debtor):
        raise refuse(
            RefusalCode.AGREEMENT_TAKEN,
            f"agreement id {agreement.agreement_id!r} belongs to another pair; choose another id",
        )
    in_force = state.agreement(agreement.creditor, agreement.debtor)
    if in_force is not None and in_force.agreement.agreement_id != agreement.agreement_id:
        raise refuse(
            RefusalCode.AGREEMENT_TAKEN,
            f"the pair of agreement {agreement.agreement_id!r} has {in_force.agreement.agreement_id!r}; record its terms "
            "under that id",
        )


def _check_cut_off(state: SettlementReader, cut_off: int) -> None:
    if not 0 < cut_off < 1 << 63:
        raise _invalid(f"cut-off {cut_off}: expected unix seconds above 0")
    if cut_off <= state.cut_off_seconds():
        raise refuse(RefusalCode.CUT_OFF_NOT_LATER, f"the cut-off is {state.cut_off_seconds()} and only moves forward")


def _invalid(message: str) -> Exception:
    return refuse(RefusalCode.INVALID_COMMAND, message)
