"""What commands found that check something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relayer.views.values import Hex


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedThing:
    """One thing that `relayer check` looked at. `remedy` is empty if it is as it should be."""

    subject: str
    good: bool
    found: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceView:
    """One disagreement of two ledgers about a fact, or of a business side and a ledger about a claim. `drift` is its kind,
    `claim` what the business side calls it, and `remedy` the command that mends it."""

    fact_id: Hex
    finding: str
    drift: str
    claim: str
    words: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedBooksView:
    """One business side compared with the settlement ledger. `uncounted`: differences beyond those that are listed."""

    way: str
    books: str
    agrees: bool
    claims: int
    liabilities: int
    matched: int
    travelling: int
    signed: int
    refused: int
    differences: tuple[DifferenceView, ...]
    uncounted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotComparedView:
    """A way whose business side was not compared, and why."""

    way: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsDifferenceView:
    """One disagreement of two ledgers about who may issue for a party, and what mends it."""

    account: Hex
    creditor: str
    finding: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationView:
    """Facts and liabilities compared hash by hash, and who may issue for whom. `travelling`: facts that are on their way.
    `signed`: facts that no packet has brought, recorded because they came by another way. These counts are over all ways;
    `ways` has each."""

    agrees: bool
    facts: int
    liabilities: int
    matched: int
    travelling: int
    signed: int
    differences: tuple[DifferenceView, ...]
    rights: tuple[RightsDifferenceView, ...]
    ways: tuple[ComparedBooksView, ...]
    not_compared: tuple[NotComparedView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedLedger:
    """The embedded ledger's file, replayed to the same roots."""

    height: int
    transactions: int
    log_entries: int
    app_hash: Hex


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalView:
    """A ledger's no."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsedMessage:
    """One message of a submission that was not sent; `refused` says why the ledger would refuse it."""

    packet: str
    kind: str
    proof_bytes: int
    refused: RefusalView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteView:
    """What the submission would cost at most, in the ledger's smallest unit. `price`: of one unit of gas."""

    transactions: int
    gas: int
    price: str
    fee: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsedSubmission:
    """The next submission to one light client. `quote` and `balance` are null on a ledger without fees."""

    ledger: str
    client: str
    proves: str
    messages: tuple[RehearsedMessage, ...]
    waiting: int
    updated_to: int | None
    update_bytes: int
    quote: QuoteView | None
    balance: int | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalView:
    """What `start --dry-run` would submit. `unavailable`: ledgers that could not be read, with the reason."""

    lanes: tuple[RehearsedSubmission, ...]
    unavailable: Mapping[str, str]
