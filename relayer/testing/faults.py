"""What can go wrong with a ledger, as switches of a simulated one."""

from __future__ import annotations

from dataclasses import dataclass, field

from relayer.core.events import LedgerFact


@dataclass(slots=True, kw_only=True)
class Faults:
    """All off. Counters count down as they strike."""

    down: bool = False
    """Every call fails as if no node answered."""
    authorities_down: bool = False
    """Client updates fail: too few vouch for headers."""
    authorities_behind: int = 0
    """Those who vouch for headers see so many heights less than there are."""
    hints_lost: bool = False
    facts_lost: int = 0
    """So many facts are left out of the next pages."""
    facts_invented: list[LedgerFact] = field(default_factory=list)
    """Reported at the end of the next page, though nothing of the kind happened."""
    receipts_invented: int = 0
    """So many submissions are reported as accepted, and never executed."""
    submissions_lost: int = 0
    """So many submissions fail before they reach the ledger."""
    outcomes_unknown: int = 0
    """So many submissions are executed, and then fail to answer."""
    refusals: list[tuple[str, bool]] = field(default_factory=list)
    """(code, retryable) for the next messages, one each."""
    delay_seconds: float = 0.0
    """Every call takes so long."""
    pruned_below: int = 0
    """Proofs below this height are gone."""
    longest_step: int = 0
    """No header leads further than so many heights, as after changes of validators; 0: all do."""

    def heal(self) -> None:
        """Everything works again; what was pruned stays gone."""
        self.down = self.authorities_down = self.hints_lost = False
        self.facts_lost = self.submissions_lost = self.outcomes_unknown = 0
        self.longest_step = self.receipts_invented = self.authorities_behind = 0
        self.facts_invented.clear()
        self.refusals.clear()
        self.delay_seconds = 0.0
