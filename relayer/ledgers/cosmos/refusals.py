"""What the chain's refusals mean: by codespace and number as the SDK and ibc-go v11.2 register them, never by text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from relayer.errors import (
    AccessDenied,
    ClientUnusable,
    FeeCapExceeded,
    FundsInsufficient,
    LedgerError,
    LedgerRefused,
    LedgerUnavailable,
)
from relayer.ledgers.cosmos.errors import printable
from relayer.ports.ledger import MessageResult, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Of a transaction, by a check or in a block. `log` is the node's words, for people alone."""

    codespace: str
    code: int
    log: str

    @property
    def name(self) -> str:
        """Stable, for example ``channelv2/9``."""
        return f"{self.codespace}/{self.code}"


class Known(Enum):
    """Refusals that the relayer itself acts upon."""

    UNAUTHORISED = ("sdk", 4)
    FUNDS_INSUFFICIENT = ("sdk", 5)
    UNKNOWN_ACCOUNT = ("sdk", 9)
    FEE_INSUFFICIENT = ("sdk", 13)
    ALREADY_IN_POOL = ("sdk", 19)
    POOL_FULL = ("sdk", 20)
    KEY_NOT_FOUND = ("sdk", 22)
    TIMEOUT_HEIGHT_PASSED = ("sdk", 30)
    WRONG_SEQUENCE = ("sdk", 32)
    ALL_REDUNDANT = ("channel", 22)
    RELAYER_NOT_ALLOWED = ("ibc", 2)

    @property
    def code(self) -> str:
        """As a refusal names itself, for example ``sdk/4``."""
        codespace, number = self.value
        return f"{codespace}/{number}"

    def fits(self, refusal: Refusal) -> bool:
        """Whether this is the refusal."""
        return self.value == (refusal.codespace, refusal.code)


_UNUSABLE_CLIENT = frozenset({"client/4", "client/5", "client/29", "poa-evm/18", "poa-evm/19"})
"""Not found, frozen, not active; frozen and expired as the light client itself says it."""

_PERMANENT = frozenset(
    {
        "channelv2/2",  # another packet than the one committed, or an impossible one
        "channelv2/3",  # payload
        "channelv2/5",  # acknowledgement
        "channelv2/8",  # timeout out of range
        "channelv2/9",  # timeout elapsed: what remains is the timeout on the other ledger
        "channelv2/11",  # acknowledgement exists
        "client/3",  # invalid client
        "clientv2/34",  # another counterparty than the registered one
        "clientv2/35",  # no counterparty is registered
        "host/2",  # identifier
        "host/4",  # packet
        "ibc/8",  # invalid request
        "ibc/17",  # too large
        "port/5",  # no application at the port
        "sdk/111222",  # the chain's code panicked, as ibc-go does for a port without application
    }
)
"""The packet itself is at fault: no proof and no time make it acceptable."""


class TransactionRefused(LedgerError):
    """A node's check, or the block, refused a transaction as a whole."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"the ledger refused a transaction with {refusal.name}: {printable(refusal.log)}")
        self.refusal = refusal


class AccountMissing(FundsInsufficient):
    """The sending account does not exist on the chain yet: nobody has sent it anything."""


class FeeInsufficient(FeeCapExceeded):
    """The nodes ask for a higher gas price than the configured one."""


def rejection(refusal: Refusal) -> MessageResult:
    """The result of the one message that the refusal is about."""
    return MessageResult(
        outcome=Outcome.REJECTED,
        code=refusal.name,
        detail=printable(refusal.log),
        retryable=refusal.name not in _PERMANENT,
    )


def require_usable(refusal: Refusal, *, account: str, client: str) -> None:
    """Raises what every message to this client would meet: ClientUnusable or AccessDenied."""
    if refusal.name in _UNUSABLE_CLIENT:
        raise ClientUnusable(
            f"client {client} refuses with {refusal.name} ({printable(refusal.log)}); `relayer check` shows its state, "
            "the chain's authority must recover it or the channel gets a new one"
        )
    if Known.RELAYER_NOT_ALLOWED.fits(refusal):
        raise AccessDenied(
            f"account {account} is not among the relayers that client {client} allows; "
            "ask the client's creator to add it, or use an account that is"
        )


def require_payable(refusal: Refusal, *, account: str, offer: str) -> None:
    """Raises AccountMissing, FeeInsufficient, FundsInsufficient or LedgerUnavailable for what is no message's fault."""
    if Known.FEE_INSUFFICIENT.fits(refusal):
        raise FeeInsufficient(
            f"the ledger's nodes ask for more than {offer}; raise the gas price ({printable(refusal.log)})"
        )
    if Known.FUNDS_INSUFFICIENT.fits(refusal):
        raise FundsInsufficient(f"account {account} cannot pay {offer}; send it coins ({printable(refusal.log)})")
    if Known.UNKNOWN_ACCOUNT.fits(refusal):
        raise missing_account(account)
    if Known.POOL_FULL.fits(refusal):
        raise LedgerUnavailable("the node's pool of transactions is full; it is tried again")
    if Known.TIMEOUT_HEIGHT_PASSED.fits(refusal):
        raise LedgerUnavailable("the ledger moved past the last block for a transaction before taking it; it is tried again")


def missing_account(account: str) -> AccountMissing:
    """To be raised."""
    return AccountMissing(f"account {account} does not exist on the chain yet; send it some coins, that makes it")


def refused(refusal: Refusal, what: str) -> LedgerRefused:
    """A set-up message or business command that broke a rule, to be raised."""
    return LedgerRefused(refusal.name, f"{what}: {printable(refusal.log)}")
