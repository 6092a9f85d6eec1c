"""What an operator installs: the production lock holds what the relayer's code reaches, and nothing that only tests need."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata

from tests.support.paths import ROOT

LOCKS = ROOT / "requirements"
INSTALLED_BYTES = 140_000_000
"""A virtual environment has pip as well, about 20 MB of the 160 that it may have."""

_IMPORT_EVERYTHING = """
import importlib, pkgutil, sys
hidden = set(sys.argv[1:])
class Hiding:
    def find_spec(self, name, path, target=None):
        if path is None and name in hidden:
            raise ModuleNotFoundError(f"{name} is not in the production lock", name=name)
sys.meta_path.insert(0, Hiding())
import relayer
for module in pkgutil.walk_packages(relayer.__path__, "relayer."):
    # web3_provider needs the extra `agent`, and is loaded by an agent alone.
    if not module.name.startswith(("relayer.testing", "relayer.__main__", "relayer.agent.web3_provider")):
        importlib.import_module(module.name)
"""


def names(lock: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9._-]+)==", (LOCKS / lock).read_text(), re.MULTILINE))


def test_the_production_lock_has_nothing_that_only_tests_need() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    only_tests = {re.split(r"[^A-Za-z0-9._-]", each)[0] for each in (*extras["dev"], *extras["testing"], *extras["solver"])}
    left_out = set(re.findall(r'^(\S+); python_version < "3"$', (LOCKS / "left-out.txt").read_text(), re.MULTILINE))
    assert {"rlp", "trie", "web3"} <= only_tests
    assert len(left_out) == 8
    assert names("run.txt") & (only_tests | left_out) == set()


def test_every_module_loads_from_the_production_lock_alone() -> None:
    """What is imported, whoever installed it, comes with a package of the lock."""
    production = names("run.txt")
    owners = metadata.packages_distributions()
    hidden = [
        module
        for module, packages in owners.items()
        if module != "relayer" and not {_normal(each) for each in packages} & production
    ]
    assert {"rlp", "trie", "web3", "requests", "nacl", "virtualenv", "eth_abi"} <= set(hidden)
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT_EVERYTHING, *hidden], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]


def test_a_production_install_is_small() -> None:
    assert sum(_sizes(names("run.txt"))) < INSTALLED_BYTES


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _sizes(packages: set[str]) -> Iterator[int]:
    """Bytes of each file that the packages installed."""
    for package in packages:
        for file in metadata.files(package) or ():
            path = file.locate()
            if path.is_file():  # type: ignore[attr-defined]
                yield path.stat().st_size  # type: ignore[attr-defined]
