"""Time and memory of each decoder of bytes that others chose, on the worst inputs known at its limit of size.

``python -m tests.support.decoders`` measures them and prints JSON (``--slow`` those that take long), ``--table`` prints the
table of docs/limits.md. Each input is decoded in a process of its own, so that memory is what the decoder took, libraries in
C included. Needs Linux.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import process_time

from relayer.codes.limits import (
    MAXIMUM_DEBTS,
    MAXIMUM_EVM_HEADER_BYTES,
    MAXIMUM_FACTS,
    MAXIMUM_PARTIES,
    MAXIMUM_PAYLOAD_BYTES,
    MAXIMUM_TRIE_NODE_BYTES,
    MAXIMUM_TRIE_NODES,
    MAXIMUM_UPDATES,
)
from relayer.commands import fact_file
from relayer.config import document
from relayer.errors import RelayerError
from relayer.evidence import strict_json
from relayer.evidence.codec import decode_evidence
from relayer.facts.codec import decode_answers, decode_packet_data
from relayer.facts.status_codec import decode_status_packet
from relayer.iso20022 import documents
from relayer.iso20022.camt import read_report
from relayer.ledgers.embedded.host.transactions import MAXIMUM_TRANSACTION_BYTES, decode_transaction
from relayer.ledgers.evm.calls import read_multicall
from relayer.ledgers.evm.rpc import MAXIMUM_ANSWER_BYTES
from relayer.ledgers.nodes.answers import MAXIMUM_VALUES, require_few_values
from relayer.ledgers.served.bounds import STRANGERS_BYTES
from relayer.messages.ledger import batch_from_message
from relayer.messages.packets import MAXIMUM_BYTES as MAXIMUM_PACKET_BYTES
from relayer.messages.packets import decode_packet
from relayer.proofs import ics23
from relayer.proofs.comet import client_types
from relayer.proofs.keccak import keccak256
from relayer.proofs.poa_evm import evm_header, mpt, rlp, types
from relayer.settlement.log import MAXIMUM_BYTES as MAXIMUM_LOG_BYTES
from relayer.settlement.log import decode_command
from relayer.settlement.netting import certificate
from relayer.testing.factories import a_fact, a_fact_payload
from relayer.wire.interledger.adapter.v1 import adapter_pb2

MEBIBYTE = 1 << 20
SLOW = ("answer of a node (JSON)", "facts to be minted (JSON)", "bank statement (camt XML)", "settings (YAML)")
"""They take many seconds at their limit; only ``make test-long`` measures them."""
CAMT = Path(__file__).parents[1] / "vectors" / "iso20022" / "camt.054.xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoder:
    """`inputs` make the worst bytes known, at most `limit` of them. `seconds` of processor time and `mebibytes` bound it,
    several times what was measured."""

    name: str
    limit: int
    decode: Callable[[bytes], object]
    inputs: tuple[Callable[[], bytes], ...]
    seconds: float
    mebibytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The worst of its inputs."""

    seconds: float
    mebibytes: float


