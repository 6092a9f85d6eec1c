"""Two served embedded ledgers, and a configuration that joins them by a channel."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from relayer.app.clock import SystemClock
from relayer.app.opening import open_channel
from relayer.config.deployment import deployment_path, read_deployment
from relayer.core.events import PacketFact
from relayer.core.ids import Height
from relayer.ledgers.embedded.host.applications import Application
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from tests.support.embedded import embedded_ledger
from tests.support.served import ledger_server

TOKEN = "operators-token"


@dataclass(slots=True)
class TwoLedgers:
    """Two served embedded ledgers, and a configuration that joins them."""

    config: Path
    ledgers: dict[str, EmbeddedLedger]
    told: list[str] = field(default_factory=list)

    async def open(self) -> dict[str, str]:
        """The clients by ledger."""
        await open_channel(self.config, None, self.told.append)
        return read_deployment(deployment_path(self.config)).clients["main"]

    async def facts(self, name: str) -> list[PacketFact]:
        ledger = self.ledgers[name]
        return list(await ledger.events(after=Height(0), until=(await ledger.head()).height))


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def configuration(folder: Path, ledgers: dict[str, object], *, sends: list[str]) -> Path:
    (folder / "token").write_text(TOKEN)
    path = folder / "relayer.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "version": 1,
                "ledgers": ledgers,
                "channels": [{"name": "main", "ends": [{"ledger": each, "sends": [*sends]} for each in ledgers]}],
                "engine": {"poll_seconds": 0.1},
                "journal": {"path": "relayer.journal"},
                "service": {"host": "127.0.0.1", "port": free_port()},
            }
        )
    )
    return path


@asynccontextmanager
async def two_ledgers(
    folder: Path, *, applications: Mapping[str, Application] | None = None, kind: type[EmbeddedLedger] = EmbeddedLedger
) -> AsyncIterator[TwoLedgers]:
    """`left` and `right`, each with all of `applications`."""
    async with AsyncExitStack() as stack:
        ledgers, entries = {}, {}
        for name in ("left", "right"):
            ledger = embedded_ledger(folder / name, SystemClock(), name=name, applications=applications, kind=kind)
            await ledger.connect()
            stack.push_async_callback(ledger.close)
            server = ledger_server(ledger, folder / name / "ledger.sock", token=TOKEN)
            await server.start()
            stack.push_async_callback(server.stop)
            ledgers[name] = ledger
            entries[name] = {
                "type": "remote",
                "address": f"unix:{name}/ledger.sock",
                "chain_id": f"{name}-1",
                "token": {"file": "token"},
            }
        yield TwoLedgers(config=configuration(folder, entries, sends=["anything"]), ledgers=ledgers)
