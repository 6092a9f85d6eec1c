"""`relayer facts`: arguments to functions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relayer.commands.arguments.groups import application
from relayer.commands.arguments.options import RELAYER_FILE, Channel, Config, Json
from relayer.commands.form import form

Keystore = Annotated[Path | None, typer.Option(help="Keystore of the issuer's key.")]
PasswordFile = Annotated[Path | None, typer.Option(help="File whose first line is the keystore's password.")]
KeyEnvironment = Annotated[str | None, typer.Option("--key-env", help="Environment variable that holds the issuer's key.")]

app = application("Business facts: on the contract ledger, or signed by their issuer.", no_args_is_help=True)


@app.command("mint")
def facts_mint(
    file: Annotated[Path, typer.Argument(help="A JSON list of facts; - reads standard input.")],
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    key_env: KeyEnvironment = None,
    no_check: Annotated[
        bool,
        typer.Option("--no-check", help="Do not ask the settlement ledger whether it knows the parties and an agreement."),
    ] = False,
    json: Json = False,
) -> None:
    """Issue facts. They stay on the contract ledger until they are sent."""
    from relayer.commands.facts import Precheck, mint_facts
    from relayer.commands.keys import IssuerKey

    issuer = IssuerKey(keystore=keystore, password_file=password_file, environment=key_env)
    precheck = Precheck.SKIPPED if no_check else Precheck.WANTED
    mint_facts(config, channel, file, issuer, precheck=precheck, form=form(json))


@app.command("send")
def facts_send(
    fact_ids: Annotated[list[str] | None, typer.Argument(help="Fact ids; without any, all that can be sent.")] = None,
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    timeout_seconds: Annotated[int | None, typer.Option(min=1, max=86_400)] = None,
    destination: Annotated[
        str | None, typer.Option(help="Chain id of the ledger behind a hub that shall record them; without it, the hub.")
    ] = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    key_env: KeyEnvironment = None,
    json: Json = False,
) -> None:
    """Send facts to the settlement ledger, up to 64 in a packet; facts that timed out are sent again the same way."""
    from relayer.commands.facts import send_facts
    from relayer.commands.keys import IssuerKey

    issuer = IssuerKey(keystore=keystore, password_file=password_file, environment=key_env)
    send_facts(
        config,
        channel,
        fact_ids or [],
        timeout_seconds=timeout_seconds,
        destination=destination,
        issuer=issuer,
        form=form(json),
    )


@app.command("show")
def facts_show(
    fact_id: Annotated[str | None, typer.Argument(help="One fact; without it, all.")] = None,
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    json: Json = False,
) -> None:
    """Show facts with their state, and the settlement reference stored with each."""
    from relayer.commands.facts import show_facts

    show_facts(config, channel, fact_id, form(json))


@app.command("sign")
def facts_sign(
    file: Annotated[Path, typer.Argument(help="A JSON list of facts, as for mint; - reads standard input.")],
    output: Annotated[Path, typer.Option(help="Where the signed facts are written.")],
    system: Annotated[str, typer.Option(help="Name of the business system, which numbers its facts.")],
    first_sequence: Annotated[int, typer.Option(min=1, help="Number of the first fact among this issuer's and system's.")],
    object_id: Annotated[
        list[str] | None, typer.Option(help="The system's own id of what a fact is about; once for each fact, or never.")
    ] = None,
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    key_env: KeyEnvironment = None,
    json: Json = False,
) -> None:
    """Sign facts of a business system for the settlement ledger. They need no token of the contract ledger."""
    from relayer.commands.keys import IssuerKey
    from relayer.commands.signed_facts import SigningRequest, sign_file

    request = SigningRequest(
        file=file,
        output=output,
        system=system,
        first_sequence=first_sequence,
        object_ids=tuple(object_id or ()),
        issuer=IssuerKey(keystore=keystore, password_file=password_file, environment=key_env),
    )
    sign_file(config, channel, request, form(json))


@app.command("deliver")
def facts_deliver(
    file: Annotated[Path, typer.Argument(help="What `facts sign` has written; - reads standard input.")],
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    json: Json = False,
) -> None:
    """Deliver signed facts to the settlement ledger; to deliver them again is safe."""
    from relayer.commands.signed_facts import deliver_file

    deliver_file(config, channel, file, form(json))


@app.command("prove")
def facts_prove(
    fact_ids: Annotated[list[str] | None, typer.Argument(help="Fact ids; without any, all that wait.")] = None,
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    json: Json = False,
) -> None:
    """Deliver facts of the contract ledger with proofs of what their contract stores; to deliver them again is safe."""
    from relayer.commands.proven_facts import prove_facts

    prove_facts(config, channel, fact_ids or [], form(json))
