"""How much of a node's answer is decoded at once: bytes are no measure of the memory that JSON takes."""

from __future__ import annotations

from typing import Final

from relayer.ledgers.nodes.errors import AnswerTooLarge

MAXIMUM_VALUES: Final = 3_000_000
"""An answer of 64 MiB that holds nothing but the smallest logs of an EVM ledger has about 1.7 million."""


def require_few_values(raw: bytes | bytearray) -> None:
    """An empty list takes three bytes on its way and twenty times as much once it is decoded, so lists, objects and commas
    are counted first, those in texts included. Raises AnswerTooLarge."""
    values = raw.count(b",") + raw.count(b"[") + raw.count(b"{")
    if values > MAXIMUM_VALUES:
        raise AnswerTooLarge(f"an answer of {values} values, more than {MAXIMUM_VALUES}; ask for fewer blocks at once")
