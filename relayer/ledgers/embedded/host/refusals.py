"""Refusals of single messages, with codespace and number as ibc-go registers them (v11.2.0).

A refusal undoes its own message and nothing else of the batch. "Retryable" means that the same message may pass later:
with a newer proof, after a client update, or once a frozen or expired client was recovered.
"""

from __future__ import annotations

from enum import Enum

from relayer.errors import RelayerError


class Code(Enum):
    """(codespace, number, whether trying again may help)."""

    INVALID_PACKET = ("channelv2", 2, False)
    SEQUENCE_SEND_NOT_FOUND = ("channelv2", 4, False)
    INVALID_ACKNOWLEDGEMENT = ("channelv2", 5, False)
    INVALID_TIMEOUT = ("channelv2", 8, False)
    TIMEOUT_ELAPSED = ("channelv2", 9, False)
    TIMEOUT_NOT_REACHED = ("channelv2", 10, True)
    ACKNOWLEDGEMENT_EXISTS = ("channelv2", 11, False)

    INVALID_CLIENT = ("client", 3, False)
    CLIENT_NOT_FOUND = ("client", 4, False)
    CONSENSUS_STATE_NOT_FOUND = ("client", 7, True)
    INVALID_CONSENSUS = ("client", 8, False)
    INVALID_CLIENT_TYPE = ("client", 10, False)
    INVALID_HEADER = ("client", 12, True)
    INVALID_MISBEHAVIOUR = ("client", 13, False)
    INVALID_RECOVERY = ("client", 24, False)
    INVALID_HEIGHT = ("client", 26, False)
    CLIENT_NOT_ACTIVE = ("client", 29, True)
    MEMBERSHIP_FAILED = ("client", 30, True)
    NON_MEMBERSHIP_FAILED = ("client", 31, True)
    ROUTE_NOT_FOUND = ("client", 32, False)
    INVALID_COUNTERPARTY = ("clientv2", 34, False)
    COUNTERPARTY_NOT_FOUND = ("clientv2", 35, False)

    PORT_NOT_ROUTED = ("port", 5, False)
    UNAUTHORIZED = ("ibc", 2, False)
    INVALID_REQUEST = ("ibc", 8, False)
    TOO_LARGE = ("ibc", 17, False)
    MALFORMED = ("ibc", 14, False)
    INVALID_PROOF = ("commitment", 2, False)

    def __str__(self) -> str:
        codespace, number, _ = self.value
        return f"{codespace}/{number}"


class MessageRefused(RelayerError):
    """A message breaks a rule of the host, of a light client or of an application."""

    def __init__(self, codespace: str, number: int, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.codespace = codespace
        self.number = number
        self.retryable = retryable


def refuse(code: Code, message: str) -> MessageRefused:
    """The refusal with a code of the host, for the caller to raise."""
    codespace, number, retryable = code.value
    return MessageRefused(codespace, number, message, retryable=retryable)
