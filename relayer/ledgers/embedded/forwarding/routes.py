"""What operators change of the route table. Each change is a transaction of a block, so a replay comes to the same table."""

from __future__ import annotations

from typing import assert_never

from relayer.codes.forward import ForwardRefusal
from relayer.core.ids import ClientId
from relayer.forwarding.errors import ForwardRefused
from relayer.forwarding.model import ForwardCommand, RemoveRoute, Route, RouteKey, SetRoute
from relayer.forwarding.rules import check_room, check_route
from relayer.ledgers.embedded.forwarding.store import ForwardStore
from relayer.ledgers.embedded.host.clients import ClientRegistry
from relayer.ledgers.embedded.host.context import Context
from relayer.ledgers.embedded.host.refusals import MessageRefused

CODESPACE = "forward"


def change_route(context: Context, clients: ClientRegistry, command: ForwardCommand) -> None:
    """Raises MessageRefused with a code of forwarding. The same route again changes nothing."""
    store = ForwardStore(context, clients)
    try:
        match command:
            case SetRoute(route=route):
                _set(context, clients, store, route)
            case RemoveRoute(key=key):
                _remove(store, key)
            case _:
                assert_never(command)
    except ForwardRefused as error:
        raise MessageRefused(CODESPACE, error.code, str(error)) from error


def _set(context: Context, clients: ClientRegistry, store: ForwardStore, route: Route) -> None:
    check_route(route, own_chain_id=context.block.chain_id)
    for client in filter(None, (route.client_id, route.origin_client)):
        try:
            clients.counterparty(context, ClientId(client))
        except MessageRefused as error:
            raise ForwardRefused(ForwardRefusal.CLIENT_NOT_FOUND, str(error)) from error
    before = store.route(route.key)
    if before is None:
        check_room(sum(1 for _ in store.routes()))
    if before != route:
        store.set_route(route)


def _remove(store: ForwardStore, key: RouteKey) -> None:
    if store.route(key) is None:
        where = f"{key.destination[:80]!r} {_through(key.origin_client)}"
        raise ForwardRefused(ForwardRefusal.ROUTE_NOT_FOUND, f"there is no route to {where}; list the routes")
    store.remove_route(key)


def _through(origin_client: str) -> str:
    return f"for packets through {origin_client}" if origin_client else "for packets through any client"
