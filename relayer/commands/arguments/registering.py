"""`relayer settlement`, who may issue and act for whom: arguments to functions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relayer.commands.arguments.options import RELAYER_FILE, Channel, Config, Json
from relayer.commands.form import form

Account = Annotated[str, typer.Argument(help="The issuer's account on the contract ledger: 0x and 40 digits.")]
Keystore = Annotated[
    Path | None,
    typer.Option(help="Keystore of the creditor's key on the contract ledger; the configured account acts if not given."),
]
PasswordFile = Annotated[Path | None, typer.Option(help="File whose first line is the keystore's password.")]
KeyEnvironment = Annotated[str | None, typer.Option("--key-env", help="Environment variable that holds the creditor's key.")]

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show before and after; change nothing.")]
Actor = Annotated[str | None, typer.Option("--as", help="The party that acts, such as DE*KCS; the operator if not given.")]


def settlement_issuers(config: Config = RELAYER_FILE, channel: Channel = None, json: Json = False) -> None:
    """List who may issue facts for whom: issuers with their parties, and mandates of creditors."""
    from relayer.commands.settlement.issuers import show_issuers

    show_issuers(config, channel, form(json))


def settlement_remove_issuer(
    account: Account,
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    actor: Actor = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """End what an account may issue, on both ledgers and for good. What it issued before still counts."""
    from relayer.commands.settlement.issuers import end_issuer

    end_issuer(config, channel, account, actor=actor, dry_run=dry_run, form=form(json))


def settlement_mandate(
    creditor: Annotated[str, typer.Argument(help="The party whose facts are issued, such as DE*KCS.")],
    account: Account,
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    revoke: Annotated[bool, typer.Option("--revoke", help="Take the mandate back.")] = False,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    key_env: KeyEnvironment = None,
    actor: Actor = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Let another party's issuer, such as a platform's, issue a creditor's facts, on both ledgers."""
    from relayer.commands.keys import IssuerKey
    from relayer.commands.settlement.issuers import MandateRequest, set_mandate

    key = IssuerKey(keystore=keystore, password_file=password_file, environment=key_env)
    request = MandateRequest(creditor=creditor, account=account, revoke=revoke, key=key, actor=actor, dry_run=dry_run)
    set_mandate(config, channel, request, form(json))


def settlement_revoke_account(
    account: Annotated[str, typer.Argument(help="An address of the settlement chain, or a name in party_tokens.")],
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Let an account of the settlement ledger act for no party any more, for good. What it did stays."""
    from relayer.commands.settlement.issuers import end_account

    end_account(config, channel, account, dry_run=dry_run, form=form(json))


def settlement_bind_contract(
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    release: Annotated[bool, typer.Option("--release", help="Nothing new is proven from it.")] = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Let facts of the channel's contract be proven to the settlement ledger, by its light client of the contract ledger."""
    from relayer.commands.settlement.contracts import bind_contract

    bind_contract(config, channel, release=release, dry_run=dry_run, form=form(json))
