"""The lifecycle's diagram, drawn from its table so that the two cannot differ."""

from __future__ import annotations

from relayer.core import states as st
from relayer.core.events import event_name
from relayer.core.lifecycle import TRANSITIONS, VIOLATIONS, Blame
from relayer.core.states import STATES, state_name


def lifecycle_diagram() -> str:
    """Mermaid text: every transition between two states, without self-transitions."""
    edges: dict[tuple[str, str], list[str]] = {}
    for (before, event), transition in TRANSITIONS.items():
        for after in transition.to:
            if after is not before:
                edges.setdefault((state_name(before), state_name(after)), []).append(event_name(event))
    for (before, event), blame in VIOLATIONS.items():
        if blame is Blame.LEDGER:
            edges.setdefault((state_name(before), state_name(st.Contradicted)), []).append(event_name(event))
    lines = ["stateDiagram-v2", f"    [*] --> {state_name(st.Unseen)}"]
    lines += [f"    {before} --> {after}: {', '.join(events)}" for (before, after), events in edges.items()]
    left = {before for before, _ in edges}
    lines += [f"    {state_name(state)} --> [*]" for state in STATES if state_name(state) not in left or state in st.CLOSED]
    return "\n".join(lines) + "\n"
