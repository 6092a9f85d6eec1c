"""`relayer status`. Apart from its neighbours, so that it answers at once: it needs neither the lifecycle nor a ledger."""

from __future__ import annotations

from pathlib import Path

from relayer.app.status import read_status
from relayer.commands.form import OutputForm
from relayer.commands.output import moment_text, say, show_json, show_table
from relayer.config.relayer_file import load_relayer


def show_status(config: Path, form: OutputForm) -> None:
    """`status`."""
    status = read_status(load_relayer(config))
    if form is OutputForm.JSON:
        show_json(status)
        return
    rows = ((each.channel, each.state, str(each.count)) for each in status.packets)
    show_table(f"journal of {status.journal_rows} rows", ("channel", "state", "packets"), rows, right=("packets",))
    for rejected in status.rejected:
        say(f"channel {rejected.channel}: {rejected.count} rejected with {rejected.code}; `relayer packets` shows where")
    running = status.running
    if status.mistaken:
        say(f"warning: {status.mistaken}")
    elif running is None:
        say("no relayer answers on the service port; `relayer start` starts one")
    if running is None:
        return
    ledgers = ((each.name, str(each.height), each.last_error) for each in running.ledgers)
    show_table("ledgers", ("ledger", "height", "last error"), ledgers, right=("height",))
    clients = ((each.ledger, each.client, each.condition, _moment(each.expires_at_seconds)) for each in running.clients)
    show_table("clients", ("ledger", "client", "condition", "expires"), clients)
    for reason in running.standstill:
        say(f"stalled: {reason}")


def _moment(seconds: int) -> str:
    return moment_text(seconds) if seconds else ""
