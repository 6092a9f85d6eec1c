"""A few bytes must not take much memory: lengths, counts and nesting that promise more than is there are refused first."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from relayer.errors import InvalidInput, RelayerError
from relayer.evidence.codec import decode_evidence
from relayer.facts.codec import decode_answers, decode_packet_data
from relayer.facts.status_codec import decode_status_answers, decode_status_packet
from relayer.ledgers.embedded.host.transactions import decode_transaction
from relayer.ledgers.evm.abi_types import decode as decode_abi
from relayer.ledgers.evm.calls import read_multicall
from relayer.ledgers.evm.refusals import describe_revert
from relayer.proofs.comet import client_types as comet_client_types
from relayer.proofs.keccak import keccak256
from relayer.proofs.poa_evm import evm_header, rlp
from relayer.proofs.poa_evm import types as poa_evm_types
from relayer.settlement.netting import certificate
from relayer.testing.factories import a_fact, a_fact_payload

MAXIMUM_BYTES = 4 * 1024 * 1024
"""Of memory at once, for inputs of at most 16 kB."""
WORD = 32


def words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(WORD, "big") for number in numbers)


def nested_lists(depth: int) -> bytes:
    raw = b""
    for _ in range(depth):
        raw = rlp.encode_list([raw])
    return raw


def protobuf_nesting(depth: int) -> bytes:
    raw = b""
    for _ in range(depth):
        raw = b"\x0a" + bytes([len(raw) & 0x7F | 0x80, len(raw) >> 7]) + raw
    return raw


HUGE = 2**255
PAYLOAD = a_fact_payload(a_fact()).value
COUNT_AT = PAYLOAD.index(words(1), WORD * 5)
BOMBS: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "facts without end": (decode_packet_data, PAYLOAD[:COUNT_AT] + words(HUGE) + PAYLOAD[COUNT_AT + WORD :]),
    "facts at an endless offset": (decode_packet_data, words(WORD, 1, 0, 0, HUGE, HUGE, HUGE)),
    "answers without end": (decode_answers, words(WORD, HUGE)),
    "news without end": (decode_status_packet, words(WORD, 1, 0, 96, HUGE)),
    "answers to news without end": (decode_status_answers, words(WORD, HUGE)),
    "certificate of four thousand million debts": (
        certificate.decode,
        b"interledger.netting.certificate.v1" + bytes(32) + b"\xff" * 8,
    ),
    "string without end": (lambda raw: decode_abi(("string",), raw), words(WORD, HUGE)),
    "list of strings without end": (lambda raw: decode_abi(("string[]",), raw), words(WORD, 2**40) + bytes(4_096)),
    "lists that share their tail": (
        lambda raw: decode_abi(("bytes[]",), raw),
        words(WORD, 100) + words(*[100 * WORD] * 100) + words(8_000) + bytes(8_000),
    ),
    "results without end": (lambda raw: read_multicall(raw, 2, 1_000), words(WORD, 2, 64, HUGE)),
    "revert with an endless reason": (describe_revert, keccak256(b"Error(string)")[:4] + words(WORD, HUGE)),
    "RLP that claims 2^64 bytes": (rlp.decode_list, b"\xff" + b"\xff" * 8),
    "RLP in a thousand lists": (evm_header.decode_header, nested_lists(1_000)),
    "protobuf in five thousand messages": (comet_client_types.decode_client_header, protobuf_nesting(5_000)),
    "protobuf of a client in a thousand messages": (poa_evm_types.decode_client_state, protobuf_nesting(1_000)),
    "transaction in a thousand messages": (decode_transaction, protobuf_nesting(1_000)),
    "JSON in ten thousand lists": (decode_evidence, b"[" * 10_000),
    "JSON with a number of ten thousand digits": (decode_evidence, b'{"format": ' + b"9" * 10_000 + b"}"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_promise_of_much_takes_little(name: str) -> None:
    decode, raw = BOMBS[name]
    assert len(raw) <= 16 * 1024
    tracemalloc.start()
    try:
        decode(raw)
    except (RelayerError, InvalidInput):
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < MAXIMUM_BYTES