def repeated(item: bytes, limit: int, *, before: bytes = b"", after: bytes = b"") -> bytes:
    """As many items as fit."""
    return before + item * ((limit - len(before) - len(after)) // len(item)) + after


def _nested(limit: int) -> bytes:
    """RLP lists in lists."""
    raw = b""
    while len(deeper := rlp.encode_list([raw])) <= limit and len(raw) < 4_000:
        raw = deeper
    return raw


def _storage_proof() -> tuple[list[bytes], bytes]:
    """As many full branch nodes below each other as a path has digits, and their root."""
    path = keccak256(bytes(32)).hex()
    child = rlp.encode_list([rlp.encode_bytes(b"\x20"), rlp.encode_bytes(rlp.encode_bytes(b"\x01"))])
    nodes: list[bytes] = []
    for digit in reversed(path):
        items = [rlp.encode_bytes(keccak256(bytes([number]))) for number in range(16)] + [rlp.encode_bytes(b"")]
        items[int(digit, 16)] = rlp.encode_bytes(keccak256(child)) if len(child) >= 32 else child
        child = rlp.encode_list(items)
        nodes.insert(0, child)
    return nodes, keccak256(nodes[0])


def _walk(_: bytes) -> object:
    nodes, root = _storage_proof()
    for _ in range(10):
        mpt._items_of.cache_clear() if hasattr(mpt._items_of, "cache_clear") else None
        try:
            mpt.verify_storage(nodes, storage_root=root, slot=bytes(32))
        except RelayerError:
            continue
    return None


def _field(number: int, content: bytes) -> bytes:
    """A protobuf field of bytes."""
    length, size = len(content), b""
    while length >= 0x80:
        size += bytes([length & 0x7F | 0x80])
        length >>= 7
    return bytes([number << 3 | 2]) + size + bytes([length]) + content


def _deep(limit: int) -> bytes:
    """Messages in messages, as deep as protobuf reads them."""
    raw = b""
    for _ in range(90):
        raw = _field(1, raw)
    return repeated(raw, limit)


def _certificate() -> bytes:
    counts = struct.pack(">II", MAXIMUM_PARTIES, MAXIMUM_DEBTS)
    return b"interledger.netting.certificate.v1" + bytes(32) + counts + b"\x7f" * (8 * MAXIMUM_PARTIES + 16 * MAXIMUM_DEBTS)


def _bank_report() -> bytes:
    text = CAMT.read_bytes()
    start, end = text.index(b"<Ntry>"), text.rindex(b"</Ntry>") + len(b"</Ntry>")
    return repeated(text[start:end], documents.MAXIMUM_BYTES, before=text[:start], after=text[end:])


def _small_elements() -> bytes:
    text = CAMT.read_bytes()
    at = text.index(b"<Ntry>")
    return repeated(b"<a/>", documents.MAXIMUM_BYTES, before=text[:at], after=text[at:])


def _configuration(raw: bytes) -> object:
    with tempfile.NamedTemporaryFile() as stream:
        stream.write(raw)
        stream.flush()
        return document.read_document(Path(stream.name))


def _fact_file(raw: bytes) -> object:
    with tempfile.NamedTemporaryFile() as stream:
        stream.write(raw)
        stream.flush()
        return fact_file.read_facts(Path(stream.name))


def _answer(raw: bytes) -> object:
    require_few_values(raw)
    return json.loads(raw)


def _words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(32, "big") for number in numbers)


def _submission(raw: bytes) -> object:
    request = adapter_pb2.SubmitRequest()
    request.ParseFromString(raw)
    return batch_from_message(request)


COMET_MESSAGE = client_types._MAXIMUM_MESSAGE_BYTES
COMET_SIGNATURE = _field(2, _field(4, b"\x08\x02" + _field(2, bytes(20)) + _field(4, bytes(64))))
POA_MESSAGE = types._MAXIMUM_MESSAGE_BYTES
YAML_BYTES = document._MAXIMUM_BYTES
YAML_PARTS = document._MAXIMUM_PARTS
FACT_FILE_BYTES = fact_file._MAXIMUM_BYTES

