"""NOTICE covers the licence of every npm package that the locks bring, and of every one that those bundle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

COVERED = {
    "contracts/evm": {"MIT", "ISC"},
    "devnet": {"MIT", "Apache-2.0", "BSD-3-Clause", "ISC"},
    "tests/specs": {"MIT", "Apache-2.0"},
    "devnet/anvil": {"MIT", "Apache-2.0", "(MIT OR Apache-2.0)", "MIT OR Apache-2.0"},
}
"""What the last lines of each npm part of NOTICE say; whatever has another licence is named there."""


def _packages(folder: str) -> Iterator[tuple[str, object]]:
    """Name and licence: of the lock, and of what is installed, bundled packages included."""
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())
    for place, package in lock["packages"].items():
        if place:
            yield place.rpartition("node_modules/")[2], package.get("license")
    for path in (ROOT / folder / "node_modules").rglob("package.json"):
        package = json.loads(path.read_text())
        if "name" in package and "version" in package:
            yield package["name"], package.get("license") or _older_form(package)


def _older_form(package: dict[str, object]) -> object:
    found = package.get("licenses")
    return found[0].get("type") if isinstance(found, list) and found else None


@pytest.mark.parametrize("folder", COVERED)
def test_every_npm_package_has_a_licence_that_the_notice_covers(folder: str) -> None:
    notice = (ROOT / "NOTICE").read_text()
    others = {(name, str(licence)) for name, licence in _packages(folder) if licence not in COVERED[folder]}
    assert {each for each in others if f"  {each[0]} " not in notice} == set()


def test_the_locks_are_all_covered() -> None:
    locks = {
        path.parent.relative_to(ROOT) for path in ROOT.glob("*/**/package-lock.json") if "node_modules" not in path.parts
    }
    assert locks == {Path(folder) for folder in COVERED}
