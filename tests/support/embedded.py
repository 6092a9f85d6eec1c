"""Embedded ledgers for tests: made in one call, with fixed keys, and an application that answers whatever it gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from relayer.core.ids import LedgerId
from relayer.ledgers.embedded.chain.folder import create_ledger
from relayer.ledgers.embedded.chain.operators import OperatorKey
from relayer.ledgers.embedded.host.applications import Application, Delivery, ReceivedPacket, ReceiveFailed
from relayer.ledgers.embedded.host.context import Context
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.light_clients.known import KNOWN
from relayer.light_clients.registry import LightClients
from relayer.ports.clock import Clock
from relayer.proofs.comet import NANOSECONDS, TimestampNanoseconds

KEYS = tuple(OperatorKey(bytes([number]) * 32) for number in range(1, 5))
"""Four operators of equal power; any three may seal."""

REFUSED = b"refuse"
"""The payload that EchoApplication refuses, after it has changed the state."""

ECHO_KEY = b"echo/last"


class EchoApplication:
    """Answers with the payload, remembers it in the store, and lets anyone send."""

    def __init__(self) -> None:
        self.told: list[str] = []
        """Names of the callbacks, in order."""

    def on_send(self, context: Context, delivery: Delivery, signer: str) -> None:
        del context, delivery, signer
        self.told.append("send")

    def on_receive(self, context: Context, delivery: Delivery) -> ReceivedPacket | ReceiveFailed:
        self.told.append("receive")
        value = delivery.payload.value
        context.store.set(ECHO_KEY, value)
        return (
            ReceiveFailed(reason="asked to refuse") if value == REFUSED else ReceivedPacket(acknowledgement=b"echo " + value)
        )

    def on_acknowledge(self, context: Context, delivery: Delivery, acknowledgement: bytes) -> None:
        del context, delivery
        self.told.append(f"acknowledge {acknowledgement.hex()}")

    def on_timeout(self, context: Context, delivery: Delivery) -> None:
        del context, delivery
        self.told.append("timeout")


def embedded_ledger(
    folder: Path,
    clock: Clock,
    *,
    name: str = "settlement",
    keys: Iterable[OperatorKey] = KEYS,
    applications: Mapping[str, Application] | None = None,
    light_clients: LightClients = KNOWN,
    kind: type[EmbeddedLedger] = EmbeddedLedger,
) -> EmbeddedLedger:
    """The ledger ``{name}-1`` in `folder`, created if it is not there; not connected, without a heartbeat."""
    held = tuple(keys)
    chain_id = f"{name}-1"
    if not (folder / "ledger.db").exists():
        now = TimestampNanoseconds(int(clock.now() * NANOSECONDS))
        create_ledger(folder, chain_id=chain_id, keys=held, now=now)
    return kind(
        ledger_id=LedgerId(name),
        folder=folder,
        chain_id=chain_id,
        keys=held,
        clock=clock,
        heartbeat_seconds=None,
        applications=applications,
        light_clients=light_clients,
    )


def believe_the_clock(settings: Path) -> None:
    """For a ledger.yaml whose ledger was filled in virtual time, years before the commands that are tested open it."""
    text = settings.read_text()
    assert "maximum_step_seconds: 43200" in text
    settings.write_text(text.replace("maximum_step_seconds: 43200", f"maximum_step_seconds: {10 * 365 * 86_400}"))
