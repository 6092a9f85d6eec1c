"""Whatever a node answers: typed errors, or values that were checked. Mutations of what a real node has said."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relayer.core.ids import LedgerId
from relayer.errors import RelayerError
from relayer.ledgers.cosmos.endpoints import _node_status
from relayer.ledgers.cosmos.errors import MalformedAnswer
from relayer.ledgers.cosmos.events import packet_facts, parse_block_results
from relayer.ledgers.cosmos.headers import parse_signed_header, parse_validators
from relayer.ledgers.cosmos.rpc import _abci_answer, transaction_result
from relayer.proofs.comet import ValidatorSet
from relayer.proofs.comet.votes import VoteCount
from relayer.proofs.errors import ProofError
from tests.support.paths import VECTORS

RECORDED = json.loads((VECTORS / "comet_rpc.json").read_text())
NUMBER, CHAIN_ID = RECORDED["number"], RECORDED["chain_id"]


def read_facts(answer: Any) -> object:
    block = parse_block_results(answer, block=NUMBER)
    return packet_facts(LedgerId("settlement"), block, ["HASH"] * block.transactions)


def read_header(answer: Any) -> object:
    signed = parse_signed_header(answer)
    signed.check(CHAIN_ID)
    validators = ValidatorSet(validators=tuple(parse_validators(RECORDED["validators"])))
    VoteCount(chain_id=CHAIN_ID, commit=signed.commit).require_two_thirds(validators)
    return signed.header.hash()


def read_validators(answer: Any) -> object:
    validators = ValidatorSet(validators=tuple(parse_validators(answer)))
    validators.check()
    return validators.hash()


READERS: dict[str, tuple[Any, Callable[[Any], object]]] = {
    "status": (RECORDED["status"], _node_status),
    "commit": (RECORDED["commit"], read_header),
    "validators": (RECORDED["validators"], read_validators),
    "block_results": (RECORDED["block_results"], read_facts),
    "abci_query": (RECORDED["present_answer"]["response"], _abci_answer),
    "tx_search": (RECORDED["tx_search"]["txs"][0], transaction_result),
}
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True),
    st.text(max_size=20),
    st.sampled_from(["", "0", "-1", "1" * 30, "00", "=", "====", "ff", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59Z"]),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [here] if here else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += places(inner, (*here, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += places(inner, (*here, index))
    return found


PLACES = {name: places(answer) for name, (answer, _) in READERS.items()}


def changed(answer: Any, place: tuple[Any, ...], new: Any) -> Any:
    """A copy with one value replaced; `...` takes it out."""
    answer = copy.deepcopy(answer)
    inner = answer
    for key in place[:-1]:
        inner = inner[key]
    if new is ...:
        del inner[place[-1]]
    else:
        inner[place[-1]] = new
    return answer


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_changed_answer_gives_a_value_or_a_typed_error(name: str, data: st.DataObject) -> None:
    answer, read = READERS[name]
    place = data.draw(st.sampled_from(PLACES[name]))
    new = data.draw(st.one_of(JSON, st.just(...)))
    with suppress(RelayerError):
        read(changed(answer, place, new))


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60, deadline=None)
@given(answer=JSON)
def test_anything_at_all_is_refused(name: str, answer: Any) -> None:
    with pytest.raises(MalformedAnswer):
        READERS[name][1](answer)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_changed_header_keeps_its_votes_and_another_hash(data: st.DataObject) -> None:
    """Every field of a header is under its hash, and the votes are for that hash alone."""
    place = data.draw(st.sampled_from([each for each in PLACES["commit"] if "header" in each]))
    answer = changed(RECORDED["commit"], place, data.draw(JSON))
    try:
        found = read_header(answer)
    except (MalformedAnswer, ProofError):
        return
    assert found == read_header(RECORDED["commit"])
