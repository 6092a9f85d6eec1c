"""Rights on a router that an access manager guards (OpenZeppelin's AccessManager, as solidity-ibc-eureka uses it): what an
account may call, and what the manager's administrator has to do about the rest."""

from __future__ import annotations

from collections.abc import Mapping

from relayer.errors import AccessDenied
from relayer.ledgers.evm.calls import ACKNOWLEDGE_PACKET, RECEIVE_PACKET, TIMEOUT_PACKET, UPDATE_CLIENT
from relayer.ledgers.evm.contracts import error_name
from relayer.ledgers.evm.errors import MalformedAnswer, NodeRefused
from relayer.ledgers.evm.node import EvmNode
from relayer.proofs.evm_address import checksum_address
from relayer.proofs.keccak import keccak256

RELAYING: Mapping[str, bytes] = {
    "recvPacket": RECEIVE_PACKET,
    "ackPacket": ACKNOWLEDGE_PACKET,
    "timeoutPacket": TIMEOUT_PACKET,
    "updateClient": UPDATE_CLIENT,
}
"""What a relayer calls, by name: selectors."""

_AUTHORITY = keccak256(b"authority()")[:4]
_CAN_CALL = keccak256(b"canCall(address,address,bytes4)")[:4]
_ROLE_OF = keccak256(b"getTargetFunctionRole(address,bytes4)")[:4]
_ADMINISTRATORS = 0
_EVERYBODY = 2**64 - 1
_ACCESS_ERRORS = frozenset(
    {"AccessManagedUnauthorized", "AccessManagedRequiredDelay", "AccessManagerUnauthorizedCall", "AccessManagerNotScheduled"}
)


def is_about_rights(refusal: NodeRefused) -> bool:
    """Whether an access manager refused the caller."""
    return error_name(refusal.data or b"") in _ACCESS_ERRORS


async def manager_of(node: EvmNode, contract: bytes) -> bytes | None:
    """The access manager that guards a contract; None for a contract without one."""
    try:
        answer = await node.view(contract, _AUTHORITY)
    except NodeRefused as refusal:
        if refusal.is_revert:
            return None
        raise
    return answer[-20:] if len(answer) == 32 and not any(answer[:12]) and any(answer) else None


async def missing_rights(node: EvmNode, *, contract: bytes, account: bytes, functions: Mapping[str, bytes]) -> str:
    """What `account` may not call on a guarded contract, and the cure; empty if it may call all of `functions`, or if no
    access manager guards the contract. Raises LedgerUnavailable."""
    manager = await manager_of(node, contract)
    if manager is None:
        return ""
    by_role: dict[int, list[str]] = {}
    for name, selector in functions.items():
        if not await _may_call(node, manager, account=account, contract=contract, selector=selector):
            role = _word(await node.view(manager, _ROLE_OF + _address(contract) + selector.ljust(32, b"\0")), "role")
            by_role.setdefault(role, []).append(name)
    if not by_role:
        return ""
    cures = "; ".join(_cure(role, names, account) for role, names in sorted(by_role.items()))
    return f"the access manager {checksum_address(manager)} of {checksum_address(contract)} must let it: {cures}"


async def require_relaying(node: EvmNode, *, router: bytes, account: bytes) -> None:
    """Raises AccessDenied if the router's access manager does not let the account relay."""
    missing = await missing_rights(node, contract=router, account=account, functions=RELAYING)
    if missing:
        raise AccessDenied(f"account {checksum_address(account)} may not relay: {missing}")


async def _may_call(node: EvmNode, manager: bytes, *, account: bytes, contract: bytes, selector: bytes) -> bool:
    """At once: a call that has to be scheduled beforehand is none that a relayer can make."""
    calldata = _CAN_CALL + _address(account) + _address(contract) + selector.ljust(32, b"\0")
    return _word((await node.view(manager, calldata))[:32], "canCall") == 1


def _cure(role: int, names: list[str], account: bytes) -> str:
    what = f"for {', '.join(names)}"
    if role == _ADMINISTRATORS:
        return f"{what} only administrators may; give the function a role by setTargetFunctionRole, then grant that role"
    if role == _EVERYBODY:
        return f"{what} everybody may, so the contract is closed; open it by setTargetClosed"
    return f"{what} grantRole({role}, {checksum_address(account)}, 0) by an administrator of that role"


def _address(account: bytes) -> bytes:
    return bytes(12) + account


def _word(answer: bytes, what: str) -> int:
    if len(answer) != 32:
        raise MalformedAnswer(f"{what}: the access manager answers with {len(answer)} bytes; is it one of OpenZeppelin's?")
    return int.from_bytes(answer, "big")
