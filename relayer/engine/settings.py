"""Every bound and every waiting time of the engine, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """Seconds are local time; they decide when to look again, never what becomes of a packet."""

    poll_seconds: float = 1.0
    """Between two looks at a ledger when no hint comes."""
    page_blocks: int = 500
    """Heights read in one request."""
    inbox_items: int = 64
    """Pages and results waiting for the journal; then the watchers wait."""
    transaction_events: int = 1_024
    """Events journaled in one transaction, roughly: a page is never split."""
    batch_messages: int = 150
    batch_bytes: int = 1_000_000
    """Payloads and estimated proofs of one submission."""
    submissions_per_ledger: int = 2
    """Submissions under way at one ledger, of all channels together."""
    confirm_seconds: float = 15.0
    """How long a fact may take to show after a ledger accepted the message; each further round waits twice as long, because
    a ledger may take many blocks to be final."""
    unconfirmed_rounds: int = 6
    """Submissions without the fact showing (some 16 minutes), before the packet is set aside."""
    backoff_first_seconds: float = 0.25
    backoff_last_seconds: float = 30.0
    operator_seconds: float = 15.0
    """Between tries when only an operator can help: an empty account, a frozen client."""
    refresh_percent: int = 50
    """Of its trusting period: a client as old as that is updated though no packet needs it."""
    cursor_blocks: int = 1_000
    """An idle ledger's cursor is written every so many heights."""
    checkpoint_rows: int = 2_000
    """Between two checkpoints at least; if more packets are open, so many rows as those, because each of them is written."""
    rescan_margin_blocks: int = 100
    gap_retries: int = 3
    stop_seconds: float = 10.0
    """For submissions under way when the engine is asked to stop."""
