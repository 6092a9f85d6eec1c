"""Accounts of a mnemonic are those that every wallet derives."""

from __future__ import annotations

from eth_account import Account

from relayer.devnet.nodes import MNEMONIC
from relayer.devnet.wallet import account_of


def test_accounts_are_those_of_eth_account() -> None:
    Account.enable_unaudited_hdwallet_features()
    for index in (0, 1, 7, 30):
        theirs = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
        ours = account_of(MNEMONIC, index)
        assert (ours.key, ours.address) == (bytes(theirs.key), theirs.address)
