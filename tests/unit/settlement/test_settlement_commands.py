"""Parties, agreements and periods: idempotent by request id, refused with a code otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayer.codes.settlement import RefusalCode
from relayer.errors import InvalidInput, InvariantBroken
from relayer.facts.schema import party_id
from relayer.settlement.errors import CommandRefused
from relayer.settlement.log import (
    command_from_message,
    command_to_message,
    decode_command,
    decode_record,
    encode_command,
    encode_record,
    read_entry,
)
from relayer.settlement.model.acts import EMPTY_LOG, OPERATOR
from relayer.settlement.model.parties import (
    ALL_MODES,
    AgreementInForce,
    ClosePeriod,
    Consent,
    ConsentInForce,
    CurrencyTerms,
    RecordAgreement,
    RegisterParty,
    SetConsent,
)
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.reader import EmptyState
from relayer.settlement.state import Overlay
from relayer.settlement.state_hash import state_hash


def refusal(ledger, command) -> RefusalCode:
    before = ledger.state.head()
    with pytest.raises(CommandRefused) as caught:
        ledger.execute(command)
    assert ledger.state.head() == before
    return caught.value.code


def test_a_repeated_request_gets_the_first_result(ledger, kit) -> None:
    command = RegisterParty(request_id="new", party=kit.party("FR*NEW"), actor=OPERATOR)
    first = ledger.execute(command)
    ledger.execute(ClosePeriod(request_id="close", cut_off_seconds=5, actor=OPERATOR))
    assert ledger.execute(command) == first
    assert ledger.state.head().sequence == first.sequence + 1


def test_the_same_party_under_another_request_is_the_same_party(ledger, kit) -> None:
    first = ledger.execute(RegisterParty(request_id="one", party=kit.party("FR*NEW"), actor=OPERATOR))
    assert ledger.execute(RegisterParty(request_id="two", party=kit.party("FR*NEW"), actor=OPERATOR)) == first


def test_a_request_id_with_other_content_is_refused(ledger, kit) -> None:
    command = RegisterParty(request_id="party DE*KCS", party=kit.party("FR*NEW"), actor=OPERATOR)
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
    assert refusal(ledger, RegisterParty(request_id="new", party=party, actor=OPERATOR)) is code


def test_an_ocpi_id_of_another_form_is_refused(ledger, kit) -> None:
    party = replace(kit.party("FR*NEW"), ocpi_id="FRNEW")
    with pytest.raises(InvalidInput):
        ledger.execute(RegisterParty(request_id="new", party=party, actor=OPERATOR))


TERMS = 4
"""Log entry of the agreement in force: three parties are registered before it."""
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
    command = RecordAgreement(request_id="new", actor=OPERATOR, agreement=agreement, replaces=TERMS)
    assert refusal(ledger, command) is code


def test_new_terms_replace_those_in_force(ledger, kit) -> None:
    wider = replace(kit.agreement(), currencies=(EUR,))
    reference = ledger.agree("wider", wider)
    in_force = ledger.state.agreement(wider.creditor, wider.debtor)
    assert in_force == AgreementInForce(agreement=wider, sequence=reference.sequence)


def test_terms_a_then_b_then_a_again_are_three_changes(ledger, kit) -> None:
    before, after = kit.agreement(), replace(kit.agreement(), currencies=(EUR,))
    first = ledger.state.agreement(before.creditor, before.debtor).sequence
    second = ledger.execute(RecordAgreement(request_id="b", actor=OPERATOR, agreement=after, replaces=first)).sequence
    third = ledger.execute(RecordAgreement(request_id="a", actor=OPERATOR, agreement=before, replaces=second)).sequence
    assert (first, second, third) == (TERMS, third - 1, third)
    assert ledger.state.agreement(before.creditor, before.debtor) == AgreementInForce(agreement=before, sequence=third)


@pytest.mark.parametrize("replaces", [0, TERMS - 1, TERMS + 1])
def test_terms_made_to_replace_others_than_those_in_force_are_superseded(ledger, kit, replaces: int) -> None:
    for agreement in (kit.agreement(), replace(kit.agreement(), currencies=(EUR,))):
        command = RecordAgreement(request_id="new", actor=OPERATOR, agreement=agreement, replaces=replaces)
        assert refusal(ledger, command) is RefusalCode.SUPERSEDED


def test_terms_of_a_pair_that_has_none_replace_nothing(ledger, kit) -> None:
    agreement = kit.agreement(agreement_id="ATX pays KCS", debtor=party_id("AT*ATX"))
    command = RecordAgreement(request_id="new", actor=OPERATOR, agreement=agreement, replaces=TERMS)
    assert refusal(ledger, command) is RefusalCode.SUPERSEDED
    ledger.execute(replace(command, replaces=0))


def test_consent_names_what_it_replaces(ledger) -> None:
    party = party_id("DE*NBM")
    given = SetConsent(request_id="1", actor=party, party=party, consent=Consent.GIVEN, replaces=0)
    first = ledger.execute(given).sequence
    assert refusal(ledger, replace(given, request_id="2")) is RefusalCode.SUPERSEDED
    withdrawn = replace(given, request_id="2", consent=Consent.WITHDRAWN, replaces=first)
    second = ledger.execute(withdrawn).sequence
    third = ledger.execute(replace(given, request_id="3", replaces=second)).sequence
    assert ledger.state.consent(party) == ConsentInForce(party=party, consent=Consent.GIVEN, sequence=third)


def test_request_ids_belong_to_their_actors(ledger) -> None:
    for name in ("DE*NBM", "DE*KCS"):
        party = party_id(name)
        command = SetConsent(request_id="mine", actor=party, party=party, consent=Consent.GIVEN, replaces=0)
        assert ledger.execute(command) == ledger.execute(command)
    ledger.execute(ClosePeriod(request_id="mine", actor=OPERATOR, cut_off_seconds=5))
    other = ClosePeriod(request_id="mine", actor=OPERATOR, cut_off_seconds=6)
    assert refusal(ledger, other) is RefusalCode.ID_REUSED


def test_only_the_operator_registers_agrees_and_closes(ledger, kit) -> None:
    actor = party_id("DE*KCS")
    for command in (
        RegisterParty(request_id="x", actor=actor, party=kit.party("FR*NEW")),
        RecordAgreement(request_id="x", actor=actor, agreement=kit.agreement(), replaces=TERMS),
        ClosePeriod(request_id="x", actor=actor, cut_off_seconds=5),
    ):
        assert refusal(ledger, command) is RefusalCode.NOT_AUTHORISED


@pytest.mark.parametrize("modes", [(NettingMode.CYCLE,), (NettingMode.BILATERAL, NettingMode.HUB), ALL_MODES])
def test_netting_modes_survive_every_form(kit, modes: tuple[NettingMode, ...]) -> None:
    in_force = AgreementInForce(agreement=replace(kit.agreement(), netting_modes=modes), sequence=7)
    assert decode_record(AgreementInForce, encode_record(in_force)) == in_force
    command = RecordAgreement(request_id="r", actor=OPERATOR, agreement=in_force.agreement, replaces=0)
    assert decode_command(encode_command(command)) == command


def test_a_mode_that_this_version_does_not_know_is_refused(kit) -> None:
    message = command_to_message(RecordAgreement(request_id="r", actor=OPERATOR, agreement=kit.agreement(), replaces=0))
    message.record_agreement.agreement.netting_modes.append(9)
    with pytest.raises(InvalidInput, match="not a member"):
        command_from_message(message)


@pytest.mark.parametrize("cut_off", [100, 99])
def test_the_cut_off_only_moves_forward(ledger, cut_off: int) -> None:
    ledger.execute(ClosePeriod(request_id="first", cut_off_seconds=100, actor=OPERATOR))
    assert (
        refusal(ledger, ClosePeriod(request_id="second", cut_off_seconds=cut_off, actor=OPERATOR))
        is RefusalCode.CUT_OFF_NOT_LATER
    )


@pytest.mark.parametrize("cut_off", [0, -1, 2**63])
def test_a_cut_off_outside_of_time_is_refused(ledger, cut_off: int) -> None:
    assert (
        refusal(ledger, ClosePeriod(request_id="x", cut_off_seconds=cut_off, actor=OPERATOR)) is RefusalCode.INVALID_COMMAND
    )


def test_replaying_the_log_gives_the_same_state(ledger, kit) -> None:
    ledger.record(kit.fact(1), kit.fact(2, net=100))
    ledger.execute(ClosePeriod(request_id="close", cut_off_seconds=7, actor=OPERATOR))
    replayed = Overlay(EmptyState())
    for entry in ledger.state.entries:
        replayed.apply(read_entry(replayed.head(), entry.encoded))
    assert state_hash(replayed) == state_hash(ledger.state)
    assert replayed.head() == ledger.state.head()


def test_the_state_hash_sees_every_change(ledger, kit) -> None:
    seen = {state_hash(ledger.state)}
    for change in (
        lambda: ledger.record(kit.fact()),
        lambda: ledger.execute(ClosePeriod(request_id="close", cut_off_seconds=7, actor=OPERATOR)),
        lambda: ledger.execute(RegisterParty(request_id="new", party=kit.party("FR*NEW"), actor=OPERATOR)),
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


@pytest.mark.parametrize("damage", [b"", b"\x08\x01", b'{"event":"unknown"}', b"\xff"])
def test_a_damaged_entry_is_noticed(damage: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_entry(EMPTY_LOG, damage)


def test_an_entry_in_another_encoding_is_noticed(ledger) -> None:
    first = ledger.state.entries[0].encoded
    unknown_field = b"\xf8\x07\x01"
    with pytest.raises(InvalidInput, match="canonical"):
        read_entry(EMPTY_LOG, first + unknown_field)


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
