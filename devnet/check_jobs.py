"""What `make test` and `make test-long` consist of: jobs that run side by side, each a process of its own.

Tests are cut into groups by folder, so that those which need the same nodes share them, and by two marks: `chain` needs the
compiled settlement chain, `long` is expensive and rare. Every test is in exactly one group of one of the two commands, which
tests/architecture/test_check_jobs.py holds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
CHAIN = "chain"
"""The job that compiles the settlement chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One command."""

    name: str
    command: tuple[str, ...]
    cores: float = 1.0
    """What it keeps busy of a processor; tests that wait for nodes leave most of it to others."""
    after: tuple[str, ...] = ()
    """Jobs that have to end first."""
    is_shown: bool = False
    """Whether its output is passed on as it comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Tests below some folders, or files, that are not below a longer path of another group of the same kind."""

    name: str
    paths: tuple[str, ...]
    cores: float = 1.0
    needs_chain: bool = False
    has_long: bool = False


GROUPS = (
    # Cheap first, so that what is wrong with a rule shows at once; then what takes longest, so that it ends in time.
    Group(name="rules", paths=("tests/unit", "tests/architecture")),
    Group(name="chain e2e", paths=("tests/e2e",), cores=0.5, needs_chain=True, has_long=True),
    Group(name="e2e", paths=("tests/e2e",), cores=0.6, has_long=True),
    Group(
        name="nodes",
        paths=("tests/unit/devnet", "tests/unit/bench", "tests/unit/demo", "tests/unit/commands"),
        cores=0.8,
        has_long=True,
    ),
    Group(name="chain ledger", paths=("tests/contract/cosmos",), cores=0.4, needs_chain=True),
    Group(name="faults", paths=("tests/e2e/faults_nodes",), cores=0.4),
    Group(name="contract", paths=("tests/contract",), cores=0.6),
    Group(name="proofs", paths=("tests/unit/proofs", "tests/property")),
    Group(name="simulation", paths=("tests/simulation", "tests/fuzz"), cores=0.6, has_long=True),
    Group(name="processes", paths=("tests/e2e/processes", "tests/unit/support"), cores=0.6, has_long=True),
    Group(name="ledgers", paths=("tests/unit/ledgers",), cores=0.8),
    Group(name="push", paths=("tests/unit/push",), cores=0.8),
    Group(name="artifacts", paths=("tests/unit/ledgers/evm/test_contracts.py",)),
    Group(name="solidity", paths=("tests/contract/solidity",), has_long=True),
)

STATIC = (
    Job(name="lint", command=(str(BIN / "ruff"), "check", ".")),
    Job(name="format", command=(str(BIN / "ruff"), "format", "--check", "--quiet", ".")),
    Job(name="types", command=(str(BIN / "mypy"),)),
)
QUICK_FOLDERS = ("core", "facts", "settlement", "messages", "engine", "journal", "config", "iso20022", "business", "app")
"""Below tests/unit: what a change of a rule breaks first."""


def jobs(what: str) -> Sequence[Job]:
    """Of `quick`, `test` or `long`, in the order in which they start. Raises KeyError for another word."""
    return {"quick": _quick, "test": _test, "long": _long}[what]()


def group_of(path: str, *, needs_chain: bool) -> str | None:
    """The group of a test file, as its path below the checkout; None: nobody runs it."""
    found = [
        (len(prefix), group.name)
        for group in GROUPS
        if group.needs_chain is needs_chain
        for prefix in group.paths
        if path == prefix or path.startswith(prefix + "/")
    ]
    return max(found)[1] if found else None


def _quick() -> Sequence[Job]:
    folders = [f"tests/unit/{name}" for name in QUICK_FOLDERS]
    # How the table itself is cut is seen by collecting many tests, which takes longer than the rest of that folder.
    words = ("-m", "not node and not chain and not long", "--ignore=tests/architecture/test_check_jobs.py")
    tests = Job(name="tests", command=_pytest("quick", *words, *folders))
    return (tests, *STATIC, Job(name="architecture", command=_pytest("architecture", *words, "tests/architecture")))


def _test() -> Sequence[Job]:
    go = Job(name="go", command=_go("tests"), after=(CHAIN,))
    return (_compiling(), *STATIC, go, *(_job(group, is_long=False) for group in GROUPS))


def _long() -> Sequence[Job]:
    vet = Job(name="go vet", command=_go("vet"), after=(CHAIN,))
    return (_compiling(), *(_job(group, is_long=True) for group in GROUPS if group.has_long), vet)


def _compiling() -> Job:
    """All that needs the chain waits for it, so it is compiled at full speed."""
    return Job(name=CHAIN, command=_go("chain"), is_shown=True)


def _job(group: Group, *, is_long: bool) -> Job:
    marks = f"{'' if group.needs_chain else 'not '}chain and {'' if is_long else 'not '}long"
    name = f"{group.name}, long" if is_long else group.name
    ignored = [f"--ignore={path}" for path in _others(group)]
    return Job(
        name=name,
        command=_pytest(name, "-m", marks, *ignored, *group.paths),
        cores=group.cores,
        after=(CHAIN,) if group.needs_chain else (),
    )


def _others(group: Group) -> Iterator[str]:
    """What lies below its folders and belongs to other groups."""
    for other in GROUPS:
        if other is not group and other.needs_chain is group.needs_chain:
            yield from (path for path in other.paths if any(path.startswith(own + "/") for own in group.paths))


def _pytest(name: str, *words: str) -> tuple[str, ...]:
    cache = f".pytest_cache/{name.replace(', ', '-').replace(' ', '-')}"
    return (sys.executable, "-m", "pytest", "-q", "--durations=15", "--durations-min=2", "-o", f"cache_dir={cache}", *words)


def _go(what: str) -> tuple[str, ...]:
    return (sys.executable, str(ROOT / "devnet" / "run_go_tests.py"), what)
