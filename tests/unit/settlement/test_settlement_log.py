"""The log's canonical form: golden vectors, stored logs that lead to their states, and no drift between code and proto."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayer.errors import InvalidInput
from relayer.settlement.log import command_to_message, decode_command, encode_command, next_head, read_entry, record_mapping
from relayer.settlement.model.acts import EMPTY_LOG, Act
from relayer.settlement.model.commands import Command
from relayer.settlement.model.events import Event
from relayer.settlement.reader import EmptyState
from relayer.settlement.state import Overlay
from relayer.settlement.state_hash import state_hash
from relayer.wire.interledger.settlement.v1 import log_pb2
from tests.support.scripts import load_script

FOLDER = Path(__file__).parents[2] / "cases" / "settlement"
STORED = [
    case
    for name in (
        "facts",
        "packets",
        "commands",
        "payments",
        "disputes",
        "cycles",
        "deadlines",
        "issuers",
        "refusals",
        "stories",
    )
    for case in json.loads((FOLDER / f"{name}.json").read_text())
]
VECTORS = json.loads((FOLDER / "encoding.json").read_text())
encoding = load_script(FOLDER / "generate_encoding.py")


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: f"{case['message']}: {case['name']}")
def test_a_vector_is_read_or_refused(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["bytes"])
    assert encoding.is_canonical(case["message"], raw) is case["canonical"]
    if case["canonical"]:
        assert sha256(raw).hexdigest() == case["sha256"]
    if "head_hash" in case:
        assert next_head(EMPTY_LOG, raw).head_hash.hex() == case["head_hash"]


def test_every_command_event_and_record_has_a_vector() -> None:
    """Making a mapping compares the dataclass with its message, so this holds all of them together."""
    good = {case["name"] for case in VECTORS if case["canonical"]}
    commands = {each.name for each in log_pb2.Command.DESCRIPTOR.oneofs_by_name["command"].fields}
    events = {each.name for each in log_pb2.LogEntry.DESCRIPTOR.oneofs_by_name["event"].fields}
    assert {_words(kind) for kind in Command.__args__} == commands
    assert {_words(kind) for kind in Event.__args__} == events
    assert {kind.__name__ for kind in Command.__args__} <= good
    assert events <= good
    for kind in encoding.RECORDS.values():
        assert record_mapping(kind).kind is kind
        assert kind.__name__ in good


def _words(kind: type) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind.__name__)[1:]


@pytest.mark.parametrize("case", STORED, ids=lambda case: case["name"])
def test_a_stored_log_leads_to_its_state(case: dict[str, Any]) -> None:
    state = Overlay(EmptyState())
    for step in case["steps"]:
        for text in step.get("entries", ()):
            state.apply(read_entry(state.head(), bytes.fromhex(text)))
    assert (state.head().sequence, state.head().head_hash.hex()) == (case["sequence"], case["head_hash"])
    assert state_hash(state).hex() == case["state_hash"]
    assert [list(posting) for posting in state.postings] == case["postings"]


def test_a_stored_request_reads_as_it_is_written() -> None:
    for case in STORED:
        for step in case["steps"]:
            if "request" in step:
                raw = bytes.fromhex(step["request"])
                assert encode_command(decode_command(raw)) == raw
                assert command_to_message(decode_command(raw)) == log_pb2.Command.FromString(raw)
                assert step.get("digest", sha256(raw).hexdigest()) == sha256(raw).hexdigest()


def test_the_act_is_part_of_the_first_entry_alone() -> None:
    for case in STORED:
        for step in case["steps"]:
            acts = [read_entry(EMPTY_LOG, bytes.fromhex(text)).act for text in step.get("entries", ())]
            if "request" in step and acts:
                request = decode_command(bytes.fromhex(step["request"]))
                digest = bytes.fromhex(step["digest"])
                act = Act(request_id=request.request_id, request_digest=digest, actor=request.actor)
                assert acts.pop(0) == act
            assert not any(acts), step


ENTRIES = [bytes.fromhex(text) for case in STORED[-30:] for step in case["steps"] for text in step.get("entries", ())]


@given(st.sampled_from(ENTRIES), st.data())
def test_an_entry_with_one_other_byte_is_refused_or_reads_back(raw: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(raw) - 1))
    changed = raw[:at] + data.draw(st.binary(max_size=2)) + raw[at + 1 :]
    try:
        entry = read_entry(EMPTY_LOG, changed)
    except InvalidInput:
        return
    assert entry.encoded == changed
    assert entry.head == next_head(EMPTY_LOG, changed)
