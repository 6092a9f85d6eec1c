"""Signed transactions are, byte for byte, those that eth-account signs."""

from __future__ import annotations

import random

import pytest
from eth_account import Account

from relayer.keystore import account_from_key
from relayer.ledgers.evm.fees import Offer
from relayer.ledgers.evm.signing import sign_transaction
from relayer.proofs.evm_address import checksum_address

OFFERS = {
    "zero": (Offer(price=0), {"gasPrice": 0}),
    "legacy": (Offer(price=20_000_000_000), {"gasPrice": 20_000_000_000}),
    "dynamic": (
        Offer(price=3_000_000_000, tip=1),
        {"type": 2, "maxFeePerGas": 3_000_000_000, "maxPriorityFeePerGas": 1},
    ),
    "dynamic without tip": (Offer(price=7, tip=0), {"type": 2, "maxFeePerGas": 7, "maxPriorityFeePerGas": 0}),
}


@pytest.mark.parametrize("name", OFFERS)
@pytest.mark.parametrize("creates", [False, True], ids=["call", "create"])
def test_signed_bytes_are_those_of_eth_account(name: str, creates: bool) -> None:
    offer, fields = OFFERS[name]
    chance = random.Random(name)
    for nonce in (0, 1, 127, 128, 300):
        key = chance.randbytes(32)
        to, calldata = None if creates else chance.randbytes(20), chance.randbytes(chance.randrange(100))
        chain_id, gas = chance.choice([1, 1337, 508674158]), 21_000 + nonce
        expected = {"chainId": chain_id, "nonce": nonce, "gas": gas, "value": 0, "data": calldata, **fields}
        if to is not None:
            expected["to"] = checksum_address(to)
        account = account_from_key(key.hex())
        raw = sign_transaction(account, chain_id=chain_id, nonce=nonce, offer=offer, gas=gas, to=to, calldata=calldata)
        assert raw == bytes(Account.from_key(key).sign_transaction(expected).raw_transaction)
