"""What runs in production needs no test framework, and the kit for authors of ledgers only where it is one."""

from __future__ import annotations

import subprocess
import sys

from tests.support.paths import ROOT

IMPORT_EVERYTHING = """
import importlib, pkgutil, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"pytest", "_pytest", "pytest_asyncio", "hypothesis"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None

sys.meta_path.insert(0, Absent())
import relayer

for module in pkgutil.walk_packages(relayer.__path__, "relayer."):
    if module.name.startswith("relayer.testing.") and module.name.endswith("_contract"):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            assert "install the extra `testing`" in str(error), error
        else:
            raise AssertionError(f"{module.name} is a suite, and imports without pytest?")
    elif module.name != "relayer.__main__":
        importlib.import_module(module.name)
print("imported")
"""


def test_only_the_suites_need_pytest_and_say_what_to_install() -> None:
    found = subprocess.run([sys.executable, "-c", IMPORT_EVERYTHING], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert found.stdout == "imported\n"
