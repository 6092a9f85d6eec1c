"""The example's rule file, and trips that it rates."""

from __future__ import annotations

import pytest

from relayer.config.rules_file import load_rules
from relayer.rating.rules import RuleFile
from tests.support.trips import EXAMPLE_RULES


@pytest.fixture(scope="session")
def rules() -> RuleFile:
    return load_rules(EXAMPLE_RULES)
