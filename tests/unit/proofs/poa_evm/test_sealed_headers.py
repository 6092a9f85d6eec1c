"""Headers of Aura, QBFT and IBFT 2.0, as real networks sealed them and as their nodes show them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
import rlp
from coincurve import PrivateKey
from eth_utils import keccak

from relayer.evidence.errors import EvidenceRefused, Flaw
from relayer.light_clients.poa_evm import EvmTrust, PoaEvm
from relayer.proofs.client import ClientIdentity
from relayer.proofs.errors import HeaderRefused, MalformedBytes
from relayer.proofs.poa_evm import evm_header
from relayer.proofs.poa_evm.attestation import address_of_key, authority_digest, sign_digest
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine
from relayer.proofs.poa_evm.types import SealedHeader, decode_header, encode_header
from tests.support.paths import TESTS

h = bytes.fromhex
NAMES = [
    "parentHash",
    "sha3Uncles",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "extraData",
]
NUMBERS = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp"}


def sealed(engine: str) -> list[dict[str, Any]]:
    headers = json.loads((TESTS / "vectors" / "sealed_headers.json").read_text())["headers"]
    return [each for each in headers if each["engine"] == engine]


def shown(raw: bytes) -> dict[str, Any]:
    """The fields that all nodes show alike."""
    fields = rlp.decode(raw)
    return {
        name: hex(int.from_bytes(value, "big")) if name in NUMBERS else "0x" + value.hex()
        for name, value in zip(NAMES, fields, strict=False)
    }


def as_open_ethereum(raw: bytes) -> dict[str, Any]:
    step, signature = rlp.decode(raw)[13:15]
    return shown(raw) | {
        "hash": "0x" + keccak(raw).hex(),
        "author": shown(raw)["miner"],
        "sealFields": ["0x" + rlp.encode(step).hex(), "0x" + rlp.encode(signature).hex()],
        "step": str(int.from_bytes(step, "big")),
        "signature": signature.hex(),
    }


def without(block: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in block.items() if name not in names}


def test_each_aura_header_has_the_hash_that_the_next_one_names() -> None:
    headers = [evm_header.decode_header(h(each["rlp"])) for each in sealed("aura")]
    linked = [(one, two) for one, two in pairwise(headers) if two.number == one.number + 1]
    assert len(linked) == 3
    for one, two in linked:
        assert two.parent_hash == one.hash


@pytest.mark.parametrize("made", sealed("aura"), ids=lambda each: f"{each['network']} {each['number']}")
def test_aura_headers_are_rebuilt_from_what_nodes_show(made: dict[str, Any]) -> None:
    raw = h(made["rlp"])
    block = as_open_ethereum(raw)
    step, signature = rlp.decode(raw)[13:15]
    nethermind = without(block, "sealFields") | {"step": "0x" + step.hex().lstrip("0"), "signature": "0x" + signature.hex()}
    answers = {
        "sealFields, encoded": without(block, "step", "signature"),
        "sealFields, not encoded": block | {"sealFields": ["0x" + step.hex(), "0x" + signature.hex()], "step": None},
        "step and signature of OpenEthereum": without(block, "sealFields"),
        "step and signature of Nethermind": nethermind,
        "zeros in mixHash and nonce": nethermind | {"mixHash": "0x" + "00" * 32, "nonce": "0x" + "00" * 8},
    }
    for name, answer in answers.items():
        header = evm_header.encode_block(answer)
        assert (header.encoding, header.hash) == (raw, keccak(raw)), name


def test_empty_steps_are_part_of_an_aura_header() -> None:
    common = rlp.decode(h(sealed("aura")[0]["rlp"]))[:13]
    signature = bytes(range(65))
    raw = rlp.encode([*common, 7, signature, [[6, signature]]])
    fields = ["0x" + rlp.encode(each).hex() for each in (7, signature, [[6, signature]])]
    block = shown(raw) | {"hash": "0x" + keccak(raw).hex(), "sealFields": fields}
    assert evm_header.encode_block(block).encoding == raw


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"sealFields": ["0x07", "0x"], "step": None}, MalformedBytes),
        ({"sealFields": None, "step": None}, MalformedBytes),
        ({"sealFields": None, "signature": None}, MalformedBytes),
        ({"sealFields": None, "step": "1"}, HeaderRefused),
        ({"sealFields": None, "step": "9" * 30}, MalformedBytes),
        ({"sealFields": None, "signature": "zz" * 65}, MalformedBytes),
        ({"sealFields": ["0x07"] * 4, "step": None}, MalformedBytes),
        ({"sealFields": "0x07", "step": None}, MalformedBytes),
        ({"gasUsed": "0x1"}, HeaderRefused),
    ],
)
def test_an_aura_answer_that_does_not_add_up_is_refused(
    change: dict[str, Any], refusal: type[HeaderRefused | MalformedBytes]
) -> None:
    good = without(as_open_ethereum(h(sealed("aura")[0]["rlp"])), "mixHash")
    with pytest.raises(refusal):
        evm_header.encode_block(good | change)


def qbft() -> tuple[bytes, bytes, dict[str, Any]]:
    """The header, what is hashed, and Besu's answer."""
    raw = h(sealed("qbft")[0]["rlp"])
    fields = rlp.decode(raw)
    extra = rlp.decode(fields[12])
    hashed = rlp.encode([*fields[:12], rlp.encode([*extra[:3], 0, []]), *fields[13:]])
    seal = {"mixHash": "0x" + fields[13].hex(), "nonce": "0x" + fields[14].hex()}
    return raw, hashed, shown(raw) | seal | {"hash": "0x" + keccak(hashed).hex()}


