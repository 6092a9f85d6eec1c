"""Events of clearing as JSON objects, for the log, and records of payments, disputes and cycles, for stored tables.

The name of an event is part of its bytes, and no name is ever used for another shape.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, TypeVar

from relayer.errors import InvalidInput
from relayer.settlement.clearing.commands import ClearingCommand
from relayer.settlement.clearing.events import (
    ClearingEvent,
    ConsentSet,
    CycleMoved,
    CycleProposed,
    DebtNovated,
    DisputeClosed,
    DisputeOpened,
    PaymentInstructed,
    PaymentMoved,
    WrittenOff,
)
from relayer.settlement.clearing.records import from_plain, to_plain
from relayer.settlement.clearing.values import Cycle, Dispute, Payment

_EVENTS: dict[str, type[ClearingEvent]] = {
    "consent_set": ConsentSet,
    "payment_instructed": PaymentInstructed,
    "payment_moved": PaymentMoved,
    "dispute_opened": DisputeOpened,
    "dispute_closed": DisputeClosed,
    "written_off": WrittenOff,
    "cycle_proposed": CycleProposed,
    "cycle_moved": CycleMoved,
    "debt_novated": DebtNovated,
}
_NAMES = {kind: name for name, kind in _EVENTS.items()}

_Record = TypeVar("_Record", Payment, Dispute, Cycle)


def clearing_body(event: ClearingEvent) -> dict[str, Any]:
    """The event as a JSON object."""
    return {"event": _NAMES[type(event)], **to_plain(event)}


def read_clearing(body: Mapping[str, Any]) -> ClearingEvent:
    """The inverse of clearing_body. Raises InvalidInput for other fields or kinds of values, KeyError for another name."""
    kind = _EVENTS[body["event"]]
    return from_plain(kind, {name: value for name, value in body.items() if name != "event"})


def command_digest(command: ClearingCommand) -> bytes:
    """sha256 over the command's name and fields, in one form: what a repeated request id is compared by."""
    return sha256(_canonical({"command": type(command).__name__, **to_plain(command)})).digest()


def encode_record(record: Payment | Dispute | Cycle) -> bytes:
    """Canonical JSON."""
    return _canonical(to_plain(record))


def decode_record(kind: type[_Record], data: bytes) -> _Record:
    """The inverse of encode_record. Raises InvalidInput for a damaged record."""
    try:
        return from_plain(kind, json.loads(data))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"settlement state: a stored {kind.__name__} is damaged; restore the database") from error


def _canonical(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
