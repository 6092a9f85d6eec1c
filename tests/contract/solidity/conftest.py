"""Ledgers and clients that the contract tests start from."""

from __future__ import annotations

import pytest
from comet_builder import Operators, config
from evm_harness import OWNER, InProcessEvm, Instance


@pytest.fixture
def evm() -> InProcessEvm:
    """The oldest rules that the contracts are compiled for."""
    return InProcessEvm("Constantinople")


@pytest.fixture
def four() -> Operators:
    """Four validators of equal power: three are needed."""
    return Operators.of(0, 1, 2, 3)


@pytest.fixture
def client(evm: InProcessEvm, four: Operators) -> Instance:
    """A light client that trusts height 1 of the four's chain."""
    return evm.deploy("CometBftLightClient", config(four, owner=OWNER))
