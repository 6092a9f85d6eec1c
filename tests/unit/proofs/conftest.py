"""Outside vectors and case files for the proofs."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest

from tests.support.paths import TESTS
from tests.support.scripts import load_script


@pytest.fixture(scope="session")
def comet_generator() -> ModuleType:
    return load_script(TESTS / "cases" / "comet" / "generate.py")


@pytest.fixture(scope="session")
def poa_evm_generator() -> ModuleType:
    return load_script(TESTS / "cases" / "poa_evm" / "generate.py")


def vectors(name: str) -> dict[str, Any]:
    return json.loads((TESTS / "vectors" / f"{name}.json").read_text())


@pytest.fixture(scope="session")
def comet_vectors() -> dict[str, Any]:
    """Made by CometBFT v0.39.0."""
    return vectors("comet")


@pytest.fixture(scope="session")
def iavl_vectors() -> dict[str, Any]:
    """Made by iavl v1.2.8 and the Cosmos SDK's store."""
    return vectors("iavl")


@pytest.fixture(scope="session")
def evm_vectors() -> dict[str, Any]:
    """Made by go-ethereum v1.16.8."""
    return vectors("evm")
