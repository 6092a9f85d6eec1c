"""Canonical bytes of routes, open forwards and what operators ask, as a hub stores and sends them."""

from __future__ import annotations

from typing import Any, TypeVar

from google.protobuf.message import Message

from relayer.encoding.canonical import encode, parse
from relayer.encoding.mapping import Mapping, mapping
from relayer.errors import InvalidInput
from relayer.forwarding.model import Forward, RemoveRoute, Route, RouteUse, SetRoute
from relayer.wire.interledger.forward.v1 import forward_pb2

MAXIMUM_BYTES = 4096
"""Of one route, forward or command."""

_MESSAGES: dict[type[Any], type[Message]] = {
    Route: forward_pb2.Route,
    Forward: forward_pb2.Forward,
    SetRoute: forward_pb2.SetRoute,
    RemoveRoute: forward_pb2.RemoveRoute,
    RouteUse: forward_pb2.RouteUse,
}

_Record = TypeVar("_Record")


def forward_mapping(kind: type[_Record]) -> Mapping[_Record]:
    """Between a value of relayer.forwarding.model and its message."""
    return mapping(kind, _MESSAGES[kind])


def encode_forward_record(record: object) -> bytes:
    """The canonical bytes. Raises InvalidInput for a number that the message cannot hold."""
    try:
        return encode(forward_mapping(type(record)).to_message(record))
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"{type(record).__name__}: {error}") from error


def decode_forward_record(kind: type[_Record], raw: bytes) -> _Record:
    """The inverse. Raises InvalidInput for anything else."""
    form = forward_mapping(kind)
    return form.from_message(parse(form.message, raw, maximum_bytes=MAXIMUM_BYTES))
