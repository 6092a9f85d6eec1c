"""Commitments and paths against the values that ibc-go v11 publishes for other implementations."""

from __future__ import annotations

import pytest

from relayer.core.commitment import (
    UNIVERSAL_ERROR_ACKNOWLEDGEMENT,
    PathKind,
    acknowledgement_commitment,
    commitment_path,
    packet_commitment,
)
from relayer.core.ids import ClientId, Sequence, TimestampSeconds
from relayer.core.packet import Acknowledgement, Packet, Payload
from relayer.errors import InvalidInput

TRANSFER_JSON = b'{"denom":"uatom","amount":"1000000","sender":"sender","receiver":"receiver","memo":"memo"}'


def payload(**changes: object) -> Payload:
    fields = {
        "source_port": "transfer",
        "destination_port": "transfer",
        "version": "ics20-1",
        "encoding": "application/json",
        "value": TRANSFER_JSON,
    }
    return Payload(**{**fields, **changes})


def packet(**changes: object) -> Packet:
    fields = {
        "sequence": Sequence(1),
        "source_client": ClientId("07-tendermint-0"),
        "destination_client": ClientId("07-tendermint-1"),
        "timeout_timestamp": TimestampSeconds(100),
        "payloads": (payload(),),
    }
    return Packet(**{**fields, **changes})


def test_packet_commitment_is_ibc_gos() -> None:
    assert packet_commitment(packet()).hex() == "a096722aa6534040a0efbdae05765132a7b223ad306d6512f3734821bd046505"


@pytest.mark.parametrize(
    "changed",
    [
        packet(destination_client=ClientId("07-tendermint-2")),
        packet(timeout_timestamp=TimestampSeconds(101)),
        packet(payloads=(payload(value=TRANSFER_JSON + b" "),)),
        packet(payloads=(payload(version="ics20-2"),)),
        packet(payloads=(payload(encoding="application/x-protobuf"),)),
        packet(payloads=(payload(source_port="transfer2"),)),
        packet(payloads=(payload(destination_port="transfer2"),)),
    ],
)
def test_packet_commitment_binds_every_field_that_it_covers(changed: Packet) -> None:
    assert packet_commitment(changed) != packet_commitment(packet())


def test_packet_commitment_leaves_sequence_and_source_client_to_the_path() -> None:
    other = packet(sequence=Sequence(2), source_client=ClientId("07-tendermint-9"))
    assert packet_commitment(other) == packet_commitment(packet())


def test_acknowledgement_commitment_is_ibc_gos() -> None:
    success = Acknowledgement(app_acknowledgements=(b'{"result":"AQ=="}',))
    expected = "8460e21f73b53d779e4b3291cd35338e92fae9998735f1a0b7150c074c0731a6"
    assert acknowledgement_commitment(success).hex() == expected


def test_universal_error_acknowledgement_is_ibc_gos() -> None:
    expected = "4774d4a575993f963b1c06573736617a457abef8589178db8d10c94b4ab511ab"
    assert UNIVERSAL_ERROR_ACKNOWLEDGEMENT.hex() == expected


def test_path_is_client_discriminator_and_big_endian_sequence() -> None:
    path = commitment_path(ClientId("client-0"), PathKind.RECEIPT, Sequence(258))
    assert path == b"client-0" + b"\x02" + b"\x00\x00\x00\x00\x00\x00\x01\x02"


@pytest.mark.parametrize(
    "mutation",
    [
        {"sequence": 0},
        {"sequence": 2**64},
        {"source_client": "client 0"},
        {"source_client": "c-0"},
        {"destination_client": "client-" + "1" * 122},
        {"timeout_timestamp": 0},
        {"payloads": ()},
        {"payloads": (payload(), payload())},
        {"payloads": (payload(value=b"x" * 262_145),)},
    ],
)
def test_packet_refuses_what_no_host_accepts(mutation: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        packet(**mutation)


@pytest.mark.parametrize(
    "mutation",
    [{"source_port": "p"}, {"destination_port": "a b"}, {"version": " "}, {"encoding": ""}, {"value": b""}],
)
def test_payload_refuses_what_no_host_accepts(mutation: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        payload(**mutation)


@pytest.mark.parametrize("answers", [(), (b"",), (b"a", b"b")])
def test_acknowledgement_holds_exactly_one_answer(answers: tuple[bytes, ...]) -> None:
    with pytest.raises(InvalidInput):
        Acknowledgement(app_acknowledgements=answers)
