"""From where a light client starts: everything that it ever accepts follows from this one header."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256

from relayer.core.ids import Height, LedgerId
from relayer.ports.capabilities import ConfirmsHeaders, capability
from relayer.ports.ledger import Ledger
from relayer.ports.prover import ClientCreation


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstHeader:
    """`hash` is the header's; where a ledger is not read through nodes, it is the sha256 of the client's first state."""

    ledger: LedgerId
    height: Height
    hash: bytes
    is_header: bool

    def __str__(self) -> str:
        what = "header" if self.is_header else "first state"
        return f"{what} {self.height} of {self.ledger}, hash 0x{self.hash.hex()}"


Confirm = Callable[[FirstHeader], Awaitable[None]]
"""Raises if a light client must not start there."""


async def accept(_header: FirstHeader) -> None:
    """For a caller who vouches for what the nodes, and those who vouch for the ledger, agree on."""


async def first_header(followed: Ledger, creation: ClientCreation) -> FirstHeader:
    """What a light client of that ledger would start from. Raises LedgerUnavailable if the ledger's nodes do not agree on
    it, and AuthoritiesUnavailable if too few of those who vouch for the ledger sign it."""
    confirms = capability(followed, ConfirmsHeaders)
    found = None if confirms is None else await confirms.confirmed_header(creation.height)
    return FirstHeader(
        ledger=followed.ledger_id,
        height=creation.height,
        hash=sha256(creation.consensus_state).digest() if found is None else found,
        is_header=found is not None,
    )
