"""First deployment of the contracts on an EVM ledger: the router, the facts, and the port that joins them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from relayer.core.ids import Height
from relayer.errors import ConfigurationError
from relayer.facts.codec import PORT
from relayer.ledgers.evm.abi_types import encode
from relayer.ledgers.evm.connection import EvmConnection
from relayer.ledgers.evm.contracts import Contract, call_data, creation_code, error_name
from relayer.ledgers.evm.errors import MalformedAnswer, NodeRefused
from relayer.proofs.evm_address import checksum_address
from relayer.proofs.keccak import keccak256

_ADD_APP = "addIBCApp(string,address)"
_GET_APP = keccak256(b"getIBCApp(string)")[:4]


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
    note: Note = lambda _router, _facts, _height: None,
) -> DeployedContracts:
    """Deploys what is missing: a router unless one is named, and a BusinessFacts contract unless one is, on its port.

    The connection's account owns both. A router that would refuse the port is found before the facts are paid for. Raises
    Reverted, AccessDenied, ConfigurationError, FundsInsufficient, FeeCapExceeded, LedgerUnavailable.
    """
    deployer, height = connection.deployer, None
    if router is None:
        router, mined = await deployer.deploy(creation_code(Contract.ROUTER), "deployment of the router")
        height = Height(mined.block_number)
        note(router, None, height)
    owner = await _app(connection, router)
    if facts is None:
        await _require_free(connection, router, owner)
        code = creation_code(Contract.BUSINESS_FACTS, checksum_address(router), connection.options.chain_id)
        facts, _ = await deployer.deploy(code, "deployment of the business facts")
        note(router, facts, height)
    if owner is None:
        await deployer.call(router, _add_app(facts), "addIBCApp")
    elif owner != facts:
        raise ConfigurationError(
            f"port {PORT} of router {checksum_address(router)} belongs to {checksum_address(owner)}, not to the facts at "
            f"{checksum_address(facts)}; correct `facts`"
        )
    return DeployedContracts(router=router, facts=facts, router_height=height)


async def _require_free(connection: EvmConnection, router: bytes, owner: bytes | None) -> None:
    if owner is not None:
        raise ConfigurationError(
            f"port {PORT} of router {checksum_address(router)} belongs to {checksum_address(owner)} already; write that "
            "address as `facts` if it is a BusinessFacts contract, or use another router"
        )
    # Any contract does in a rehearsal, and the router is one.
    await connection.deployer.rehearse(router, _add_app(router), "addIBCApp")


async def _app(connection: EvmConnection, router: bytes) -> bytes | None:
    """The application on the port of the facts; None if the port is free."""
    try:
        answer = await connection.node.view(router, _GET_APP + encode(("string",), (PORT,)))
    except NodeRefused as refusal:
        if error_name(refusal.data or b"") == "IBCAppNotFound":
            return None
        raise
    if len(answer) != 32:
        raise MalformedAnswer(f"getIBCApp: the router gave no address; is there an IBC v2 router at 0x{router.hex()}?")
    return answer[-20:]


def _add_app(app: bytes) -> bytes:
    return call_data(Contract.ROUTER, _ADD_APP, PORT, checksum_address(app))
