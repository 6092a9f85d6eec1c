"""`relayer status`. Apart from its neighbours, so that it answers at once: it needs neither the lifecycle nor a ledger."""

from __future__ import annotations

from pathlib import Path

from relayer.app.running import running_report
from relayer.commands.form import Form
from relayer.commands.output import Json, say, show_json, show_table
from relayer.config.relayer_file import load_relayer
from relayer.journal.summary import read_summary


def show_status(config: Path, form: Form) -> None:
    """`status`."""
    settings = load_relayer(config)
    summary = read_summary(settings.journal.path)
    counts = summary.packets
    running = running_report(settings.service.host, settings.service.port)
    if form is Form.JSON:
        packets: list[Json] = [
            {"channel": channel, "state": state, "count": count} for (channel, state), count in sorted(counts.items())
        ]
        show_json({"journal_rows": summary.rows, "packets": packets, "running": running.raw if running else None})
        return
    rows = ((channel, state, str(count)) for (channel, state), count in sorted(counts.items()))
    show_table(f"journal of {summary.rows} rows", ("channel", "state", "packets"), rows, right=("packets",))
    if running is None:
        say("no relayer answers on the service port; `relayer start` starts one")
        return
    show_table("ledgers", ("ledger", "height", "last error"), running.ledgers, right=("height",))
    show_table("clients", ("ledger", "client", "condition", "expires"), running.clients)
    for reason in running.standstill:
        say(f"stands still: {reason}")
