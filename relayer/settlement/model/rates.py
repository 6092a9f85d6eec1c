"""How often one party may do what costs the others: propose cycles, abort those of others, and dispute."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from relayer.codes.limits import DEFAULT_DISPUTES_PER_HOUR, DEFAULT_PROPOSALS_PER_HOUR
from relayer.settlement.model.acts import Request


class RateKind(StrEnum):
    """What is counted for each party."""

    PROPOSAL = "proposal"
    ABORT = "abort"
    """Of a proposal that another actor made."""
    DISPUTE = "dispute"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """How many of each kind the ledger takes from one party within one hour of block time."""

    proposals_per_hour: int
    disputes_per_hour: int

    def of(self, kind: RateKind) -> int:
        """The limit of one kind. A party may abort as many proposals of others as it may make itself."""
        return self.disputes_per_hour if kind is RateKind.DISPUTE else self.proposals_per_hour


DEFAULT_RATES = RateLimits(proposals_per_hour=DEFAULT_PROPOSALS_PER_HOUR, disputes_per_hour=DEFAULT_DISPUTES_PER_HOUR)


class RateLimitsInForce(NamedTuple):
    """Limits and the log entry that set them. Sequence 0: the defaults are in force."""

    limits: RateLimits
    sequence: int
    head_hash: bytes


class RateUse(NamedTuple):
    """How often a party has asked within the hour with this number, counted since 1970."""

    hour: int
    used: int


UNUSED = RateUse(0, 0)

RateKey = tuple[bytes, RateKind]
"""The party and what it asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRateLimits(Request):
    """The operator sets limits in the place of those in force."""

    limits: RateLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitsSet:
    """The limits are in force from the next command on."""

    limits: RateLimits


RateCommand = SetRateLimits
RateEvent = RateLimitsSet
