"""Addresses and signed bytes, against BIP-173's vectors and another implementation of the SDK's transactions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from cosmpy.aerial.tx import SigningCfg, Transaction, TxFee
from cosmpy.crypto.address import Address
from cosmpy.crypto.keypairs import PrivateKey
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from relayer.errors import ConfigurationError, FeeCapExceeded, InvalidInput
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
    assert bech32.decode(text) == (prefix, bytes.fromhex(data))
    assert bech32.encode(prefix, bytes.fromhex(data)) == text.lower()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "pzry9x0s0muk",
        "1pzry9x0s0muk",
        "x1b4n0q5v",
        "li1dgmt3",
        "A1G7SGD8",
        "a12UEL5L",
        "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal5",
        "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal",
        "cösmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4",
        "a1" + "q" * 300,
    ],
)
def test_what_is_no_bech32_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="address"):
        bech32.decode(text)


def test_a_group_of_bits_too_many_is_another_form_of_the_same_bytes() -> None:
    words = [0] * 9  # 45 bits: five bytes and a group that says nothing
    polymod = bech32._polymod([*bech32._expanded("a"), *words, *[0] * 6]) ^ 1
    checksum = [polymod >> 5 * (5 - place) & 31 for place in range(6)]
    text = "a1" + "".join(bech32._ALPHABET[word] for word in (*words, *checksum))
    with pytest.raises(InvalidInput, match="not the one bech32 form"):
        bech32.decode(text)


@given(prefix=st.from_regex(r"[a-z][a-z0-9]{0,10}", fullmatch=True), data=st.binary(max_size=64))
def test_addresses_read_back(prefix: str, data: bytes) -> None:
    assert bech32.decode(bech32.encode(prefix, data)) == (prefix, data)


@given(text=st.text(max_size=80))
def test_no_text_raises_anything_but_the_typed_refusal(text: str) -> None:
    try:
        prefix, data = bech32.decode(text)
    except InvalidInput:
        return
    assert bech32.encode(prefix, data) == text.lower()


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
