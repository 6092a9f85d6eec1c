"""EVM ledgers from their settings: the adapter for the engine, and the contracts for set-up and for issuers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from relayer.app.clock import SteadyClock
from relayer.app.evm_settings import address_bytes, connection_options, open_account
from relayer.config.channels import End
from relayer.config.deployment import Contracts
from relayer.config.ledgers import AuthorityMember, EvmLedgerSettings
from relayer.config.serving import read_pem
from relayer.core.ids import Height, LedgerId
from relayer.errors import ConfigurationError
from relayer.facts.codec import PORT
from relayer.keystore import LocalAccount
from relayer.ledgers.evm import deployment
from relayer.ledgers.evm.authority_endpoint import AuthorityEndpoint
from relayer.ledgers.evm.checks import EvmChecks
from relayer.ledgers.evm.connection import EvmConnection
from relayer.ledgers.evm.facts_contract import FactsContract
from relayer.ledgers.evm.ledger import EvmLedger, EvmLedgerOptions
from relayer.ports.sending import Sending
from relayer.proofs.evm_address import checksum_address


def evm_checks(settings: EvmLedgerSettings, ends: Sequence[End]) -> EvmChecks:
    """What `relayer check` looks at, whether the contracts are deployed or not. `ends`: those of the channels there."""
    return EvmChecks(
        connection=connection_options(settings),
        account=lambda: open_account(settings.account),
        authorities=_authorities(settings),
        threshold=settings.authorities.threshold,
        authority_timeout_seconds=settings.authorities.request_timeout_seconds,
        clock=SteadyClock(),
        router=address_bytes(settings.router) if settings.router else None,
        facts=address_bytes(settings.facts) if settings.facts else None,
        clients=tuple(end.client for end in ends if end.client is not None),
        port=ends[0].port if ends else PORT,
    )


def evm_ledger(name: str, settings: EvmLedgerSettings) -> EvmLedger:
    """Raises ConfigurationError if the router is not known yet or a key cannot be read; opens nothing."""
    options = EvmLedgerOptions(
        ledger_id=LedgerId(name),
        connection=connection_options(settings),
        router=address_bytes(_deployed(name, "router", settings.router)),
        authorities=_authorities(settings),
        threshold=settings.authorities.threshold,
        rotating=_endpoints(settings.authorities.rotating),
        authority_timeout_seconds=settings.authorities.request_timeout_seconds,
    )
    return EvmLedger(options, open_account(settings.account), SteadyClock())


@asynccontextmanager
async def evm_connection(settings: EvmLedgerSettings, account: LocalAccount) -> AsyncIterator[EvmConnection]:
    """A connection that acts as `account`, compared with the configured chain id."""
    async with EvmConnection(connection_options(settings), account, SteadyClock()) as connection:
        await connection.rpc.check_endpoints()
        yield connection


async def deploy_contracts(
    name: str, settings: EvmLedgerSettings, port: str | None, note: Callable[[Contracts], None], sending: Sending
) -> None:
    """Router and facts, where they are not there yet, each noted before the next step; and the port that joins them, None:
    the address of the facts. `sending` is entered around each transaction. Raises ConfigurationError, LedgerError."""
    if settings.facts and not settings.router:
        raise ConfigurationError(f"ledger {name!r} names facts without a router; add the router that they belong to")
    async with evm_connection(settings, open_account(settings.account)) as connection:
        await deployment.deploy_contracts(
            connection,
            router=address_bytes(settings.router) if settings.router else None,
            facts=address_bytes(settings.facts) if settings.facts else None,
            port=port,
            sending=sending,
            note=lambda router, facts, height: note(
                Contracts(
                    router=checksum_address(router),
                    facts=None if facts is None else checksum_address(facts),
                    deployed_at_height=settings.deployed_at_height if height is None else height,
                )
            ),
        )


@asynccontextmanager
async def open_facts(
    name: str, settings: EvmLedgerSettings, account: LocalAccount | None = None
) -> AsyncIterator[FactsContract]:
    """The business facts of a ledger, acted on by `account`, or by the configured one. Raises ConfigurationError."""
    async with evm_connection(settings, account or open_account(settings.account)) as connection:
        yield facts_contract(name, settings, connection)


def facts_contract(name: str, settings: EvmLedgerSettings, connection: EvmConnection) -> FactsContract:
    """The business facts of a ledger, acted on by the connection's account."""
    address = address_bytes(_deployed(name, "facts", settings.facts))
    return FactsContract(
        connection.node,
        connection.deployer,
        address=address,
        chain_id=settings.chain_id,
        start_height=Height(settings.read_above),
    )


def _authorities(settings: EvmLedgerSettings) -> tuple[AuthorityEndpoint, ...]:
    return _endpoints(settings.authorities.members)


def _endpoints(members: Sequence[AuthorityMember]) -> tuple[AuthorityEndpoint, ...]:
    return tuple(
        AuthorityEndpoint(
            address=address_bytes(member.address),
            target=member.endpoint,
            certificates=None if member.tls is None else read_pem(member.tls),
            token=None if member.token is None else member.token.resolve(),
        )
        for member in members
    )


def _deployed(ledger: str, what: str, address: str | None) -> str:
    if address is None:
        raise ConfigurationError(
            f"ledger {ledger!r} has no {what} yet; write its address into the configuration, or run `relayer channel open`"
        )
    return address
