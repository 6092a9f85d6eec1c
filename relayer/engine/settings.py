"""Every bound and every waiting time of the engine, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """Seconds are local time; they decide when to poll again, never how a packet ends."""

    poll_seconds: float = 1.0
    """Seconds between two polls of a ledger when no hint arrives."""
    page_blocks: int = 500
    """Heights read in one request."""
    page_bytes: int = 16 * 1024 * 1024
    """Payloads in one request; pages of more are made shorter."""
    inbox_items: int = 64
    """Pages and results waiting for the journal; at this number the watchers wait."""
    transaction_events: int = 1_024
    """Events journaled in one transaction, roughly: a page is never split."""
    batch_messages: int = 150
    batch_bytes: int = 1_000_000
    """Payloads and estimated proofs of one submission."""
    ends_at_once: int = 256
    """Ended packets whose commitments are proven to be gone together."""
    ends_seconds: float = 1.0
    """Least seconds between two such proofs, unless that many packets wait: each one takes a header, with the signatures of
    those who vouch for it, away from packets that are under way."""
    submissions_per_ledger: int = 2
    """Submissions in flight at one ledger, of all channels together."""
    confirm_seconds: float = 15.0
    """Seconds for a fact to appear after a ledger accepted the message; each further round waits twice as long, because
    a ledger may take many blocks to be final."""
    unconfirmed_rounds: int = 6
    """Submissions without the fact appearing (some 16 minutes) before the packet is quarantined."""
    backoff_first_seconds: float = 0.25
    backoff_last_seconds: float = 30.0
    operator_seconds: float = 15.0
    """Seconds between retries when only an operator can help: an empty account, a frozen client."""
    refresh_percent: int = 50
    """Share of its trusting period: a client this old is updated though no packet needs it."""
    cursor_blocks: int = 1_000
    """An idle ledger's cursor is written every so many heights."""
    checkpoint_rows: int = 2_000
    """Least number of rows between two checkpoints; at least the number of open packets, because each of them is written."""
    rescan_margin_blocks: int = 100
    gap_retries: int = 3
    stop_seconds: float = 10.0
    """Seconds for submissions in flight when the engine is stopped."""
