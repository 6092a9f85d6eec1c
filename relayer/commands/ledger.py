"""`relayer ledger`: the embedded settlement ledger as its own process."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

from relayer.app.embedded import embedded_ledger, operator_keys, require_same_ledger
from relayer.app.embedded import rotate_operators as rotate_it
from relayer.app.process import configure_logging, run_until_signal
from relayer.app.serving import serve_ledger as run_ledger
from relayer.commands.form import OutputForm
from relayer.commands.init import secret_of
from relayer.commands.moments import moment
from relayer.commands.output import done, moment_text, say, show_json, step, write_file
from relayer.commands.reporting import show_change
from relayer.config.serving import LedgerFileSettings, load_ledger
from relayer.core.ids import TimestampSeconds
from relayer.errors import InvalidInput
from relayer.keystore import create_keystore
from relayer.ledgers.embedded.chain.folder import create_ledger
from relayer.ledgers.embedded.chain.verify import verify
from relayer.ports.ledger import Head
from relayer.proofs.comet import NANOSECONDS, TimestampNanoseconds, ValidatorSet
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


def serve_ledger(path: Path, form: OutputForm) -> None:
    """`ledger serve`."""
    settings = load_ledger(path)
    configure_logging(settings.logging, as_json=form is OutputForm.JSON)
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


def rotate_operators(path: Path, following_path: Path, *, output: Path | None, dry_run: bool) -> None:
    """`ledger rotate`."""
    settings, following = load_ledger(path), load_ledger(following_path)
    require_same_ledger(settings, following)
    if output is not None and output.exists():
        raise InvalidInput(f"{output} exists already; remove it or name another file")
    for operator in following.operators:
        if not operator.keystore.exists() and dry_run:
            raise InvalidInput(f"{operator.keystore} is missing; a rotation makes the key, a dry run does not")
        if not operator.keystore.exists():
            create_keystore(operator.keystore, secret_of(operator.password))
            done(f"wrote {operator.keystore}")
    rotation = asyncio.run(rotate_it(settings, following, dry_run=dry_run))
    show_change(f"operators of {settings.chain_id}", _operators(rotation.before), _operators(rotation.after), right=False)
    if rotation.first is None or rotation.announcement is None:
        done("would be accepted; nothing was changed")
        return
    if output is not None:
        evidence = {
            "chain_id": settings.chain_id,
            "before": _operators(rotation.before),
            "after": _operators(rotation.after),
            "announced_by": {"height": rotation.announcement.height, "header": hex_of(rotation.announcement.value)},
            "first": {"height": rotation.first.height, "header": hex_of(rotation.first.value)},
        }
        write_file(output, json.dumps(evidence, indent=2) + "\n")
        done(f"wrote {output}")
    done(
        f"ledger {settings.chain_id} is signed by its new operators from height {rotation.first.height} on; put "
        f"{following_path} in the place of {path}, and `relayer ledger serve` serves it"
    )


def _operators(validators: ValidatorSet) -> dict[str, str]:
    keys = " ".join(hex_of(each.public_key) for each in validators.validators)
    return {"validators hash": hex_of(validators.hash()), "public keys": keys}


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
