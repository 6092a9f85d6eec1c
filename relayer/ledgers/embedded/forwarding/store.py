"""Routes and open forwards in the ledger's proven store.

A route stays until an operator removes it. A forward and its part of the counts are there from the packet's arrival until
its answer: then no byte of it is left.
"""

from __future__ import annotations

from collections.abc import Iterator

from relayer.core.ids import ClientId, Sequence
from relayer.forwarding.model import Forward, Route, RouteKey, RouteUse
from relayer.forwarding.records import decode_forward_record, encode_forward_record
from relayer.ledgers.embedded.host.clients import ClientRegistry
from relayer.ledgers.embedded.host.context import Context
from relayer.ledgers.embedded.host.refusals import MessageRefused
from relayer.ports.ledger import ClientCondition

PREFIX = b"forward/"
_ROUTES = PREFIX + b"routes/"
_FORWARDS = PREFIX + b"open/"
_COUNTS = PREFIX + b"counts/"
_OF_ORIGINS = PREFIX + b"origins/"
_SLASH = b"/"
_COUNTER_BYTES = 8


class ForwardStore:
    """What a hub keeps, as one transaction sees it (relayer.forwarding.model.ForwardReader)."""

    def __init__(self, context: Context, clients: ClientRegistry) -> None:
        self._context = context
        self._store = context.store
        self._clients = clients

    def route(self, key: RouteKey, /) -> Route | None:
        """The route with exactly this key."""
        raw = self._store.get(_ROUTES + _path(key))
        return None if raw is None else decode_forward_record(Route, raw)

    def open_forwards(self, key: RouteKey, in_client: str | None = None, /) -> int:
        """How many forwards of a route are open; with a client, those of them that came through it."""
        return int.from_bytes(self._store.get(_count_key(key, in_client)) or b"", "big")

    def is_active(self, client_id: str, /) -> bool:
        """Whether the client exists, is paired, and is neither frozen nor expired."""
        client = ClientId(client_id)
        try:
            self._clients.counterparty(self._context, client)
            module = self._clients.module(client)
        except MessageRefused:
            return False
        return module.condition(self._clients.client(self._context, client)) is ClientCondition.ACTIVE

    def routes(self) -> Iterator[Route]:
        """In the order of destination and origin client."""
        for key in self._keys(_ROUTES):
            yield decode_forward_record(Route, self._store.get(key) or b"")

    def uses(self) -> list[RouteUse]:
        """Every route with its open forwards, and what is still open of routes that are gone."""
        uses = {route.key: RouteUse(route=route, open_forwards=self.open_forwards(route.key)) for route in self.routes()}
        for stored in self._keys(_COUNTS):
            destination, _, origin = stored[len(_COUNTS) :].decode().partition("/")
            key = RouteKey(destination, origin)
            if key not in uses:
                gone = Route(
                    destination=destination, origin_client=origin, client_id="", quota=0, origin_quota=0, margin_seconds=0
                )
                uses[key] = RouteUse(route=gone, open_forwards=self.open_forwards(key))
        return [uses[key] for key in sorted(uses)]

    def set_route(self, route: Route) -> None:
        """In the place of the one with the same key."""
        self._store.set(_ROUTES + _path(route.key), encode_forward_record(route))

    def remove_route(self, key: RouteKey) -> None:
        """Its open forwards, and what counts of them, stay."""
        self._store.delete(_ROUTES + _path(key))

    def forwards(self, *, after: tuple[str, int], limit: int) -> list[Forward]:
        """Open ones behind this client and sequence, in the order of both."""
        client, sequence = after
        found: list[Forward] = []
        start = _forward_key(client, sequence) + b"\x00" if client else _FORWARDS
        for key in self._keys(_FORWARDS, start):
            if len(found) == limit:
                break
            found.append(decode_forward_record(Forward, self._store.get(key) or b""))
        return found

    def open(self, forward: Forward) -> None:
        """Keeps a forward until its answer."""
        self._store.set(_forward_key(forward.out_client, forward.out_sequence), encode_forward_record(forward))
        self._count(forward, 1)

    def close(self, out_client: ClientId, out_sequence: Sequence) -> Forward | None:
        """Forgets a forward and returns it. None: this ledger sent the packet for itself."""
        key = _forward_key(out_client, out_sequence)
        raw = self._store.get(key)
        if raw is None:
            return None
        self._store.delete(key)
        forward = decode_forward_record(Forward, raw)
        self._count(forward, -1)
        return forward

    def _count(self, forward: Forward, more: int) -> None:
        for key in (_count_key(forward.route, None), _count_key(forward.route, forward.in_client)):
            count = int.from_bytes(self._store.get(key) or b"", "big") + more
            if count:
                self._store.set(key, count.to_bytes(_COUNTER_BYTES, "big"))
            else:
                self._store.delete(key)

    def _keys(self, prefix: bytes, start: bytes | None = None) -> Iterator[bytes]:
        key = self._store.above(start or prefix)
        while key is not None and key.startswith(prefix):
            yield key
            key = self._store.above(key + b"\x00")


def _path(key: RouteKey) -> bytes:
    return key.destination.encode() + _SLASH + key.origin_client.encode()


def _count_key(key: RouteKey, in_client: str | None) -> bytes:
    return _COUNTS + _path(key) if in_client is None else _OF_ORIGINS + _path(key) + _SLASH + in_client.encode()


def _forward_key(client: str, sequence: int) -> bytes:
    return _FORWARDS + client.encode() + _SLASH + sequence.to_bytes(_COUNTER_BYTES, "big")
