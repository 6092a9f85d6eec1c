"""Parties, agreements and periods: idempotent by request id, refused with a code otherwise."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from relayer.codes.settlement import RefusalCode
from relayer.errors import InvalidInput, InvariantBroken
from relayer.facts.schema import party_id
from relayer.messages.settlement_records import agreement_from_message, agreement_to_message
from relayer.settlement.codec import decode_agreement, decode_event, encode_agreement, encode_event
from relayer.settlement.commands import ClosePeriod, RecordAgreement, RegisterParty
from relayer.settlement.errors import CommandRefused
from relayer.settlement.events import AgreementRecorded
from relayer.settlement.model import ALL_MODES, CurrencyTerms
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.state import EmptyState, Overlay, state_hash


def refusal(ledger, command) -> RefusalCode:
    before = ledger.state.head()
    with pytest.raises(CommandRefused) as caught:
        ledger.execute(command)
    assert ledger.state.head() == before
    return caught.value.code


def test_a_repeated_request_gets_the_first_result(ledger, kit) -> None:
    command = RegisterParty(request_id="new", party=kit.party("FR*NEW"))
    first = ledger.execute(command)
    ledger.execute(ClosePeriod(request_id="close", cut_off_seconds=5))
    assert ledger.execute(command) == first
    assert ledger.state.head().sequence == first.sequence + 1


def test_the_same_party_under_another_request_is_the_same_party(ledger, kit) -> None:
    first = ledger.execute(RegisterParty(request_id="one", party=kit.party("FR*NEW")))
    assert ledger.execute(RegisterParty(request_id="two", party=kit.party("FR*NEW"))) == first


def test_a_request_id_with_other_content_is_refused(ledger, kit) -> None:
    command = RegisterParty(request_id="party DE*KCS", party=kit.party("FR*NEW"))
    assert refusal(ledger, command) is RefusalCode.ID_REUSED


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        (RefusalCode.INVALID_COMMAND, {"party_id": bytes(32)}),
        (RefusalCode.INVALID_COMMAND, {"name": " "}),
        (RefusalCode.INVALID_COMMAND, {"name": "x" * 201}),
        (RefusalCode.INVALID_COMMAND, {"lei": "x" * 201}),
        (RefusalCode.PARTY_EXISTS, {"ocpi_id": "DE*KCS", "party_id": party_id("DE*KCS"), "name": "Somebody else"}),
    ],
)
def test_bad_parties_are_refused(ledger, kit, code: RefusalCode, changes: dict) -> None:
    party = replace(kit.party("FR*NEW"), **changes)
    assert refusal(ledger, RegisterParty(request_id="new", party=party)) is code


def test_an_ocpi_id_of_another_form_is_refused(ledger, kit) -> None:
    party = replace(kit.party("FR*NEW"), ocpi_id="FRNEW")
    with pytest.raises(InvalidInput):
        ledger.execute(RegisterParty(request_id="new", party=party))


EUR = CurrencyTerms(currency="EUR", exponent=2, open_limit=None)


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        (RefusalCode.INVALID_COMMAND, {"agreement_id": ""}),
        (RefusalCode.INVALID_COMMAND, {"debtor": party_id("DE*KCS")}),
        (RefusalCode.INVALID_COMMAND, {"debtor": b"short"}),
        (RefusalCode.INVALID_COMMAND, {"currencies": ()}),
        (RefusalCode.INVALID_COMMAND, {"currencies": (EUR, replace(EUR, exponent=3))}),
        (RefusalCode.INVALID_COMMAND, {"currencies": (replace(EUR, currency="eur"),)}),
        (RefusalCode.INVALID_COMMAND, {"currencies": (replace(EUR, exponent=19),)}),
        (RefusalCode.INVALID_COMMAND, {"currencies": (replace(EUR, open_limit=-1),)}),
        (RefusalCode.INVALID_COMMAND, {"netting_modes": ()}),
        (RefusalCode.INVALID_COMMAND, {"netting_modes": (NettingMode.HUB, NettingMode.CYCLE)}),
        (RefusalCode.INVALID_COMMAND, {"netting_modes": (NettingMode.HUB, NettingMode.HUB)}),
        (RefusalCode.PARTY_UNKNOWN, {"debtor": party_id("FR*XXX")}),
        (RefusalCode.AGREEMENT_TAKEN, {"debtor": party_id("AT*ATX")}),
        (RefusalCode.AGREEMENT_TAKEN, {"agreement_id": "another name"}),
    ],
)
def test_bad_agreements_are_refused(ledger, kit, code: RefusalCode, changes: dict) -> None:
    agreement = replace(kit.agreement(), **changes)
    assert refusal(ledger, RecordAgreement(request_id="new", agreement=agreement)) is code


def test_new_terms_replace_those_in_force(ledger, kit) -> None:
    wider = replace(kit.agreement(), currencies=(EUR,))
    ledger.execute(RecordAgreement(request_id="wider", agreement=wider))
    assert ledger.state.agreement(wider.creditor, wider.debtor) == wider


@pytest.mark.parametrize("modes", [(NettingMode.CYCLE,), (NettingMode.BILATERAL, NettingMode.HUB), ALL_MODES])
def test_netting_modes_survive_every_form(kit, modes: tuple[NettingMode, ...]) -> None:
    agreement = replace(kit.agreement(), netting_modes=modes)
    assert decode_agreement(encode_agreement(agreement)) == agreement
    assert agreement_from_message(agreement_to_message(agreement)) == agreement


def test_an_agreement_from_before_modes_had_a_choice_keeps_its_bytes_and_allows_all(kit) -> None:
    agreement = kit.agreement()
    assert b"netting_modes" not in encode_agreement(agreement)
    event = encode_event(AgreementRecorded(request_id="r", agreement=agreement))
    assert decode_event(event) == AgreementRecorded(request_id="r", agreement=agreement)
    named = json.loads(event)
    named["agreement"]["netting_modes"] = [mode.value for mode in ALL_MODES]
    with pytest.raises(InvalidInput, match="canonical"):
        decode_event(json.dumps(named, sort_keys=True, separators=(",", ":")).encode())


def test_a_mode_that_this_version_does_not_know_is_refused(kit) -> None:
    message = agreement_to_message(kit.agreement())
    message.netting_modes.append(9)
    with pytest.raises(InvalidInput, match="none of this version"):
        agreement_from_message(message)


@pytest.mark.parametrize("cut_off", [100, 99])
def test_the_cut_off_only_moves_forward(ledger, cut_off: int) -> None:
    ledger.execute(ClosePeriod(request_id="first", cut_off_seconds=100))
    assert refusal(ledger, ClosePeriod(request_id="second", cut_off_seconds=cut_off)) is RefusalCode.CUT_OFF_NOT_LATER


@pytest.mark.parametrize("cut_off", [0, -1, 2**63])
def test_a_cut_off_outside_of_time_is_refused(ledger, cut_off: int) -> None:
    assert refusal(ledger, ClosePeriod(request_id="x", cut_off_seconds=cut_off)) is RefusalCode.INVALID_COMMAND


def test_replaying_the_log_gives_the_same_state(ledger, kit) -> None:
    ledger.record(kit.fact(1), kit.fact(2, net=100))
    ledger.execute(ClosePeriod(request_id="close", cut_off_seconds=7))
    replayed = Overlay(EmptyState())
    for entry in ledger.state.entries:
        replayed.apply(replace(entry, event=decode_event(encode_event(entry.event))))
    assert state_hash(replayed) == state_hash(ledger.state)
    assert replayed.head() == ledger.state.head()


def test_the_state_hash_sees_every_change(ledger, kit) -> None:
    seen = {state_hash(ledger.state)}
    for change in (
        lambda: ledger.record(kit.fact()),
        lambda: ledger.execute(ClosePeriod(request_id="close", cut_off_seconds=7)),
        lambda: ledger.execute(RegisterParty(request_id="new", party=kit.party("FR*NEW"))),
        ledger.state.open_sums.clear,
    ):
        change()
        seen.add(state_hash(ledger.state))
    assert len(seen) == 5


def test_a_gap_in_the_log_is_our_own_fault(ledger, kit) -> None:
    ledger.record(kit.fact())
    fresh = Overlay(EmptyState())
    with pytest.raises(InvariantBroken):
        fresh.apply(ledger.state.entries[1])


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"event":"unknown"}', b"[1]", b"\xff"])
def test_a_damaged_entry_is_noticed(damage: bytes) -> None:
    with pytest.raises(InvalidInput):
        decode_event(damage)


def test_an_entry_in_another_spelling_is_noticed(ledger) -> None:
    spaced = encode_event(ledger.state.entries[0].event).replace(b":", b": ", 1)
    with pytest.raises(InvalidInput):
        decode_event(spaced)


def test_an_overlay_hands_on_everything_or_nothing(ledger, kit) -> None:
    before = state_hash(ledger.state)
    branch = Overlay(ledger.state)
    decision_state = kit.Ledger()
    decision_state.state = branch
    decision_state.record(kit.fact())
    assert state_hash(ledger.state) == before
    branch.merge_into(ledger.state)
    assert ledger.state.liability_of_fact(kit.fact().fact_id) is not None
    assert ledger.state.head() == branch.head()
    with pytest.raises(InvariantBroken):
        Overlay(EmptyState()).merge_into(ledger.state)


@pytest.mark.parametrize("changes", [{"open": 1}, {"held": 2_000}, {"open": -1, "paid": 1_191}])
def test_amounts_that_do_not_add_up_cannot_exist(ledger, kit, changes: dict) -> None:
    ledger.record(kit.fact())
    liability = ledger.state.liability_of_fact(kit.fact().fact_id)
    with pytest.raises(InvariantBroken):
        replace(liability, **changes)
