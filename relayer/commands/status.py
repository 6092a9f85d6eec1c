"""`relayer status`. Apart from its neighbours, so that it answers at once: it needs neither the lifecycle nor a ledger."""

from __future__ import annotations

from pathlib import Path

from relayer.app.status import read_status
from relayer.commands.form import OutputForm
from relayer.commands.output import moment_text, say, show_json, show_table
from relayer.config.relayer_file import load_relayer
from relayer.views.relaying import LegStatus, StarStatus


def show_status(config: Path, form: OutputForm) -> None:
    """`status`."""
    status = read_status(load_relayer(config))
    if form is OutputForm.JSON:
        show_json(status)
        return
    rows = ((each.channel, each.state, str(each.count)) for each in status.packets)
    show_table(f"journal of {status.journal_rows} rows", ("channel", "state", "packets"), rows, right=("packets",))
    if status.star is not None:
        _draw(status.star)
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


def _draw(star: StarStatus) -> None:
    """The hub on the left, a line to each ledger around it."""
    wide = max(len(leg.ledger) for leg in star.legs)
    middle = len(star.legs) // 2
    for index, leg in enumerate(star.legs):
        root = f"{star.hub} ─" if index == middle else " " * (len(star.hub) + 2)
        last = len(star.legs) - 1
        corner = "─" if last == 0 else "┌" if index == 0 else "└" if index == last else "├"
        if index == middle and last:
            corner = {"┌": "┬", "└": "┴", "├": "┼"}[corner]
        say(f"{root}{corner}─ {leg.ledger:<{wide}}  {_words(leg)}")


def _words(leg: LegStatus) -> str:
    found = [f"backlog {leg.backlog}", f"{leg.in_flight} in flight", f"{leg.ended} ended"]
    if leg.set_aside:
        found.append(f"{leg.set_aside} set aside")
    if leg.stalled:
        found.append("stalled, see below")
    return ", ".join(found)


def _moment(seconds: int) -> str:
    return moment_text(seconds) if seconds else ""
