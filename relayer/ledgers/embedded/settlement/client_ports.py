"""From which port of its counterparty facts through a light client come, and where the news of them go.

Anyone may register an application on the counterparty, so a client alone does not say whose facts they are. An operator
binds it once; the first facts bind a client that no operator bound, to the settlement application's own port. A binding
never changes: facts that are on their way, and news of earlier ones, would meet another application.
"""

from __future__ import annotations

from relayer.codes.settlement import RefusalCode
from relayer.core.ids import ClientId, parse_port
from relayer.errors import InvalidInput
from relayer.facts.codec import PORT
from relayer.ledgers.embedded.host.context import Context
from relayer.ledgers.embedded.host.refusals import MessageRefused

CODESPACE = "settlement"
_PORTS = b"settlementPorts/"


def port_of(context: Context, client: ClientId) -> str:
    """The port that the client is bound to, or would be by its first facts."""
    return bound_to(context, client) or PORT


def bound_to(context: Context, client: ClientId) -> str | None:
    """None: to no port yet."""
    bound = context.store.get(_key(client))
    return None if bound is None else bound.decode()


def bind(context: Context, client: ClientId, port: str) -> None:
    """Raises MessageRefused for a client that is bound to another port. A repeat changes nothing."""
    try:
        parse_port(port)
    except InvalidInput as error:
        raise MessageRefused(CODESPACE, RefusalCode.INVALID_COMMAND, str(error)) from error
    bound = bound_to(context, client)
    if bound is None:
        context.store.set(_key(client), port.encode())
    elif bound != port:
        raise MessageRefused(
            CODESPACE,
            RefusalCode.WRONG_STATE,
            f"client {client} is bound to port {bound} for good; open another channel for port {port}",
        )


def _key(client: ClientId) -> bytes:
    return _PORTS + client.encode()
