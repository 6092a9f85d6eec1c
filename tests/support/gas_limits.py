"""Caps on the gas of each entry point of the contracts, on the dearest input that it accepts.

``python -m tests.support.gas_limits`` prints the table of docs/limits.md.
"""

from __future__ import annotations

import sys

WORST = {
    "updateClient": "a skip between two sets of 128 validators, both in the message, all of whom signed",
    "misbehaviour": "two such headers",
    "verifyMembership": "a key of 16,000 bytes, 63 nodes below the root",
    "verifyNonMembership": "two neighbours of such a key",
    "recvPacket": "256 KiB, without the proof",
    "send": "64 facts",
    "ackPacket": "64 refused facts, without the proof",
    "news": "64 liabilities, without the proof (recvPacket of BusinessFacts)",
}
CAPS = {
    "updateClient": 3_500_000,
    "misbehaviour": 4_600_000,
    "verifyMembership": 430_000,
    "verifyNonMembership": 1_150_000,
    "recvPacket": 20_500_000,
    "send": 1_600_000,
    "ackPacket": 1_540_000,
    "news": 2_500_000,
}
"""A few per cent above what was measured when they were set."""


def gas_table() -> str:
    """The table of docs/limits.md."""
    lines = ["| entry point | dearest accepted input | gas at most |", "|---|---|---|"]
    lines += [f"| `{name}` | {words} | {CAPS[name]:,} |" for name, words in WORST.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(gas_table())
