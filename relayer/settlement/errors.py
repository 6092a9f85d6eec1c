"""Refusals of settlement commands. A refused fact is no error but an answer with a code (relayer.codes.facts.FactCode)."""

from __future__ import annotations

from relayer.codes.settlement import RefusalCode
from relayer.errors import RelayerError


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
