"""The port of a facts contract: what it sends from, and what its router knows it by.

A router gives an application a name, or knows it by its address in lower case: anyone may register an application so, and
only the application itself can send from such a port.
"""

from __future__ import annotations

from relayer.errors import ConfigurationError, InvalidInput, RelayerError
from relayer.ledgers.evm.abi_types import decode, encode
from relayer.ledgers.evm.contracts import Contract, call_data, error_name
from relayer.ledgers.evm.errors import MalformedAnswer, NodeRefused
from relayer.ledgers.evm.node import EvmNode
from relayer.ports.capabilities import CheckLine
from relayer.proofs.evm_address import checksum_address
from relayer.proofs.keccak import keccak256

_GET_APP = keccak256(b"getIBCApp(string)")[:4]


def address_port(facts: bytes) -> str:
    """The port of a contract that its router gives no name."""
    return "0x" + facts.hex()


async def port_of(node: EvmNode, facts: bytes) -> str:
    """The port that a facts contract sends from. Raises ConfigurationError if it says none, and LedgerUnavailable."""
    try:
        (port,) = decode(("string",), await node.view(facts, call_data(Contract.BUSINESS_FACTS, "port")))
    except (InvalidInput, NodeRefused) as error:
        if isinstance(error, NodeRefused) and not error.is_revert:
            raise
        raise ConfigurationError(
            f"{checksum_address(facts)} does not say on which port it is, so it is no BusinessFacts contract; "
            "correct `facts`"
        ) from error
    assert isinstance(port, str)
    return port


async def app_on(node: EvmNode, router: bytes, port: str) -> bytes | None:
    """The application that a router has on a port; None if the port is free."""
    try:
        answer = await node.view(router, _GET_APP + encode(("string",), (port,)))
    except NodeRefused as refusal:
        if error_name(refusal.data or b"") == "IBCAppNotFound":
            return None
        raise
    if len(answer) != 32:
        raise MalformedAnswer(f"getIBCApp: the router gave no address; is there an IBC v2 router at 0x{router.hex()}?")
    return answer[-20:]


async def port_line(node: EvmNode, *, router: bytes, facts: bytes, expected: str) -> CheckLine:
    """Whether the contract, its router and the configuration (`expected`) agree on the port."""
    subject = "port of the facts"
    try:
        port = await port_of(node, facts)
        owner = await app_on(node, router, port)
    except RelayerError as error:
        return CheckLine(subject=subject, found="cannot be looked at", remedy=str(error))
    remedy = ""
    if owner is None:
        remedy = f"the router {checksum_address(router)} has no application on it; run `relayer channel open`"
    elif owner != facts:
        remedy = f"the router has {checksum_address(owner)} there; open a channel with another `port`"
    elif port != expected:
        remedy = f"the configuration says {expected}, so no fact is relayed; correct `port` at that end of the channel"
    return CheckLine(subject=subject, found=port, remedy=remedy)
