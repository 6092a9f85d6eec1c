"""Why a file is not evidence. One class, so that a reader catches one; the flaw is stable, the sentence is for people."""

from __future__ import annotations

from enum import StrEnum

from relayer.errors import InvalidInput


class Flaw(StrEnum):
    """What is wrong with the file, or with the trust file."""

    FORM = "FORM"
    """Malformed: not JSON, or a field is missing, unknown, of the wrong type or out of range."""
    OTHER_LEDGER = "OTHER_LEDGER"
    """It is about a ledger that the reader does not trust, or trusts as a different kind."""
    OTHER_CHANNEL = "OTHER_CHANNEL"
    """The packet's clients are not those of the trusted channel."""
    OTHER_APPLICATION = "OTHER_APPLICATION"
    """The packet went between other ports than those of the trusted channel: a stranger may send through its clients."""
    STORY = "STORY"
    """The statements are not the life of a packet, or do not follow each other."""
    HEADER = "HEADER"
    """A header is not of the stated height, or not in the canonical form of evidence."""
    SIGNERS = "SIGNERS"
    """A header is signed by untrusted keys, by too few, or with an invalid signature."""
    PROOF = "PROOF"
    """A proof does not show its claim under its header."""
    TOO_EARLY = "TOO_EARLY"
    """The absence of a receipt is shown at a time before the packet's timeout."""


class EvidenceRefused(InvalidInput):
    """The file proves nothing. Ask its author for another one; never trust a part of it."""

    def __init__(self, flaw: Flaw, message: str) -> None:
        super().__init__(f"{message} ({flaw})")
        self.flaw = flaw


class TrustRefused(InvalidInput):
    """The trust file is unusable. Nothing was checked."""
