"""What can go wrong with a ledger, as switches of a simulated one."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Faults:
    """All off. Counters count down as they strike."""

    down: bool = False
    """Every call fails as if no node answered."""
    authorities_down: bool = False
    """Client updates fail: too few vouch for headers."""
    hints_lost: bool = False
    facts_lost: int = 0
    """So many facts are left out of the next pages."""
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
        self.longest_step = 0
        self.refusals.clear()
        self.delay_seconds = 0.0
