"""Refusals of settlement commands. A refused fact is no error but an answer with a code (relayer.codes.facts.FactCode)."""

from __future__ import annotations

from relayer.codes.settlement import RefusalCode
from relayer.errors import RelayerError


class CommandRefused(RelayerError):
    """The command breaks a rule of the settlement ledger; nothing changed. `code` says which rule."""

    def __init__(self, code: RefusalCode, message: str) -> None:
        super().__init__(message)
        self.code = code
