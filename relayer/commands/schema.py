"""`relayer schema`."""

from __future__ import annotations

from relayer.commands.output import show_json
from relayer.errors import InvalidInput
from relayer.views.outputs import OUTPUTS
from relayer.views.schema import document, of_output


def show_schema(name: str | None) -> None:
    """Of one output, or of all. Raises InvalidInput."""
    if name is None:
        show_json(document(OUTPUTS))
        return
    if name not in OUTPUTS:
        raise InvalidInput(f"{name!r} has no schema; there are: {', '.join(OUTPUTS)}")
    show_json(of_output(OUTPUTS[name]))
