"""Addresses and signed bytes, against BIP-173's vectors and another implementation of the SDK's transactions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from cosmpy.aerial.tx import SigningCfg, Transaction, TxFee
from cosmpy.crypto.address import Address
from cosmpy.crypto.keypairs import PrivateKey
from eth_account import Account

from relayer.errors import ConfigurationError, FeeCapExceeded
from relayer.keystore import account_from_key
from relayer.ledgers.cosmos import bech32
from relayer.ledgers.cosmos.account import CosmosAccount, governance_address
from relayer.ledgers.cosmos.fees import FeePolicy, parse_gas_price
from relayer.ledgers.cosmos.signing import Terms, framed, sign
from relayer.wire.cosmos_protos import client_tx

KEY = "3c" * 32
SPLIT = "c5f38b70305f519bf66d85fb6cf03058f3dde463ecd7918f2dc743918f2d"
Account.enable_unaudited_hdwallet_features()


def test_the_address_that_every_wallet_shows_for_the_best_known_mnemonic() -> None:
    mnemonic = "abandon " * 11 + "about"
    key = Account.from_mnemonic(mnemonic, account_path="m/44'/118'/0'/0/0").key
    account = CosmosAccount(account_from_key(key.hex()), prefix="cosmos")
    assert account.address == "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4"


@pytest.mark.parametrize("prefix", ["cosmos", "osmo", "a1b2"])
def test_addresses_are_those_of_another_implementation(prefix: str) -> None:
    account = CosmosAccount(account_from_key(KEY), prefix=prefix)
    assert account.address == str(Address(PrivateKey(bytes.fromhex(KEY)).public_key, prefix))


def test_governance_has_the_address_that_all_chains_with_the_prefix_share() -> None:
    assert governance_address("cosmos") == "cosmos10d07y265gmmuvt4z0w9aw880jnsr700j6zn9kn"


@pytest.mark.parametrize("prefix", ["", "Cosmos", "1cosmos", "cos mos", "c" * 33])
def test_a_prefix_that_no_chain_has_is_refused(prefix: str) -> None:
    with pytest.raises(ConfigurationError, match="bech32 prefix"):
        CosmosAccount(account_from_key(KEY), prefix=prefix)


def test_the_key_shows_nowhere() -> None:
    account = CosmosAccount(account_from_key(KEY), prefix="cosmos")
    assert KEY not in repr(account) + str(vars(account))


@pytest.mark.parametrize(
    ("text", "prefix", "data"),
    [
        ("A12UEL5L", "a", ""),
        ("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef", "00443214c74254b635cf84653a56d7c675be77df"),
        ("split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", "split", SPLIT),
    ],
)
def test_bip_173_vectors(text: str, prefix: str, data: str) -> None:
    assert bech32.encode(prefix, bytes.fromhex(data)) == text.lower()


def test_signed_bytes_are_those_of_another_implementation() -> None:
    account = CosmosAccount(account_from_key(KEY), prefix="cosmos")
    message = client_tx.MsgDeleteClientCreator(client_id="poa-evm-7", signer=account.address)
    terms = Terms(
        chain_id="settlement-1",
        account_number=12,
        sequence=345,
        gas=210_000,
        fee=5_250,
        denomination="stake",
        timeout_height=9_876,
    )
    ours = sign([framed(message), framed(message)], account, terms)

    key = PrivateKey(bytes.fromhex(KEY))
    other = Transaction()
    other.add_message(message)
    other.add_message(message)
    other.seal(
        SigningCfg.direct(key.public_key, 345), fee=TxFee(amount="5250stake", gas_limit=210_000), timeout_height=9_876
    )
    other.sign(key, "settlement-1", 12, deterministic=True)
    other.complete()
    assert ours.raw == other.tx.SerializeToString()


def test_fees_are_exact_and_rounded_up() -> None:
    price, denomination = parse_gas_price("0.025stake")
    assert (price, denomination) == (Fraction(1, 40), "stake")
    policy = FeePolicy(price=price, denomination=denomination, cap=100)
    assert [policy.fee(gas) for gas in (0, 1, 40, 41, 4_000)] == [0, 1, 1, 2, 100]
    with pytest.raises(FeeCapExceeded, match=r"4001 gas costs 101 stake, the cap is 100"):
        policy.fee(4_001)


@pytest.mark.parametrize("text", ["", "stake", "0.025", "-1stake", "1,5stake", "0.025 stake", ".5stake", "1st"])
def test_a_gas_price_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="gas price"):
        parse_gas_price(text)
