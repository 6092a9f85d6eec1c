"""The IBC v2 rules of the router: who may do what, what is stored, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from evm_harness import OWNER, RELAYER, START_SECONDS, STRANGER, Refused
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
from relayer.ledgers.evm.contracts import Contract, artifact, signature
from relayer.proofs.keccak import keccak256

EMPTY = bytes(32)
DAY = 86_400


@pytest.fixture
def bench() -> Bench:
    return Bench()


class TestSurface:
    """Selectors and topics that other people's relayers use."""

    @pytest.mark.parametrize(
        ("function", "selector"),
        [
            ("sendPacket", "4d6e7ce3"),
            ("recvPacket", "5ebd10ca"),
            ("ackPacket", "1bca011a"),
            ("timeoutPacket", "b98c330a"),
            ("updateClient", "6fbf8079"),
            ("addClient((string,bytes[]),address)", "e3cb36a0"),
            ("addClient(string,(string,bytes[]),address)", "1ec43e23"),
            ("migrateClient", "cce0b265"),
            ("submitMisbehaviour", "9e2e5c83"),
            ("addIBCApp(address)", "4b720d5b"),
            ("addIBCApp(string,address)", "5f516889"),
            ("multicall", "ac9650d8"),
            ("getCommitment", "7795820c"),
            ("getClient", "7eb78932"),
            ("getCounterparty", "b0777bfa"),
            ("getIBCApp", "2447af29"),
            ("getNextClientSeq", "27f146f3"),
        ],
    )
    def test_functions(self, function: str, selector: str) -> None:
        entries = artifact(Contract.ROUTER).entries("function")
        found = [signature(entry) for entry in entries if function in {entry["name"], signature(entry)}]
        assert [keccak256(each.encode())[:4].hex() for each in found] == [selector]

    @pytest.mark.parametrize(
        ("event", "topic"),
        [
            ("SendPacket", "ab3a4458a269be61dfa43faa33aa7b1f5d570716f83ad078bc2ba5dab039abae"),
            ("WriteAcknowledgement", "76765590e2b799b0506100f8a6610cfecab2c71e8e1f8aa981b099aff0dfdb74"),
            ("AckPacket", "f9bab74bcdb634f4d3dd064cc42a13df056598e1c0336905d2f5750fbfb08b7b"),
            ("TimeoutPacket", "01e5ed58494819ef3f6480dd08e433b7c08ed75c7abdf2c22c6f04b71340a168"),
            ("Noop", "d08bf58b0e4eec5bfc697a4fdbb6839057fbf4dd06f1b1ce07445c0e5a654caf"),
            ("IBCAppRecvPacketCallbackError", "b9edb487"),
            ("IBCAppAdded", "a6ec8e86"),
            ("ICS02ClientAdded", "0ecded31"),
            ("ICS02ClientUpdated", "87bbef27"),
            ("ICS02ClientMigrated", "23c2e29d"),
            ("ICS02MisbehaviourSubmitted", "a263f0a9"),
        ],
    )
    def test_events(self, event: str, topic: str) -> None:
        entry = next(entry for entry in artifact(Contract.ROUTER).entries("event") if entry["name"] == event)
        assert keccak256(signature(entry).encode()).hex().startswith(topic)

    @pytest.mark.parametrize(
        ("function", "selector"),
        [
            ("updateClient", "0bece356"),
            ("verifyMembership", "682ed5f0"),
            ("verifyNonMembership", "4d6d9ffb"),
            ("misbehaviour", "ddba6537"),
            ("getClientState", "ef913a4b"),
            ("getConsensusTimestamp", "5832611b"),
        ],
    )
    def test_the_light_clients_functions(self, function: str, selector: str) -> None:
        entries = artifact(Contract.COMET_BFT_LIGHT_CLIENT).entries("function")
        entry = next(entry for entry in entries if entry["name"] == function)
        assert keccak256(signature(entry).encode())[:4].hex() == selector

    @pytest.mark.parametrize(
        ("function", "selector"),
        [("onRecvPacket", "078c4a79"), ("onAcknowledgementPacket", "428e4e17"), ("onTimeoutPacket", "5e32b6b6")],
    )
    def test_the_applications_functions(self, function: str, selector: str) -> None:
        entries = artifact(Contract.BUSINESS_FACTS).entries("function")
        entry = next(entry for entry in entries if entry["name"] == function)
        assert keccak256(signature(entry).encode())[:4].hex() == selector


