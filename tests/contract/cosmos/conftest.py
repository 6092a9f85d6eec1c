"""A chain of one validator that the tests of this folder share, and larger ones for those that break something."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from relayer.devnet.chain_node import BECH32_PREFIX, ChainOptions, SettlementChain
from relayer.ledgers.cosmos.account import CosmosAccount


@pytest.fixture(scope="session")
def relayer_account() -> LocalAccount:
    """Has coins on every chain of these tests, and may register parties."""
    account: LocalAccount = Account.from_key("0x" + "41" * 32)
    return account


@pytest.fixture(scope="session")
def writer_account() -> LocalAccount:
    """Has coins as well, and no rights."""
    account: LocalAccount = Account.from_key("0x" + "42" * 32)
    return account


@pytest.fixture(scope="session")
def chain_options(relayer_account: LocalAccount, writer_account: LocalAccount) -> ChainOptions:
    relayer, writer = (CosmosAccount(account, prefix=BECH32_PREFIX).address for account in (relayer_account, writer_account))
    return ChainOptions(operators=(relayer,), funded=(relayer, writer), block_time_ms=200)


@pytest.fixture(scope="session")
def chain(chain_options: ChainOptions) -> Iterator[SettlementChain]:
    """One validator, shared."""
    with SettlementChain(chain_options) as running:
        yield running
