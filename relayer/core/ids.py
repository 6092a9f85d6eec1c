"""Identifiers and units, each with the parser that untrusted input must pass.

Nothing here may depend on a particular ledger.
"""

from __future__ import annotations

import re
from typing import NewType

from relayer.errors import InvalidInput

LedgerId = NewType("LedgerId", str)
"""The operator's name of a ledger in relayer.yaml, for example ``contracts``."""

ChannelId = NewType("ChannelId", str)
"""The operator's name of a channel: one pair of clients on two ledgers."""

ClientId = NewType("ClientId", str)
"""ICS-24 client identifier, for example ``client-0`` or ``poa-evm-0``."""

Sequence = NewType("Sequence", int)
"""Packet sequence of one source client, from 1 (ICS-4 v2)."""

Height = NewType("Height", int)
"""A height names the state that header h proves. EVM: after block h. CometBFT: after block h-1."""

TimestampSeconds = NewType("TimestampSeconds", int)
"""Unix seconds, the unit of IBC v2 timeouts."""

TransactionId = NewType("TransactionId", str)
"""Hash or name of a transaction as its own ledger prints it; of what no transaction did, `of_block`."""

_OF_BLOCK = "block/"


def of_block(number: int) -> TransactionId:
    """Stands for the block itself, as the cause of what it did at its beginning or its end."""
    return TransactionId(f"{_OF_BLOCK}{number}")


def is_of_block(transaction: TransactionId) -> bool:
    """Whether no transaction did it, but the block itself."""
    return transaction.startswith(_OF_BLOCK)


# ibc-go 24-host: what MsgRegisterCounterparty and packet validation both accept.
_CLIENT_ID = re.compile(r"[a-zA-Z0-9._+\-#\[\]<>]{4,128}", re.ASCII)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_PORT = re.compile(r"[a-zA-Z0-9._+\-#\[\]<>]{2,128}", re.ASCII)
MAXIMUM_UINT64 = 2**64 - 1


def parse_client_id(text: str) -> ClientId:
    """Accepts 4 to 128 characters of ICS-24's alphabet, as routers of EVM ledgers let their owners choose them. A chain with
    ibc-go takes packets of clients with 8 to 64 characters alone."""
    if not _CLIENT_ID.fullmatch(text):
        raise InvalidInput(f"client id {text!r}: expected 4 to 128 letters, digits and ._+-#[]<>, such as client-0")
    return ClientId(text)


def parse_ledger_id(text: str) -> LedgerId:
    """Accepts lower-case letters, digits and dashes, at most 63."""
    if not _NAME.fullmatch(text):
        raise InvalidInput(f"ledger name {text!r}: use lower-case letters, digits and dashes, at most 63")
    return LedgerId(text)


def parse_channel_id(text: str) -> ChannelId:
    """Accepts lower-case letters, digits and dashes, at most 63."""
    if not _NAME.fullmatch(text):
        raise InvalidInput(f"channel name {text!r}: use lower-case letters, digits and dashes, at most 63")
    return ChannelId(text)


def parse_port(text: str) -> str:
    """Accepts an ICS-24 port of 2 to 128 characters."""
    if not _PORT.fullmatch(text):
        raise InvalidInput(f"port {text!r}: expected 2 to 128 characters of letters, digits and ._+-#[]<>")
    return text


def parse_sequence(value: int) -> Sequence:
    """Accepts 1 to 2^64 - 1."""
    if not 1 <= value <= MAXIMUM_UINT64:
        raise InvalidInput(f"packet sequence {value}: expected 1 to 2^64 - 1")
    return Sequence(value)
