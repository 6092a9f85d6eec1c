"""Clearing commands to and from interledger.settlement.v1. Fields have the same names on both sides.

Reading refuses what is not a plain number or a known kind; the settlement rules check the rest.
"""

from __future__ import annotations

from dataclasses import fields
from enum import Enum
from functools import cache
from typing import Any, TypeVar, get_type_hints

from relayer.encoding.decimal_text import number
from relayer.errors import InvalidInput
from relayer.settlement.clearing.commands import (
    AbortCycle,
    ClearingCommand,
    CommitCycle,
    ExpireCycle,
    ExpirePayment,
    FinalisePayment,
    InstructPayment,
    LapseDispute,
    MarkPaymentPending,
    OpenDispute,
    ProposeCycle,
    ReleaseDispute,
    ReturnPayment,
    SetConsent,
    UpholdDispute,
    VerifyCycle,
    WriteOff,
)
from relayer.settlement.clearing.values import (
    Consent,
    CycleState,
    DisputeState,
    Evidence,
    EvidenceKind,
    PaymentState,
)
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.statement import LineKind, Side
from relayer.wire.interledger.settlement.v1 import settlement_pb2 as wire

_E = TypeVar("_E", bound=Enum)

_KINDS: dict[str, type[ClearingCommand]] = {
    "instruct_payment": InstructPayment,
    "mark_payment_pending": MarkPaymentPending,
    "finalise_payment": FinalisePayment,
    "return_payment": ReturnPayment,
    "expire_payment": ExpirePayment,
    "open_dispute": OpenDispute,
    "release_dispute": ReleaseDispute,
    "uphold_dispute": UpholdDispute,
    "lapse_dispute": LapseDispute,
    "write_off": WriteOff,
    "set_consent": SetConsent,
    "propose_cycle": ProposeCycle,
    "verify_cycle": VerifyCycle,
    "commit_cycle": CommitCycle,
    "abort_cycle": AbortCycle,
    "expire_cycle": ExpireCycle,
}
"""Names of the request's oneof."""

_NAMES = {kind: name for name, kind in _KINDS.items()}
_HEAD = frozenset({"request_id", "actor"})
_AMOUNTS = frozenset({"amount", "credited"})

_ENUMS: dict[type[Enum], tuple[Any, str]] = {
    EvidenceKind: (wire.EvidenceKind, "EVIDENCE_KIND"),
    Consent: (wire.Consent, "CONSENT"),
    NettingMode: (wire.NettingMode, "NETTING_MODE"),
    PaymentState: (wire.PaymentState, "PAYMENT_STATE"),
    DisputeState: (wire.DisputeState, "DISPUTE_STATE"),
    CycleState: (wire.CycleState, "CYCLE_STATE"),
    Side: (wire.StatementSide, "STATEMENT_SIDE"),
    LineKind: (wire.StatementLineKind, "STATEMENT_LINE_KIND"),
}


def clearing_to_message(command: ClearingCommand) -> wire.ClearRequest:
    """The request that asks for the command. Raises InvalidInput for a number that the message cannot hold."""
    request = wire.ClearRequest(request_id=command.request_id, actor=command.actor)
    try:
        getattr(request, _NAMES[type(command)]).SetInParent()
        for field in fields(command):
            if field.name not in _HEAD:
                _set(getattr(request, _NAMES[type(command)]), field.name, getattr(command, field.name))
    except ValueError as error:
        raise InvalidInput(f"{_NAMES[type(command)]}: {error}") from error
    return request


def clearing_from_message(request: wire.ClearRequest) -> ClearingCommand:
    """Raises InvalidInput for a request without a command, numbers that are none, and unknown kinds."""
    name = request.WhichOneof("command")
    if name is None:
        raise InvalidInput("a clear request without a command, or with one that this version does not know")
    kind: Any = _KINDS[name]
    message = getattr(request, name)
    values = {field: _get(message, field, hint) for field, hint in _hints(kind).items() if field not in _HEAD}
    command: ClearingCommand = kind(request_id=request.request_id, actor=request.actor, **values)
    return command


def evidence_to_message(evidence: Evidence) -> wire.Evidence:
    """interledger.settlement.v1.Evidence."""
    return wire.Evidence(
        kind=enum_to_message(evidence.kind),
        reference=evidence.reference,
        amount=str(evidence.amount),
        currency=evidence.currency,
    )


def evidence_from_message(message: wire.Evidence) -> Evidence:
    """Raises InvalidInput."""
    return Evidence(
        kind=enum_from_message(EvidenceKind, message.kind),
        reference=message.reference,
        amount=number("evidence amount", message.amount),
        currency=message.currency,
    )


def enum_to_message(member: Enum) -> Any:
    """The member's number in its protobuf enumeration."""
    wire_kind, prefix = _ENUMS[type(member)]
    return wire_kind.Value(f"{prefix}_{member.name}")


def enum_from_message(kind: type[_E], value: int) -> _E:
    """Raises InvalidInput for zero and for what this version does not know."""
    wire_kind, prefix = _ENUMS[kind]
    if value == 0 or value not in wire_kind.values():
        raise InvalidInput(f"{prefix.lower()}: {value} is none of this version")
    return kind[wire_kind.Name(value).removeprefix(f"{prefix}_")]


def _set(message: Any, name: str, value: object) -> None:
    if isinstance(value, Evidence):
        getattr(message, name).CopyFrom(evidence_to_message(value))
    elif isinstance(value, Enum):
        setattr(message, name, enum_to_message(value))
    else:
        setattr(message, name, str(value) if name in _AMOUNTS else value)


def _get(message: Any, name: str, hint: Any) -> Any:
    value = getattr(message, name)
    if hint is Evidence:
        return evidence_from_message(value)
    if issubclass(hint, Enum):
        return enum_from_message(hint, value)
    return number(name, value) if name in _AMOUNTS else value


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
