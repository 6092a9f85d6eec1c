"""Routes, open forwards, and what is asked and decided about a packet that arrives at a hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from relayer.codes.facts import FactCode


class RouteKey(NamedTuple):
    """What a route is found by. No `origin_client`: it is for facts through any client."""

    destination: str
    origin_client: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One line of the route table (interledger.forward.v1.Route)."""

    destination: str
    """Chain id of the ledger that the route leads to."""
    origin_client: str = ""
    """For packets through this client alone; empty: for facts through any."""
    client_id: str
    """The hub's client of the next ledger."""
    quota: int
    """Forwards of the route that may be open at once."""
    origin_quota: int
    """How many of them may come from one client."""
    margin_seconds: int
    """What a packet's timeout is brought forward by, and must be left for the next leg."""

    @property
    def key(self) -> RouteKey:
        """What the route is found by."""
        return RouteKey(self.destination, self.origin_client)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """A packet that was sent on and has no answer yet (interledger.forward.v1.Forward)."""

    in_client: str
    in_sequence: int
    out_client: str
    out_sequence: int
    destination: str
    origin_client: str
    in_timeout: int
    """Unix seconds, as `out_timeout`."""
    out_timeout: int

    @property
    def route(self) -> RouteKey:
        """The route that it took, which may be gone by now."""
        return RouteKey(self.destination, self.origin_client)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRoute:
    """Sets a route, in the place of the one with the same key."""

    route: Route


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveRoute:
    """Takes a route away. Its open forwards go on."""

    destination: str
    origin_client: str = ""

    @property
    def key(self) -> RouteKey:
        """Which route."""
        return RouteKey(self.destination, self.origin_client)


ForwardCommand = SetRoute | RemoveRoute


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteUse:
    """A route and how many of its forwards are open. One that was removed meanwhile has the key and nothing else."""

    route: Route
    open_forwards: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What is asked about a packet that has arrived and was proven."""

    in_client: str
    timeout: int
    """Unix seconds."""
    destination: str
    """Chain id that the payload names: of facts the destination, of news the contract ledger."""
    origin: str
    """Chain id that the payload's facts come from; empty: it says none, as news do."""


class ForwardReader(Protocol):
    """The hub's state that decisions are made of."""

    def route(self, key: RouteKey, /) -> Route | None:
        """The route with exactly this key."""
        ...

    def open_forwards(self, key: RouteKey, in_client: str | None = None, /) -> int:
        """How many forwards of a route are open; with a client, those of them that came through it."""
        ...

    def is_active(self, client_id: str, /) -> bool:
        """Whether the client can be used: it exists, and is neither frozen nor expired."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """The packet is for this ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOn:
    """The packet is sent on by this route, with this timeout."""

    route: Route
    timeout: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerNow:
    """The packet goes no further: everything in it is answered with this code."""

    code: FactCode


Outcome = Here | SendOn | AnswerNow
