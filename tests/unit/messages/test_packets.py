"""Packets in protobuf: the bytes that an ibc-go chain gives out, one encoding each, and a refusal for everything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayer.core.ids import ClientId, Height, Sequence, TimestampSeconds
from relayer.core.packet import Acknowledgement, Packet, Payload
from relayer.errors import InvalidInput
from relayer.messages import packets as packet_codec
from relayer.ports.ledger import AcknowledgePacket, PacketMessage, ReceivePacket, TimeoutPacket
from relayer.ports.prover import Proof
from relayer.testing.factories import a_packet, a_payload
from relayer.wire.cosmos_protos import channel_packet, channel_tx
from relayer.wire.interledger.adapter.v1 import adapter_pb2

# `encoded_packet_hex` and `encoded_acknowledgement_hex` of events of a node that runs ibc-go v11.
RECORDED_PACKET = bytes.fromhex(
    "08021208636c69656e742d301a09706f612d65766d2d3020dff48cd8062a420a0a736574746c656d656e74120a736574746c656d656e74"
    "1a06666163742d31221a6170706c69636174696f6e2f782d736f6c69646974792d6162692a0466616374"
)
RECORDED_ACKNOWLEDGEMENT = bytes.fromhex("0a204774d4a575993f963b1c06573736617a457abef8589178db8d10c94b4ab511ab")
PACKET = Packet(
    sequence=Sequence(2),
    source_client=ClientId("client-0"),
    destination_client=ClientId("poa-evm-0"),
    timeout_timestamp=TimestampSeconds(1_795_373_663),
    payloads=(a_payload(b"fact"),),
)
ANSWER = Acknowledgement(app_acknowledgements=(RECORDED_ACKNOWLEDGEMENT[2:],))
PROOF = Proof(value=b"proof", height=Height(7), revision=1)

uint64 = st.integers(min_value=1, max_value=2**64 - 1)
text = st.text(min_size=1, max_size=20).filter(str.strip)
packets = st.builds(
    lambda number, deadline, version, encoding, value: replace(
        a_packet(number, timeout=deadline), payloads=(replace(a_payload(value), version=version, encoding=encoding),)
    ),
    uint64,
    uint64,
    text,
    text,
    st.binary(min_size=1, max_size=200),
)


class TestBytes:
    def test_a_packet_has_the_bytes_that_a_chain_gives_out(self) -> None:
        assert packet_codec.encode_packet(PACKET) == RECORDED_PACKET
        assert packet_codec.decode_packet(RECORDED_PACKET) == PACKET

    def test_an_acknowledgement_has_the_bytes_that_a_chain_gives_out(self) -> None:
        message = packet_codec.acknowledgement_to_message(ANSWER)
        assert message.SerializeToString(deterministic=True) == RECORDED_ACKNOWLEDGEMENT
        assert packet_codec.decode_acknowledgement(RECORDED_ACKNOWLEDGEMENT) == ANSWER

    @given(packets)
    def test_a_packet_survives_its_bytes(self, packet: Packet) -> None:
        assert packet_codec.decode_packet(packet_codec.encode_packet(packet)) == packet

    @given(packets)
    def test_a_packet_survives_the_adapter_service(self, packet: Packet) -> None:
        message = packet_codec.packet_to_adapter(packet)
        assert packet_codec.packet_from_adapter(adapter_pb2.Packet.FromString(message.SerializeToString())) == packet

    def test_a_payload_and_an_answer_survive_their_messages(self) -> None:
        payload = a_payload(b"other")
        assert packet_codec.payload_from_message(packet_codec.payload_to_message(payload)) == payload
        for message in (packet_codec.acknowledgement_to_message(ANSWER), packet_codec.acknowledgement_to_adapter(ANSWER)):
            assert packet_codec.acknowledgement_from_message(message) == ANSWER


MALFORMED = {
    "nothing": b"",
    "no protobuf": b"\xff",
    "cut short": RECORDED_PACKET[:-1],
    "a field of its own": RECORDED_PACKET + b"\x30\x01",
    "a padded number": b"\x08\x82\x00" + RECORDED_PACKET[2:],
    "a field twice": b"\x08\x01" + RECORDED_PACKET,
    "fields in another order": RECORDED_PACKET[2:] + RECORDED_PACKET[:2],
    "no sequence": RECORDED_PACKET[2:],
    "too long": RECORDED_PACKET + bytes(packet_codec.MAXIMUM_BYTES),
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED)
def test_other_bytes_are_no_packet(raw: bytes) -> None:
    with pytest.raises(InvalidInput):
        packet_codec.decode_packet(raw)


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x0a\x00", b"\xff", RECORDED_ACKNOWLEDGEMENT * 2, RECORDED_ACKNOWLEDGEMENT + b"\x10\x01"],
    ids=["nothing", "empty", "no protobuf", "two answers", "a field of its own"],
)
def test_other_bytes_are_no_acknowledgement(raw: bytes) -> None:
    with pytest.raises(InvalidInput):
        packet_codec.decode_acknowledgement(raw)


CHANGES: dict[str, Callable[[channel_packet.Packet], object]] = {
    "sequence": lambda message: setattr(message, "sequence", 0),
    "source client": lambda message: setattr(message, "source_client", "cl"),
    "destination client": lambda message: setattr(message, "destination_client", "x-0"),
    "timeout": lambda message: setattr(message, "timeout_timestamp", 0),
    "no payload": lambda message: message.ClearField("payloads"),
    "two payloads": lambda message: message.payloads.add().CopyFrom(message.payloads[0]),
    "port": lambda message: setattr(message.payloads[0], "source_port", "a b"),
    "version": lambda message: setattr(message.payloads[0], "version", " "),
    "encoding": lambda message: setattr(message.payloads[0], "encoding", ""),
    "value": lambda message: setattr(message.payloads[0], "value", b""),
    "size": lambda message: setattr(message.payloads[0], "value", bytes(262_145)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_packet_that_no_host_accepts_is_refused(change: Callable[[channel_packet.Packet], object]) -> None:
    message = packet_codec.packet_to_message(PACKET)
    assert packet_codec.packet_from_message(message) == PACKET
    change(message)
    with pytest.raises(InvalidInput):
        packet_codec.packet_from_message(message)


@pytest.mark.parametrize(
    ("message", "kind", "field"),
    [
        (ReceivePacket(packet=PACKET, proof=PROOF), channel_tx.MsgRecvPacket, "proof_commitment"),
        (
            AcknowledgePacket(packet=PACKET, acknowledgement=ANSWER, proof=PROOF),
            channel_tx.MsgAcknowledgement,
            "proof_acked",
        ),
        (TimeoutPacket(packet=PACKET, proof=PROOF), channel_tx.MsgTimeout, "proof_unreceived"),
    ],
    ids=["receive", "acknowledge", "time out"],
)
@pytest.mark.parametrize("signer", ["", "cosmos1someone"])
def test_a_message_holds_the_packet_and_its_proof(message: PacketMessage, kind: type, field: str, signer: str) -> None:
    made = packet_codec.packet_message_to_message(message, signer=signer)
    assert type(made) is kind
    assert made.packet.SerializeToString(deterministic=True) == RECORDED_PACKET
    assert (getattr(made, field), made.proof_height.revision_number, made.proof_height.revision_height) == (b"proof", 1, 7)
    assert made.signer == signer
    if isinstance(message, AcknowledgePacket):
        assert made.acknowledgement.SerializeToString() == RECORDED_ACKNOWLEDGEMENT


def test_a_payload_that_no_host_accepts_is_refused() -> None:
    made = packet_codec.payload_to_message(a_payload())
    made.destination_port = "x"
    with pytest.raises(InvalidInput):
        packet_codec.payload_from_message(made)


def test_every_field_of_a_payload_has_its_own_place() -> None:
    payload = Payload(source_port="one", destination_port="two", version="three", encoding="four", value=b"five")
    packet = replace(PACKET, payloads=(payload,))
    assert packet_codec.packet_from_message(packet_codec.packet_to_message(packet)).payload == payload
    assert packet_codec.packet_from_adapter(packet_codec.packet_to_adapter(packet)).payload == payload
