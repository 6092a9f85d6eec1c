"""No test is dropped: each file has one group for each of its marks, and what `make test` runs is what the table says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT, TESTS
from tests.support.scripts import load_script

TABLE = load_script(ROOT / "devnet" / "check_jobs.py")
FILES = sorted(path.relative_to(ROOT).as_posix() for path in TESTS.rglob("test_*.py"))
GROUPS = {group.name: group for group in TABLE.GROUPS}


def marks(path: str) -> set[str]:
    """Of the expensive kinds: named in the file, or by the kinds of settlement ledger that it runs on."""
    text = (ROOT / path).read_text()
    found = set(re.findall(r"pytest\.mark\.(chain|long)\b", text))
    return found | ({"chain"} if re.search(r"^SETTLEMENT_KINDS", text, re.MULTILINE) else set())


def test_every_file_has_a_group() -> None:
    assert [path for path in FILES if TABLE.group_of(path, needs_chain=False) is None] == []
    chained = [path for path in FILES if "chain" in marks(path)]
    assert [path for path in chained if TABLE.group_of(path, needs_chain=True) is None] == []
    assert chained


def test_every_long_test_has_a_long_group() -> None:
    long = [path for path in FILES if "long" in marks(path)]
    kinds = [TABLE.group_of(path, needs_chain="chain" in marks(path)) for path in long]
    assert [path for path, name in zip(long, kinds, strict=True) if not GROUPS[name].has_long] == []
    assert {name for name, group in GROUPS.items() if group.has_long} == set(kinds)


def test_groups_are_told_apart_by_longer_paths() -> None:
    known = {
        "tests/unit/core/test_machine.py": "rules",
        "tests/unit/ledgers/evm/test_contracts.py": "artifacts",
        "tests/unit/ledgers/evm/test_evm_rpc.py": "ledgers",
        "tests/contract/test_embedded_ledger.py": "contract",
        "tests/e2e/faults_nodes/test_faults_finality.py": "faults",
    }
    assert {path: TABLE.group_of(path, needs_chain=False) for path in known} == known
    assert TABLE.group_of("tests/e2e/cosmos/test_devnet.py", needs_chain=True) == "chain e2e"
    assert TABLE.group_of("tests/unit/core/test_machine.py", needs_chain=True) is None


@pytest.mark.parametrize("what", ["quick", "test", "long"])
def test_every_job_can_start(what: str) -> None:
    jobs = TABLE.jobs(what)
    names = [job.name for job in jobs]
    assert len(set(names)) == len(names)
    for number, job in enumerate(jobs):
        assert Path(job.command[0]).is_file()
        assert set(job.after) <= set(names[:number])
        paths = [word for word in job.command if word.startswith("tests/")]
        assert all((ROOT / path).exists() for path in paths), job


def test_what_a_group_collects_is_what_the_table_says() -> None:
    (job,) = (job for job in TABLE.jobs("test") if job.name == "contract")
    command = [*job.command, "--collect-only", "-p", "no:cacheprovider"]
    words = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    collected = {line.split("::")[0] for line in words.splitlines() if "::" in line}
    expected = {path for path in FILES if TABLE.group_of(path, needs_chain=False) == "contract"}
    assert collected == {path for path in expected if path not in ALL_ON_THE_CHAIN}
    assert sys.executable == job.command[0]


ALL_ON_THE_CHAIN = {path for path in FILES if path.startswith("tests/contract/cosmos/")}
