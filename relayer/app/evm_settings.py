"""From the settings of an EVM ledger to the plain options that its adapter takes."""

from __future__ import annotations

from typing import assert_never

from relayer.config.fields import AccountSettings, ConfirmationDepth, Finality
from relayer.config.ledgers import EvmLedgerSettings, Fees
from relayer.keystore import LocalAccount, account_from_key, open_keystore
from relayer.ledgers.evm import finality as rules
from relayer.ledgers.evm.connection import ConnectionOptions
from relayer.ledgers.evm.fees import DynamicPrice, FeePolicy, LegacyPrice, ZeroPrice
from relayer.ledgers.evm.transactions import ResubmissionTimes


def connection_options(settings: EvmLedgerSettings) -> ConnectionOptions:
    """How the ledger is reached, and on what terms transactions are sent."""
    return ConnectionOptions(
        chain_id=settings.chain_id,
        endpoints=settings.endpoints,
        fees=fee_policy(settings.fees),
        finality=finality_rule(settings.finality),
        patience=ResubmissionTimes(replace_after=settings.fees.raise_after_seconds),
        request_timeout_seconds=settings.request_timeout_seconds,
    )


def open_account(settings: AccountSettings) -> LocalAccount:
    """Raises ConfigurationError, which names files and variables and never their content."""
    if settings.key is not None:
        return account_from_key(settings.key.resolve())
    assert settings.keystore is not None
    assert settings.password is not None
    return open_keystore(settings.keystore, settings.password.resolve())


def finality_rule(settings: Finality) -> rules.FinalityRule:
    """Which block counts as final."""
    match settings:
        case "latest":
            return rules.LatestIsFinal()
        case "finalized":
            return rules.FinalizedTag()
        case ConfirmationDepth(confirmations=depth):
            return rules.Confirmations(depth=depth)
        case unreachable:
            assert_never(unreachable)


def fee_policy(settings: Fees) -> FeePolicy:
    """How transactions are priced."""
    if settings.policy == "zero" or settings.cap_wei is None:
        return ZeroPrice()
    if settings.policy == "legacy":
        return LegacyPrice(cap_wei=settings.cap_wei)
    return DynamicPrice(cap_wei=settings.cap_wei, tip_wei=settings.tip_wei or 0)


def address_bytes(address: str) -> bytes:
    """20 bytes of a 0x address."""
    return bytes.fromhex(address.removeprefix("0x"))
