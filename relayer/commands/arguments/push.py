"""`relayer push`: arguments to functions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relayer.commands.arguments.groups import application
from relayer.commands.arguments.options import Json, LogJson
from relayer.commands.form import form
from relayer.commands.reporting import reported

PUSH_FILE = Path("push.yaml")
PushConfig = Annotated[Path, typer.Option("--config", "-c", help="The configuration file.")]
SERVICE_FILE = Path("push-service.yaml")
ServiceConfig = Annotated[Path, typer.Option("--config", "-c", help="The configuration file of the service.")]
BusinessId = Annotated[str, typer.Argument(help="The claim's id in the business system.")]

app = application("Claims that a business system pushes from its own database.", no_args_is_help=True)


@app.command("serve")
def push_serve(config: PushConfig = PUSH_FILE, json: LogJson = False) -> None:
    """Deliver claims to the settlement ledger until SIGINT or SIGTERM. Several may serve one outbox."""
    from relayer.commands.push import serve_push

    serve_push(config, form(json))


@app.command("listen")
def push_listen(config: ServiceConfig = SERVICE_FILE, json: LogJson = False) -> None:
    """Take claims over HTTP and gRPC, and deliver them to the settlement ledger, until SIGINT or SIGTERM."""
    from relayer.commands.push import listen_for_claims

    listen_for_claims(config, form(json))


@app.command("status")
def push_status(config: PushConfig = PUSH_FILE, json: Json = False) -> None:
    """Count claims by state, and show how long the oldest one has been waiting."""
    from relayer.commands.push import show_status

    show_status(config, form(json))


@app.command("show")
def push_show(business_id: BusinessId, config: PushConfig = PUSH_FILE, json: Json = False) -> None:
    """Show what became of a claim: its reference on the settlement ledger, or why there is none."""
    from relayer.commands.push import show_claim

    show_claim(config, business_id, form(json))


@app.command("retry")
def push_retry(
    business_id: BusinessId,
    config: PushConfig = PUSH_FILE,
    delivered: Annotated[
        bool, typer.Option("--delivered", help="Also a claim that was delivered, whose reference is missing or wrong.")
    ] = False,
    json: Json = False,
) -> None:
    """Deliver a refused or parked claim again, unchanged, or call back again after a callback failed."""
    from relayer.commands.push import retry_claim

    with reported(form(json)):
        retry_claim(config, business_id, delivered=delivered)


@app.command("reissue")
def push_reissue(
    business_id: BusinessId,
    config: PushConfig = PUSH_FILE,
    after: Annotated[
        int, typer.Option("--after", min=0, max=2**63 - 2, help="The highest sequence that the ledger is known to have.")
    ] = 0,
    json: Json = False,
) -> None:
    """Deliver a claim that ended as a new fact with its present content, where the ledger has its fact with another one."""
    from relayer.commands.push import reissue_claim

    with reported(form(json)):
        reissue_claim(config, business_id, after=after)
