"""The route table of the hub in relayer.yaml, for its operator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from relayer.app.ledgers import Rights, connected, make_ledger
from relayer.config.relayer_file import load_relayer
from relayer.errors import ConfigurationError
from relayer.ports.forwarding import ForwardingService, MayBeHub


@asynccontextmanager
async def open_routes(path: Path, name: str | None, *, rights: Rights = Rights.RELAYER) -> AsyncIterator[ForwardingService]:
    """Of the ledger with this name; None: of the `hub` section's. Raises ConfigurationError, LedgerError."""
    settings = load_relayer(path)
    if name is None:
        if settings.hub is None:
            raise ConfigurationError(f"{path} has no `hub`; name the ledger whose routes you mean with --ledger")
        name = settings.hub.ledger
    if name not in settings.ledgers:
        raise ConfigurationError(f"{path} has no ledger {name!r}; it has {', '.join(settings.ledgers)}")
    ledger = make_ledger(name, settings.ledgers[name], rights=rights)
    if not isinstance(ledger, MayBeHub):
        raise ConfigurationError(f"ledger {name!r} keeps no routes: an EVM ledger forwards nothing")
    async with connected(ledger):
        yield ledger.forwarding
