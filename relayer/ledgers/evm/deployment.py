"""First deployment of the contracts on an EVM ledger: the router, the facts, and the port that joins them."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.core.ids import Height
from relayer.facts.codec import PORT
from relayer.ledgers.evm.connection import EvmConnection
from relayer.ledgers.evm.contracts import Contract, call_data, creation_code
from relayer.proofs.evm_address import checksum_address


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedContracts:
    """Addresses of 20 bytes. `router_height`: the block in which the router was deployed; None if it was there before."""

    router: bytes
    facts: bytes
    router_height: Height | None


async def deploy_contracts(connection: EvmConnection, *, router: bytes | None = None) -> DeployedContracts:
    """Deploys what is missing: a router unless one is named, and a BusinessFacts contract on its port `settlement`.

    The connection's account owns both. Raises Reverted, FundsInsufficient, FeeCapExceeded, LedgerUnavailable.
    """
    deployer = connection.deployer
    router_height = None
    if router is None:
        router, mined = await deployer.deploy(creation_code(Contract.ROUTER), "deployment of the router")
        router_height = Height(mined.block_number)
    code = creation_code(Contract.BUSINESS_FACTS, checksum_address(router), connection.options.chain_id)
    facts, _ = await deployer.deploy(code, "deployment of the business facts")
    add_app = call_data(Contract.ROUTER, "addIBCApp(string,address)", PORT, checksum_address(facts))
    await deployer.call(router, add_app, "addIBCApp")
    return DeployedContracts(router=router, facts=facts, router_height=router_height)
