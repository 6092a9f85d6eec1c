"""The packet rules of the host: a valid baseline for each verb, and one change that gives one code of ibc-go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayer.core.commitment import (
    COSMOS_RECEIPT,
    UNIVERSAL_ERROR_ACKNOWLEDGEMENT,
    PathKind,
    acknowledgement_commitment,
    commitment_path,
    packet_commitment,
)
from relayer.core.ids import ClientId
from relayer.core.packet import Acknowledgement
from relayer.ledgers.embedded.host.applications import ReceivedPacket
from relayer.ledgers.embedded.host.context import EventKind
from relayer.ledgers.embedded.host.transactions import SendPacket
from relayer.ports.ledger import AcknowledgePacket, ClientCondition, ReceivePacket, TimeoutPacket
from tests.support.embedded import ECHO_KEY, REFUSED

CLIENT = ClientId("fake-evm-0")
THEIRS = ClientId("their-client-9")
ACKNOWLEDGEMENT = Acknowledgement(app_acknowledgements=(b"done",))


def path(client: ClientId, kind: PathKind, sequence: int = 1):
    return commitment_path(client, kind, sequence)


def send(host, payload, *, seconds: int = 600, client: ClientId = CLIENT) -> SendPacket:
    return SendPacket(source_client=client, timeout_timestamp=host.now + seconds, payload=payload, signer="anyone")


@pytest.fixture
def sent(host, incoming, payload):
    """A packet that this host has sent."""
    assert not host.one(send(host, payload())).refused
    return incoming(source_client=CLIENT, destination_client=THEIRS)


class TestSend:
    def test_a_packet_is_committed_and_told(self, host, sent) -> None:
        assert host.stored(path(CLIENT, PathKind.COMMITMENT)) == packet_commitment(sent)
        assert [(event.kind, event.packet) for event in host.events] == [(EventKind.SEND, sent)]
        assert host.application.told == ["send"]

    def test_sequences_are_gap_free_and_a_refused_packet_takes_none(self, host, payload) -> None:
        outcomes = [host.one(send(host, payload(), seconds=seconds)) for seconds in (600, 0, 600)]
        assert [outcome.refused for outcome in outcomes] == [False, True, False]
        assert [event.packet.sequence for event in host.events] == [1, 2]

    @pytest.mark.parametrize(("code", "seconds"), [("channelv2/9", 0), ("channelv2/9", -1), ("channelv2/8", 24 * 3600 + 1)])
    def test_timeouts_outside_of_the_window(self, host, payload, code: str, seconds: int) -> None:
        assert host.one(send(host, payload(), seconds=seconds)).code_text == code

    @pytest.mark.parametrize("seconds", [1, 24 * 3600])
    def test_timeouts_at_the_window_s_edges(self, host, payload, seconds: int) -> None:
        assert not host.one(send(host, payload(), seconds=seconds)).refused

    def test_a_client_without_counterparty(self, host, payload) -> None:
        client = host.create_client()
        assert host.one(send(host, payload(), client=client)).code_text == "clientv2/35"

    def test_a_frozen_client(self, host, payload) -> None:
        host.light_client.state = ClientCondition.FROZEN
        assert host.one(send(host, payload())).code_text == "client/29"

    def test_a_client_of_height_zero(self, host, payload) -> None:
        host.light_client.latest = 0
        assert host.one(send(host, payload())).code_text == "client/26"

    def test_a_timeout_that_has_passed_on_the_counterparty(self, host, payload) -> None:
        host.light_client.timestamps[5] = host.now + 600
        assert host.one(send(host, payload())).code_text == "channelv2/9"
        assert not host.one(send(host, payload(), seconds=601)).refused

    def test_a_port_without_application(self, host, payload) -> None:
        assert host.one(send(host, payload(source_port="nobody"))).code_text == "port/5"
        assert host.stored(path(CLIENT, PathKind.COMMITMENT)) is None

    def test_the_settlement_application_lets_nobody_send(self, host, payload) -> None:
        assert host.one(send(host, payload(source_port="settlement"))).code_text == "settlement/1"


class TestReceive:
    def test_receipt_and_acknowledgement_are_written_and_told(self, host, incoming, good) -> None:
        packet = incoming()
        assert not host.one(ReceivePacket(packet=packet, proof=good)).refused
        answer = Acknowledgement(app_acknowledgements=(b"echo hello",))
        assert host.stored(path(CLIENT, PathKind.RECEIPT)) == COSMOS_RECEIPT
        assert host.stored(path(CLIENT, PathKind.ACKNOWLEDGEMENT)) == acknowledgement_commitment(answer)
        kinds = [(event.kind, event.acknowledgement) for event in host.events]
        assert kinds == [(EventKind.RECEIVE, None), (EventKind.WRITE_ACKNOWLEDGEMENT, answer)]

    def test_the_proof_is_of_the_commitment_under_the_counterparty_s_prefix(self, host, incoming, good) -> None:
        packet = incoming(7)
        host.one(ReceivePacket(packet=packet, proof=good))
        expected = (b"store", b"prefix/" + path(THEIRS, PathKind.COMMITMENT, 7))
        assert host.light_client.asked == [("membership", expected, packet_commitment(packet))]

    def test_a_refusing_application_leaves_the_receipt_and_nothing_else(self, host, incoming, payload, good) -> None:
        result = host.one(ReceivePacket(packet=incoming(payload=payload(REFUSED)), proof=good))
        assert not result.refused
        assert host.stored(path(CLIENT, PathKind.RECEIPT)) == COSMOS_RECEIPT
        answer = Acknowledgement(app_acknowledgements=(UNIVERSAL_ERROR_ACKNOWLEDGEMENT,))
        assert host.stored(path(CLIENT, PathKind.ACKNOWLEDGEMENT)) == acknowledgement_commitment(answer)
        assert host.stored(ECHO_KEY) is None

    @pytest.mark.parametrize("answer", [b"", UNIVERSAL_ERROR_ACKNOWLEDGEMENT])
    def test_answers_that_no_application_may_give(self, host, incoming, good, answer: bytes, monkeypatch) -> None:
        monkeypatch.setattr(host.application, "on_receive", lambda *_: ReceivedPacket(acknowledgement=answer))
        assert host.one(ReceivePacket(packet=incoming(), proof=good)).code_text == "channelv2/5"
        assert host.stored(path(CLIENT, PathKind.RECEIPT)) is None

    def test_a_repeat_is_a_no_op_even_with_a_bad_proof(self, host, incoming, good, bad) -> None:
        host.one(ReceivePacket(packet=incoming(), proof=good))
        asked = len(host.light_client.asked)
        again = host.one(ReceivePacket(packet=incoming(), proof=bad))
        assert again.redundant
        assert not again.refused
        assert len(host.events) == 2
        assert len(host.light_client.asked) == asked

    def test_a_repeat_after_the_timeout_is_refused_as_ibc_go_does(self, host, incoming, good) -> None:
        host.one(ReceivePacket(packet=incoming(), proof=good))
        host.now += 600
        assert host.one(ReceivePacket(packet=incoming(), proof=good)).code_text == "channelv2/9"

    @pytest.mark.parametrize(("late_seconds", "code"), [(599, ""), (600, "channelv2/9"), (601, "channelv2/9")])
    def test_the_timeout_is_judged_by_block_time(self, host, incoming, good, late_seconds: int, code: str) -> None:
        host.now += late_seconds
        result = host.one(ReceivePacket(packet=incoming(), proof=good))
        assert (result.code_text if result.refused else "") == code

    @pytest.mark.parametrize(
        ("code", "changes"),
        [
            ("clientv2/35", {"destination_client": ClientId("fake-evm-99")}),
            ("clientv2/34", {"source_client": ClientId("their-client-8")}),
        ],
    )
    def test_other_clients(self, host, incoming, good, code: str, changes: dict) -> None:
        assert host.one(ReceivePacket(packet=incoming(**changes), proof=good)).code_text == code

    def test_a_bad_proof(self, host, incoming, bad) -> None:
        result = host.one(ReceivePacket(packet=incoming(), proof=bad))
        assert (result.code_text, result.retryable) == ("client/30", True)
        assert host.stored(path(CLIENT, PathKind.RECEIPT)) is None

    def test_an_empty_proof(self, host, incoming, good) -> None:
        assert host.one(ReceivePacket(packet=incoming(), proof=replace(good, value=b""))).code_text == "commitment/2"

    def test_a_proof_that_is_too_large(self, host, incoming, good) -> None:
        large = replace(good, value=bytes(256 * 1024 + 1))
        assert host.one(ReceivePacket(packet=incoming(), proof=large)).code_text == "ibc/17"

    @pytest.mark.parametrize("state", [ClientCondition.FROZEN, ClientCondition.EXPIRED])
    def test_a_client_that_is_not_active(self, host, incoming, good, state: ClientCondition) -> None:
        host.light_client.state = state
        result = host.one(ReceivePacket(packet=incoming(), proof=good))
        assert (result.code_text, result.retryable) == ("client/29", True)

    def test_an_unknown_port_writes_no_acknowledgement(self, host, incoming, payload, good) -> None:
        packet = incoming(payload=payload(destination_port="nobody"))
        assert host.one(ReceivePacket(packet=packet, proof=good)).code_text == "port/5"
        assert host.stored(path(CLIENT, PathKind.RECEIPT)) is None

    def test_a_failing_message_undoes_no_other(self, host, incoming, good, bad) -> None:
        messages = [
            ReceivePacket(packet=incoming(1), proof=good),
            ReceivePacket(packet=incoming(2), proof=bad),
            ReceivePacket(packet=incoming(3), proof=good),
        ]
        assert [result.refused for result in host.execute(*messages)] == [False, True, False]
        receipts = [host.stored(path(CLIENT, PathKind.RECEIPT, number)) for number in (1, 2, 3)]
        assert receipts == [COSMOS_RECEIPT, None, COSMOS_RECEIPT]
        assert [event.packet.sequence for event in host.events] == [1, 1, 3, 3]


class TestAcknowledge:
    def test_the_commitment_goes_and_the_application_hears(self, host, sent, good) -> None:
        message = AcknowledgePacket(packet=sent, acknowledgement=ACKNOWLEDGEMENT, proof=good)
        assert not host.one(message).refused
        assert host.stored(path(CLIENT, PathKind.COMMITMENT)) is None
        assert host.application.told[-1] == f"acknowledge {b'done'.hex()}"
        assert host.events[-1].kind is EventKind.ACKNOWLEDGE
        expected = (b"store", b"prefix/" + path(THEIRS, PathKind.ACKNOWLEDGEMENT))
        assert host.light_client.asked[-1] == ("membership", expected, acknowledgement_commitment(ACKNOWLEDGEMENT))

    def test_a_repeat_is_a_no_op_even_with_a_bad_proof(self, host, sent, good, bad) -> None:
        host.one(AcknowledgePacket(packet=sent, acknowledgement=ACKNOWLEDGEMENT, proof=good))
        again = host.one(AcknowledgePacket(packet=sent, acknowledgement=ACKNOWLEDGEMENT, proof=bad))
        assert again.redundant
        assert host.application.told.count(f"acknowledge {b'done'.hex()}") == 1

    def test_a_packet_that_was_not_sent_so(self, host, sent, good) -> None:
        other = replace(sent, timeout_timestamp=sent.timeout_timestamp + 1)
        message = AcknowledgePacket(packet=other, acknowledgement=ACKNOWLEDGEMENT, proof=good)
        assert host.one(message).code_text == "channelv2/2"

    def test_another_destination(self, host, sent, good) -> None:
        other = replace(sent, destination_client=ClientId("their-client-8"))
        message = AcknowledgePacket(packet=other, acknowledgement=ACKNOWLEDGEMENT, proof=good)
        assert host.one(message).code_text == "clientv2/34"

    def test_a_bad_proof_leaves_the_commitment(self, host, sent, bad) -> None:
        message = AcknowledgePacket(packet=sent, acknowledgement=ACKNOWLEDGEMENT, proof=bad)
        assert host.one(message).code_text == "client/30"
        assert host.stored(path(CLIENT, PathKind.COMMITMENT)) == packet_commitment(sent)

    def test_an_application_that_fails_keeps_the_packet(self, host, sent, good, monkeypatch) -> None:
        def fail(*_: object) -> None:
            host.machine.host._router.route("nobody")

        monkeypatch.setattr(host.application, "on_acknowledge", fail)
        message = AcknowledgePacket(packet=sent, acknowledgement=ACKNOWLEDGEMENT, proof=good)
        assert host.one(message).refused
        assert host.stored(path(CLIENT, PathKind.COMMITMENT)) == packet_commitment(sent)


class TestTimeout:
    @pytest.fixture
    def late(self, host, sent, good):
        """A proof at a height whose time is exactly the timeout."""
        host.light_client.timestamps[9] = sent.timeout_timestamp
        return replace(good, height=9)

    def test_the_commitment_goes_and_the_application_hears(self, host, sent, late) -> None:
        assert not host.one(TimeoutPacket(packet=sent, proof=late)).refused
        assert host.stored(path(CLIENT, PathKind.COMMITMENT)) is None
        assert host.application.told[-1] == "timeout"
        assert host.events[-1].kind is EventKind.TIMEOUT
        assert host.light_client.asked[-1] == ("non-membership", (b"store", b"prefix/" + path(THEIRS, PathKind.RECEIPT)))

    def test_a_second_too_early(self, host, sent, late) -> None:
        host.light_client.timestamps[9] -= 1
        result = host.one(TimeoutPacket(packet=sent, proof=late))
        assert (result.code_text, result.retryable) == ("channelv2/10", True)

    def test_an_unknown_height(self, host, sent, late) -> None:
        result = host.one(TimeoutPacket(packet=sent, proof=replace(late, height=10)))
        assert (result.code_text, result.retryable) == ("client/7", True)

    def test_a_repeat_is_a_no_op_even_with_a_bad_proof(self, host, sent, late, bad) -> None:
        host.one(TimeoutPacket(packet=sent, proof=late))
        assert host.one(TimeoutPacket(packet=sent, proof=replace(bad, height=9))).redundant
        assert host.application.told.count("timeout") == 1

    def test_an_acknowledged_packet_never_times_out(self, host, sent, good, late) -> None:
        host.one(AcknowledgePacket(packet=sent, acknowledgement=ACKNOWLEDGEMENT, proof=good))
        assert host.one(TimeoutPacket(packet=sent, proof=late)).redundant
        assert "timeout" not in host.application.told

    def test_a_bad_proof(self, host, sent, bad, late) -> None:
        assert host.one(TimeoutPacket(packet=sent, proof=replace(bad, height=9))).code_text == "client/31"

    def test_a_packet_that_was_not_sent_so(self, host, sent, late, payload) -> None:
        other = replace(sent, payloads=(payload(b"other"),))
        assert host.one(TimeoutPacket(packet=other, proof=late)).code_text == "channelv2/2"

    def test_another_destination(self, host, sent, late) -> None:
        other = replace(sent, destination_client=ClientId("their-client-8"))
        assert host.one(TimeoutPacket(packet=other, proof=late)).code_text == "clientv2/34"

    def test_a_frozen_client(self, host, sent, late) -> None:
        host.light_client.state = ClientCondition.FROZEN
        assert host.one(TimeoutPacket(packet=sent, proof=late)).code_text == "client/29"