class TestClients:
    def test_anyone_gets_the_next_counted_id(self, bench: Bench) -> None:
        outcome = bench.router.call(
            "addClient((string,bytes[]),address)", ("other-7", [b""]), bench.light_client.address, sender=STRANGER
        )
        assert outcome.value == "client-1"
        assert outcome.named("ICS02ClientAdded")[0].arguments["clientId"] == "client-1"
        assert bench.router.call("getCounterparty", "client-1").value == ("other-7", (b"",))
        assert bench.router.call("getClient", "client-1").value == bench.light_client.address
        assert bench.router.call("getNextClientSeq").value == 2

    @pytest.mark.parametrize(
        ("counterparty", "error"),
        [(("", PREFIX), "IBCInvalidClientId"), ((REMOTE, []), "InvalidMerklePrefix")],
    )
    def test_an_id_is_not_used_up_by_half_a_counterparty(self, bench: Bench, counterparty: Any, error: str) -> None:
        address = bench.light_client.address
        assert bench.router.refusal("addClient((string,bytes[]),address)", counterparty, address) == error
        custom = "addClient(string,(string,bytes[]),address)"
        assert bench.router.refusal(custom, "named", counterparty, address, sender=OWNER) == error
        assert bench.router.refusal("migrateClient", LOCAL, counterparty, address, sender=OWNER) == error
        assert bench.router.call("getNextClientSeq").value == 1

    def test_a_light_client_is_a_contract(self, bench: Bench) -> None:
        function = "addClient((string,bytes[]),address)"
        assert bench.router.refusal(function, (REMOTE, PREFIX), STRANGER) == "IBCInvalidLightClient"

    def test_chosen_ids_are_the_owners(self, bench: Bench) -> None:
        function, address = "addClient(string,(string,bytes[]),address)", bench.light_client.address
        with pytest.raises(Refused, match="Ownable"):
            bench.router.call(function, "hub-1", (REMOTE, PREFIX), address, sender=STRANGER)
        assert bench.router.call(function, "hub-1", (REMOTE, PREFIX), address, sender=OWNER).value == "hub-1"
        assert bench.router.refusal(function, "hub-1", (REMOTE, PREFIX), address, sender=OWNER) == "IBCClientAlreadyExists"

    @pytest.mark.parametrize("client_id", ["", "abc", "x" * 129, "client-5", "channel-5", "with space", "ümlaut", "a/b/c/d"])
    def test_ids_that_cannot_be_chosen(self, bench: Bench, client_id: str) -> None:
        function = "addClient(string,(string,bytes[]),address)"
        arguments = (client_id, (REMOTE, PREFIX), bench.light_client.address)
        assert bench.router.refusal(function, *arguments, sender=OWNER) == "IBCInvalidClientId"

    @pytest.mark.parametrize("client_id", ["abcd", "x" * 128, "azAZ09._+-#[]<>"])
    def test_ids_that_can_be_chosen(self, bench: Bench, client_id: str) -> None:
        function = "addClient(string,(string,bytes[]),address)"
        arguments = (client_id, (REMOTE, PREFIX), bench.light_client.address)
        assert bench.router.call(function, *arguments, sender=OWNER).value == client_id

    def test_replacing_a_client_is_the_owners(self, bench: Bench) -> None:
        other = bench.evm.deploy("ScriptedLightClient")
        arguments = (LOCAL, ("settlement-9", [b"x"]), other.address)
        with pytest.raises(Refused, match="Ownable"):
            bench.router.call("migrateClient", *arguments, sender=STRANGER)
        outcome = bench.router.call("migrateClient", *arguments, sender=OWNER)
        assert outcome.named("ICS02ClientMigrated")[0].arguments["clientId"] == LOCAL
        assert bench.router.call("getClient", LOCAL).value == other.address
        assert bench.router.call("getCounterparty", LOCAL).value == ("settlement-9", (b"x",))
        assert bench.router.refusal("migrateClient", "client-9", *arguments[1:], sender=OWNER) == "IBCClientNotFound"

    def test_updates_and_misbehaviour_reach_the_light_client(self, bench: Bench) -> None:
        for result in range(3):
            outcome = bench.router.call("updateClient", LOCAL, bytes((result,)))
            assert outcome.value == result
            assert dict(outcome.named("ICS02ClientUpdated")[0].arguments) == {"clientId": LOCAL, "result": result}
        outcome = bench.router.call("submitMisbehaviour", LOCAL, b"x")
        assert outcome.named("ICS02MisbehaviourSubmitted")[0].arguments["clientId"] == LOCAL
        assert bench.light_client.call("misbehaviours").value == 1
        assert bench.router.refusal("updateClient", "client-9", b"\x00") == "IBCClientNotFound"
        assert bench.router.refusal("submitMisbehaviour", "client-9", b"\x00") == "IBCClientNotFound"
        assert bench.router.refusal("getCounterparty", "client-9") == "IBCCounterpartyClientNotFound"


class TestPorts:
    def test_anyone_registers_under_its_own_address(self, bench: Bench) -> None:
        outcome = bench.router.call("addIBCApp(address)", bench.app.address, sender=STRANGER)
        assert dict(outcome.named("IBCAppAdded")[0].arguments) == {"portId": bench.app.address, "app": bench.app.address}
        assert bench.router.call("getIBCApp", bench.app.address).value == bench.app.address
        assert bench.router.refusal("addIBCApp(address)", bench.app.address) == "IBCPortAlreadyExists"

    def test_names_are_the_owners(self, bench: Bench) -> None:
        with pytest.raises(Refused, match="Ownable"):
            bench.router.call("addIBCApp(string,address)", "named", STRANGER, sender=STRANGER)
        assert (
            bench.router.refusal("addIBCApp(string,address)", "scripted", STRANGER, sender=OWNER) == "IBCPortAlreadyExists"
        )
        assert bench.router.refusal("getIBCApp", "nothing") == "IBCAppNotFound"

    @pytest.mark.parametrize("port", ["", "abc", "channel-1", "a b c d", "0x" + "aB" * 20, "ab" * 20, "0X" + "12" * 20])
    def test_names_that_are_refused(self, bench: Bench, port: str) -> None:
        assert bench.router.refusal("addIBCApp(string,address)", port, STRANGER, sender=OWNER) == "IBCInvalidPortIdentifier"


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
