"""The IBC v2 rules of the router: who may do what, what is stored, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from evm_harness import RELAYER, START_SECONDS, STRANGER, Refused
from router_bench import (
    ACKNOWLEDGEMENT,
    COMMITMENT,
    HEIGHT,
    LOCAL,
    PREFIX,
    RECEIPT,
    REMOTE,
    UNIVERSAL_ERROR,
    Bench,
    Packet,
    acknowledgement_commitment,
    path,
    proof,
)

from relayer.core.commitment import packet_commitment
from relayer.core.ids import ClientId, Sequence, TimestampSeconds
from relayer.core.packet import Packet as CorePacket
from relayer.core.packet import Payload
from relayer.proofs.keccak import keccak256

EMPTY = bytes(32)
DAY = 86_400


@pytest.fixture
def bench() -> Bench:
    return Bench()


class TestSending:
    def test_stores_the_commitment_where_it_can_be_proven(self, bench: Bench) -> None:
        first, second = bench.send(), bench.send()
        assert (first.sequence, second.sequence) == (1, 2)
        for packet in (first, second):
            at = path(LOCAL, COMMITMENT, packet.sequence)
            assert bench.stored(at) == packet.commitment() == bench.stored_in_slot(at)

    def test_announces_the_packet(self, bench: Bench) -> None:
        message = (LOCAL, START_SECONDS + 60, ("scripted", "remote", "v1", "application/x", b"value"))
        event = bench.app.call("send", message).named("SendPacket")[0]
        assert event.arguments["clientId"] == keccak256(LOCAL.encode())
        assert event.arguments["sequence"] == 1
        payload = ("scripted", "remote", "v1", "application/x", b"value")
        assert event.arguments["packet"] == (1, LOCAL, REMOTE, START_SECONDS + 60, (payload,))

    def test_only_the_ports_application_may_send(self, bench: Bench) -> None:
        message = (LOCAL, START_SECONDS + 60, ("scripted", "remote", "v1", "application/x", b"value"))
        assert bench.router.refusal("sendPacket", message, sender=STRANGER) == "IBCUnauthorizedSender"
        unknown = (LOCAL, START_SECONDS + 60, ("nothing", "remote", "v1", "application/x", b"value"))
        assert bench.app.refusal("send", unknown) == "IBCAppNotFound"

    def test_an_unknown_client(self, bench: Bench) -> None:
        message = ("client-9", START_SECONDS + 60, ("scripted", "remote", "v1", "application/x", b"value"))
        assert bench.app.refusal("send", message) == "IBCCounterpartyClientNotFound"

    @pytest.mark.parametrize(
        ("after", "error"),
        [(0, "IBCInvalidTimeoutTimestamp"), (-1, "IBCInvalidTimeoutTimestamp"), (DAY + 1, "IBCInvalidTimeoutDuration")],
    )
    def test_timeouts_that_are_refused(self, bench: Bench, after: int, error: str) -> None:
        with pytest.raises(Refused) as refused:
            bench.send(Packet(timeout=START_SECONDS + after))
        assert refused.value.name == error

    @pytest.mark.parametrize("after", [1, DAY])
    def test_timeouts_that_are_accepted(self, bench: Bench, after: int) -> None:
        assert bench.send(Packet(timeout=START_SECONDS + after)).sequence == 1


class TestReceiving:
    def test_anyone_may_relay(self, bench: Bench) -> None:
        packet = Packet()
        outcome = bench.router.call("recvPacket", bench.receive_message(packet), sender=STRANGER)
        event = outcome.named("WriteAcknowledgement")[0]
        acknowledgement = b"ok" + packet.value
        assert event.arguments["clientId"] == keccak256(LOCAL.encode())
        assert event.arguments["acknowledgements"] == (acknowledgement,)
        assert bench.stored_in_slot(path(LOCAL, RECEIPT, 1)) == packet.receipt()
        assert bench.stored_in_slot(path(LOCAL, ACKNOWLEDGEMENT, 1)) == acknowledgement_commitment(acknowledgement)
        assert bench.app.call("received").value == 1

    def test_again_is_a_noop_if_the_proof_is_right(self, bench: Bench) -> None:
        message = bench.receive_message(Packet())
        bench.router.call("recvPacket", message)
        assert [event.name for event in bench.router.call("recvPacket", message).events] == ["Noop"]
        assert bench.app.call("received").value == 1
        bad = (message[0], b"bad", HEIGHT)
        assert bench.router.refusal("recvPacket", bad) == "0x" + keccak256(b"BadProof()")[:4].hex()

    def test_another_packet_under_a_used_sequence(self, bench: Bench) -> None:
        bench.router.call("recvPacket", bench.receive_message(Packet()))
        other = replace(Packet(), value=b"\x00other")
        assert bench.router.refusal("recvPacket", bench.receive_message(other)) == "IBCPacketReceiptMismatch"

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"payload_count": 0}, "IBCMultiPayloadPacketNotSupported"),
            ({"payload_count": 2}, "IBCMultiPayloadPacketNotSupported"),
            ({"source": "settlement-1"}, "IBCInvalidCounterparty"),
            ({"destination": "client-9"}, "IBCCounterpartyClientNotFound"),
            ({"timeout": START_SECONDS}, "IBCInvalidTimeoutTimestamp"),
            ({"destination_port": "nothing"}, "IBCAppNotFound"),
            ({"value": b"\x02"}, "IBCFailedCallback"),
            ({"value": b"\x03"}, "IBCAsyncAcknowledgementNotSupported"),
            ({"value": b"\x04"}, "IBCErrorUniversalAcknowledgement"),
        ],
        ids=str,
    )
    def test_is_refused_and_leaves_nothing(self, bench: Bench, changes: dict[str, Any], error: str) -> None:
        packet = replace(Packet(), **changes)
        assert bench.router.refusal("recvPacket", bench.receive_message(packet)) == error
        assert bench.stored(path(packet.destination, RECEIPT, 1)) == EMPTY
        assert bench.stored(path(packet.destination, ACKNOWLEDGEMENT, 1)) == EMPTY

    def test_the_proof_must_be_of_this_packet(self, bench: Bench) -> None:
        message = bench.receive_message(Packet())
        for other in (
            replace(Packet(), value=b"\x00p"),
            replace(Packet(), timeout=START_SECONDS + 1),
            replace(Packet(), sequence=2),
        ):
            assert bench.router.refusal("recvPacket", (other.abi, message[1], HEIGHT)).startswith("0x")

    def test_an_application_that_refuses_gives_the_universal_error(self, bench: Bench) -> None:
        packet = Packet(value=b"\x01")
        outcome = bench.router.call("recvPacket", bench.receive_message(packet))
        reason = outcome.named("IBCAppRecvPacketCallbackError")[0].arguments["reason"]
        assert reason == keccak256(b"Refused(uint256)")[:4] + (7).to_bytes(32, "big")
        assert outcome.named("WriteAcknowledgement")[0].arguments["acknowledgements"] == (UNIVERSAL_ERROR,)
        assert bench.stored(path(LOCAL, ACKNOWLEDGEMENT, 1)) == acknowledgement_commitment(UNIVERSAL_ERROR)
        assert bench.stored(path(LOCAL, RECEIPT, 1)) == packet.receipt()
        assert bench.app.call("received").value == 0

    def test_an_application_cannot_come_back_in(self, bench: Bench) -> None:
        outcome = bench.router.call("recvPacket", bench.receive_message(Packet(value=b"\x05")))
        reason = outcome.named("IBCAppRecvPacketCallbackError")[0].arguments["reason"]
        assert b"ReentrancyGuard: reentrant call" in reason

    def test_too_little_gas_does_not_count_as_a_refusal(self, bench: Bench) -> None:
        # The application must not be made to fail by whoever relays: either it runs, or nothing is stored.
        message = bench.receive_message(Packet())
        full = bench.router.call("recvPacket", message).gas_used
        for gas in range(60_000, full, 9_000):
            fresh = Bench()
            try:
                outcome = fresh.router.call("recvPacket", message, gas=gas)
            except Refused:
                assert fresh.stored(path(LOCAL, RECEIPT, 1)) == EMPTY
            else:
                assert outcome.named("WriteAcknowledgement")[0].arguments["acknowledgements"] != (UNIVERSAL_ERROR,)


class TestAcknowledging:
    def test_removes_the_commitment_and_tells_the_application(self, bench: Bench) -> None:
        packet = bench.send()
        outcome = bench.router.call("ackPacket", bench.acknowledge_message(packet, b"fine"), sender=STRANGER)
        event = outcome.named("AckPacket")[0]
        assert event.arguments["clientId"] == keccak256(LOCAL.encode())
        assert event.arguments["acknowledgement"] == b"fine"
        assert bench.stored(path(LOCAL, COMMITMENT, 1)) == EMPTY
        assert bench.app.call("acknowledged").value == 1

    def test_again_is_a_noop_if_the_proof_is_right(self, bench: Bench) -> None:
        message = bench.acknowledge_message(bench.send(), b"fine")
        bench.router.call("ackPacket", message)
        assert [event.name for event in bench.router.call("ackPacket", message).events] == ["Noop"]
        assert bench.router.refusal("ackPacket", (message[0], b"other", message[2], HEIGHT)).startswith("0x")
        assert bench.app.call("acknowledged").value == 1

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"payload_count": 2}, "IBCMultiPayloadPacketNotSupported"),
            ({"destination": "settlement-1"}, "IBCInvalidCounterparty"),
            ({"source": "client-9"}, "IBCCounterpartyClientNotFound"),
            ({"value": b"\x00other"}, "IBCPacketCommitmentMismatch"),
            ({"timeout": START_SECONDS + 1}, "IBCPacketCommitmentMismatch"),
            ({"source_port": "another"}, "IBCPacketCommitmentMismatch"),
        ],
        ids=str,
    )
    def test_is_refused_and_leaves_the_packet_open(self, bench: Bench, changes: dict[str, Any], error: str) -> None:
        packet = bench.send()
        changed = replace(packet, **changes)
        assert bench.router.refusal("ackPacket", bench.acknowledge_message(changed, b"fine")) == error
        assert bench.stored(path(LOCAL, COMMITMENT, 1)) == packet.commitment()

    def test_an_application_that_refuses_keeps_the_packet_open(self, bench: Bench) -> None:
        packet = bench.send()
        name = bench.router.refusal("ackPacket", bench.acknowledge_message(packet, b"\xff"))
        assert name == "0x" + keccak256(b"Refused(uint256)")[:4].hex()
        assert bench.stored(path(LOCAL, COMMITMENT, 1)) == packet.commitment()


class TestTimingOut:
    def test_needs_the_counterpartys_time(self, bench: Bench) -> None:
        packet = bench.send()
        bench.light_client.call("setTimestamp", packet.timeout - 1)
        bench.evm.set_time(packet.timeout + DAY)
        assert bench.router.refusal("timeoutPacket", bench.timeout_message(packet)) == "IBCInvalidTimeoutTimestamp"
        bench.light_client.call("setTimestamp", packet.timeout)
        bench.evm.set_time(START_SECONDS)
        outcome = bench.router.call("timeoutPacket", bench.timeout_message(packet), sender=STRANGER)
        assert outcome.named("TimeoutPacket")[0].arguments["sequence"] == 1
        assert bench.stored(path(LOCAL, COMMITMENT, 1)) == EMPTY
        assert bench.app.call("timedOut").value == 1

    def test_again_and_after_an_acknowledgement_is_a_noop(self, bench: Bench) -> None:
        packet = bench.send()
        bench.light_client.call("setTimestamp", packet.timeout)
        bench.router.call("timeoutPacket", bench.timeout_message(packet))
        assert [event.name for event in bench.router.call("timeoutPacket", bench.timeout_message(packet)).events] == ["Noop"]
        late = bench.router.call("ackPacket", bench.acknowledge_message(packet, b"fine"))
        assert [event.name for event in late.events] == ["Noop"]
        assert bench.app.call("timedOut").value == 1
        assert bench.app.call("acknowledged").value == 0

    def test_the_receipts_absence_must_be_proven(self, bench: Bench) -> None:
        packet = bench.send()
        bench.light_client.call("setTimestamp", packet.timeout)
        of_another = proof(path(REMOTE, RECEIPT, 2), b"")
        assert bench.router.refusal("timeoutPacket", (packet.abi, of_another, HEIGHT)).startswith("0x")
        of_the_commitment = proof(path(LOCAL, COMMITMENT, 1), b"")
        assert bench.router.refusal("timeoutPacket", (packet.abi, of_the_commitment, HEIGHT)).startswith("0x")

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"payload_count": 2}, "IBCMultiPayloadPacketNotSupported"),
            ({"destination": "settlement-1"}, "IBCInvalidCounterparty"),
            ({"source": "client-9"}, "IBCCounterpartyClientNotFound"),
            ({"timeout": START_SECONDS + 1}, "IBCPacketCommitmentMismatch"),
        ],
        ids=str,
    )
    def test_is_refused(self, bench: Bench, changes: dict[str, Any], error: str) -> None:
        packet = bench.send()
        bench.light_client.call("setTimestamp", packet.timeout)
        assert bench.router.refusal("timeoutPacket", bench.timeout_message(replace(packet, **changes))) == error


class TestMulticall:
    def calls(self, bench: Bench, *packets: Packet) -> list[bytes]:
        return [bench.router.data("recvPacket", bench.receive_message(packet)) for packet in packets]

    def test_an_update_and_packets_in_one_transaction(self, bench: Bench) -> None:
        update = bench.router.data("updateClient", LOCAL, b"\x00")
        packets = [replace(Packet(), sequence=number) for number in range(1, 6)]
        outcome = bench.router.call("multicall", [update, *self.calls(bench, *packets)], sender=RELAYER)
        assert len(outcome.named("WriteAcknowledgement")) == 5
        assert bench.app.call("received").value == 5

    def test_all_or_nothing(self, bench: Bench) -> None:
        good, bad = Packet(), replace(Packet(), sequence=2, timeout=START_SECONDS)
        assert bench.router.refusal("multicall", self.calls(bench, good, bad)) == "IBCInvalidTimeoutTimestamp"
        assert bench.stored(path(LOCAL, RECEIPT, 1)) == EMPTY

    def test_it_lends_nobody_the_routers_rights(self, bench: Bench) -> None:
        data = bench.router.data("migrateClient", LOCAL, (REMOTE, PREFIX), bench.light_client.address)
        with pytest.raises(Refused, match="Ownable"):
            bench.router.call("multicall", [data], sender=STRANGER)


def test_other_peoples_calls_do_not_touch_the_store(bench: Bench) -> None:
    packet = bench.send()
    other = bench.evm.deploy("ScriptedApp", bench.router.address)
    bench.router.call("addIBCApp(address)", other.address)
    forged = (LOCAL, START_SECONDS + 60, ("scripted", "remote", "v1", "application/x", b"value"))
    assert other.refusal("send", forged) == "IBCUnauthorizedSender"
    assert bench.stored(path(LOCAL, COMMITMENT, 1)) == packet.commitment()


def test_the_commitment_is_that_of_the_shared_python_code(bench: Bench) -> None:
    # Two independent writings of the same rule must agree, else packets of the two sides never match.
    packet = bench.send()
    core = CorePacket(
        sequence=Sequence(packet.sequence),
        source_client=ClientId(packet.source),
        destination_client=ClientId(packet.destination),
        timeout_timestamp=TimestampSeconds(packet.timeout),
        payloads=(
            Payload(
                source_port=packet.source_port,
                destination_port=packet.destination_port,
                version=packet.version,
                encoding=packet.encoding,
                value=packet.value,
            ),
        ),
    )
    assert bench.stored(path(LOCAL, COMMITMENT, 1)) == packet_commitment(core)
