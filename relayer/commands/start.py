"""`relayer start`."""

from __future__ import annotations

from pathlib import Path

from relayer.app.process import configure_logging, run_until_signal
from relayer.app.relaying import relay
from relayer.commands.form import OutputForm
from relayer.config.relayer_file import load_relayer


def start_relayer(config: Path, form: OutputForm) -> None:
    """Relays until SIGINT or SIGTERM."""
    settings = load_relayer(config)
    configure_logging(settings.logging, as_json=form is OutputForm.JSON)
    run_until_signal(lambda stopping: relay(settings, stopping))
