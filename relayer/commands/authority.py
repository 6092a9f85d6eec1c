"""`relayer authority`: one key that vouches for block hashes, as its own process."""

from __future__ import annotations

from pathlib import Path

from relayer.app.authority import serve_authority as run_authority
from relayer.app.process import configure_logging, run_until_signal
from relayer.authority.store import create_record, recover_record
from relayer.commands.form import OutputForm
from relayer.commands.init import secret_of
from relayer.commands.output import done
from relayer.config.serving import load_authority
from relayer.keystore import create_keystore


def init_authority(path: Path) -> None:
    """`authority init`."""
    settings = load_authority(path)
    if settings.listen.token is not None:
        secret_of(settings.listen.token)
    account = create_keystore(settings.keystore, secret_of(settings.password))
    create_record(settings.store, counter=settings.counter)
    done(f"wrote {settings.keystore}; the authority's address is {account.address}: name it in every relayer.yaml")


def recover_authority(path: Path, *, from_height: int) -> None:
    """`authority recover`."""
    settings = load_authority(path)
    recover_record(settings.store, counter=settings.counter, from_height=from_height)
    done(f"the authority signs from block {from_height} on; keep {settings.store} and {settings.counter} on one disk each")


def serve_authority(path: Path, form: OutputForm) -> None:
    """`authority serve`."""
    settings = load_authority(path)
    configure_logging(settings.logging, as_json=form is OutputForm.JSON)
    run_until_signal(lambda stopping: run_authority(settings, stopping))
