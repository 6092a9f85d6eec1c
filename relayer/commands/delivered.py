"""What a settlement ledger answered to facts that were delivered by hand: `facts deliver` and `facts prove`."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from relayer.codes.facts import FactStatus, meaning_of
from relayer.commands.form import OutputForm
from relayer.commands.output import FOUND_WRONG, say, show_json, show_table
from relayer.facts.codec import FactAnswer
from relayer.views.facts import DeliveredFact, code_name

DELIVERY_DOUBT = "they may be recorded; run the command again: each is answered with its first reference"


def show_answers(answered: Sequence[tuple[bytes, FactAnswer]], form: OutputForm) -> None:
    """By fact id. Ends with status 1 if a fact was rejected."""
    views = [DeliveredFact.of(fact_id, answer) for fact_id, answer in answered]
    if form is OutputForm.JSON:
        show_json(views)
    else:
        rows = [(each.fact_id, each.code, str(each.sequence or ""), each.liability_id or "") for each in views]
        show_table(f"{len(rows)} facts", ("fact", "answer", "entry", "liability"), rows, right=("entry",))
    rejected = [answer for _, answer in answered if answer.status is FactStatus.REJECTED]
    if rejected:
        say(f"{len(rejected)} rejected, the first with {code_name(rejected[0].code)}: {meaning_of(rejected[0].code)}")
        raise typer.Exit(FOUND_WRONG)
