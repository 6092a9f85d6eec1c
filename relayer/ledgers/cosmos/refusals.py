"""What the chain's refusals mean: by codespace and number as the SDK and ibc-go register them, never by text."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.codes.ibc import ChainCode, IbcCode, Remedy, remedy_of
from relayer.errors import (
    AccessDenied,
    ClientUnusable,
    FeeCapExceeded,
    FundsInsufficient,
    LedgerError,
    LedgerRefused,
    LedgerUnavailable,
)
from relayer.ledgers.nodes.errors import printable
from relayer.ports.ledger import MessageResult, Outcome

TOO_LARGE = (ChainCode.TRANSACTION_TOO_LARGE, ChainCode.GAS_LIMIT_INVALID)
"""Of a transaction as a whole: fewer messages may pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRefusal:
    """Of a transaction, by a check or in a block. `log` is the node's words, for people alone."""

    codespace: str
    code: int
    log: str

    @property
    def name(self) -> str:
        """Stable, for example ``channelv2/9``."""
        return f"{self.codespace}/{self.code}"

    def fits(self, code: IbcCode | ChainCode) -> bool:
        """Whether this is the refusal with that code."""
        return self.name == str(code)


class TransactionRefused(LedgerError):
    """A node's check, or the block, refused a transaction as a whole."""

    def __init__(self, refusal: ChainRefusal) -> None:
        super().__init__(f"the ledger refused a transaction with {refusal.name}: {printable(refusal.log)}")
        self.refusal = refusal


class AccountMissing(FundsInsufficient):
    """The sending account does not exist on the chain yet: it has never received coins."""


class FeeInsufficient(FeeCapExceeded):
    """The nodes ask for a higher gas price than the configured one."""


def refused_message(refusal: ChainRefusal) -> MessageResult:
    """The result of the one message that the refusal is about."""
    return MessageResult(
        outcome=Outcome.REFUSED,
        code=refusal.name,
        detail=printable(refusal.log),
        retryable=remedy_of(refusal.name) is not Remedy.MESSAGE,
    )


def require_usable(refusal: ChainRefusal, *, account: str, client: str) -> None:
    """Raises what every message to this client would meet: ClientUnusable or AccessDenied."""
    if remedy_of(refusal.name) is Remedy.CLIENT:
        raise ClientUnusable(
            f"client {client} refuses with {refusal.name} ({printable(refusal.log)}); `relayer check` shows its state, "
            "the chain's authority must recover it or the channel gets a new one"
        )
    if refusal.fits(IbcCode.UNAUTHORIZED):
        raise AccessDenied(
            f"account {account} is not among the relayers that client {client} allows; "
            "ask the client's creator to add it, or use an account that is"
        )


def require_payable(refusal: ChainRefusal, *, account: str, offer: str) -> None:
    """Raises AccountMissing, FeeInsufficient, FundsInsufficient or LedgerUnavailable for what is no message's fault."""
    if refusal.fits(ChainCode.FEE_INSUFFICIENT):
        raise FeeInsufficient(
            f"the ledger's nodes ask for more than {offer}; raise the gas price ({printable(refusal.log)})"
        )
    if refusal.fits(ChainCode.FUNDS_INSUFFICIENT):
        raise FundsInsufficient(f"account {account} cannot pay {offer}; send it coins ({printable(refusal.log)})")
    if refusal.fits(ChainCode.UNKNOWN_ACCOUNT):
        raise missing_account(account)
    if refusal.fits(ChainCode.POOL_FULL):
        raise LedgerUnavailable("the node's pool of transactions is full; the relayer retries")
    if refusal.fits(ChainCode.TIMEOUT_HEIGHT_PASSED):
        raise LedgerUnavailable("the ledger moved past the last block for a transaction; the relayer retries")


def missing_account(account: str) -> AccountMissing:
    """The error for an account that the chain does not know."""
    return AccountMissing(f"account {account} does not exist on the chain yet; send it some coins, that makes it")


def require_granted(refusal: ChainRefusal) -> None:
    """Raises LedgerUnavailable for what a node or the chain bounds for every transaction: no packet is at fault."""
    if refusal.fits(ChainCode.OUT_OF_GAS):
        raise LedgerUnavailable(
            "the node grants too little gas to a simulation; raise query-gas-limit in its app.toml, or name another node "
            f"({printable(refusal.log)})"
        )
    if any(map(refusal.fits, TOO_LARGE)):
        raise LedgerUnavailable(
            "the ledger takes no transaction with one message of this size or gas; compare transaction_bytes and "
            f"transaction_gas with what its nodes take ({refusal.name}: {printable(refusal.log)})"
        )


def refused(refusal: ChainRefusal, what: str) -> LedgerRefused:
    """A set-up message or business command that broke a rule, as the error of the ports."""
    return LedgerRefused(refusal.name, f"{what}: {printable(refusal.log)}")
