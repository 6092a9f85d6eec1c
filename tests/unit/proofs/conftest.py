"""Outside vectors and case files for the proofs."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TESTS = Path(__file__).parents[2]


def load_generator(name: str) -> ModuleType:
    """The script beside the case files of one light client, as a module."""
    module_name = f"case_generator_{name}"
    if module_name not in sys.modules:
        spec = importlib.util.spec_from_file_location(module_name, TESTS / "cases" / name / "generate.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module
        spec.loader.exec_module(module)
    return sys.modules[module_name]


@pytest.fixture(scope="session")
def comet_generator() -> ModuleType:
    return load_generator("comet")


@pytest.fixture(scope="session")
def poa_evm_generator() -> ModuleType:
    return load_generator("poa_evm")


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
