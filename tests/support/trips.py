"""Trips of the example contract as activities, for tests of rating and of the agent."""

from __future__ import annotations

from typing import Any

from relayer.rating.activity import Activity, Place
from tests.support.paths import ROOT

EXAMPLES = ROOT / "contracts" / "evm" / "examples"
EXAMPLE_RULES = ROOT / "relayer" / "examples" / "trips.rules.yaml"
TRIP_ENDED = "TripEnded(bytes32,address,address,uint64,uint64,uint32,uint16)"
PROVIDER = bytes.fromhex("90f8bf6a479f320ead074411a4b0e7944ea8c9c1")
RETAILER = bytes.fromhex("ffcf8fdee72ac11b5c542428b35eef5769c409f0")
CONTRACT = bytes.fromhex("5b1869d9a4c187f2eaa108f3062412ecf0526b24")
NOON = 1_790_000_000 - 1_790_000_000 % 86_400 + 12 * 3_600
"""Of a day in September 2026, in UTC."""


def place(*, block: int = 100, log_index: int = 0) -> Place:
    return Place(
        chain_id=1337,
        contract=CONTRACT,
        block=block,
        block_hash=block.to_bytes(32, "big"),
        block_time=NOON + 3_600,
        transaction=b"\x07" * 32,
        log_index=log_index,
    )


def trip(*, seconds: int = 600, started: int = NOON, at: Place | None = None, **changed: Any) -> Activity:
    fields = {
        "tripId": b"\x01" * 32,
        "provider": PROVIDER,
        "retailer": RETAILER,
        "startedAt": started,
        "endedAt": started + seconds,
        "metres": 1_234,
        "riders": 1,
        **changed,
    }
    return Activity(place=at or place(), event=TRIP_ENDED, fields=fields)
