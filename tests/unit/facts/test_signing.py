"""Signed facts: the digest and the signature are those of EIP-712 as another implementation makes them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak

from relayer.errors import InvalidInput
from relayer.facts.codec import fact_hash, fact_id
from relayer.facts.schema import Fact, party_id
from relayer.facts.signing import (
    SignedFacts,
    contract_of_system,
    issuer_of_key,
    ledger_identity,
    recover_issuer,
    sign_facts,
    signing_digest,
)
from relayer.facts.ways import Way

KEY = bytes.fromhex("4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318")
ISSUER = issuer_of_key(KEY)
CHAIN_ID = 1337
SYSTEM = "bookings"
CONTRACT = contract_of_system(SYSTEM)
LEDGER = ledger_identity("settlement-1", bytes(range(32)))
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def fact(sequence: int, *, net: int = 1840) -> Fact:
    return Fact(
        fact_id=fact_id(CHAIN_ID, CONTRACT, ISSUER, sequence),
        schema=1,
        kind=2,
        category=1,
        creditor=party_id("DE*KCS"),
        debtor=party_id("DE*NBM"),
        currency=b"EUR",
        exponent=2,
        net=net,
        tax=350,
        service_end=1_790_000_000,
        due_date=1_795_000_000,
        issuer_sequence=sequence,
        related_fact=bytes(32),
        document_hash=keccak(text=f"document {sequence}"),
    )


def signed(**changes: object) -> SignedFacts:
    terms: dict[str, object] = {
        "way": Way.PUSHED,
        "chain_id": CHAIN_ID,
        "contract": CONTRACT,
        "facts": (fact(1), fact(2)),
        "object_ids": ("trip/1", "Fahrt ü2"),
        "system": SYSTEM,
        **changes,
    }
    return sign_facts(KEY, LEDGER, **terms)  # type: ignore[arg-type]


def typed_data(facts: SignedFacts) -> dict[str, object]:
    """The same as eth_account takes it."""
    objects = keccak(b"".join(keccak(text=each) for each in facts.object_ids)) if facts.object_ids else bytes(32)
    return {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "salt", "type": "bytes32"},
            ],
            "Facts": [
                {"name": "way", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "contract", "type": "address"},
                {"name": "system", "type": "string"},
                {"name": "rules", "type": "bytes32"},
                {"name": "factHashes", "type": "bytes32[]"},
                {"name": "objects", "type": "bytes32"},
            ],
        },
        "primaryType": "Facts",
        "domain": {"name": "Interledger settlement", "version": "1", "salt": keccak(LEDGER)},
        "message": {
            "way": str(facts.way),
            "chainId": facts.chain_id,
            "contract": "0x" + facts.contract.hex(),
            "system": facts.system,
            "rules": facts.rules or bytes(32),
            "factHashes": [fact_hash(each) for each in facts.facts],
            "objects": objects,
        },
    }


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"way": Way.PULLED, "rules": keccak(b"rules"), "system": "", "object_ids": ()},
        {"facts": (fact(1),), "object_ids": ("",)},
        {"chain_id": 2**256 - 1, "contract": b"\xff" * 20, "object_ids": ()},
    ],
    ids=["pushed", "pulled by rules", "an empty object id", "the largest chain id"],
)
def test_the_signature_is_the_one_that_eth_account_makes(changes: dict[str, object]) -> None:
    ours = signed(**changes)
    theirs = Account.sign_message(encode_typed_data(full_message=typed_data(ours)), KEY)

    assert signing_digest(LEDGER, ours) == bytes(theirs.message_hash)
    assert ours.signature == bytes(theirs.signature)
    assert recover_issuer(LEDGER, ours) == ours.issuer == bytes.fromhex(Account.from_key(KEY).address[2:])


@pytest.mark.parametrize(
    "changes",
    [
        {"way": Way.PULLED},
        {"chain_id": 1},
        {"contract": contract_of_system("other")},
        {"system": "other"},
        {"rules": keccak(b"rules")},
        {"facts": (fact(2), fact(1))},
        {"facts": (fact(1), fact(2, net=1841))},
        {"facts": (fact(1),), "object_ids": ("trip/1",)},
        {"object_ids": ("Fahrt ü2", "trip/1")},
        {"object_ids": ()},
    ],
    ids=["way", "chain", "contract", "system", "rules", "order", "amount", "one left out", "swapped ids", "no ids"],
)
def test_whoever_changes_a_signed_request_is_not_its_issuer(changes: dict[str, object]) -> None:
    assert recover_issuer(LEDGER, replace(signed(), **changes)) != ISSUER  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "other",
    [ledger_identity("settlement-1", bytes(32)), ledger_identity("settlement-2", bytes(range(32)))],
    ids=["another first block", "another chain id"],
)
def test_a_signature_counts_on_one_ledger_alone(other: bytes) -> None:
    assert recover_issuer(other, signed()) != ISSUER


def test_no_ids_and_empty_ids_are_signed_differently() -> None:
    assert signed(object_ids=()).signature != signed(object_ids=("", "")).signature


def test_any_other_form_of_a_signature_is_refused() -> None:
    request = signed()
    signature = request.signature
    high_s = (ORDER - int.from_bytes(signature[32:64], "big")).to_bytes(32, "big")
    malleable = signature[:32] + high_s + bytes([55 - signature[64]])
    # Another implementation takes this one for the issuer's.
    assert Account.recover_message(encode_typed_data(full_message=typed_data(request)), signature=malleable) == (
        Account.from_key(KEY).address
    )
    for wrong in (
        malleable,
        signature[:64] + bytes([signature[64] - 27]),
        signature[:64] + b"\x1d",
        signature[:64],
        signature + b"\0",
        b"",
        bytes(64) + b"\x1b",
        b"\xff" * 32 + signature[32:],
    ):
        with pytest.raises(InvalidInput, match="signature"):
            recover_issuer(LEDGER, replace(request, signature=wrong))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"way": Way.INTERLEDGER}, "pushed or pulled"),
        ({"chain_id": 0}, "chain id"),
        ({"contract": bytes(19)}, "20 bytes"),
        ({"facts": (), "object_ids": ()}, "1 to 1000 facts"),
        ({"facts": (fact(1),) * 1001, "object_ids": ()}, "1 to 1000 facts"),
        ({"object_ids": ("trip/1",)}, "1 object ids for 2 facts"),
        ({"object_ids": ("ü" * 32 + "x", "")}, "more than 64 bytes"),
        ({"system": "s" * 65}, "more than 64 bytes"),
        ({"rules": bytes(31)}, "31 bytes"),
        ({"rules": bytes(32)}, "is zero"),
    ],
)
def test_what_no_ledger_takes_is_not_made(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        replace(signed(), **changes)  # type: ignore[arg-type]


def test_a_ledger_is_identified_by_its_first_block() -> None:
    for chain_id, genesis in (("settlement-1", b""), ("", bytes(32))):
        with pytest.raises(InvalidInput, match="first block"):
            ledger_identity(chain_id, genesis)
