"""The life of business facts on the contract ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from evm_harness import OWNER, START_SECONDS, STRANGER, Refused
from facts_bench import (
    ACKNOWLEDGED,
    CANCELLED,
    CREDITOR,
    CREDITOR_ID,
    DEBTOR,
    DEBTOR_ID,
    ISSUER,
    LEDGER,
    MINTED,
    NONE,
    OTHER_ISSUER,
    REJECTED,
    SENT,
    TIMED_OUT,
    TIMEOUT,
    FactsBench,
    abi,
    accepted,
    answers,
    changed,
    rejected,
)
from router_bench import COMMITMENT, HEIGHT, LOCAL, UNIVERSAL_ERROR, path

from relayer.codes.facts import RETURNED_CODES, FactCode, FactKind
from relayer.codes.limits import MAXIMUM_FACT_SECONDS
from relayer.facts.codec import fact_hash, liability_id
from relayer.proofs.keccak import keccak256

UNREADABLE, UNIVERSAL = 65534, 65535


@pytest.fixture
def bench() -> FactsBench:
    return FactsBench()


class TestMinting:
    def test_seals_the_fact_and_gives_the_token_to_the_creditor(self, bench: FactsBench) -> None:
        fact = bench.fact(1)
        outcome = bench.facts.call("mint", abi(fact), sender=ISSUER)
        event = outcome.named("FactMinted")[0].arguments
        assert (event["factId"], event["creditor"], event["debtor"]) == (fact.fact_id, CREDITOR_ID, DEBTOR_ID)
        assert (event["issuer"], event["factHash"], event["fact"]) == (ISSUER, fact_hash(fact), abi(fact))
        assert bench.status(fact) == (MINTED, 0, 1, 0, 0, fact_hash(fact), bytes(32), "")
        token = int.from_bytes(fact.fact_id, "big")
        assert bench.facts.call("ownerOf", token).value == CREDITOR
        assert bench.facts.call("locked", token).value is False
        assert bench.facts.call("nextIssuerSequence", ISSUER).value == 2

    def test_what_was_never_minted_has_no_state(self, bench: FactsBench) -> None:
        assert bench.status(bench.fact(9)) == (NONE, 0, 0, 0, 0, bytes(32), bytes(32), "")
        with pytest.raises(Refused, match="invalid token"):
            bench.facts.call("locked", 7)

    def test_only_registered_issuers(self, bench: FactsBench) -> None:
        fact = bench.fact(1, issuer=OTHER_ISSUER)
        assert bench.facts.refusal("mint", abi(fact), sender=OTHER_ISSUER) == "IssuerUnknown"
        bench.facts.call("addIssuer", OTHER_ISSUER, CREDITOR_ID, sender=OWNER)
        bench.facts.call("mint", abi(fact), sender=OTHER_ISSUER)
        bench.facts.call("removeIssuer", OTHER_ISSUER, sender=OWNER)
        assert bench.facts.refusal("mint", abi(bench.fact(2, issuer=OTHER_ISSUER)), sender=OTHER_ISSUER) == "IssuerUnknown"
        assert bench.facts.refusal("removeIssuer", OTHER_ISSUER, sender=OWNER) == "IssuerUnknown"

    def test_the_issuers_sequence_has_no_gap(self, bench: FactsBench) -> None:
        assert bench.facts.refusal("mint", abi(bench.fact(2)), sender=ISSUER) == "IssuerSequenceGap"
        bench.mint()
        for number in (0, 1, 3):
            assert bench.facts.refusal("mint", abi(bench.fact(number)), sender=ISSUER) == "IssuerSequenceGap"
        assert (
            bench.facts.refusal("mintBatch", [abi(bench.fact(2)), abi(bench.fact(4))], sender=ISSUER) == "IssuerSequenceGap"
        )
        assert bench.facts.call("nextIssuerSequence", ISSUER).value == 2

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"fact_id": b"\x01" * 32}, "FactIdMismatch"),
            ({"kind": 0}, "FactInvalid"),
            ({"kind": 12}, "FactInvalid"),
            ({"kind": 256}, "FactInvalid"),
            ({"category": 0}, "FactInvalid"),
            ({"net": 2**96}, "AmountTooLarge"),
            ({"net": 2**128 - 1, "tax": 2**128 - 1}, "AmountTooLarge"),
            ({"due_date": MAXIMUM_FACT_SECONDS + 1}, "TimeOutOfRange"),
            ({"service_end": 1_772_366_400_000}, "TimeOutOfRange"),
            ({"due_date": 2**64 - 1}, "TimeOutOfRange"),
            ({"creditor": keccak256(b"DE*XXX")}, "PartyUnknown"),
        ],
    )
    def test_facts_that_are_refused(self, bench: FactsBench, changes: dict[str, Any], error: str) -> None:
        assert bench.facts.refusal("mint", abi(bench.fact(1, **changes)), sender=ISSUER) == error

    def test_another_issuers_id_cannot_be_taken(self, bench: FactsBench) -> None:
        bench.facts.call("addIssuer", OTHER_ISSUER, CREDITOR_ID, sender=OWNER)
        assert bench.facts.refusal("mint", abi(bench.fact(1)), sender=OTHER_ISSUER) == "FactIdMismatch"

    def test_amounts_are_for_the_settlement_ledger_to_judge(self, bench: FactsBench) -> None:
        odd = bench.fact(1, net=2**95, tax=2**95 - 1, schema=9, debtor=keccak256(b"DE*XXX"), currency=b"???")
        bench.facts.call("mint", abi(odd), sender=ISSUER)
        assert bench.state(odd) == MINTED


class TestWhoMayIssue:
    """What a party is owed is claimed, credited and confirmed by its own issuer, or by one with its mandate."""

    def other(self, bench: FactsBench, party: bytes, number: int = 1, **changes: Any) -> Any:
        """A fact between the two parties, minted by an issuer that belongs to `party`."""
        if number == 1:
            bench.facts.call("addIssuer", OTHER_ISSUER, party, sender=OWNER)
        return abi(bench.fact(number, issuer=OTHER_ISSUER, **changes))

    @pytest.mark.parametrize("kind", list(FactKind))
    def test_the_debtors_issuer_mints_nothing_about_its_own_debt(self, bench: FactsBench, kind: FactKind) -> None:
        (owed,) = bench.mint()
        fact = self.other(bench, DEBTOR_ID, kind=int(kind), related_fact=owed.fact_id)
        assert bench.facts.refusal("mint", fact, sender=OTHER_ISSUER) == "IssuerNotAuthorised"
        assert bench.facts.refusal("mintBatch", [fact], sender=OTHER_ISSUER) == "IssuerNotAuthorised"

    def test_a_third_party_mints_no_claim_of_a_million_between_two_others(self, bench: FactsBench) -> None:
        bench.facts.call("registerParty", "AT*ATX", STRANGER, "", "", sender=OWNER)
        fact = self.other(bench, keccak256(b"AT*ATX"), net=100_000_000)
        assert bench.facts.refusal("mint", fact, sender=OTHER_ISSUER) == "IssuerNotAuthorised"

    def test_an_issuer_mints_what_its_own_party_is_owed(self, bench: FactsBench) -> None:
        back = self.other(bench, DEBTOR_ID, creditor=DEBTOR_ID, debtor=CREDITOR_ID)
        bench.facts.call("mint", back, sender=OTHER_ISSUER)
        assert bench.facts.call("partyOf", OTHER_ISSUER).value == DEBTOR_ID

    @pytest.mark.parametrize("by", [CREDITOR, OWNER])
    def test_a_mandate_lets_another_partys_issuer_mint_until_it_is_revoked(self, bench: FactsBench, by: str) -> None:
        fact = self.other(bench, DEBTOR_ID)
        for stranger in (STRANGER, DEBTOR, OTHER_ISSUER):
            assert bench.facts.refusal("grantMandate", CREDITOR_ID, OTHER_ISSUER, sender=stranger) == "NotCreditor"
        assert bench.facts.refusal("revokeMandate", CREDITOR_ID, OTHER_ISSUER, sender=by) == "MandateUnknown"
        assert bench.facts.refusal("grantMandate", CREDITOR_ID, STRANGER, sender=by) == "IssuerUnknown"
        granted = bench.facts.call("grantMandate", CREDITOR_ID, OTHER_ISSUER, sender=by).named("MandateGranted")
        assert granted[0].arguments == {"creditor": CREDITOR_ID, "issuer": OTHER_ISSUER}
        bench.facts.call("mint", fact, sender=OTHER_ISSUER)
        assert bench.facts.refusal("revokeMandate", CREDITOR_ID, OTHER_ISSUER, sender=DEBTOR) == "NotCreditor"
        (revoked,) = bench.facts.call("revokeMandate", CREDITOR_ID, OTHER_ISSUER, sender=by).named("MandateRevoked")
        assert revoked.arguments["lastSequence"] == 1
        later = self.other(bench, DEBTOR_ID, 2)
        assert bench.facts.refusal("mint", later, sender=OTHER_ISSUER) == "IssuerNotAuthorised"
        bench.facts.call("send", LOCAL, TIMEOUT, "", [fact], sender=OTHER_ISSUER)

    def test_a_mandate_ends_with_its_issuer(self, bench: FactsBench) -> None:
        fact = self.other(bench, DEBTOR_ID)
        bench.facts.call("grantMandate", CREDITOR_ID, OTHER_ISSUER, sender=CREDITOR)
        bench.facts.call("removeIssuer", OTHER_ISSUER, sender=OWNER)
        assert bench.facts.refusal("mint", fact, sender=OTHER_ISSUER) == "IssuerUnknown"

    def test_an_account_never_changes_hands(self, bench: FactsBench) -> None:
        bench.mint(2)
        assert bench.facts.refusal("addIssuer", ISSUER, DEBTOR_ID, sender=OWNER) == "IssuerTaken"
        (removed,) = bench.facts.call("removeIssuer", ISSUER, sender=OWNER).named("IssuerRemoved")
        assert removed.arguments == {"issuer": ISSUER, "partyId": CREDITOR_ID, "lastSequence": 2}
        for party in (CREDITOR_ID, DEBTOR_ID):
            assert bench.facts.refusal("addIssuer", ISSUER, party, sender=OWNER) == "IssuerTaken"
        assert bench.facts.refusal("addIssuer", STRANGER, keccak256(b"DE*XXX"), sender=OWNER) == "PartyUnknown"


class TestTokens:
    def test_a_minted_token_can_be_passed_on_until_it_is_sent(self, bench: FactsBench) -> None:
        first, second = bench.mint(2)
        tokens = [int.from_bytes(fact.fact_id, "big") for fact in (first, second)]
        bench.facts.call("transferFrom", CREDITOR, STRANGER, tokens[0], sender=CREDITOR)
        bench.send_facts([first, second])
        for token, holder in zip(tokens, (STRANGER, CREDITOR), strict=True):
            assert bench.facts.call("locked", token).value is True
            assert bench.facts.refusal("transferFrom", holder, ISSUER, token, sender=holder) == "TokenLocked"

    @pytest.mark.parametrize("interface", ["01ffc9a7", "80ac58cd", "5b5e139f", "b45a3c0e", "49064906"])
    def test_interfaces(self, bench: FactsBench, interface: str) -> None:
        assert bench.facts.call("supportsInterface", bytes.fromhex(interface)).value is True
        assert bench.facts.call("supportsInterface", b"\xff" * 4).value is False


class TestSending:
    def test_commits_the_packet_that_the_other_side_decodes(self, bench: FactsBench) -> None:
        facts = bench.mint(3)
        bench.facts.call("registerFarLedger", LOCAL, "hub", sender=OWNER)
        outcome = bench.facts.call("send", LOCAL, TIMEOUT, "hub", [abi(fact) for fact in facts], sender=ISSUER)
        packet = bench.packet(facts, 1, destination="hub")
        assert bench.stored(path(LOCAL, COMMITMENT, 1)) == packet.commitment()
        assert outcome.named("SendPacket")[0].arguments["packet"] == (
            1,
            LOCAL,
            packet.destination,
            TIMEOUT,
            (packet.payload,),
        )
        sent = [event.arguments for event in outcome.named("FactSent")]
        assert [(each["factId"], each["packetSequence"]) for each in sent] == [(fact.fact_id, 1) for fact in facts]
        assert len(outcome.named("Locked")) == len(outcome.named("MetadataUpdate")) == 3
        for number, fact in enumerate(facts, start=1):
            assert bench.status(fact) == (SENT, 0, number, 1, 0, fact_hash(fact), bytes(32), "hub")

    @pytest.mark.parametrize("count", [0, 65])
    def test_one_to_64_facts(self, bench: FactsBench, count: int) -> None:
        rows = [abi(fact) for fact in bench.mint(count)] if count else []
        assert bench.facts.refusal("send", LOCAL, TIMEOUT, "", rows, sender=ISSUER) == "FactCountOutOfRange"

    def test_only_by_the_issuer(self, bench: FactsBench) -> None:
        rows = [abi(fact) for fact in bench.mint()]
        for sender in (STRANGER, CREDITOR, OWNER):
            assert bench.facts.refusal("send", LOCAL, TIMEOUT, "", rows, sender=sender) == "FactIdMismatch"

    def test_a_removed_issuer_may_still_send(self, bench: FactsBench) -> None:
        facts = bench.mint()
        bench.facts.call("removeIssuer", ISSUER, sender=OWNER)
        assert bench.send_facts(facts).sequence == 1

    @pytest.mark.parametrize("changes", [{"net": 1}, {"debtor": CREDITOR_ID}, {"document_hash": bytes(32)}, {"due_date": 1}])
    def test_exactly_as_minted(self, bench: FactsBench, changes: dict[str, Any]) -> None:
        (fact,) = bench.mint()
        rows = [abi(changed(fact, **changes))]
        assert bench.facts.refusal("send", LOCAL, TIMEOUT, "", rows, sender=ISSUER) == "FactHashMismatch"

    def test_a_fact_that_was_not_minted(self, bench: FactsBench) -> None:
        assert bench.facts.refusal("send", LOCAL, TIMEOUT, "", [abi(bench.fact(1))], sender=ISSUER) == "FactHashMismatch"

    def test_not_twice(self, bench: FactsBench) -> None:
        facts = bench.mint()
        rows = [abi(fact) for fact in facts]
        assert bench.facts.refusal("send", LOCAL, TIMEOUT, "", rows * 2, sender=ISSUER) == "FactStateWrong"
        bench.send_facts(facts)
        assert bench.facts.refusal("send", LOCAL, TIMEOUT, "", rows, sender=ISSUER) == "FactStateWrong"

    def test_only_to_ledgers_that_are_registered(self, bench: FactsBench) -> None:
        rows = [abi(fact) for fact in bench.mint()]
        assert bench.facts.refusal("send", "client-9", TIMEOUT, "", rows, sender=ISSUER) == "LedgerUnknown"
        bench.facts.call("registerLedger", "client-9", "nowhere", sender=OWNER)
        assert bench.facts.refusal("send", "client-9", TIMEOUT, "", rows, sender=ISSUER) == "IBCCounterpartyClientNotFound"

    def test_destinations_that_no_ledger_reads(self, bench: FactsBench) -> None:
        rows = [abi(fact) for fact in bench.mint()]
        assert bench.facts.refusal("send", LOCAL, TIMEOUT, "x" * 65, rows, sender=ISSUER) == "DestinationTooLong"
        assert bench.facts.refusal("send", LOCAL, TIMEOUT, "x" * 64, rows, sender=ISSUER) == "DestinationUnknown"
        bench.facts.call("registerFarLedger", LOCAL, "x" * 64, sender=OWNER)
        assert bench.facts.call("send", LOCAL, TIMEOUT, "x" * 64, rows, sender=ISSUER).value == 1

    def test_references_name_the_ledger_that_the_facts_were_for(self, bench: FactsBench) -> None:
        """The fault: a fact that a hub sends on was marked with the hub, which holds no liability."""
        first, second, third = bench.mint(3)
        for name in ("far-1", "far-2"):
            bench.facts.call("registerFarLedger", LOCAL, name, sender=OWNER)
            assert bench.facts.call("leadsTo", LOCAL, name).value is True
        assert bench.facts.call("leadsTo", LOCAL, "far-3").value is False
        for number, (fact, name) in enumerate(((first, "far-1"), (second, "far-2"), (third, LEDGER)), start=1):
            packet = bench.send_facts([fact], destination=name)
            bench.acknowledge(packet, answers(accepted(fact, number)))
            assert bench.status(fact)[7] == name
        assert bench.state(second) == ACKNOWLEDGED

    def test_far_ledgers_are_named_once_behind_a_known_client(self, bench: FactsBench) -> None:
        bench.facts.call("registerFarLedger", LOCAL, "far-1", sender=OWNER)
        for arguments in ((LOCAL, "far-1"), (LOCAL, LEDGER), (LOCAL, ""), ("client-9", "far-1")):
            assert bench.facts.refusal("registerFarLedger", *arguments, sender=OWNER) == "LedgerInvalid"

    def test_the_routers_refusals_come_through(self, bench: FactsBench) -> None:
        facts = bench.mint()
        rows = [abi(fact) for fact in facts]
        assert bench.facts.refusal("send", LOCAL, START_SECONDS, "", rows, sender=ISSUER) == "IBCInvalidTimeoutTimestamp"
        assert bench.state(facts[0]) == MINTED


class TestCancelling:
    def test_only_before_sending_and_only_by_the_issuer(self, bench: FactsBench) -> None:
        first, second = bench.mint(2)
        assert bench.facts.refusal("cancel", 1, sender=STRANGER) == "FactStateWrong"
        outcome = bench.facts.call("cancel", 1, sender=ISSUER)
        assert outcome.named("FactCancelled")[0].arguments["factId"] == first.fact_id
        assert bench.state(first) == CANCELLED
        assert bench.facts.refusal("cancel", 1, sender=ISSUER) == "FactStateWrong"
        assert bench.facts.refusal("send", LOCAL, TIMEOUT, "", [abi(first)], sender=ISSUER) == "FactStateWrong"
        bench.send_facts([second])
        assert bench.facts.refusal("cancel", 2, sender=ISSUER) == "FactStateWrong"


class TestAnswers:
    def test_each_fact_gets_its_own(self, bench: FactsBench) -> None:
        facts = bench.mint(3)
        packet = bench.send_facts(facts)
        items = (accepted(facts[0], 7), rejected(FactCode.BAD_TOTAL), accepted(facts[2], 4, FactCode.DUPLICATE))
        outcome = bench.acknowledge(packet, answers(*items))
        first, second, third = (bench.status(fact) for fact in facts)
        reference = liability_id(facts[0].fact_id, fact_hash(facts[0]))
        assert first == (ACKNOWLEDGED, FactCode.OK, 1, 1, 7, fact_hash(facts[0]), reference, LEDGER)
        assert second[:2] == (REJECTED, FactCode.BAD_TOTAL)
        assert (second[4], second[6]) == (0, bytes(32))
        assert third[:5] == (ACKNOWLEDGED, FactCode.DUPLICATE, 3, 1, 4)
        event = outcome.named("FactAcknowledged")[0].arguments
        assert (event["liabilityId"], event["settlementSequence"], event["headHash"]) == (reference, 7, items[0].head_hash)
        assert outcome.named("FactRejected")[0].arguments["code"] == FactCode.BAD_TOTAL
        assert len(outcome.named("MetadataUpdate")) == 3

    def test_another_liability_id_is_kept(self, bench: FactsBench) -> None:
        facts = bench.mint()
        packet = bench.send_facts(facts)
        other = replace(accepted(facts[0], 7), liability_id=b"\x42" * 32)
        bench.acknowledge(packet, answers(other))
        assert bench.status(facts[0])[6] == b"\x42" * 32

    @pytest.mark.parametrize("code", sorted(RETURNED_CODES))
    def test_a_returned_fact_may_be_sent_again(self, bench: FactsBench, code: FactCode) -> None:
        """The fault: a fact that never reached its ledger was rejected for good."""
        facts = bench.mint(2)
        outcome = bench.acknowledge(bench.send_facts(facts), answers(*(rejected(code) for _ in facts)))
        assert [bench.status(fact)[:2] for fact in facts] == [(TIMED_OUT, code)] * 2
        assert [event.arguments["code"] for event in outcome.named("FactReturned")] == [code] * 2
        again = bench.send_facts(facts)
        assert [bench.status(fact)[:2] for fact in facts] == [(SENT, 0)] * 2
        bench.acknowledge(again, answers(*(accepted(fact, number) for number, fact in enumerate(facts, start=1))))
        assert [bench.state(fact) for fact in facts] == [ACKNOWLEDGED] * 2

    @pytest.mark.parametrize("code", [code for code in FactCode if 1 < code < 256 and code not in RETURNED_CODES])
    def test_every_other_refusal_is_final(self, bench: FactsBench, code: FactCode) -> None:
        (fact,) = bench.mint()
        bench.acknowledge(bench.send_facts([fact]), answers(rejected(code)))
        assert bench.status(fact)[:2] == (REJECTED, code)

    def test_the_universal_error_rejects_all(self, bench: FactsBench) -> None:
        facts = bench.mint(2)
        bench.acknowledge(bench.send_facts(facts), UNIVERSAL_ERROR)
        assert [bench.status(fact)[:2] for fact in facts] == [(REJECTED, UNIVERSAL)] * 2

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda good: good[:1],
            lambda good: good[:-1],
            lambda good: good + b"\x00",
            lambda good: good[:-160],
            lambda good: b"\x00" * len(good),
            lambda good: (64).to_bytes(32, "big") + good[32:],
            lambda good: good[:32] + (3).to_bytes(32, "big") + good[64:],
            lambda good: b"\xff" * (len(good) + 4096),
        ],
        ids=["short", "cut", "longer", "one too few", "zeros", "another offset", "another count", "ones"],
    )
    def test_an_unreadable_one_does_not_keep_the_packet_open(self, bench: FactsBench, spoil: Any) -> None:
        facts = bench.mint(2)
        packet = bench.send_facts(facts)
        acknowledgement = spoil(answers(accepted(facts[0], 1), accepted(facts[1], 2)))
        bench.acknowledge(packet, acknowledgement)
        assert [bench.status(fact)[:2] for fact in facts] == [(REJECTED, UNREADABLE)] * 2
        assert bench.stored(path(LOCAL, COMMITMENT, 1)) == bytes(32)

    @pytest.mark.parametrize(
        ("word", "value"),
        [(0, 0), (0, 3), (0, 2**255), (0, 2), (2, 0), (2, 2**64), (4, 2), (4, 2**16)],
        ids=[
            "status 0",
            "status 3",
            "huge status",
            "rejected as OK",
            "no sequence",
            "long sequence",
            "accepted with a reason",
            "long code",
        ],
    )
    def test_an_impossible_one_spoils_only_its_own_fact(self, bench: FactsBench, word: int, value: int) -> None:
        facts = bench.mint(2)
        good = answers(accepted(facts[0], 1), accepted(facts[1], 2))
        at = 64 + 32 * word
        bench.acknowledge(bench.send_facts(facts), good[:at] + value.to_bytes(32, "big") + good[at + 32 :])
        assert bench.status(facts[0])[:2] == (REJECTED, UNREADABLE)
        assert bench.status(facts[1])[:2] == (ACKNOWLEDGED, FactCode.OK)

    def test_a_rejection_is_final(self, bench: FactsBench) -> None:
        facts = bench.mint()
        bench.acknowledge(bench.send_facts(facts), answers(rejected(FactCode.UNKNOWN_PARTY)))
        rows = [abi(fact) for fact in facts]
        assert bench.facts.refusal("send", LOCAL, TIMEOUT, "", rows, sender=ISSUER) == "FactStateWrong"

    def test_sixty_four_at_once(self, bench: FactsBench) -> None:
        facts = bench.mint(64)
        packet = bench.send_facts(facts)
        bench.acknowledge(packet, answers(*(accepted(fact, number) for number, fact in enumerate(facts, start=1))))
        assert [bench.status(fact)[4] for fact in facts] == list(range(1, 65))


class TestTimingOut:
    def test_and_sending_again_under_a_new_sequence(self, bench: FactsBench) -> None:
        facts = bench.mint(2)
        first = bench.send_facts(facts)
        outcome = bench.time_out(first)
        assert [event.arguments["packetSequence"] for event in outcome.named("FactTimedOut")] == [1, 1]
        assert [bench.state(fact) for fact in facts] == [TIMED_OUT] * 2
        assert bench.facts.call("locked", int.from_bytes(facts[0].fact_id, "big")).value is True
        assert bench.facts.refusal("cancel", 1, sender=ISSUER) == "FactStateWrong"

        second = bench.send_facts(facts[:1])
        assert second.sequence == 2
        assert bench.status(facts[0])[:4] == (SENT, 0, 1, 2)
        bench.acknowledge(second, answers(accepted(facts[0], 5, FactCode.DUPLICATE)))
        assert bench.status(facts[0])[:5] == (ACKNOWLEDGED, FactCode.DUPLICATE, 1, 2, 5)
        assert bench.state(facts[1]) == TIMED_OUT

    def test_a_late_answer_to_a_packet_that_timed_out_changes_nothing(self, bench: FactsBench) -> None:
        facts = bench.mint()
        first = bench.send_facts(facts)
        bench.time_out(first)
        bench.send_facts(facts)
        late = bench.acknowledge(first, answers(accepted(facts[0], 5)))
        assert [event.name for event in late.events] == ["Noop"]
        assert bench.status(facts[0])[:4] == (SENT, 0, 1, 2)


class TestCallbacks:
    @pytest.mark.parametrize("sender", [ISSUER, OWNER, STRANGER])
    def test_only_from_the_router(self, bench: FactsBench, sender: str) -> None:
        facts = bench.mint()
        packet = bench.send_facts(facts)
        common = (packet.source, packet.destination, packet.sequence, packet.payload)
        forged = answers(accepted(facts[0], 1))
        assert bench.facts.refusal("onAcknowledgementPacket", (*common, forged, sender), sender=sender) == "NotRouter"
        assert bench.facts.refusal("onTimeoutPacket", (*common, sender), sender=sender) == "NotRouter"
        assert bench.facts.refusal("onRecvPacket", (*common, sender), sender=sender) == "NotRouter"
        assert bench.state(facts[0]) == SENT

    def test_an_answer_counts_only_for_the_packet_that_was_proven(self, bench: FactsBench) -> None:
        first, second = bench.mint(2)
        bench.send_facts([first])
        other = bench.send_facts([second])
        message = bench.acknowledge_message(other, answers(accepted(first, 1)))
        forged = ((1, *other.abi[1:]), *message[1:3], HEIGHT)
        with pytest.raises(Refused):
            bench.router.call("ackPacket", forged)
        assert bench.state(first) == SENT


class TestRegistries:
    def test_parties(self, bench: FactsBench) -> None:
        assert bench.facts.call("getParty", CREDITOR_ID).value == (CREDITOR, "DE*KCS", "5299000J2N45DDNE4Y28", "DE123456789")
        assert bench.facts.refusal("getParty", keccak256(b"DE*XXX")) == "PartyUnknown"
        outcome = bench.facts.call("registerParty", "DE*KCS", STRANGER, "", "", sender=OWNER)
        assert outcome.value == CREDITOR_ID
        assert bench.facts.call("getParty", CREDITOR_ID).value == (STRANGER, "DE*KCS", "", "")

    @pytest.mark.parametrize("arguments", [("", STRANGER, "", ""), ("DE*ABC", "0x" + "00" * 20, "", "")])
    def test_parties_need_an_id_and_an_account(self, bench: FactsBench, arguments: tuple[str, ...]) -> None:
        assert bench.facts.refusal("registerParty", *arguments, sender=OWNER) == "PartyInvalid"

    def test_ledgers_are_named_once(self, bench: FactsBench) -> None:
        assert bench.facts.call("ledgerOf", LOCAL).value == LEDGER
        assert bench.facts.refusal("ledgerOf", "client-9") == "LedgerUnknown"
        for arguments in ((LOCAL, "another"), ("", "x"), ("client-9", "")):
            assert bench.facts.refusal("registerLedger", *arguments, sender=OWNER) == "LedgerInvalid"

    @pytest.mark.parametrize(
        ("function", "arguments"),
        [
            ("registerParty", ("DE*ABC", STRANGER, "", "")),
            ("addIssuer", (STRANGER, CREDITOR_ID)),
            ("removeIssuer", (ISSUER,)),
            ("registerLedger", ("client-9", "x")),
            ("registerFarLedger", (LOCAL, "x")),
        ],
    )
    def test_all_of_them_are_the_owners(self, bench: FactsBench, function: str, arguments: tuple[Any, ...]) -> None:
        with pytest.raises(Refused, match="Ownable"):
            bench.facts.call(function, *arguments, sender=STRANGER)
