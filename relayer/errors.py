"""The error tree: every error that this package raises on purpose, and when.

Two kinds matter everywhere. *Their fault*: untrusted bytes, a node, an operator's input; it is caught at the edge,
explained to the operator, and never stops another channel. *Our fault*: a broken invariant; it stops the process, because
continuing would risk real debts. This module must not import any other module of the package.
"""

from __future__ import annotations


class RelayerError(Exception):
    """Root of all errors raised on purpose. The message says what is wrong and what to do."""


class InvariantBroken(RelayerError):
    """Our own bug: a state that must be impossible. The process stops; the journal shows how it was reached."""


class ConfigurationError(RelayerError):
    """The configuration, or what it points to, is wrong. Raised before anything is started."""


class InvalidInput(RelayerError):
    """Untrusted bytes or values break a rule of their format."""


class LimitExceeded(RelayerError):
    """A limit of this process was reached. The caller slows down or refuses; nothing is dropped silently."""


class LedgerError(RelayerError):
    """A ledger's answer prevents the operation."""


class LedgerUnavailable(LedgerError):
    """No answer, or a node that lags or is restarting. Retry later."""


class NoPriceYet(LedgerUnavailable):
    """A submission cannot be priced before the ledger's next block, though nothing is wrong with it."""


class WrongLedger(LedgerError):
    """The node serves another chain, or there is no router at the address. Retrying is useless."""


class NotFinal(LedgerError):
    """The requested height is not final yet."""


class HeightPruned(LedgerError):
    """The node has pruned the state of the requested height."""


class FactDisproved(LedgerError):
    """A node reported what its ledger's own state disproves: it lies, or its data are damaged. Nothing was done about it."""


class ClientUnusable(LedgerError):
    """A light client is frozen, expired or unknown; nothing can be proven to its ledger until it is replaced."""


class LedgerRefused(LedgerError):
    """A set-up message, a business command or a lone client update broke a rule of the ledger; `code` is the ledger's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code
        self.message = message


class ClientUpdateRefused(LedgerError):
    """A light client refuses the header that its ledger's prover built. No packet is at fault, and none can be proven."""


class FundsInsufficient(LedgerError):
    """The sending account cannot pay the fee."""


class FeeCapExceeded(LedgerError):
    """The ledger's price is above the operator's cap."""


class AuthoritiesUnavailable(LedgerError):
    """Fewer authorities answered than the threshold needs."""


class AccessDenied(LedgerError):
    """The call needs an access token; it is missing or wrong."""


class JournalCorrupt(RelayerError):
    """The journal's hash chain is broken. Nothing was changed; restore the file from a copy."""


class JournalLocked(RelayerError):
    """Another relayer process owns this journal."""


class JournalUnavailable(RelayerError):
    """The journal cannot be written or read: disk full, folder missing, no permission. Nothing is sent without it."""


_KINDS: dict[type[RelayerError], str] = {
    RelayerError: "RelayerError",
    InvariantBroken: "InvariantBroken",
    ConfigurationError: "ConfigurationError",
    InvalidInput: "InvalidInput",
    LimitExceeded: "LimitExceeded",
    LedgerError: "LedgerError",
    LedgerUnavailable: "LedgerUnavailable",
    WrongLedger: "WrongLedger",
    NotFinal: "NotFinal",
    HeightPruned: "HeightPruned",
    FactDisproved: "FactDisproved",
    ClientUnusable: "ClientUnusable",
    LedgerRefused: "LedgerRefused",
    ClientUpdateRefused: "ClientUpdateRefused",
    FundsInsufficient: "FundsInsufficient",
    FeeCapExceeded: "FeeCapExceeded",
    AuthoritiesUnavailable: "AuthoritiesUnavailable",
    AccessDenied: "AccessDenied",
    JournalCorrupt: "JournalCorrupt",
    JournalLocked: "JournalLocked",
    JournalUnavailable: "JournalUnavailable",
}
"""The names of errors in journals and metrics. They are stored, so no name follows a class that is renamed."""


def error_kind(error: BaseException) -> str:
    """The stored name of an error: its own, or that of the nearest class above it in the tree."""
    return next((name for kind in type(error).__mro__ if (name := _KINDS.get(kind))), "Unexpected")
