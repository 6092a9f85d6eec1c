"""Refusals of settlement commands. A refused fact is no error but an answer with a code (relayer.facts.codec.FactCode)."""

from __future__ import annotations

from enum import IntEnum

from relayer.errors import RelayerError


class RefusalCode(IntEnum):
    """Stable numbers of the refusals, as a ledger prints them behind its codespace ``settlement``."""

    ID_REUSED = 2
    INVALID_COMMAND = 3
    PARTY_EXISTS = 4
    PARTY_UNKNOWN = 5
    AGREEMENT_TAKEN = 6
    CUT_OFF_NOT_LATER = 7
    NOT_AUTHORISED = 8
    NOT_FOUND = 9
    ID_TAKEN = 10
    WRONG_STATE = 11
    AMOUNT_OUT_OF_RANGE = 12
    EXCEEDS_OPEN = 13
    CURRENCY_UNSUPPORTED = 14
    EXPONENT_MISMATCH = 15
    NO_AGREEMENT = 16
    DEADLINE_INVALID = 17
    DEADLINE_PASSED = 18
    DEADLINE_NOT_REACHED = 19
    EVIDENCE_USED = 20
    EVIDENCE_MISMATCH = 21
    DEBTS_CHANGED = 22
    PROOF_MALFORMED = 23
    PROOF_FALSE = 24
    CONSENT_MISSING = 25
    CYCLE_RUNNING = 26
    CUT_OFF_INVALID = 27
    NOTHING_TO_NET = 28
    SAME_ACTOR = 29


class CommandRefused(RelayerError):
    """The command breaks a rule of the settlement ledger; nothing changed."""

    code: RefusalCode


class RequestIdReused(CommandRefused):
    """The request id was used before with other content. Send the new content under a new id."""

    code = RefusalCode.ID_REUSED


class InvalidCommand(CommandRefused):
    """A field of the command is outside its range."""

    code = RefusalCode.INVALID_COMMAND


class PartyExists(CommandRefused):
    """The party is registered with other particulars."""

    code = RefusalCode.PARTY_EXISTS


class PartyUnknown(CommandRefused):
    """An agreement names a party that is not registered. Register it first."""

    code = RefusalCode.PARTY_UNKNOWN


class AgreementTaken(CommandRefused):
    """The agreement id belongs to another pair of parties."""

    code = RefusalCode.AGREEMENT_TAKEN


class CutOffNotLater(CommandRefused):
    """The cut-off only moves forward (guarantee G15)."""

    code = RefusalCode.CUT_OFF_NOT_LATER


class ClearingRefused(CommandRefused):
    """A payment, dispute, write-off or cycle breaks a rule; `code` says which."""

    def __init__(self, code: RefusalCode, message: str) -> None:
        super().__init__(message)
        self.code = code
