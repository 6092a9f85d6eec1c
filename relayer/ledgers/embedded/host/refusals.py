"""Refusals of single messages, with codespace and number as ibc-go registers them.

A refusal undoes its own message and nothing else of the batch.
"""

from __future__ import annotations

from relayer.codes.ibc import IbcCode
from relayer.errors import RelayerError


class MessageRefused(RelayerError):
    """A message breaks a rule of the host, of a light client or of an application."""

    def __init__(self, codespace: str, number: int, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.codespace = codespace
        self.number = number
        self.retryable = retryable


def refuse(code: IbcCode, message: str) -> MessageRefused:
    """The refusal with a code of the host, for the caller to raise."""
    return MessageRefused(code.codespace, code.number, message, retryable=code.retryable)
