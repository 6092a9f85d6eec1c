"""Checkpoints as canonical JSON: what the machine knew after a row. Derived data; if invalid, it is replaced by a replay."""

from __future__ import annotations

import json
from typing import Any

from relayer.core import states as st
from relayer.core.channels import Route
from relayer.core.ids import ChannelId, ClientId, Height, LedgerId
from relayer.core.ids import Sequence as PacketSequence
from relayer.core.machine import Memory, RouteMemory
from relayer.core.packet import Packet
from relayer.core.states import State
from relayer.journal.codec import (
    VERSION,
    Json,
    Load,
    canonical,
    content_name,
    decode_acknowledgement,
    decode_packet,
    encode_acknowledgement,
    encode_packet,
)


def encode_route(route: Route) -> list[str]:
    """The route as a JSON value."""
    return [route.channel, route.source, route.source_client, route.destination, route.destination_client]


def decode_route(value: list[str]) -> Route:
    """The route of a JSON value."""
    channel, source, source_client, destination, destination_client = value
    return Route(
        channel=ChannelId(channel),
        source=LedgerId(source),
        source_client=ClientId(source_client),
        destination=LedgerId(destination),
        destination_client=ClientId(destination_client),
    )


def encode_memory(memory: Memory) -> bytes:
    """Packets are named by their content, which the journal already holds."""
    numbers = {known.route: number for number, known in enumerate(memory.routes)}
    return canonical(
        {
            "v": VERSION,
            "routes": [
                {
                    "route": encode_route(known.route),
                    "acknowledged": known.acknowledged,
                    "timed_out": known.timed_out,
                    "highest_committed": known.highest_committed,
                }
                for known in memory.routes
            ],
            "packets": [_encode_state(state) | {"route": numbers[state.route]} for state in memory.packets],
        }
    )


def decode_memory(body: bytes, load: Load) -> Memory | None:
    """None if the form is not this version's. Raises JournalCorrupt through `load`."""
    value = json.loads(body)
    if value["v"] != VERSION:
        return None
    routes = tuple(
        RouteMemory(
            route=decode_route(known["route"]),
            acknowledged=_ranges(known["acknowledged"]),
            timed_out=_ranges(known["timed_out"]),
            highest_committed=known["highest_committed"],
        )
        for known in value["routes"]
    )
    return Memory(
        routes=routes,
        packets=tuple(_decode_state(state, routes[state["route"]].route, load) for state in value["packets"]),
    )


def _ranges(value: list[list[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((first, last) for first, last in value)


def _encode_state(state: State) -> Json:
    body: dict[str, Any] = {"state": type(state).__name__}
    match state:
        case st.Quarantined():
            return body | {"held": _encode_state(state.held), "code": state.code, "reason": state.reason}
        case st.Unseen() | st.Acknowledged() | st.TimedOut():
            return body | {"sequence": state.sequence}
        case st.Contradicted():
            return body | {"sequence": state.sequence, "reason": state.reason}
        case st.ReceivedEarly() | st.Received():
            return body | {"packet": _name(state.packet)}
        case st.Committed():
            body |= {"height": state.height, "rejections": state.rejections}
        case st.Expired():
            body |= {"from": state.provable_from, "rejections": state.rejections}
        case st.AnsweredEarly():
            body |= {"from": state.provable_from, "acknowledgement": encode_acknowledgement(state.acknowledgement)}
        case st.Answered():
            body |= {"from": state.provable_from, "acknowledgement": encode_acknowledgement(state.acknowledgement)}
            body["rejections"] = state.rejections
    return body | {"packet": _name(state.packet)}


def _decode_state(body: Json, route: Route, load: Load) -> State:  # noqa: PLR0911 - one return per state
    if body["state"] == "Quarantined":
        held = _decode_state(body["held"], route, load)
        if not isinstance(held, st.Committed | st.Expired | st.Answered):
            raise ValueError(f"checkpoint: a packet in quarantine was {body['held']['state']}")
        return st.Quarantined(held=held, code=body["code"], reason=body["reason"])
    if body["state"] == "Contradicted":
        return st.Contradicted(route=route, sequence=PacketSequence(body["sequence"]), reason=body["reason"])
    packet = decode_packet(load(body["packet"]))
    match body["state"]:
        case "Committed":
            return st.Committed(route=route, packet=packet, height=Height(body["height"]), rejections=body["rejections"])
        case "Expired":
            return st.Expired(route=route, packet=packet, provable_from=Height(body["from"]), rejections=body["rejections"])
        case "ReceivedEarly":
            return st.ReceivedEarly(route=route, packet=packet)
        case "Received":
            return st.Received(route=route, packet=packet)
        case "AnsweredEarly":
            return st.AnsweredEarly(
                route=route,
                packet=packet,
                acknowledgement=decode_acknowledgement(body["acknowledgement"]),
                provable_from=Height(body["from"]),
            )
        case "Answered":
            return st.Answered(
                route=route,
                packet=packet,
                acknowledgement=decode_acknowledgement(body["acknowledgement"]),
                provable_from=Height(body["from"]),
                rejections=body["rejections"],
            )
        case name:
            raise ValueError(f"checkpoint: {name} is not the state of an open packet")


def _name(packet: Packet) -> str:
    return content_name(encode_packet(packet))
