"""From where a light client starts: everything that it ever accepts follows from this one header.

The ledger gives the first states, and the header that they are taken from. Neither is believed: the header must lead to the
states and carry its signers' signatures, and the operator confirms its hash, or has named it beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

from relayer.core.ids import Height, LedgerId
from relayer.errors import InvalidInput, WrongLedger
from relayer.light_clients.known import KNOWN
from relayer.light_clients.registry import LightClients
from relayer.ports.ledger import Ledger
from relayer.ports.prover import ClientCreation, ClientTerms, Prover
from relayer.proofs.errors import ProofError

_PIN = re.compile(r"([^:]+):([1-9][0-9]{0,18}):0x([0-9a-fA-F]{64})", re.ASCII)


class FollowedLedger(Ledger, Prover, Protocol):
    """A ledger that a light client may follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstHeader:
    """`hash` is the header's; for a type of light client that is not known here, it is the sha256 of the first state."""

    ledger: LedgerId
    height: Height
    hash: bytes
    is_header: bool = True

    @property
    def pin(self) -> str:
        """As `channel open --expect-hash` takes it."""
        return _pin(self.ledger, self.height, self.hash)

    def __str__(self) -> str:
        what = "header" if self.is_header else "first state"
        return f"{what} {self.height} of {self.ledger}, hash 0x{self.hash.hex()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedHeader:
    """The one that the operator has from another source."""

    ledger: LedgerId
    height: Height
    hash: bytes

    @property
    def pin(self) -> str:
        """As it was named."""
        return _pin(self.ledger, self.height, self.hash)

    def require(self, found: FirstHeader) -> None:
        """Raises WrongLedger if the ledger shows another one."""
        if (found.ledger, found.height, found.hash) != (self.ledger, self.height, self.hash):
            raise WrongLedger(
                f"{found}, but 0x{self.hash.hex()} is expected; no light client starts there: find out which of the two "
                "sources is wrong"
            )


Confirm = Callable[[FirstHeader], Awaitable[None]]
"""Raises if a light client must not start there."""


async def accept(_header: FirstHeader) -> None:
    """For a caller who vouches for what the nodes, and those who vouch for the ledger, agree on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting:
    """How the first headers are confirmed. `expected`, by ledger, names height and hash; the others are put to `confirm`."""

    confirm: Confirm = accept
    expected: Mapping[str, ExpectedHeader] = field(default_factory=dict)

    async def creation(self, followed: FollowedLedger, terms: ClientTerms) -> tuple[ClientCreation, FirstHeader]:
        """What a light client of the ledger starts from. Raises what `first_header` and `confirm` raise."""
        expected = self.expected.get(followed.ledger_id)
        creation = await followed.initial_client(terms, at=None if expected is None else expected.height)
        header = await first_header(followed, creation, terms)
        if expected is None:
            await self.confirm(header)
        else:
            expected.require(header)
        return creation, header


async def first_header(
    followed: FollowedLedger, creation: ClientCreation, terms: ClientTerms, light_clients: LightClients = KNOWN
) -> FirstHeader:
    """What a light client of that ledger would start from. Raises WrongLedger if the states are not those of a signed header
    of the ledger, LedgerUnavailable if its nodes do not agree on it, and AuthoritiesUnavailable if too few of those who
    vouch for it have signed it."""
    message = await followed.first_header(creation.height)
    kind = light_clients.of_type(creation.client_type)
    if kind is None:
        digest = sha256(creation.consensus_state).digest()
        return FirstHeader(ledger=followed.ledger_id, height=creation.height, hash=digest, is_header=False)
    try:
        state = kind.followed(creation.client_state)
        found = kind.first_header(creation.client_state, creation.consensus_state, message.value)
    except ProofError as error:
        raise _forged(followed, f"its header {creation.height} does not prove it: {error}") from error
    if state.chain_id != followed.chain_id or state.latest_height != creation.height:
        raise _forged(followed, f"it is of height {state.latest_height} of {state.chain_id!r}")
    if state.trusting_period_seconds != terms.trusting_period_seconds:
        raise _forged(followed, f"its trusting period is {state.trusting_period_seconds} s")
    return FirstHeader(ledger=followed.ledger_id, height=creation.height, hash=found)


def expected_headers(texts: Sequence[str], ledgers: Collection[str]) -> Mapping[str, ExpectedHeader]:
    """By ledger, of LEDGER:HEIGHT:HASH each. Raises InvalidInput, also for a ledger that is not among `ledgers`."""
    found: dict[str, ExpectedHeader] = {}
    for text in texts:
        match = _PIN.fullmatch(text)
        if match is None:
            raise InvalidInput(
                f"{text!r} names no header; write LEDGER:HEIGHT:HASH, as `relayer channel headers` prints it: "
                "the hash has 0x and 64 hex digits"
            )
        name = match[1]
        if name not in ledgers:
            raise InvalidInput(f"{text!r}: the channel has no ledger {name!r}, only {' and '.join(sorted(ledgers))}")
        if name in found:
            raise InvalidInput(f"{text!r}: the header of {name} is named twice; name one")
        found[name] = ExpectedHeader(ledger=LedgerId(name), height=Height(int(match[2])), hash=bytes.fromhex(match[3]))
    return found


def _pin(ledger: LedgerId, height: Height, digest: bytes) -> str:
    return f"{ledger}:{height}:0x{digest.hex()}"


def _forged(followed: Ledger, words: str) -> WrongLedger:
    return WrongLedger(
        f"the first state that {followed.ledger_id} gives to a light client is not one of that ledger: {words}; find out "
        "who answers in its name before a light client starts there"
    )
