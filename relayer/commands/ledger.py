"""`relayer ledger`: the embedded settlement ledger as its own process."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from relayer.app.embedded import embedded_ledger, operator_keys
from relayer.app.process import configure_logging, run_until_signal
from relayer.app.serving import serve_ledger as run_ledger
from relayer.commands.form import OutputForm
from relayer.commands.init import secret_of
from relayer.commands.output import done, moment_text, say, show_json, step
from relayer.commands.settlement.desk import moment
from relayer.config.serving import LedgerFileSettings, load_ledger
from relayer.core.ids import TimestampSeconds
from relayer.keystore import create_keystore
from relayer.ledgers.embedded.chain.folder import create_ledger
from relayer.ledgers.embedded.chain.verify import verify
from relayer.ports.ledger import Head
from relayer.proofs.comet import NANOSECONDS, TimestampNanoseconds
from relayer.views.checks import VerifiedLedger
from relayer.views.values import hex_of


def init_ledger(path: Path) -> None:
    """`ledger init`."""
    settings = load_ledger(path)
    for token in (settings.token, *settings.party_tokens.values(), *settings.reader_tokens.values()):
        secret_of(token)
    for operator in settings.operators:
        password = secret_of(operator.password)
        if not operator.keystore.exists():
            create_keystore(operator.keystore, password)
            done(f"wrote {operator.keystore}")
    now = TimestampNanoseconds(time.time_ns())
    create_ledger(settings.folder, chain_id=settings.chain_id, keys=operator_keys(settings), now=now)
    done(
        f"wrote {settings.folder}: ledger {settings.chain_id}, {len(settings.operators)} operators, its time begins at "
        f"{moment_text(int(now // NANOSECONDS))}; `relayer ledger serve` serves it"
    )


def serve_ledger(path: Path) -> None:
    """`ledger serve`."""
    settings = load_ledger(path)
    configure_logging(settings.logging)
    run_until_signal(lambda stopping: run_ledger(settings, stopping))


def confirm_time(path: Path, stated: str) -> None:
    """`ledger confirm-time`. The operator states the time, because confirming what the clock says would confirm any."""
    settings = load_ledger(path)
    head = asyncio.run(_confirm(settings, TimestampSeconds(moment(stated))))
    done(f"ledger {settings.chain_id}: block {head.height} is of {moment_text(head.timestamp)}; start the ledger")


async def _confirm(settings: LedgerFileSettings, stated_seconds: TimestampSeconds) -> Head:
    ledger = embedded_ledger(settings.chain_id, settings, beats=False)
    try:
        await ledger.connect()
        return await ledger.confirm_time(stated_seconds)
    finally:
        await ledger.close()


def verify_ledger(path: Path, form: OutputForm) -> None:
    """`ledger verify`."""
    settings = load_ledger(path)
    with step(f"replaying {settings.folder}"):
        verified = verify(settings.folder)
    if form is OutputForm.JSON:
        show_json(
            VerifiedLedger(
                height=verified.height,
                transactions=verified.transactions,
                log_entries=verified.log_entries,
                app_hash=hex_of(verified.app_hash),
            )
        )
        return
    say(
        f"ledger {settings.chain_id} holds: {verified.height} blocks, {verified.transactions} transactions and "
        f"{verified.log_entries} settlement entries replayed to the same roots"
    )
