"""Files from strangers: evidence and trust, read strictly or refused in one class each.

FUZZ_EXAMPLES sets how many inputs each decoder gets.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relayer.evidence import strict_json
from relayer.evidence.codec import decode_evidence, encode_evidence
from relayer.evidence.errors import EvidenceRefused, Flaw, TrustRefused
from relayer.evidence.model import PacketEvidence
from relayer.evidence.trust import Trust, decode_trust, encode_trust
from relayer.evidence.verify import verify, verify_file
from relayer.light_clients.known import KNOWN

Json = dict[str, Any]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "500"))


def evidence_flaw(raw: bytes) -> Flaw:
    with pytest.raises(EvidenceRefused) as refused:
        decode_evidence(raw)
    return refused.value.flaw


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"format": NaN}',
        b'{"format": 1.0}',
        b"1" * 5_000,
        '{"format": "\ud800"}'.encode("utf-8", "surrogatepass"),
    ],
)
def test_what_is_no_file_is_refused(raw: bytes) -> None:
    assert evidence_flaw(raw) is Flaw.FORM
    with pytest.raises(TrustRefused):
        decode_trust(raw, KNOWN.trust_readers)


async def test_the_file_is_bounded(acknowledged: PacketEvidence, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = encode_evidence(acknowledged)
    monkeypatch.setattr(strict_json, "MAXIMUM_BYTES", len(raw) - 1)
    assert evidence_flaw(raw) is Flaw.FORM


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "interledger-trust"),
        (("version",), 2),
        (("version",), True),
        (("packet", "sequence"), 0),
        (("packet", "sequence"), -1),
        (("packet", "sequence"), 2**64),
        (("packet", "sequence"), True),
        (("packet", "sequence"), "7"),
        (("packet", "source_client"), "cl"),
        (("packet", "source_client"), "client-0\n"),
        (("packet", "source_client"), "c" * 2000),
        (("packet", "payload", "value"), "0x"),
        (("packet", "payload", "value"), "00"),
        (("packet", "payload", "value"), "0xAB"),
        (("packet", "payload", "value"), "0xabc"),
        (("packet", "payload", "value"), "0x" + "00" * 262_145),
        (("packet", "payload", "source_port"), "s"),
        (("acknowledgement",), "0x"),
        (("acknowledgement",), ["0x01"]),
        (("statements",), []),
        (("statements", 0, "claim"), "packet_lost"),
        (("statements", 0, "height"), 0),
    ],
)
async def test_what_is_out_of_range_is_refused(acknowledged: PacketEvidence, path: tuple[Any, ...], value: Any) -> None:
    document = json.loads(encode_evidence(acknowledged))
    at = document
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    assert evidence_flaw(json.dumps(document).encode()) is Flaw.FORM


async def test_unknown_and_doubled_fields_are_refused(acknowledged: PacketEvidence) -> None:
    raw = encode_evidence(acknowledged)
    document = json.loads(raw)
    assert evidence_flaw(json.dumps({**document, "note": "believe me"}).encode()) is Flaw.FORM
    document["packet"]["note"] = 1
    assert evidence_flaw(json.dumps(document).encode()) is Flaw.FORM
    assert evidence_flaw(raw.replace(b'"version": 1,', b'"version": 1, "version": 1,', 1)) is Flaw.FORM


def test_trust_is_read_as_it_was_written(trust: Trust) -> None:
    assert decode_trust(encode_trust(trust), KNOWN.trust_readers) == trust


def test_trust_in_another_order_is_the_same(trust: Trust) -> None:
    document = json.loads(encode_trust(trust))
    for name in ("authorities", "validator_sets"):
        for ledger in document["ledgers"]:
            if name in ledger:
                members = ledger[name] if name == "authorities" else ledger[name][0]
                members.reverse()
    assert decode_trust(json.dumps(document).encode(), KNOWN.trust_readers) == trust


def _trust_with(trust: Trust, ledger: int, **changes: Any) -> bytes:
    document = json.loads(encode_trust(trust))
    document["ledgers"][ledger] |= changes
    return json.dumps(document).encode()


KEY = "0x02" + "11" * 32


@pytest.mark.parametrize(
    ("ledger", "changes"),
    [
        (0, {"chain_id": "0"}),
        (0, {"chain_id": "01337"}),
        (0, {"chain_id": "-1"}),
        (0, {"chain_id": "٣"}),
        (0, {"chain_id": str(2**64)}),
        (0, {"chain_id": "settlement-1"}),
        (0, {"router": "0x" + "00" * 19}),
        (0, {"threshold": 0}),
        (0, {"threshold": 4}),
        (0, {"authorities": []}),
        (0, {"authorities": ["0x" + "11" * 20] * 3}),
        (0, {"authorities": ["0x" + "00" * 20] * 3}),
        (0, {"client_type": "08-wasm"}),
        (0, {"client_type": "07-tendermint"}),
        (0, {"client_type": ["poa-evm"]}),
        (0, {"client_id": "cl"}),
        (0, {"unknown": 1}),
        (1, {"validator_sets": []}),
        (1, {"validator_sets": [[]]}),
        (1, {"validator_sets": [[{"public_key": KEY, "power": 0}]]}),
        (1, {"validator_sets": [[{"public_key": KEY, "power": 2**61}]]}),
        (1, {"validator_sets": [[{"public_key": KEY, "power": 1}, {"public_key": KEY, "power": 2}]]}),
        (1, {"validator_sets": [[{"public_key": "0x04" + "11" * 32, "power": 1}]]}),
        (1, {"validator_sets": [[{"public_key": KEY[:-2], "power": 1}]]}),
        (1, {"validator_sets": [[{"public_key": KEY}]]}),
    ],
)
def test_trust_that_cannot_be_meant_is_refused(trust: Trust, ledger: int, changes: Json) -> None:
    with pytest.raises(TrustRefused):
        decode_trust(_trust_with(trust, ledger, **changes), KNOWN.trust_readers)


def test_trust_names_two_different_ledgers(trust: Trust) -> None:
    document = json.loads(encode_trust(trust))
    one, other = document["ledgers"]
    for ledgers in ([one], [one, one], [one, other, other], []):
        with pytest.raises(TrustRefused):
            decode_trust(json.dumps({**document, "ledgers": ledgers}).encode(), KNOWN.trust_readers)


@given(at=st.integers(0, 10**6), cut=st.integers(0, 8), put=st.binary(max_size=4))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_refused_or_proves_the_same(
    acknowledged: PacketEvidence, trust: Trust, at: int, cut: int, put: bytes
) -> None:
    """White space may change; nothing that is proven may."""
    raw = encode_evidence(acknowledged)
    at %= len(raw)
    try:
        verdict = verify_file(raw[:at] + put + raw[at + cut :], trust)
    except EvidenceRefused:
        return
    assert verdict == verify_file(raw, trust)


@given(
    statement=st.integers(0, 2),
    name=st.sampled_from(["header", "proof"]),
    at=st.integers(0, 10**6),
    cut=st.integers(0, 40),
    put=st.binary(max_size=40),
)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_headers_and_proofs_are_refused(
    *, acknowledged: PacketEvidence, trust: Trust, statement: int, name: str, at: int, cut: int, put: bytes
) -> None:
    statements = list(acknowledged.statements)
    raw: bytes = getattr(statements[statement], name)
    at %= len(raw)
    damaged = raw[:at] + put + raw[at + cut :]
    statements[statement] = replace(statements[statement], **{name: damaged})
    if damaged != raw:
        with pytest.raises(EvidenceRefused):
            verify(replace(acknowledged, statements=tuple(statements)), trust)


@given(at=st.integers(0, 10**6), cut=st.integers(0, 8), put=st.binary(max_size=4))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_trust_file_is_read_or_refused_with_a_typed_error(trust: Trust, at: int, cut: int, put: bytes) -> None:
    raw = encode_trust(trust)
    at %= len(raw)
    try:
        found = decode_trust(raw[:at] + put + raw[at + cut :], KNOWN.trust_readers)
    except TrustRefused:
        return
    assert decode_trust(encode_trust(found), KNOWN.trust_readers) == found


@given(raw=st.binary(max_size=200))
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_bytes_are_refused_with_a_typed_error(raw: bytes) -> None:
    with pytest.raises(EvidenceRefused):
        decode_evidence(raw)
    with pytest.raises(TrustRefused):
        decode_trust(raw, KNOWN.trust_readers)
