"""`channel open`: contracts, light clients and their pairing, each step noted at once so that a repeat goes on from there;
and `channel recover`, for clients that expired or froze.

The settlement ledger's client is created first, because an EVM router pairs a client when it is added and never again.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from eth_utils.address import to_checksum_address

from relayer.app.ends import open_facts
from relayer.app.evm import evm_connection
from relayer.app.evm_settings import address_bytes, open_account
from relayer.app.ledgers import FullLedger, Rights, SettlementLedger, connected, make_ledger, make_settlement
from relayer.app.selection import Selection, select
from relayer.config.deployment import Contracts, Deployment, deployment_path, read_deployment, write_deployment
from relayer.core.ids import ClientId
from relayer.errors import ConfigurationError
from relayer.ledgers.evm.deployment import deploy_contracts
from relayer.ports.capabilities import TrustsClients, capability
from relayer.ports.ledger import ClientCondition
from relayer.ports.prover import ClientTerms

Progress = Callable[[str], None]


async def open_channel(config: Path, name: str | None, progress: Progress) -> None:
    """Raises what the ledgers raise; whatever was achieved by then stands in the deployment file."""
    await _deploy(config, select(config, name), progress)
    selection = select(config, name)
    contract_ledger = make_ledger(selection.contract_end.ledger, selection.contract_ledger)
    business = make_settlement(selection.settlement_end.ledger, selection.settlement_ledger, rights=Rights.OPERATOR)
    async with connected(contract_ledger) as contracts, connected(business.ledger) as settlement:
        follower = await _settlement_client(config, selection, contracts, settlement, progress)
        counterpart = await _contract_client(
            config, selection, contracts, settlement, counterparty=follower, progress=progress
        )
        await settlement.register_counterparty(
            follower, counterparty_client_id=counterpart, counterparty_merkle_prefix=contracts.merkle_prefix
        )
        progress(f"paired {counterpart} on {contracts.ledger_id} with {follower} on {settlement.ledger_id}")
        await _trust(business, follower, progress)
    await _name_ledger(selection, counterpart, progress)


async def _trust(settlement: SettlementLedger, client: ClientId, progress: Progress) -> None:
    """On a chain anyone may create a client, so facts through it count for nothing before an operator trusts it."""
    trusting = capability(settlement.ledger, TrustsClients)
    if trusting is not None:
        await trusting.trust_client(client)
        progress(f"facts through {client} become liabilities on {settlement.ledger.ledger_id}")


async def recover_channel(config: Path, name: str | None, progress: Progress) -> None:
    """Frozen and expired light clients start again from the other ledger's newest state, which the caller vouches for."""
    selection = select(config, name)
    contract_ledger = make_ledger(selection.contract_end.ledger, selection.contract_ledger)
    settlement_ledger = make_ledger(selection.settlement_end.ledger, selection.settlement_ledger, rights=Rights.OPERATOR)
    async with connected(contract_ledger) as contracts, connected(settlement_ledger) as settlement:
        await _recover(contracts, selection.contract_client, settlement, _terms(selection), progress)
        await _recover(settlement, selection.settlement_client, contracts, _terms(selection), progress)


async def _recover(host: FullLedger, client: ClientId, followed: FullLedger, terms: ClientTerms, progress: Progress) -> None:
    condition = (await host.client_status(client)).condition
    if condition not in {ClientCondition.FROZEN, ClientCondition.EXPIRED}:
        progress(f"{client} on {host.ledger_id} is {condition}: left alone")
        return
    start = await followed.initial_client(terms)
    await host.recover_client(client, start)
    progress(
        f"{client} on {host.ledger_id} was {condition}; it follows {followed.ledger_id} again, from height {start.height}"
    )


async def _deploy(config: Path, selection: Selection, progress: Progress) -> None:
    settings, name = selection.contract_ledger, selection.contract_end.ledger
    if settings.router and settings.facts:
        return
    if settings.facts:
        raise ConfigurationError(f"ledger {name!r} names facts without a router; add the router that they belong to")
    async with evm_connection(settings, open_account(settings.account)) as connection:
        router = address_bytes(settings.router) if settings.router else None
        deployed = await deploy_contracts(connection, router=router)
    contracts = Contracts(router=to_checksum_address(deployed.router), facts=to_checksum_address(deployed.facts))
    _note(config, lambda deployment: deployment.with_contracts(name, contracts))
    progress(f"deployed on {name}: router {contracts.router}, facts {contracts.facts}")


async def _settlement_client(
    config: Path, selection: Selection, contracts: FullLedger, settlement: FullLedger, progress: Progress
) -> ClientId:
    if selection.settlement_end.client is not None:
        return ClientId(selection.settlement_end.client)
    creation = await contracts.initial_client(_terms(selection))
    client = await settlement.create_client(
        creation, counterparty_client_id=None, counterparty_merkle_prefix=contracts.merkle_prefix
    )
    _note(config, lambda deployment: deployment.with_client(selection.channel.name, settlement.ledger_id, client))
    progress(f"created {client} on {settlement.ledger_id}: it follows {contracts.ledger_id} from height {creation.height}")
    return client


async def _contract_client(
    config: Path,
    selection: Selection,
    contracts: FullLedger,
    settlement: FullLedger,
    *,
    counterparty: ClientId,
    progress: Progress,
) -> ClientId:
    if selection.contract_end.client is not None:
        return ClientId(selection.contract_end.client)
    creation = await settlement.initial_client(_terms(selection))
    client = await contracts.create_client(
        creation, counterparty_client_id=counterparty, counterparty_merkle_prefix=settlement.merkle_prefix
    )
    _note(config, lambda deployment: deployment.with_client(selection.channel.name, contracts.ledger_id, client))
    progress(f"created {client} on {contracts.ledger_id}: it follows {settlement.ledger_id} from height {creation.height}")
    return client


async def _name_ledger(selection: Selection, client: ClientId, progress: Progress) -> None:
    """Facts that go through this client are marked with the settlement ledger's chain id for good."""
    chain_id = selection.settlement_ledger.chain_id
    async with open_facts(selection) as contract:
        known = await contract.ledger_of(client)
        if known is None:
            await contract.register_ledger(client, chain_id)
            progress(f"facts that go through {client} are settled on {chain_id}")
        elif known != chain_id:
            raise ConfigurationError(
                f"the facts contract says that {client} leads to {known!r}, not to {chain_id!r}; open another channel"
            )


def _terms(selection: Selection) -> ClientTerms:
    terms = selection.channel.client_terms
    return ClientTerms(
        trusting_period_seconds=terms.trusting_period_seconds, max_clock_drift_seconds=terms.max_clock_drift_seconds
    )


def _note(config: Path, change: Callable[[Deployment], Deployment]) -> None:
    path = deployment_path(config)
    write_deployment(path, change(read_deployment(path)))
