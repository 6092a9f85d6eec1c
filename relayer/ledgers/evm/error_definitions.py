"""Solidity errors that no artifact of this program names: those of the compiler, other routers and access managers."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.proofs.keccak import keccak256


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorDefinition:
    """A Solidity error: its name and the ABI types of its arguments."""

    name: str
    types: tuple[str, ...]

    @property
    def selector(self) -> bytes:
        """4 bytes that revert data begins with."""
        return keccak256(f"{self.name}({','.join(self.types)})".encode())[:4]


def _errors(*signatures: str) -> tuple[ErrorDefinition, ...]:
    named = (text.removesuffix(")").split("(") for text in signatures)
    return tuple(ErrorDefinition(name=name, types=tuple(filter(None, types.split(",")))) for name, types in named)


# What the compiler itself reverts with (Solidity documentation, "Error handling").
LANGUAGE_ERRORS = _errors("Error(string)", "Panic(uint256)")

FOREIGN_ERRORS = _errors(
    # OpenZeppelin Contracts 5: who may call what.
    "AccessManagedUnauthorized(address)",
    "AccessManagedRequiredDelay(address,uint32)",
    "AccessManagedInvalidAuthority(address)",
    "AccessManagerUnauthorizedAccount(address,uint64)",
    "AccessManagerUnauthorizedCall(address,address,bytes4)",
    "AccessManagerUnauthorizedConsume(address)",
    "AccessManagerNotScheduled(bytes32)",
    "AccessManagerNotReady(bytes32)",
    "AccessManagerExpired(bytes32)",
    "AccessControlUnauthorizedAccount(address,bytes32)",
    "OwnableUnauthorizedAccount(address)",
    # OpenZeppelin Contracts 5: the state of a contract, and calls inside of a call.
    "EnforcedPause()",
    "ExpectedPause()",
    "InvalidInitialization()",
    "NotInitializing()",
    "ReentrancyGuardReentrantCall()",
    "AddressEmptyCode(address)",
    "FailedCall()",
    "FailedInnerCall()",
    # solidity-ibc-eureka, beyond what our own router shares with it.
    "IBCInvalidTimeoutPeriod(uint256,uint256)",
    "IBCPacketCommitmentNotFound(bytes32)",
    "Unreachable()",
)
"""By selector alone they would be numbers to whoever relays to a router that somebody else deployed."""
