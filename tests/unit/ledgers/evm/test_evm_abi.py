"""The hand-written ABI shapes against eth-abi, and the refusal of everything that is not canonical."""

from __future__ import annotations

from hashlib import sha256

import pytest
from eth_abi.abi import decode, encode
from hypothesis import given, settings
from hypothesis import strategies as st

from relayer.core.events import (
    AcknowledgementWritten,
    PacketAcknowledged,
    PacketCommitted,
    PacketTimedOut,
    ReportedPassedOver,
)
from relayer.core.ids import ClientId, Height, LedgerId, Sequence, TimestampSeconds
from relayer.core.packet import Acknowledgement, Packet, Payload
from relayer.errors import InvalidInput
from relayer.ledgers.evm import calls, events
from relayer.ledgers.evm.abi import Reader, encode_packet, encode_packet_message
from relayer.ledgers.evm.contracts import Contract, artifact, input_types, signature
from relayer.ledgers.evm.registry_events import REGISTRY_TOPICS
from relayer.ports.ledger import AcknowledgePacket, ReceivePacket, TimeoutPacket
from relayer.ports.prover import Proof
from relayer.proofs.keccak import keccak256

PACKET_TYPE = "(uint64,string,string,uint64,(string,string,string,string,bytes)[])"
PORTS = st.text(alphabet="abcXYZ019._+-#[]<>", min_size=2, max_size=40)
TEXTS = st.text(min_size=1, max_size=50).filter(lambda text: text.strip())
PACKETS = st.builds(
    Packet,
    sequence=st.integers(1, 2**64 - 1).map(Sequence),
    source_client=st.integers(0, 10**9).map(lambda number: ClientId(f"client-{number}")),
    destination_client=st.integers(0, 10**9).map(lambda number: ClientId(f"poa-evm-{number}")),
    timeout_timestamp=st.integers(1, 2**64 - 1).map(TimestampSeconds),
    payloads=st.tuples(
        st.builds(
            Payload,
            source_port=PORTS,
            destination_port=PORTS,
            version=TEXTS,
            encoding=TEXTS,
            value=st.binary(min_size=1, max_size=200),
        )
    ),
)
PROOF = Proof(value=b"some proof", height=Height(77), revision=3)


def values(packet: Packet) -> tuple[object, ...]:
    payloads = tuple((p.source_port, p.destination_port, p.version, p.encoding, p.value) for p in packet.payloads)
    head = (packet.sequence, packet.source_client, packet.destination_client, packet.timeout_timestamp)
    return (*head, payloads)


@given(PACKETS)
def test_a_packet_has_the_canonical_encoding_and_comes_back(packet) -> None:
    encoded = encode_packet(packet).encoded
    assert (32).to_bytes(32, "big") + encoded == encode((PACKET_TYPE,), (values(packet),))
    assert Reader(encoded).packet(0) == (packet, len(encoded))


@given(PACKETS, st.binary(min_size=1, max_size=100))
def test_messages_are_encoded_as_the_router_declares_them(packet, answer) -> None:
    height = (PROOF.revision, PROOF.height)
    plain = encode_packet_message(packet, None, PROOF)
    assert plain == encode((f"({PACKET_TYPE},bytes,(uint64,uint64))",), ((values(packet), PROOF.value, height),))
    acknowledged = encode_packet_message(packet, answer, PROOF)
    expected = ((values(packet), answer, PROOF.value, height),)
    assert acknowledged == encode((f"({PACKET_TYPE},bytes,bytes,(uint64,uint64))",), expected)


@settings(max_examples=300)
@given(PACKETS, st.data())
def test_no_changed_byte_is_read_as_the_same_packet(packet, data) -> None:
    encoded = bytearray(encode_packet(packet).encoded)
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] ^= data.draw(st.integers(1, 255))
    try:
        found, end = Reader(bytes(encoded)).packet(0)
        Reader(bytes(encoded)).finish(end)
    except InvalidInput:
        return
    assert found != packet


@given(st.binary(max_size=600))
def test_any_bytes_are_read_or_refused_as_invalid_input(content) -> None:
    try:
        Reader(content).packet(0)
    except InvalidInput:
        return


def test_selectors_and_topics_are_those_of_the_compiled_router() -> None:
    functions = {keccak256(signature(each).encode())[:4] for each in artifact(Contract.ROUTER).entries("function")}
    used = {value for name, value in vars(calls).items() if name.isupper() and isinstance(value, bytes) and len(value) == 4}
    assert len(used) == 9
    assert used <= functions
    topics = {keccak256(signature(each).encode()) for each in artifact(Contract.ROUTER).entries("event")}
    assert set(events.PACKET_TOPICS) <= topics
    assert len(set(events.PACKET_TOPICS)) == 4


def test_topics_of_the_registry_are_those_of_the_compiled_contract() -> None:
    topics = {keccak256(signature(each).encode()) for each in artifact(Contract.BUSINESS_FACTS).entries("event")}
    assert set(REGISTRY_TOPICS) <= topics
    assert len(set(REGISTRY_TOPICS)) == 4


def test_message_calls_decode_by_the_router_s_abi() -> None:
    packet = PACKET
    cases = {
        "recvPacket": ReceivePacket(packet=packet, proof=PROOF),
        "ackPacket": AcknowledgePacket(packet=packet, acknowledgement=ANSWER, proof=PROOF),
        "timeoutPacket": TimeoutPacket(packet=packet, proof=PROOF),
    }
    for name, message in cases.items():
        (entry,) = [each for each in artifact(Contract.ROUTER).entries("function") if each["name"] == name]
        calldata = calls.message_call(message, PROOF)
        assert calldata[:4] == keccak256(signature(entry).encode())[:4]
        ((first, *_),) = decode(input_types(entry), calldata[4:])
        assert first == values(packet)


