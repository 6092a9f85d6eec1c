"""Cosmos SDK chains from their settings. Which account signs depends on whether the caller only relays."""

from __future__ import annotations

from relayer.app.clock import SteadyClock
from relayer.app.evm_settings import open_account
from relayer.config.ledgers import ChainFees, CosmosLedgerSettings
from relayer.core.ids import LedgerId
from relayer.keystore import LocalAccount
from relayer.ledgers.cosmos.endpoints import EndpointOptions
from relayer.ledgers.cosmos.fees import FeePolicy, parse_gas_price
from relayer.ledgers.cosmos.ledger import CosmosLedger, CosmosLedgerOptions
from relayer.ledgers.cosmos.limits import TransactionLimits


def cosmos_ledger(name: str, settings: CosmosLedgerSettings, account: LocalAccount) -> CosmosLedger:
    """Acted on by `account`. Raises ConfigurationError; opens nothing."""
    options = CosmosLedgerOptions(
        ledger_id=LedgerId(name),
        chain_id=settings.chain_id,
        endpoints=settings.endpoints,
        prefix=settings.bech32_prefix,
        fees=fee_policy(settings.fees),
        limits=TransactionLimits(maximum_bytes=settings.transaction_bytes, maximum_gas=settings.transaction_gas),
        requests=EndpointOptions(timeout_seconds=float(settings.request_timeout_seconds)),
    )
    return CosmosLedger(options, account, SteadyClock())


def relaying_account(settings: CosmosLedgerSettings) -> LocalAccount:
    """Raises ConfigurationError, which names files and variables and never their content."""
    return open_account(settings.account)


def business_account(settings: CosmosLedgerSettings) -> LocalAccount:
    """Whoever signs set-up and business commands. Raises ConfigurationError."""
    return open_account(settings.business_account or settings.account)


def fee_policy(settings: ChainFees) -> FeePolicy:
    """A price per unit of gas, and the most that one transaction may cost."""
    price, denomination = parse_gas_price(settings.gas_price)
    return FeePolicy(price=price, denomination=denomination, cap=settings.cap or 0)
