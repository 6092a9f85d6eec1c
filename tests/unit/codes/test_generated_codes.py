"""What is checked in for Python, Go and Solidity is what proto/codes.yaml gives, and the data file is read strictly."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from relayer.codes.facts import FactCode
from relayer.codes.ibc import ChainCode, IbcCode, Remedy, remedy_of
from relayer.codes.settlement import RefusalCode

ROOT = Path(__file__).resolve().parents[3]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_codes", ROOT / "devnet" / "generate_codes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


GENERATOR = generator()
SOURCE = (ROOT / "proto" / "codes.yaml").read_text(encoding="utf-8")


def test_generating_again_changes_nothing(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "devnet" / "generate_codes.py", tmp_path], check=True, capture_output=True)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert {path.suffix for path in made} == {".py", ".go", ".sol"}
    for path in made:
        assert (ROOT / path).read_text(encoding="utf-8") == (tmp_path / path).read_text(encoding="utf-8"), path
    package = {path.name for path in (ROOT / "relayer" / "codes").glob("*.py")} - {"__init__.py"}
    assert package == {path.name for path in made if path.suffix == ".py"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  TRIP_COMPLETED: {number: 2,", "  TRIP_COMPLETED: {number: 1,"),
        ("  TRIP_COMPLETED: {number: 2,", "  BOOKING_CONFIRMED: {number: 2,"),
        ("  FARE: {number: 1}", "  FARE: {number: 1, later: true}"),
        ("  FARE: {number: 1}", "  Fare: {number: 1}"),
        ("code: channelv2/2, remedy: message", "code: channelv2/2, remedy: patience"),
        ("code: channelv2/3,", "code: channelv2/2,"),
        ("value: 2^20,", "value: about a million,"),
        ("limits:\n", "bounds:\n"),
        ('meaning: "Carries no money."', "meaning: 'Carries \"no\" money.'"),
    ],
)
def test_a_data_file_that_breaks_its_form_is_refused(tmp_path: Path, before: str, after: str) -> None:
    assert SOURCE.count(before) == 1
    path = tmp_path / "codes.yaml"
    path.write_text(SOURCE.replace(before, after), encoding="utf-8")
    with pytest.raises(GENERATOR.DataError):
        GENERATOR.read(path)


def test_a_code_says_whether_it_may_pass_later() -> None:
    assert RefusalCode.CYCLE_RUNNING.may_pass_later
    assert not RefusalCode.PROOF_FALSE.may_pass_later
    assert FactCode.LIMIT_EXCEEDED.may_pass_later
    assert not FactCode.BAD_HASH.may_pass_later


def test_a_refusal_is_found_by_its_name() -> None:
    for code in (*IbcCode, *ChainCode):
        assert remedy_of(str(code)) is code.remedy
        assert code.retryable == (code.remedy is not Remedy.MESSAGE)
    assert remedy_of("wasm/7") is Remedy.LATER