DECODERS = (
    Decoder(
        name="RLP header of an EVM block",
        limit=MAXIMUM_EVM_HEADER_BYTES,
        decode=evm_header.decode_header,
        inputs=(
            lambda: rlp.encode_list([b"\x01" * (MAXIMUM_EVM_HEADER_BYTES - 4)]),
            lambda: _nested(MAXIMUM_EVM_HEADER_BYTES),
        ),
        seconds=0.5,
        mebibytes=16,
    ),
    Decoder(
        name="Merkle-Patricia proof, ten times",
        limit=MAXIMUM_TRIE_NODES * MAXIMUM_TRIE_NODE_BYTES,
        decode=_walk,
        inputs=(lambda: b"".join(_storage_proof()[0]),),
        seconds=1,
        mebibytes=16,
    ),
    Decoder(
        name="ICS-23 proof (IAVL and store)",
        limit=ics23.MAXIMUM_PROOF_BYTES,
        decode=lambda raw: ics23.verify_membership(raw, root=bytes(32), path=(b"ibc", b"key"), value=b"value"),
        inputs=(
            lambda: repeated(_field(1, b""), ics23.MAXIMUM_PROOF_BYTES),
            lambda: _deep(ics23.MAXIMUM_PROOF_BYTES),
            lambda: _field(1, _field(1, repeated(_field(4, b"\x08\x01"), ics23.MAXIMUM_PROOF_BYTES - 16))),
        ),
        seconds=2,
        mebibytes=128,
    ),
    Decoder(
        name="CometBFT header with its validator sets",
        limit=COMET_MESSAGE,
        decode=client_types.decode_client_header,
        inputs=(
            lambda: _field(1, _field(2, repeated(COMET_SIGNATURE[2:], COMET_MESSAGE - 32))),
            lambda: _field(2, repeated(_field(1, b""), COMET_MESSAGE - 32)),
            lambda: _deep(COMET_MESSAGE),
        ),
        seconds=10,
        mebibytes=512,
    ),
    Decoder(
        name="sealed header of an EVM ledger",
        limit=POA_MESSAGE,
        decode=types.decode_header,
        inputs=(
            lambda: repeated(_field(2, b""), POA_MESSAGE),
            lambda: repeated(_field(3, b""), POA_MESSAGE),
            lambda: _deep(POA_MESSAGE),
        ),
        seconds=1,
        mebibytes=64,
    ),
    Decoder(
        name="facts of a packet",
        limit=MAXIMUM_PAYLOAD_BYTES,
        decode=decode_packet_data,
        inputs=(
            lambda: a_fact_payload(*(a_fact(number) for number in range(1, MAXIMUM_FACTS + 1))).value,
            lambda: _words(32, 1, 0, 96, (MAXIMUM_PAYLOAD_BYTES // 32) - 6) + b"\xff" * (MAXIMUM_PAYLOAD_BYTES - 192),
        ),
        seconds=0.5,
        mebibytes=32,
    ),
    Decoder(
        name="answers to facts, and news of liabilities",
        limit=MAXIMUM_PAYLOAD_BYTES,
        decode=lambda raw: [_tried(decode, raw) for decode in (decode_answers, decode_status_packet)],
        inputs=(
            lambda: _words(32, MAXIMUM_UPDATES) + b"\xff" * (MAXIMUM_PAYLOAD_BYTES - 64),
            lambda: _words(32, 1, 0, 96, MAXIMUM_UPDATES) + b"\x00" * (MAXIMUM_PAYLOAD_BYTES - 160),
        ),
        seconds=0.5,
        mebibytes=32,
    ),
    Decoder(
        name="packet of a host",
        limit=MAXIMUM_PACKET_BYTES,
        decode=decode_packet,
        inputs=(
            lambda: repeated(_field(5, b""), MAXIMUM_PACKET_BYTES),
            lambda: _field(5, _field(5, bytes(MAXIMUM_PACKET_BYTES - 16))),
        ),
        seconds=2,
        mebibytes=256,
    ),
    Decoder(
        name="transaction of the embedded ledger",
        limit=MAXIMUM_TRANSACTION_BYTES,
        decode=decode_transaction,
        inputs=(
            lambda: (
                _field(1, b"/ibc.core.channel.v2.MsgSendPacket")
                + _field(2, repeated(_field(4, b""), MAXIMUM_TRANSACTION_BYTES - 64))
            ),
            lambda: _deep(MAXIMUM_TRANSACTION_BYTES),
        ),
        seconds=2,
        mebibytes=256,
    ),
    Decoder(
        name="gRPC: submission of a stranger",
        limit=STRANGERS_BYTES,
        decode=_submission,
        inputs=(
            lambda: repeated(_field(3, b""), STRANGERS_BYTES),
            lambda: repeated(_field(3, _field(1, _field(1, b"\x08\x01"))), STRANGERS_BYTES),
        ),
        seconds=10,
        mebibytes=512,
    ),
    Decoder(
        name="command of a party (gRPC, log)",
        limit=MAXIMUM_LOG_BYTES,
        decode=decode_command,
        inputs=(lambda: repeated(_field(1, b""), MEBIBYTE), lambda: _deep(MEBIBYTE)),
        seconds=2,
        mebibytes=256,
    ),
    Decoder(
        name="netting certificate",
        limit=len(b"interledger.netting.certificate.v1") + 40 + 8 * MAXIMUM_PARTIES + 16 * MAXIMUM_DEBTS,
        decode=certificate.decode,
        inputs=(_certificate,),
        seconds=5,
        mebibytes=256,
    ),
    Decoder(
        name="results of an EVM multicall",
        limit=MEBIBYTE,
        decode=lambda raw: read_multicall(raw, 2, 1_000),
        inputs=(lambda: _words(32, 2, 64, 64) + b"\xff" * (MEBIBYTE - 128),),
        seconds=0.5,
        mebibytes=32,
    ),
    Decoder(
        name="evidence and trust files (JSON)",
        limit=strict_json.MAXIMUM_BYTES,
        decode=decode_evidence,
        inputs=(
            lambda: repeated(b"[],", strict_json.MAXIMUM_BYTES, before=b"[", after=b"1]"),
            lambda: b"[" * strict_json.MAXIMUM_BYTES,
        ),
        seconds=10,
        mebibytes=1_024,
    ),
    Decoder(
        name="answer of a node (JSON)",
        limit=MAXIMUM_ANSWER_BYTES,
        decode=_answer,
        inputs=(
            lambda: repeated(b"[],", MAXIMUM_ANSWER_BYTES, before=b"[", after=b"1]"),
            lambda: b"[" + b"[]," * (MAXIMUM_VALUES // 2 - 2) + b"1]",
            lambda: b"[" + b'{"a":0},' * (MAXIMUM_VALUES // 2 - 2) + b"1]",
            lambda: b"[" + b'"ab",' * (MAXIMUM_VALUES - 2) + b"1]",
            lambda: b'{"a":"' + b"\\ud83d\\ude00" + bytes([120]) * (MAXIMUM_ANSWER_BYTES - 32) + b'"}',
        ),
        seconds=10,
        mebibytes=768,
    ),
    Decoder(
        name="facts to be minted (JSON)",
        limit=FACT_FILE_BYTES,
        decode=_fact_file,
        inputs=(
            lambda: repeated(b"{},", FACT_FILE_BYTES, before=b"[", after=b"{}]"),
            lambda: b"[" + b"{}," * 99_999 + b"{}]",
        ),
        seconds=120,
        mebibytes=8_192,
    ),
    Decoder(
        name="bank statement (camt XML)",
        limit=documents.MAXIMUM_BYTES,
        decode=read_report,
        inputs=(_bank_report, _small_elements, lambda: b"<a>" * (documents.MAXIMUM_BYTES // 3)),
        seconds=30,
        mebibytes=1_024,
    ),
    Decoder(
        name="settings (YAML)",
        limit=YAML_BYTES,
        decode=_configuration,
        inputs=(
            lambda: repeated(b"- a\n", YAML_BYTES, before=b"ledgers:\n"),
            lambda: repeated(b"[", YAML_BYTES, before=b"ledgers: "),
            lambda: b"a: " + b"x" * (YAML_BYTES - 8),
            lambda: repeated(b"- a\n", 4 * YAML_PARTS - 64, before=b"ledgers:\n"),
            lambda: b"ledgers: [" + b"a," * (YAML_PARTS - 4) + b"]",
            lambda: repeated(b"#\n", YAML_BYTES, after=b"a: 1"),
            lambda: repeated(b"\\x41", YAML_BYTES, before=b'a: "', after=b'"'),
        ),
        seconds=30,
        mebibytes=128,
    ),
)


def _tried(decode: Callable[[bytes], object], raw: bytes) -> object:
    try:
        return decode(raw)
    except RelayerError:
        return None


def measure(decoder: Decoder) -> Measured:
    """The worst of its inputs, each in a process of its own. Raises AssertionError for an input above the limit."""
    found = [_in_a_process(decoder, make) for make in decoder.inputs]
    return Measured(seconds=max(each.seconds for each in found), mebibytes=max(each.mebibytes for each in found))


def _in_a_process(decoder: Decoder, make: Callable[[], bytes]) -> Measured:
    read, write = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.write(write, json.dumps(_measured(decoder, make())).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        answer = stream.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, f"{decoder.name}: the process ended with {status}"
    seconds, mebibytes = json.loads(answer)
    return Measured(seconds=seconds, mebibytes=mebibytes)


def _measured(decoder: Decoder, raw: bytes) -> tuple[float, float]:
    assert len(raw) <= decoder.limit, f"{decoder.name}: {len(raw)} bytes"
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts at what there is now
    before, started = _memory("VmRSS"), process_time()
    _tried(decoder.decode, raw)
    return process_time() - started, _memory("VmHWM") - before


def _memory(name: str) -> float:
    (line,) = [each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith(name + ":")]
    return int(line.split()[1]) / 1024


def table() -> str:
    """The table of the page: limits and bounds, not measurements, which differ from machine to machine."""
    lines = ["| decoder | bytes at most | seconds at most | MiB at most |", "|---|---|---|---|"]
    lines += [f"| {each.name} | {each.limit:,} | {each.seconds:g} | {each.mebibytes:,} |" for each in DECODERS]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if "--table" in sys.argv:
        sys.stdout.write(table())
    else:
        for each in DECODERS:
            if (each.name in SLOW) != ("--slow" in sys.argv):
                continue
            one = measure(each)
            sys.stdout.write(json.dumps({"name": each.name, "seconds": one.seconds, "mebibytes": one.mebibytes}) + "\n")
            sys.stdout.flush()
