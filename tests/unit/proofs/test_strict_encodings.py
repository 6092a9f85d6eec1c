"""RLP and protobuf: one value, one encoding."""

from __future__ import annotations

import pytest

from relayer.proofs import protobuf
from relayer.proofs.errors import MalformedBytes, Refusal
from relayer.proofs.poa_evm import rlp
from relayer.wire.interledger.lightclients.poaevm.v1 import poaevm_pb2


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x80",
        b"\x05",
        b"\xc1",
        b"\xc0\x00",
        b"\xc2\x81\x05",
        b"\xc2\x82\x01",
        b"\xf8\x01\x80",
        b"\xf9\x00\x38" + b"\x01" * 56,
        b"\xc3\xb8\x01\x80",
        b"\xf8",
        b"\xff" * 9,
        b"\xbf" + b"\xff" * 8,
        b"\xc1\xb8",
    ],
)
def test_what_is_no_canonical_list_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedBytes):
        rlp.decode_list(raw)


@pytest.mark.parametrize("raw", [b"", b"\xc0", b"\x81\x05", b"\x82\x01", b"\x80\x00", b"\x05\x05", b"\xb8\x01\xff", b"\xb8"])
def test_what_is_no_canonical_string_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedBytes):
        rlp.decode_string(raw)


def test_numbers_have_no_leading_zeros() -> None:
    assert rlp.as_integer(b"", maximum_bytes=8) == 0
    assert rlp.as_integer(b"\x01\x00", maximum_bytes=8) == 256
    for bad in (b"\0", b"\0\1", b"\1" * 9, rlp.RawList(b"\xc0")):
        with pytest.raises(MalformedBytes):
            rlp.as_integer(bad, maximum_bytes=8)


def test_protobuf_refuses_what_would_not_be_written_again() -> None:
    good = poaevm_pb2.AuthorityEngine(threshold=2, authorities=[b"a"]).SerializeToString()
    assert protobuf.parse_canonical(poaevm_pb2.AuthorityEngine, good, maximum_bytes=100).threshold == 2
    for bad in (
        good + b"\x78\x01",  # a field that does not exist
        good[2:] + good[:2],  # another order
        b"\x08\x82\x00" + good[2:],  # a padded number
        b"\x08\x01" + good,  # a number given twice
        b"\x08\x00" + good[2:],  # a zero that is left out
        good[:-1],
    ):
        with pytest.raises(MalformedBytes) as refused:
            protobuf.parse_canonical(poaevm_pb2.AuthorityEngine, bad, maximum_bytes=100)
        assert refused.value.code is Refusal.MALFORMED
    with pytest.raises(MalformedBytes) as refused:
        protobuf.parse_canonical(poaevm_pb2.AuthorityEngine, good, maximum_bytes=len(good) - 1)
    assert refused.value.code is Refusal.LIMIT


def test_varints_of_negative_numbers_take_ten_bytes() -> None:
    assert protobuf.varint(-1) == b"\xff" * 9 + b"\x01"
    assert protobuf.varint(300) == b"\xac\x02"
    assert protobuf.varint_field(1, 0) == b""
