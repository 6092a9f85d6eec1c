"""The cases of clearing are what the rules answer today, and logs that were written once still read the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayer.errors import InvalidInput
from relayer.settlement.clearing.codec import decode_record, encode_record
from relayer.settlement.clearing.records import from_plain
from relayer.settlement.clearing.values import Cycle, Dispute, Payment
from relayer.settlement.codec import decode_event, encode_event, next_head
from relayer.settlement.events import LogEntry
from relayer.settlement.state import EmptyState, Overlay, state_hash
from tests.support.paths import CASES
from tests.support.scripts import load_script

FOLDER = CASES / "clearing"
STORED = json.loads((FOLDER / "clearing.json").read_text())


def generated() -> list[dict[str, Any]]:
    built = load_script(FOLDER / "generate.py").build()
    assert isinstance(built, list)
    return built


def test_the_case_file_is_what_the_rules_answer() -> None:
    assert json.loads(json.dumps(generated())) == STORED


@pytest.mark.parametrize("case", STORED, ids=lambda case: case["name"])
def test_a_stored_log_leads_to_its_state(case: dict[str, Any]) -> None:
    state = Overlay(EmptyState())
    for step in case["steps"]:
        for text in step.get("events", ()):
            event = decode_event(text.encode())
            head = next_head(state.head(), text.encode())
            state.apply(LogEntry(head=head, event=event, encoded=text.encode()))
    assert (state.head().sequence, state.head().head_hash.hex()) == (case["sequence"], case["head_hash"])
    assert state_hash(state).hex() == case["state_hash"]
    assert [list(posting) for posting in state.postings] == case["postings"]


def test_stored_records_survive() -> None:
    for case in STORED:
        for kind, name in ((Payment, "payments"), (Dispute, "disputes"), (Cycle, "cycles")):
            for body in case[name].values():
                record = from_plain(kind, body)
                assert decode_record(kind, encode_record(record)) == record


EVENTS = [text for case in STORED for step in case["steps"] for text in step.get("events", ())]
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(EVENTS), st.data())
def test_an_event_with_one_foreign_value_is_refused_or_reads_back(text: str, data: st.DataObject) -> None:
    body = json.loads(text)
    parent = body
    while True:
        keys = list(parent) if isinstance(parent, dict) else list(range(len(parent)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(parent[key], dict | list) or not parent[key] or data.draw(st.booleans()):
            break
        parent = parent[key]
    parent[key] = data.draw(plain)
    changed = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    try:
        event = decode_event(changed)
    except InvalidInput:
        return
    assert encode_event(event) == changed
