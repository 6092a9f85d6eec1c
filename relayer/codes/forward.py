"""Refusals of what operators of a hub ask of its route table.

Made by devnet/generate_codes.py of proto/codes.yaml; change it there.
"""

from __future__ import annotations

from enum import IntEnum


class ForwardRefusal(IntEnum):
    """Stable numbers of the refusals, as a ledger prints them behind its codespace ``forward``."""

    INVALID_ROUTE = 2
    """A field of the route is outside its range."""
    ROUTE_NOT_FOUND = 3
    """The table has no such route."""
    CLIENT_NOT_FOUND = 4
    """The route names a client that does not exist or has no counterparty."""
    TOO_MANY_ROUTES = 5
    """The table is full; remove a route first."""
    NOT_AUTHORISED = 6
    """Only an operator may change routes."""
