"""The authority digest and the rules of its signatures, checked by independent libraries."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_abi import encode
from eth_account import Account
from eth_utils import keccak

from relayer.proofs.errors import ClientRefused, HeaderRefused, Refusal
from relayer.proofs.poa_evm.attestation import (
    AUTHORITY_TYPEHASH,
    ClientIdentity,
    authority_digest,
    check_quorum,
    recover_signer,
    sign_digest,
)
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine

IDENTITY = ClientIdentity(host_chain_id="settlement-1", host_genesis=bytes([1] * 32), client_id="poa-evm-0")
KEYS = [keccak(b"key %d" % number) for number in range(4)]
ADDRESSES = [bytes.fromhex(Account.from_key(key).address[2:]) for key in KEYS]
DIGEST = authority_digest(chain_id=1337, identity=IDENTITY, number=7, block_hash=bytes(31) + b"\7")


def test_the_digest_is_the_abi_encoding_of_its_fields() -> None:
    text = (
        b"BlockAttestation(uint256 chainId,string hostChainId,bytes32 hostGenesis,string clientId,uint64 number,"
        b"bytes32 blockHash)"
    )
    assert keccak(text) == AUTHORITY_TYPEHASH
    types = ["bytes32", "uint256", "bytes32", "bytes32", "bytes32", "uint64", "bytes32"]
    values = [keccak(text), 1337, keccak(b"settlement-1"), bytes([1] * 32), keccak(b"poa-evm-0"), 7, bytes(31) + b"\7"]
    assert keccak(encode(types, values)) == DIGEST


def test_the_digest_binds_every_field() -> None:
    good = {"chain_id": 1337, "identity": IDENTITY, "number": 7, "block_hash": bytes(32)}
    changes = [
        {"chain_id": 1338},
        {"identity": replace(IDENTITY, host_chain_id="settlement-2")},
        {"identity": replace(IDENTITY, host_genesis=bytes(32))},
        {"identity": replace(IDENTITY, client_id="poa-evm-1")},
        {"number": 8},
        {"block_hash": bytes(31) + b"\1"},
    ]
    digests = {authority_digest(**(good | change)) for change in [{}, *changes]}
    assert len(digests) == len(changes) + 1


def test_signatures_are_those_of_eth_account() -> None:
    for key, address in zip(KEYS, ADDRESSES, strict=True):
        ours = sign_digest(key, DIGEST)
        assert ours == bytes(Account.unsafe_sign_hash(DIGEST, key).signature)
        assert recover_signer(DIGEST, ours) == address


@pytest.mark.parametrize("size", [0, 64, 66])
def test_a_signature_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(HeaderRefused) as refused:
        recover_signer(DIGEST, bytes(size))
    assert refused.value.code is Refusal.SIGNATURE


def test_a_quorum_names_its_signers() -> None:
    signatures = [sign_digest(key, DIGEST) for key in KEYS[:3]]
    assert check_quorum(DIGEST, signatures, authorities=ADDRESSES, threshold=2) == frozenset(ADDRESSES[:3])


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": 0},
        {"threshold": 5},
        {"authorities": ()},
        {"authorities": tuple(sorted(ADDRESSES, reverse=True))},
        {"authorities": (ADDRESSES[0], ADDRESSES[0]), "threshold": 1},
        {"authorities": (bytes(20),), "threshold": 1},
        {"authorities": (bytes(19) + b"\1", bytes(21)), "threshold": 1},
    ],
)
def test_authorities_that_must_not_be_trusted_are_refused(change: dict[str, object]) -> None:
    good = AuthorityEngine(threshold=3, authorities=tuple(sorted(ADDRESSES)))
    good.check()
    with pytest.raises(ClientRefused) as refused:
        replace(good, **change).check()  # type: ignore[arg-type]
    assert refused.value.code is Refusal.PARAMETERS
