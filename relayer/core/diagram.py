"""The lifecycle's diagram, drawn from its table so that the two cannot differ."""

from __future__ import annotations

from relayer.core import states as st
from relayer.core.lifecycle import TRANSITIONS, VIOLATIONS, Blame
from relayer.core.states import STATES


def lifecycle_diagram() -> str:
    """Mermaid text: every transition between two states, without self-transitions."""
    edges: dict[tuple[str, str], list[str]] = {}
    for (before, event), transition in TRANSITIONS.items():
        for after in transition.to:
            if after is not before:
                edges.setdefault((before.__name__, after.__name__), []).append(event.__name__)
    for (before, event), blame in VIOLATIONS.items():
        if blame is Blame.LEDGER:
            edges.setdefault((before.__name__, st.Contradicted.__name__), []).append(event.__name__)
    lines = ["stateDiagram-v2", f"    [*] --> {st.Unseen.__name__}"]
    lines += [f"    {before} --> {after}: {', '.join(events)}" for (before, after), events in edges.items()]
    left = {before for before, _ in edges}
    lines += [f"    {state.__name__} --> [*]" for state in STATES if state.__name__ not in left or state in st.CLOSED]
    return "\n".join(lines) + "\n"
