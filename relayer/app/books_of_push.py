"""The outboxes of push.yaml and push-service.yaml, opened for reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from relayer.app.pushing import connect_of, outbox_of
from relayer.config.document import read_document
from relayer.config.push_service import load_push_service
from relayer.config.pushing import PushSettings, load_push
from relayer.push.books import OutboxBooks


async def opened_outboxes(opened: AsyncExitStack, paths: Sequence[Path], ledger: bytes) -> list[OutboxBooks]:
    """Each outbox once, whoever names it. Raises ConfigurationError, OutboxUnavailable, WrongLedger."""
    found: dict[tuple[object, ...], OutboxBooks] = {}
    for path in paths:
        for file, settings in _settings(path):
            database = settings.database.sqlite or settings.database.postgresql
            key = (str(database), settings.prefix, settings.system, settings.issuer)
            if key not in found:
                found[key] = OutboxBooks(
                    outbox=outbox_of(settings), connect=connect_of(settings), name=str(file), ledger=ledger
                )
                opened.callback(found[key].close)
                # One that cannot be read is found before the comparison has begun.
                await found[key].newest_reference()
    return list(found.values())


def _settings(path: Path) -> Iterator[tuple[Path, PushSettings]]:
    if "systems" not in read_document(path).data:
        yield path, load_push(path)
        return
    for system in load_push_service(path).systems:
        yield system.file, load_push(system.file)
