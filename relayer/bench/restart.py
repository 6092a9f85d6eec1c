"""How long a relayer takes to start over a journal with a long past: a fresh process, as after a crash.

The journal is written as a relayer writes it, four rows a packet, checkpoints included; the newest rows stand behind the
last checkpoint. No ledger is asked: what is measured is what grows with the past.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from relayer.commands.output import show_json
from relayer.core.channels import ChannelEnd, Route, routes_of
from relayer.core.events import AcknowledgementWritten, Event, PacketAcknowledged, PacketCommitted, ReceiptWritten
from relayer.core.ids import ChannelId, ClientId, Height, LedgerId, Sequence, TimestampSeconds, TransactionId
from relayer.core.machine import Machine
from relayer.core.packet import Acknowledgement, Packet, Payload
from relayer.core.policy import OPEN_POLICY
from relayer.engine.recovery import recover
from relayer.engine.settings import EngineSettings
from relayer.facts.codec import ENCODING, FACT_VERSION, PORT
from relayer.journal.sqlite import SqliteJournal
from relayer.journal.statistics import JournalStatistics
from relayer.views.measurements import StartFigures

_PAYLOAD_BYTES = 900
"""What one fact takes, with its hash and the words around it."""
_AT_ONCE = 250
"""Packets that travel together."""
_ROWS_PER_PACKET = 4
_CHECKPOINT_ROWS = EngineSettings().checkpoint_rows
_PEAK_UNITS_PER_MEBIBYTE = 1024 * 1024 if sys.platform == "darwin" else 1024  # getrusage: bytes there, KiB elsewhere
_START = "import sys; from relayer.bench.restart import start_once; start_once(sys.argv[1])"


def run(*, packets: int, as_json: bool) -> None:
    """Measures and writes a table, or a JSON document, to standard output."""
    with tempfile.TemporaryDirectory(prefix="relayer-bench-") as folder:
        path = Path(folder) / "relayer.journal"
        rows = write_past(path, packets)
        figures = StartFigures(past_packets=packets, journal_rows=rows, **_start(path))
    if as_json:
        show_json(figures)
        return
    table = Table("figure", "value", title="start over a long past", title_justify="left")
    for name, value in asdict(figures).items():
        table.add_row(name, str(value))
    Console().print(table)


def write_past(path: Path, packets: int) -> int:
    """A journal in which all of them were acknowledged; its rows."""
    journal = SqliteJournal(path)
    try:
        machine = recover(journal, _routes())
        checkpoint = 0
        for number, events in enumerate(_story(packets)):
            plan = machine.plan(events, OPEN_POLICY)
            journal.append(plan.records, recorded_at_ms=1_000 * number, cursors={})
            machine.apply(plan)
            row = journal.head().row
            # A crash comes at the worst moment: just before the next checkpoint.
            if checkpoint + _CHECKPOINT_ROWS <= row <= packets * _ROWS_PER_PACKET - _CHECKPOINT_ROWS:
                journal.save_checkpoint(machine.memory())
                checkpoint = row
        return journal.head().row
    finally:
        journal.close()


def _start(path: Path) -> dict[str, Any]:
    """Figures of one start, by their names in StartFigures."""
    began = time.perf_counter()
    finished = subprocess.run([sys.executable, "-c", _START, str(path)], capture_output=True, check=True)  # noqa: S603
    passed = time.perf_counter() - began
    told: dict[str, Any] = json.loads(finished.stdout)
    return {"journal_mb": round(path.stat().st_size / 1e6, 1), "start_s": round(passed - told["metrics_s"], 3), **told}


def start_once(path: str) -> None:
    """In a process of its own: opens the journal, which checks every hash, and recovers; prints how long that took."""
    began = time.perf_counter()
    journal = SqliteJournal(Path(path))
    machine: Machine = recover(journal, _routes())
    recovered, processor = time.perf_counter(), time.process_time()
    statistics = JournalStatistics(Path(path))
    statistics.figures()
    counted = time.perf_counter()
    acknowledged, _ = machine.closed(_routes()[0])
    figures = {
        "recovered_packets": acknowledged,
        "recover_s": round(recovered - began, 3),
        "metrics_s": round(counted - recovered, 3),
        "cpu_s": round(processor, 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _PEAK_UNITS_PER_MEBIBYTE, 1),
    }
    sys.stdout.write(json.dumps(figures))


def _story(packets: int) -> Iterator[list[Event]]:
    """What a relayer journals of packets that go well, in transactions of _AT_ONCE packets."""
    for first in range(1, packets + 1, _AT_ONCE):
        travelling = [_packet(number) for number in range(first, min(first + _AT_ONCE, packets + 1))]
        height, name = Height(first), TransactionId("0x" + f"{first:064x}")
        there, back = LedgerId("contracts"), LedgerId("settlement")
        answer = Acknowledgement(app_acknowledgements=(bytes(160),))
        yield [PacketCommitted(ledger=there, height=height, transaction=name, packet=each) for each in travelling]
        received: list[Event] = []
        for each in travelling:
            received.append(ReceiptWritten(ledger=back, height=height, transaction=name, packet=each))
            received.append(
                AcknowledgementWritten(ledger=back, height=height, transaction=name, packet=each, acknowledgement=answer)
            )
        yield received
        yield [PacketAcknowledged(ledger=there, height=height, transaction=name, packet=each) for each in travelling]


def _packet(number: int) -> Packet:
    route = _routes()[0]
    payload = Payload(
        source_port=PORT,
        destination_port=PORT,
        version=FACT_VERSION,
        encoding=ENCODING,
        value=number.to_bytes(8, "big") * (_PAYLOAD_BYTES // 8),
    )
    return Packet(
        sequence=Sequence(number),
        source_client=route.source_client,
        destination_client=route.destination_client,
        timeout_timestamp=TimestampSeconds(2_000_000_000),
        payloads=(payload,),
    )


def _routes() -> tuple[Route, Route]:
    return routes_of(
        ChannelId("main"),
        ChannelEnd(ledger=LedgerId("contracts"), client=ClientId("client-0")),
        ChannelEnd(ledger=LedgerId("settlement"), client=ClientId("poa-evm-0")),
    )
