"""The threat model names tests for every attacker, and each of them exists."""

from __future__ import annotations

import re

import pytest

from tests.support.threats import ROOT, named_tests, node_id

ATTACKERS = (
    "The relayer",
    "A node",
    "A minority of authorities",
    "A dishonest party",
    "A local user",
    "The network",
    "The counterparty ledger",
    "A hub, and ledgers behind one",
    "A stranger on the contract ledger",
)


@pytest.mark.parametrize(("file", "function"), named_tests())
def test_a_test_that_the_threat_model_names_exists(file: str, function: str) -> None:
    assert node_id(file, function) is not None


def test_every_attacker_has_tests() -> None:
    sections = re.split(r"^## ", (ROOT / "docs" / "threats.md").read_text(), flags=re.MULTILINE)[1:]
    assert [each.partition("\n")[0] for each in sections] == list(ATTACKERS)
    assert all(each.count("::test_") >= 5 for each in sections)