def test_multicall_results_are_read_back() -> None:
    words = [bytes([number]) * 32 for number in range(3)]
    assert calls.read_multicall(encode(("bytes[]",), (words,)), 3, 32) == words
    for bad in (encode(("bytes[]",), (words,))[:-1], encode(("bytes[]",), (words[:2],)), b""):
        with pytest.raises(InvalidInput):
            calls.read_multicall(bad, 3, 32)


PACKET = Packet(
    sequence=Sequence(5),
    source_client=ClientId("client-0"),
    destination_client=ClientId("poa-evm-0"),
    timeout_timestamp=TimestampSeconds(1_900_000_000),
    payloads=(
        Payload(
            source_port="settlement",
            destination_port="settlement",
            version="fact-1",
            encoding="application/x-solidity-abi",
            value=b"facts",
        ),
    ),
)
ANSWER = Acknowledgement(app_acknowledgements=(b"answer",))
LEDGER = LedgerId("contracts")


def log(topic: bytes, types: tuple[str, ...], content: tuple[object, ...], client: str, **changes: object):
    raw = {
        "address": "0x" + "11" * 20,
        "topics": ["0x" + each.hex() for each in (topic, keccak256(client.encode()), (5).to_bytes(32, "big"))],
        "data": "0x" + encode(types, content).hex(),
        "blockNumber": "0x9",
        "blockHash": "0x" + "22" * 32,
        "logIndex": "0x1",
        "transactionHash": "0x" + "33" * 32,
        **changes,
    }
    return events.parse_log(raw)


SENT = log(events.SEND_PACKET, (PACKET_TYPE,), (values(PACKET),), "client-0")
WRITTEN = log(events.WRITE_ACKNOWLEDGEMENT, (PACKET_TYPE, "bytes[]"), (values(PACKET), [b"answer"]), "poa-evm-0")
ACKED = log(events.ACK_PACKET, (PACKET_TYPE, "bytes"), (values(PACKET), b"answer"), "client-0")
TIMED_OUT = log(events.TIMEOUT_PACKET, (PACKET_TYPE,), (values(PACKET),), "client-0")


def test_each_packet_event_becomes_its_fact() -> None:
    decoded = events.packet_facts(LEDGER, [SENT, WRITTEN, ACKED, TIMED_OUT])
    assert decoded.left_out == ()
    kinds = [type(fact) for fact in decoded.facts]
    assert kinds == [PacketCommitted, AcknowledgementWritten, PacketAcknowledged, PacketTimedOut]
    assert {fact.packet for fact in decoded.facts} == {PACKET}
    assert {fact.height for fact in decoded.facts} == {9}
    assert {fact.transaction for fact in decoded.facts} == {"0x" + "33" * 32}
    assert decoded.facts[1].acknowledgement == ANSWER


@pytest.mark.parametrize(
    "bad",
    [
        log(events.SEND_PACKET, (PACKET_TYPE,), (values(PACKET),), "client-1"),
        log(events.WRITE_ACKNOWLEDGEMENT, (PACKET_TYPE, "bytes[]"), (values(PACKET), [b"answer"]), "client-0"),
        log(events.WRITE_ACKNOWLEDGEMENT, (PACKET_TYPE, "bytes[]"), (values(PACKET), []), "poa-evm-0"),
        log(events.WRITE_ACKNOWLEDGEMENT, (PACKET_TYPE, "bytes[]"), (values(PACKET), [b"a", b"b"]), "poa-evm-0"),
        log(events.SEND_PACKET, (PACKET_TYPE, "bytes"), (values(PACKET), b"more"), "client-0"),
        log(events.SEND_PACKET, (PACKET_TYPE,), ((5, "ab", "poa-evm-0", 9, values(PACKET)[4]),), "ab"),
    ],
)
def test_a_log_that_breaks_the_rules_is_left_out_and_named_and_the_others_stay(bad) -> None:
    decoded = events.packet_facts(LEDGER, [SENT, bad, ACKED])
    assert [type(fact) for fact in decoded.facts] == [PacketCommitted, PacketAcknowledged]
    (reason,) = decoded.left_out
    assert reason.startswith("block 9 log 1: ")


def test_a_commitment_that_only_its_name_can_be_read_of_leaves_no_gap_in_the_sequences() -> None:
    two_payloads = log(events.SEND_PACKET, (PACKET_TYPE,), ((*values(PACKET)[:4], values(PACKET)[4] * 2),), "client-0")
    decoded = events.packet_facts(LEDGER, [SENT, two_payloads, ACKED])
    assert [type(fact) for fact in decoded.facts] == [PacketCommitted, ReportedPassedOver, PacketAcknowledged]
    (reason,) = decoded.left_out
    assert decoded.facts[1].sequence == PACKET.sequence
    assert reason == f"block 9 log 1: {decoded.facts[1].reason}"
    payload = PACKET.payload
    parts = (payload.source_port, payload.destination_port, payload.version, payload.encoding)
    payload_hash = sha256(
        b"".join(sha256(each.encode()).digest() for each in parts) + sha256(payload.value).digest()
    ).digest()
    assert (
        decoded.facts[1].commitment
        == sha256(
            b"\x02"
            + sha256(PACKET.destination_client.encode()).digest()
            + sha256(PACKET.timeout_timestamp.to_bytes(8, "big")).digest()
            + sha256(payload_hash * 2).digest()
        ).digest()
    )


def test_other_events_of_the_router_are_passed_over() -> None:
    other = log(keccak256(b"Noop()"), (), (), "client-0")
    assert events.packet_facts(LEDGER, [other]) == events.DecodedLogs(facts=(), left_out=())
