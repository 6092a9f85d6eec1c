"""`relayer settlement`, what the operator of the ledger sets and asks for: arguments to functions."""

from __future__ import annotations

from typing import Annotated

import typer

from relayer.commands.arguments.options import RELAYER_FILE, Channel, Config, Json
from relayer.commands.form import form
from relayer.commands.reporting import reported


def settlement_limits(
    proposals: Annotated[int, typer.Option(min=0, max=1_000_000, help="Cycles that one party may propose per hour.")],
    disputes: Annotated[int, typer.Option(min=0, max=1_000_000, help="Disputes that one party may open per hour.")],
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    json: Json = False,
) -> None:
    """Set how often one party may ask for what costs the others."""
    from relayer.commands.settlement.operating import set_limits

    with reported(form(json)):
        set_limits(config, channel, proposals=proposals, disputes=disputes)


def settlement_news(config: Config = RELAYER_FILE, channel: Channel = None, json: Json = False) -> None:
    """List news that the contract ledger has not taken yet: since when, how often tried, and the last answer."""
    from relayer.commands.settlement.operating import show_news

    show_news(config, channel, form(json))


def settlement_resend(
    fact_ids: Annotated[list[str], typer.Argument(help="The facts whose news wait for their next attempt.")],
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    json: Json = False,
) -> None:
    """Send news now that the contract ledger could not take before."""
    from relayer.commands.settlement.operating import resend

    with reported(form(json)):
        resend(config, channel, fact_ids)
