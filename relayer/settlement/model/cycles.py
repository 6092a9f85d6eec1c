"""Netting cycles: proposed with a certificate, verified by another party, committed as a whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from relayer.settlement.model.acts import Request, Share, UnitKey
from relayer.settlement.netting.modes import NettingMode


class CycleState(StrEnum):
    """PROPOSED -> VERIFIED -> COMMITTED; ABORTED and EXPIRED give back what was held. Only VERIFIED holds anything."""

    PROPOSED = "proposed"
    VERIFIED = "verified"
    COMMITTED = "committed"
    ABORTED = "aborted"
    EXPIRED = "expired"


class DebtRow(NamedTuple):
    """A debt between two parties of a plan, each named by its place in the plan's list."""

    debtor: int
    creditor: int
    amount: int


class NovatedDebt(NamedTuple):
    """A debt that a hub cycle puts in the place of those that it clears."""

    debtor: bytes
    creditor: bytes
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CyclePlan:
    """What a cycle clears, and why that is right."""

    cycle_id: str
    mode: NettingMode
    currency: str
    exponent: int
    cut_off_seconds: int
    """Only facts whose service ended by then take part; later ones go to the next cycle."""
    value_date_seconds: int
    """Only debts due by then take part; what remains is payable on this day."""
    expires_at_seconds: int
    debts_hash: bytes
    """relayer.settlement.netting.debts.DebtNetwork.digest of the debts that took part."""
    parties: tuple[bytes, ...]
    """Those with a debt, ascending."""
    debts: tuple[DebtRow, ...]
    """What the proof is about, ascending by debtor and creditor, so that anyone can check it later."""
    proof: bytes
    """The certificate (relayer.settlement.netting.certificate) in mode CYCLE; empty in the others, which are recomputed."""
    gross: int
    remaining: int
    shares: tuple[Share, ...]
    """What is cleared of which liability."""
    novated: tuple[NovatedDebt, ...]
    """What replaces it in mode HUB."""

    @property
    def unit(self) -> UnitKey:
        """The one currency of the cycle (guarantee G4)."""
        return UnitKey(self.currency, self.exponent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Who checked a proposal, by their own means."""

    verifier: bytes
    """A party id, or OPERATOR."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """The current record of a cycle."""

    plan: CyclePlan
    state: CycleState
    proposer: bytes
    verification: Verification | None
    """None: not verified yet."""
    sequence: int
    """Log entry of the state."""

    @property
    def verifier(self) -> bytes | None:
        """Who verified it; None: not verified yet."""
        return None if self.verification is None else self.verification.verifier

    def summary(self) -> Cycle:
        """Without what makes a cycle large: its proof, its debts and what they consist of."""
        plan = replace(self.plan, parties=(), debts=(), proof=b"", shares=(), novated=())
        return replace(self, plan=plan)


class UnitCycles(NamedTuple):
    """The cycles of one unit: which one is verified and runs, and the newest cut-off that was committed."""

    running: str | None
    cut_off_seconds: int


NO_CYCLES = UnitCycles(None, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeCycle(Request):
    """Clears debts. Checked completely and recorded; nothing is held until another actor has verified it."""

    cycle_id: str
    mode: NettingMode
    currency: str
    exponent: int
    cut_off_seconds: int
    value_date_seconds: int
    expires_at_seconds: int
    debts_hash: bytes
    proof: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyCycle(Request):
    """Somebody else than the proposer has checked the proof with this sha256 by their own means. Holds what is cleared."""

    cycle_id: str
    proof_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitCycle(Request):
    """Posts a verified cycle, all of it."""

    cycle_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortCycle(Request):
    """Gives a cycle up; everything it held is free again. Anyone who takes part may, until it is verified."""

    cycle_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireCycle(Request):
    """The cycle's time has passed. Anyone may say so."""

    cycle_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleProposed:
    """The plan is recorded; it holds nothing."""

    plan: CyclePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleMoved:
    """The cycle reached `state`, any but PROPOSED. VERIFIED holds every share, COMMITTED posts it."""

    cycle_id: str
    state: CycleState


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtNovated:
    """A committed hub cycle put this debt in the place of what it cleared. It follows the commit in the same block."""

    cycle_id: str
    debtor: bytes
    creditor: bytes
    currency: str
    exponent: int
    amount: int
    service_end: int
    due_date: int


CycleCommand = ProposeCycle | VerifyCycle | CommitCycle | AbortCycle | ExpireCycle
CycleEvent = CycleProposed | CycleMoved | DebtNovated
