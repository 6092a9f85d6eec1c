"""What a command that changes something did: words as it happens, or one JSON document at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from relayer.commands.form import OutputForm
from relayer.commands.output import show_json, show_table
from relayer.commands.progress import account, forget
from relayer.views.failure import ChangeView, ReportView

_changes: list[ChangeView] = []
_forms = [OutputForm.WORDS]


@contextmanager
def reported(form: OutputForm) -> Iterator[None]:
    """Prints the report once the block is done; an error says by itself what was done before it."""
    forget()
    _changes.clear()
    _forms.append(form)
    try:
        yield
        if form is OutputForm.JSON:
            done, _ = account()
            show_json(ReportView(done=done, changes=tuple(_changes)))
    finally:
        _forms.pop()


def show_change(title: str, before: Mapping[str, str], after: Mapping[str, str], *, right: bool = True) -> None:
    """What a step changes, or would change. `right`: the values are numbers."""
    if _forms[-1] is OutputForm.JSON:
        _changes.append(ChangeView(subject=title, before=before, after=after))
        return
    rows = [("before", *before.values()), ("after", *after.values())]
    show_table(title, ("", *before), rows, right=tuple(before) if right else ())
