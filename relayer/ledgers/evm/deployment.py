"""First deployment of the contracts on an EVM ledger: the router, the facts, and the port that joins them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

from relayer.core.ids import Height
from relayer.errors import ConfigurationError
from relayer.facts.codec import PORT
from relayer.ledgers.evm.connection import EvmConnection
from relayer.ledgers.evm.contracts import Contract, call_data, creation_code
from relayer.ledgers.evm.facts_port import address_port, app_on, port_of
from relayer.ports.sending import Sending
from relayer.proofs.evm_address import checksum_address

_ADD_APP = "addIBCApp(string,address)"
_ADD_BY_ADDRESS = "addIBCApp(address)"
_NO_NAME = ""
"""As the constructor of the facts takes it: the contract's address is its port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedContracts:
    """Addresses of 20 bytes. `router_height`: the block in which the router was deployed; None if it was there before."""

    router: bytes
    facts: bytes
    router_height: Height | None


Note = Callable[[bytes, bytes | None, Height | None], None]
"""Keeps router, facts and the router's block before the next step: what a repeat does not know is paid for again."""


async def deploy_contracts(
    connection: EvmConnection,
    *,
    router: bytes | None = None,
    facts: bytes | None = None,
    port: str | None = PORT,
    note: Note = lambda _router, _facts, _height: None,
    sending: Sending = nullcontext,
) -> DeployedContracts:
    """Deploys what is missing: a router unless one is named, and a BusinessFacts contract unless one is, on its port.

    `port` None: the facts have no name on the router, their address in lower case is their port, and no role is needed for
    it. `sending` is entered around each transaction. The connection's account owns both. A router that would refuse the port
    is found before the facts are paid for. Raises Reverted, AccessDenied,
    ConfigurationError, FundsInsufficient, FeeCapExceeded, LedgerUnavailable.
    """
    deployer, height = connection.deployer, None
    if router is None:
        with sending():
            router, mined = await deployer.deploy(creation_code(Contract.ROUTER), "deployment of the router")
        height = Height(mined.block_number)
        note(router, None, height)
    if facts is None:
        if port is not None:
            await _require_free(connection, router, port)
        named = _NO_NAME if port is None else port
        code = creation_code(Contract.BUSINESS_FACTS, checksum_address(router), connection.options.chain_id, named)
        with sending():
            facts, _ = await deployer.deploy(code, "deployment of the business facts")
        note(router, facts, height)
    else:
        await _require_port(connection, facts, port)
    await _join(connection, router, facts, port, sending)
    return DeployedContracts(router=router, facts=facts, router_height=height)


async def _join(connection: EvmConnection, router: bytes, facts: bytes, port: str | None, sending: Sending) -> None:
    """Registers the facts on their port, unless they are there."""
    owner = await app_on(connection.node, router, address_port(facts) if port is None else port)
    if owner is None:
        with sending():
            await connection.deployer.call(router, _add_app(facts, port), "addIBCApp")
    elif owner != facts:
        raise ConfigurationError(
            f"port {port} of router {checksum_address(router)} belongs to {checksum_address(owner)}, not to the facts at "
            f"{checksum_address(facts)}; correct `facts`"
        )


async def _require_free(connection: EvmConnection, router: bytes, port: str) -> None:
    owner = await app_on(connection.node, router, port)
    if owner is not None:
        raise ConfigurationError(
            f"port {port} of router {checksum_address(router)} belongs to {checksum_address(owner)} already; write that "
            "address as `facts` if it is a BusinessFacts contract, choose another `port`, or use another router"
        )
    # Any contract does in a rehearsal, and the router is one.
    await connection.deployer.rehearse(router, _add_app(router, port), "addIBCApp")


async def _require_port(connection: EvmConnection, facts: bytes, port: str | None) -> None:
    """A contract sends from the port that it was deployed with, whatever the router calls it."""
    expected = address_port(facts) if port is None else port
    found = await port_of(connection.node, facts)
    if found != expected:
        raise ConfigurationError(
            f"the facts at {checksum_address(facts)} send from port {found}, not from {expected}; write `port: {found}` at "
            "that end of the channel, or leave `facts` out, so that `channel open` deploys another contract"
        )


def _add_app(app: bytes, port: str | None) -> bytes:
    if port is None:
        return call_data(Contract.ROUTER, _ADD_BY_ADDRESS, checksum_address(app))
    return call_data(Contract.ROUTER, _ADD_APP, port, checksum_address(app))
