"""Why a file is no evidence. One class, so that a reader catches one; the flaw is stable, the sentence is for a person."""

from __future__ import annotations

from enum import StrEnum

from relayer.errors import InvalidInput


class Flaw(StrEnum):
    """What is wrong with the file, or with what was said to be trusted."""

    FORM = "FORM"
    """Not the format: not JSON, a field missing, unknown, of the wrong type or out of range."""
    OTHER_LEDGER = "OTHER_LEDGER"
    """It is about a ledger that the reader does not trust, or trusts as another kind."""
    OTHER_CHANNEL = "OTHER_CHANNEL"
    """The packet went through other clients than those of the trusted channel."""
    STORY = "STORY"
    """The statements are not the life of a packet, or do not follow each other."""
    HEADER = "HEADER"
    """A header is not of the height that it is said to be, or not in the one form that evidence has."""
    SIGNERS = "SIGNERS"
    """A header is vouched for by others than the trusted ones, by too few, or with a bad signature."""
    PROOF = "PROOF"
    """A proof does not show its claim under its header."""
    TOO_EARLY = "TOO_EARLY"
    """The absence of a receipt is shown at a time at which the packet could still arrive."""


class EvidenceRefused(InvalidInput):
    """The file proves nothing. Ask whoever made it for another one; never believe a part of it."""

    def __init__(self, flaw: Flaw, message: str) -> None:
        super().__init__(f"{message} ({flaw})")
        self.flaw = flaw


class TrustRefused(InvalidInput):
    """The trust file is unusable. Nothing was checked."""
