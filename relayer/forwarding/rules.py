"""Where a packet goes, and which routes there may be. The order of the checks is part of the protocol: an answer's code says
what its sender, or an operator, can do about it.

Time is the hop limit: every forward ends a margin earlier than the packet that it answers, and needs another margin for the
next leg, so a packet in a loop runs out of time. Nothing is sent back through the client that it came from.
"""

from __future__ import annotations

import re

from relayer.codes.facts import FactCode
from relayer.codes.forward import ForwardRefusal
from relayer.codes.limits import (
    MAXIMUM_DESTINATION_BYTES,
    MAXIMUM_FORWARD_QUOTA,
    MAXIMUM_MARGIN_SECONDS,
    MAXIMUM_ROUTES,
    MAXIMUM_TIMEOUT_SECONDS,
    MINIMUM_MARGIN_SECONDS,
)
from relayer.core.ids import parse_client_id
from relayer.errors import InvalidInput
from relayer.forwarding.errors import ForwardRefused
from relayer.forwarding.model import AnswerNow, ForwardReader, Here, Incoming, Outcome, Route, RouteKey, SendOn

_CHAIN_ID = re.compile(rf"[A-Za-z0-9._-]{{1,{MAXIMUM_DESTINATION_BYTES}}}", re.ASCII)


def decide(state: ForwardReader, incoming: Incoming, *, own_chain_id: str, now_seconds: int) -> Outcome:
    """What becomes of a packet. A destination that is empty or this ledger's own chain id means here."""
    if incoming.destination in {"", own_chain_id}:
        return Here()
    route = find_route(state, incoming)
    if route is None or incoming.destination == incoming.origin or not _is_usable(state, route, incoming.in_client):
        return AnswerNow(code=FactCode.NO_ROUTE)
    timeout = min(incoming.timeout - route.margin_seconds, now_seconds + MAXIMUM_TIMEOUT_SECONDS)
    if timeout <= now_seconds + route.margin_seconds:
        return AnswerNow(code=FactCode.NO_TIME_LEFT)
    if _is_full(state, route, incoming.in_client):
        return AnswerNow(code=FactCode.ROUTE_FULL)
    return SendOn(route=route, timeout=timeout)


def _is_usable(state: ForwardReader, route: Route, in_client: str) -> bool:
    return route.client_id != in_client and state.is_active(route.client_id)


def _is_full(state: ForwardReader, route: Route, in_client: str) -> bool:
    of_origin = state.open_forwards(route.key, in_client)
    return state.open_forwards(route.key) >= route.quota or of_origin >= route.origin_quota


def find_route(state: ForwardReader, incoming: Incoming) -> Route | None:
    """The route for packets through this client, else the one for packets through any.

    News take a route for their own client alone: a payload does not say which ledger they are of, so an operator says from
    which clients a contract ledger takes them. Else every ledger behind the hub could report another's debts as settled.
    """
    own = state.route(RouteKey(incoming.destination, incoming.in_client))
    if own is not None or not incoming.origin:
        return own
    return state.route(RouteKey(incoming.destination, ""))


def check_route(route: Route, *, own_chain_id: str) -> None:
    """Raises ForwardRefused unless a field breaks no bound. Whether its clients exist, the host knows."""
    if not _CHAIN_ID.fullmatch(route.destination):
        raise _invalid(
            f"destination {route.destination[:80]!r}: expected a chain id of 1 to {MAXIMUM_DESTINATION_BYTES} letters, "
            "digits and ._-"
        )
    if route.destination == own_chain_id:
        raise _invalid(f"destination {route.destination}: it is this ledger itself, which needs no route")
    try:
        parse_client_id(route.client_id)
        if route.origin_client:
            parse_client_id(route.origin_client)
    except InvalidInput as error:
        raise _invalid(str(error)) from error
    if route.client_id == route.origin_client:
        raise _invalid(f"client {route.client_id}: nothing is sent back through the client that it came from")
    if not 1 <= route.origin_quota <= route.quota <= MAXIMUM_FORWARD_QUOTA:
        raise _invalid(
            f"quota {route.quota} and, for each client, {route.origin_quota}: both are 1 to {MAXIMUM_FORWARD_QUOTA}, and "
            "that for each client is not the larger one"
        )
    if not MINIMUM_MARGIN_SECONDS <= route.margin_seconds <= MAXIMUM_MARGIN_SECONDS:
        raise _invalid(
            f"margin of {route.margin_seconds} seconds: expected {MINIMUM_MARGIN_SECONDS} to {MAXIMUM_MARGIN_SECONDS}"
        )


def check_room(routes: int) -> None:
    """Raises ForwardRefused if the table has no room for a new route beside so many."""
    if routes >= MAXIMUM_ROUTES:
        raise ForwardRefused(
            ForwardRefusal.TOO_MANY_ROUTES, f"the table has {routes} routes, which is the most; remove one first"
        )


def _invalid(message: str) -> ForwardRefused:
    return ForwardRefused(ForwardRefusal.INVALID_ROUTE, message)
