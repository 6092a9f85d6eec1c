"""Where a business process finds everything: what `network` wrote into the folder of a development network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from relayer.devnet.layout import CHAIN_ID, LEDGER_SOCKET, operator_accounts

PLATFORM = "KCS"
"""The operator whose account issues for all six, by their mandates: by every way but interledger."""
SOURCE = "urn:interledger:trips"
RELAYER_FILE = "relayer.yaml"
QUEUE_FILE = "queue.yaml"
AGENT_FILE = "agent.yaml"
AGENT_STORE = "agent.db"
SERVICE_FILE = "push-service.yaml"
SERVICE_SOCKET = "push.sock"
SERVICE_TOKEN = "keys/trips.token"  # noqa: S105  (where the token is kept)
_FILE = "ways.json"
_TOKEN_FILE = "keys/ledger.token"  # noqa: S105  (where the token is kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Of one network."""

    folder: Path
    node_url: str
    trip_log: bytes
    """Address of the activity log that the agent reads, 20 bytes."""
    start_block: int
    chain_id: int = CHAIN_ID

    @property
    def key(self) -> bytes:
        """The platform's, 32 bytes: of a development account."""
        return bytes(operator_accounts()[PLATFORM].key)

    @property
    def ledger(self) -> str:
        """Address of the settlement ledger."""
        return f"unix:{self.folder / LEDGER_SOCKET}"

    @property
    def token(self) -> str:
        """Opens the settlement ledger."""
        return (self.folder / _TOKEN_FILE).read_text().strip()

    def write(self) -> None:
        """For `read` in another process."""
        values = {"node_url": self.node_url, "trip_log": self.trip_log.hex(), "start_block": self.start_block}
        (self.folder / _FILE).write_text(json.dumps(values))


def read_place(folder: Path) -> Place:
    """What was written."""
    values = json.loads((folder / _FILE).read_text())
    return Place(
        folder=folder,
        node_url=values["node_url"],
        trip_log=bytes.fromhex(values["trip_log"]),
        start_block=values["start_block"],
    )
