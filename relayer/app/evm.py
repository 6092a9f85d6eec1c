"""EVM ledgers from their settings: the adapter for the engine, and the contracts for set-up and for issuers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import assert_never

from eth_account.signers.local import LocalAccount

from relayer.app.clock import SystemClock
from relayer.config.fields import Account, Confirmations, Finality
from relayer.config.ledgers import EvmLedgerSettings, Fees
from relayer.core.ids import LedgerId
from relayer.errors import ConfigurationError
from relayer.keystore import account_from_key, open_keystore
from relayer.ledgers.evm import finality as rules
from relayer.ledgers.evm.authorities import AuthorityEndpoint
from relayer.ledgers.evm.connection import ConnectionOptions, EvmConnection
from relayer.ledgers.evm.facts_contract import FactsContract
from relayer.ledgers.evm.fees import DynamicPrice, FeePolicy, LegacyPrice, ZeroPrice
from relayer.ledgers.evm.ledger import EvmLedger, EvmLedgerOptions


def evm_ledger(name: str, settings: EvmLedgerSettings) -> EvmLedger:
    """Raises ConfigurationError if the router is not known yet or a key cannot be read; opens nothing."""
    options = EvmLedgerOptions(
        ledger_id=LedgerId(name),
        connection=connection_options(settings),
        router=address_bytes(_deployed(name, "router", settings.router)),
        authorities=tuple(
            AuthorityEndpoint(address=address_bytes(member.address), target=member.endpoint)
            for member in settings.authorities.members
        ),
        threshold=settings.authorities.threshold,
        authority_timeout_seconds=settings.authorities.request_timeout_seconds,
    )
    return EvmLedger(options, open_account(settings.account), SystemClock())


@asynccontextmanager
async def evm_connection(settings: EvmLedgerSettings, account: LocalAccount) -> AsyncIterator[EvmConnection]:
    """A connection that acts as `account`, compared with the configured chain id."""
    async with EvmConnection(connection_options(settings), account, SystemClock()) as connection:
        await connection.rpc.check_endpoints()
        yield connection


def facts_contract(name: str, settings: EvmLedgerSettings, connection: EvmConnection) -> FactsContract:
    """The business facts of a ledger, acted on by the connection's account."""
    address = address_bytes(_deployed(name, "facts", settings.facts))
    return FactsContract(connection.node, connection.deployer, address=address, chain_id=settings.chain_id)


def connection_options(settings: EvmLedgerSettings) -> ConnectionOptions:
    return ConnectionOptions(
        chain_id=settings.chain_id,
        endpoints=settings.endpoints,
        fees=fee_policy(settings.fees),
        finality=finality_rule(settings.finality),
        request_timeout_seconds=settings.request_timeout_seconds,
    )


def open_account(settings: Account) -> LocalAccount:
    """Raises ConfigurationError, which names files and variables and never what stands in them."""
    if settings.key is not None:
        return account_from_key(settings.key.resolve())
    assert settings.keystore is not None
    assert settings.password is not None
    return open_keystore(settings.keystore, settings.password.resolve())


def finality_rule(settings: Finality) -> rules.FinalityRule:
    match settings:
        case "latest":
            return rules.LatestIsFinal()
        case "finalized":
            return rules.FinalizedTag()
        case Confirmations(confirmations=depth):
            return rules.Confirmations(depth=depth)
        case unreachable:
            assert_never(unreachable)


def fee_policy(settings: Fees) -> FeePolicy:
    if settings.policy == "zero" or settings.cap_wei is None:
        return ZeroPrice()
    if settings.policy == "legacy":
        return LegacyPrice(cap_wei=settings.cap_wei)
    return DynamicPrice(cap_wei=settings.cap_wei, tip_wei=settings.tip_wei or 0)


def address_bytes(address: str) -> bytes:
    return bytes.fromhex(address.removeprefix("0x"))


def _deployed(ledger: str, what: str, address: str | None) -> str:
    if address is None:
        raise ConfigurationError(
            f"ledger {ledger!r} has no {what} yet; write its address into the configuration, or run `relayer channel open`"
        )
    return address
