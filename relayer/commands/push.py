"""`relayer push`: a courier in a process of its own, and a look into an outbox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from relayer.app.process import configure_logging, run_until_signal
from relayer.app.push_service import serve_push_service
from relayer.app.pushing import opened, outbox_of, serve_courier
from relayer.commands.form import OutputForm
from relayer.commands.output import done, moment_text, show_json, show_table
from relayer.config.push_service import load_push_service
from relayer.config.pushing import PushSettings, load_push
from relayer.errors import InvalidInput
from relayer.push import Outbox, Outcome
from relayer.push.showing import claim_view, status_view
from relayer.push.strangers import ask_database_now

_T = TypeVar("_T")


def serve_push(config: Path, form: OutputForm) -> None:
    """`push serve`."""
    settings = load_push(config)
    configure_logging(settings.logging, as_json=form is OutputForm.JSON)
    run_until_signal(lambda stopping: serve_courier(settings, stopping))


def listen_for_claims(config: Path, form: OutputForm) -> None:
    """`push listen`."""
    settings = load_push_service(config)
    configure_logging(settings.logging, as_json=form is OutputForm.JSON)
    run_until_signal(lambda stopping: serve_push_service(settings, stopping))


def show_status(config: Path, form: OutputForm) -> None:
    """`push status`."""
    view = status_view(_ask(load_push(config), lambda outbox, connection: outbox.statistics(connection)))
    if form is OutputForm.JSON:
        show_json(view)
        return
    columns = ("waiting", "oldest", "delivered", "refused", "parked", "retries", "failed callbacks")
    row = (view.waiting, f"{view.oldest_seconds:.0f} s", view.delivered, view.refused, view.parked, view.retries)
    show_table("claims", columns, [(*map(str, row), str(view.callback_errors))], right=columns)


def show_claim(config: Path, business_id: str, form: OutputForm) -> None:
    """`push show`. Raises InvalidInput if there is no such claim."""
    found = _ask(load_push(config), lambda outbox, connection: outbox.outcome(connection, business_id))
    if found is None:
        raise InvalidInput(f"claim {business_id!r} is not in this outbox; check the id, the system and the prefix")
    if form is OutputForm.JSON:
        show_json(claim_view(found))
        return
    show_table(f"claim {business_id}: {found.state}", ("", "value"), _rows(found))


def retry_claim(config: Path, business_id: str, *, delivered: bool) -> None:
    """`push retry`. Raises InvalidInput if there is no such claim, or nothing to try again."""
    _ask(load_push(config), lambda outbox, connection: outbox.retry(connection, business_id, delivered=delivered))
    done(f"claim {business_id} is waiting; a courier delivers it")


def reissue_claim(config: Path, business_id: str, *, after: int) -> None:
    """`push reissue`. Raises InvalidInput if there is no such claim, or it still waits."""
    claim = _ask(load_push(config), lambda outbox, connection: outbox.reissue(connection, business_id, after=after))
    done(f"claim {business_id} is waiting as fact {claim.fact_id}, sequence {claim.issuer_sequence}; a courier delivers it")


def _ask(settings: PushSettings, question: Callable[[Outbox, Any], _T]) -> _T:
    outbox = outbox_of(settings)

    def ask() -> _T:
        with opened(settings) as connection:
            return question(outbox, connection)

    return ask_database_now(ask)


def _rows(found: Outcome) -> list[tuple[str, str]]:
    rows = [
        ("fact", found.fact_id),
        ("issuer sequence", str(found.issuer_sequence)),
        ("put", moment_text(int(found.created_at))),
        ("failed attempts", str(found.attempts)),
    ]
    if found.answered_at is not None:
        rows.append(("ended", moment_text(int(found.answered_at))))
    if found.code:
        rows.append(("answer", found.code))
    if found.reason:
        rows.append(("reason", found.reason))
    if found.reference is not None:
        rows += [
            ("ledger", found.reference.ledger),
            ("liability", found.reference.liability_id),
            ("settlement", str(found.reference.sequence)),
            ("head", found.reference.head_hash),
        ]
    if found.callback_error:
        rows.append(("callback failed", found.callback_error))
    return rows
