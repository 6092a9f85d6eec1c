"""Ledgers of every kind from their settings, each behind the same ports.

A kind of settlement ledger is loaded when a configuration names it: most commands talk to one, and loading takes a while.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol, assert_never

from relayer.app.clock import SteadyClock
from relayer.app.evm import deploy_contracts, evm_checks, evm_ledger, open_facts
from relayer.config.channels import End
from relayer.config.deployment import Contracts
from relayer.config.ledgers import (
    CosmosLedgerSettings,
    EmbeddedLedgerSettings,
    EvmLedgerSettings,
    LedgerSettings,
    RemoteLedgerSettings,
    SettlementLedgerSettings,
)
from relayer.config.serving import load_ledger, read_pem
from relayer.core.ids import LedgerId
from relayer.errors import ConfigurationError
from relayer.ledgers.remote.ledger import RemoteLedger
from relayer.light_clients import ledgers as between
from relayer.ports.capabilities import Checked, capability
from relayer.ports.facts import NamesLedgers
from relayer.ports.ledger import ClientHost, Ledger
from relayer.ports.prover import Prover
from relayer.ports.sending import Sending

if TYPE_CHECKING:
    from relayer.ports.settlement import SettlementService


class FullLedger(Ledger, Prover, ClientHost, Protocol):
    """Every ledger here hosts, proves and sets up clients."""


class FullSettlementLedger(FullLedger, Protocol):
    """One that facts are settled on."""

    @property
    def settlement(self) -> SettlementService:
        """Its business verbs, which a relayer never asks for."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementLedger:
    """A settlement ledger with its business verbs."""

    ledger: FullLedger
    service: SettlementService


class Rights(Enum):
    """A relayer submits with proofs and needs no rights; set-up and business verbs need the operator's token or account."""

    RELAYER = "relayer"
    OPERATOR = "operator"


def make_ledger(name: str, settings: LedgerSettings, *, rights: Rights = Rights.RELAYER) -> FullLedger:
    """Opens nothing yet. Raises ConfigurationError."""
    match settings:
        case EvmLedgerSettings():
            return evm_ledger(name, settings)
        case EmbeddedLedgerSettings() | RemoteLedgerSettings() | CosmosLedgerSettings():
            return _settlement_ledger(name, settings, rights)
        case unreachable:
            assert_never(unreachable)


def make_settlement(name: str, settings: SettlementLedgerSettings, *, rights: Rights = Rights.RELAYER) -> SettlementLedger:
    """Opens nothing yet. Raises ConfigurationError."""
    ledger = _settlement_ledger(name, settings, rights)
    return SettlementLedger(ledger=ledger, service=ledger.settlement)


def _settlement_ledger(name: str, settings: SettlementLedgerSettings, rights: Rights) -> FullSettlementLedger:
    match settings:
        case EmbeddedLedgerSettings():
            own = load_ledger(settings.settings)
            if own.chain_id != settings.chain_id:
                raise ConfigurationError(
                    f"ledger {name!r} has the chain id {settings.chain_id}, but {settings.settings} says {own.chain_id}"
                )
            from relayer.app.embedded import embedded_ledger

            return embedded_ledger(name, own)
        case RemoteLedgerSettings():
            return RemoteLedger(
                ledger_id=LedgerId(name),
                address=settings.address,
                chain_id=settings.chain_id,
                clock=SteadyClock(),
                token=settings.token.resolve() if settings.token else None,
                authority=None if settings.tls is None else read_pem(settings.tls),
                may_set_up=rights is Rights.OPERATOR,
            )
        case CosmosLedgerSettings():
            from relayer.app.cosmos import business_account, cosmos_ledger, relaying_account

            account = business_account(settings) if rights is Rights.OPERATOR else relaying_account(settings)
            return cosmos_ledger(name, settings, account)
        case unreachable:
            assert_never(unreachable)


def client_types(settings: LedgerSettings) -> between.ClientTypes:
    """Known before anything is deployed."""
    match settings:
        case EvmLedgerSettings():
            return between.EVM
        case EmbeddedLedgerSettings():
            return between.EMBEDDED
        case CosmosLedgerSettings():
            return between.COSMOS
        case RemoteLedgerSettings():
            return between.REMOTE
        case unreachable:
            assert_never(unreachable)


def make_checks(settings: LedgerSettings, ledger: FullLedger | None, *, ends: Sequence[End]) -> Checked | None:
    """The parts of a ledger that `relayer check` looks at. `ledger` is None if it could not be made: an EVM ledger is looked
    at before its contracts are deployed. `ends`: those that channels have on it."""
    match settings:
        case EvmLedgerSettings():
            return evm_checks(settings, ends)
        case EmbeddedLedgerSettings() | RemoteLedgerSettings() | CosmosLedgerSettings():
            return capability(ledger, Checked)
        case unreachable:
            assert_never(unreachable)


def stops_by_itself(settings: LedgerSettings, ledger: FullLedger) -> Checked | None:
    """A ledger that may stop to make blocks though it answers, and says why among its checks; None for any other."""
    return capability(ledger, Checked) if isinstance(settings, EmbeddedLedgerSettings | RemoteLedgerSettings) else None


async def deploy_missing(
    name: str, settings: LedgerSettings, port: str | None, note: Callable[[Contracts], None], *, sending: Sending
) -> None:
    """Deploys what the ledger needs to host a channel, and notes it step by step. `port`: what its router calls the facts;
    None: by their address. `sending` is entered around each transaction. Raises what that raises."""
    if isinstance(settings, EvmLedgerSettings):
        await deploy_contracts(name, settings, port, note, sending)


@asynccontextmanager
async def fact_registrar(name: str, settings: LedgerSettings) -> AsyncIterator[NamesLedgers | None]:
    """Who marks facts with the ledger that they go to; None for a ledger that no facts are minted on."""
    if not isinstance(settings, EvmLedgerSettings):
        yield None
        return
    async with open_facts(name, settings) as facts:
        yield facts


def contract_settings(settings: LedgerSettings) -> EvmLedgerSettings | None:
    """The settings of a ledger that business facts are minted on; None for any other."""
    return settings if isinstance(settings, EvmLedgerSettings) else None


def settlement_settings(settings: LedgerSettings) -> SettlementLedgerSettings | None:
    """The settings of a ledger that facts can be settled on; None for any other."""
    return None if isinstance(settings, EvmLedgerSettings) else settings


@asynccontextmanager
async def connected(ledger: FullLedger) -> AsyncIterator[FullLedger]:
    """Connects, and closes in any case."""
    try:
        await ledger.connect()
        yield ledger
    finally:
        await ledger.close()
