"""A Cosmos SDK chain in relayer.yaml: the example's own lines are sound, and each mutation of them is refused."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from relayer.config.ledgers import CosmosLedgerSettings
from relayer.config.relayer_file import load_relayer
from relayer.errors import ConfigurationError

EXAMPLE = resources.files("relayer.examples").joinpath("relayer.yaml").read_text()


def with_chain() -> str:
    """The example with its commented chain instead of the remote ledger."""
    before, _, rest = EXAMPLE.partition("  # The settlement ledger, behind")
    _, _, commented = rest.partition("  # settlement:\n")
    chain, separator, after = commented.partition("\nchannels:")
    lines = [line.replace("  # ", "  ", 1) for line in chain.splitlines()]
    return "\n".join([before + "  settlement:", *lines, separator + after])


def load(tmp_path: Path, text: str) -> CosmosLedgerSettings:
    path = tmp_path / "relayer.yaml"
    path.write_text(text)
    settings = load_relayer(path).ledgers["settlement"]
    assert isinstance(settings, CosmosLedgerSettings)
    return settings


def test_the_commented_chain_of_the_example_is_sound(tmp_path: Path) -> None:
    settings = load(tmp_path, with_chain())
    assert settings.endpoints == ("http://127.0.0.1:26657",)
    assert settings.account.key is not None
    assert settings.account.key.env == "CHAIN_KEY"
    assert (settings.fees.gas_price, settings.fees.cap) == ("0.025stake", 1_000_000)
    assert settings.business_account is None


def test_a_price_of_zero_needs_no_cap(tmp_path: Path) -> None:
    text = with_chain().replace("{gas_price: 0.025stake, cap: 1000000}", "{gas_price: 0.0stake}")
    assert load(tmp_path, text).fees.cap is None


REFUSED = {
    "websocket": ("http://127.0.0.1:26657", "ws://127.0.0.1:26657", "a websocket of the same address"),
    "no endpoint": ("[http://127.0.0.1:26657]", "[]", "ledgers.settlement.endpoints: "),
    "prefix": ("bech32_prefix: cosmos", "bech32_prefix: Cosmos1", "has an invalid bech32_prefix"),
    "price without a coin": ("0.025stake", '"0.025"', "ledgers.settlement.fees: has an invalid gas_price"),
    "negative price": ("0.025stake", "-1stake", "ledgers.settlement.fees: has an invalid gas_price"),
    "price without a cap": (", cap: 1000000", "", "has the gas_price 0.025stake without cap"),
    "cap": ("cap: 1000000", "cap: 0", "ledgers.settlement.fees.cap: "),
    "chain id as a number": ("chain_id: settlement-1", "chain_id: 1", "ledgers.settlement.chain_id: "),
    "transaction": ("transaction_bytes: 1000000", "transaction_bytes: 10", "ledgers.settlement.transaction_bytes: "),
    "no account": ("    fees: {gas_price", "    acount: 1\n    fees: {gas_price", "unknown key; did you mean account?"),
    "token": ("bech32_prefix: cosmos", "token: {env: X}", "ledgers.settlement.token: unknown key"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_one_mutation_is_refused(case: str, tmp_path: Path) -> None:
    old, new, words = REFUSED[case]
    text = with_chain()
    assert old in text
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, text.replace(old, new))
    assert words in str(caught.value)


def test_all_problems_stand_in_one_report(tmp_path: Path) -> None:
    text = with_chain().replace("0.025stake", "x").replace("transaction_bytes: 1000000", "transaction_bytes: no")
    with pytest.raises(ConfigurationError, match="2 problems") as caught:
        load(tmp_path, text)
    assert "ledgers.settlement.fees" in str(caught.value)
    assert "ledgers.settlement.transaction_bytes" in str(caught.value)