def test_a_besu_header_is_hashed_without_its_seals_and_round() -> None:
    raw, hashed, answer = qbft()
    header = evm_header.encode_block(answer)
    assert (header.encoding, header.hashed, header.hash) == (raw, hashed, keccak(hashed))
    assert header.hash != keccak(raw)
    assert evm_header.decode_header(header.hashed).hash == header.hash
    fields = rlp.decode(raw)
    extra = rlp.decode(fields[12])
    signed = rlp.encode([*fields[:12], rlp.encode([*extra[:3], extra[3], []]), *fields[13:]])
    assert keccak(signed).hex() == sealed("qbft")[0]["signed_digest"]


def test_a_besu_answer_with_the_hash_of_all_its_bytes_is_refused() -> None:
    raw, _, answer = qbft()
    with pytest.raises(HeaderRefused):
        evm_header.encode_block(answer | {"hash": "0x" + keccak(raw).hex()})


def test_evidence_has_no_seals_that_nothing_proves() -> None:
    """The trusted authorities sign a hash that leaves the seals out, so whoever has the file could change them unnoticed."""
    raw, hashed, _ = qbft()
    identity = ClientIdentity(host_chain_id="settlement-1", host_genesis=bytes([1] * 32), client_id="poa-evm-0")
    digest = authority_digest(chain_id=1337, identity=identity, number=7528, block_hash=keccak(hashed))
    trust = EvmTrust(
        chain_id="1337",
        router=bytes([9] * 20),
        engine=AuthorityEngine(threshold=1, authorities=(address_of_key(PrivateKey(bytes([3] * 32)).public_key),)),
    )
    full = encode_header(SealedHeader(header_rlp=raw, seals=(sign_digest(bytes([3] * 32), digest),)))
    with pytest.raises(EvidenceRefused) as refused:
        trust.believe(full, identity)
    assert refused.value.flaw is Flaw.HEADER
    kept = PoaEvm().evidence_header(full)
    assert decode_header(kept).header_rlp == hashed
    assert PoaEvm().evidence_header(kept) == kept


ISTANBUL_EXTRA = bytes(32) + h(
    "f89af8549444add0ec310f115a0e603b2d7db9f067778eaf8a94294fc7e8f22b3bcdcf955dd7ff3ba2ed833f8212946beaaed781d2d2ab6350f5c4566a"
    "2c6eaac407a6948be76812f765c24641ec63dc2852b378aba2b440b841" + "00" * 65 + "c0"
)
"""Extra data of Istanbul BFT, and the hash of a header that has it and zeros beside, from `core/types/istanbul_test.go` of
GoQuorum (public test data)."""
ISTANBUL_HASH = h("cefefd3ade63a5955bca4562ed840b67f39e74df217f7e5f7241a6e9552cca70")
ISTANBUL_MIX = h("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")


def istanbul(extra: bytes) -> dict[str, Any]:
    """What GoQuorum shows of such a header."""
    fields = [bytes(32), bytes(32), bytes(20), *[bytes(32)] * 3, bytes(256), *[b""] * 5, extra, ISTANBUL_MIX, bytes(8)]
    seal = {"mixHash": "0x" + ISTANBUL_MIX.hex(), "nonce": "0x" + bytes(8).hex()}
    return shown(rlp.encode(fields)) | seal | {"hash": "0x" + ISTANBUL_HASH.hex()}


def test_a_header_of_istanbul_bft_has_the_hash_that_goquorum_gives_it() -> None:
    sealless = evm_header.encode_block(istanbul(ISTANBUL_EXTRA))
    assert (sealless.hash, sealless.hashed) == (ISTANBUL_HASH, sealless.encoding)
    validators, seal, _ = rlp.decode(ISTANBUL_EXTRA[32:])
    committed = ISTANBUL_EXTRA[:32] + rlp.encode([validators, seal, [bytes(range(65)), bytes(65)]])
    header = evm_header.encode_block(istanbul(committed))
    assert (header.hash, header.hashed) == (ISTANBUL_HASH, sealless.encoding)
    assert header.encoding != header.hashed
    with pytest.raises(HeaderRefused):
        evm_header.encode_block(istanbul(ISTANBUL_EXTRA + b"\1\2\3"))
