"""The package as a wheel, installed outside of the checkout: it works, and says what it cannot do there."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.support.paths import ROOT

WHEEL_FOLDERS = ("relayer",)
WHEEL_FILES = ("pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel; its dependencies are those of this one."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in WHEEL_FOLDERS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in WHEEL_FILES:
        shutil.copyfile(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(source))
    environment = folder / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", str(environment))
    (wheel,) = folder.glob("*.whl")
    run(*pip, "--python", str(environment / "bin" / "python"), "install", "--no-deps", "--no-index", str(wheel))
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return environment / "bin"


def run(*command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True)


@pytest.mark.parametrize(
    "command",
    [("demo",), ("devnet", "up"), ("devnet", "status"), ("bench",), ("bench", "--ledger", "anvil")],
    ids=" ".join,
)
def test_what_needs_the_checkout_says_so_first(installed: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    found = subprocess.run([str(installed / "relayer"), *command], cwd=tmp_path, capture_output=True, text=True, check=False)
    first = (found.stdout + found.stderr).splitlines()[0]
    assert first.startswith(
        f"relayer: `relayer {' '.join(command[:2] if command[0] == 'devnet' else command[:1])}` needs a checkout"
    )
    assert "make setup" in first
    assert found.returncode == 3
    assert list(tmp_path.iterdir()) == []


def test_the_rest_needs_none(installed: Path, tmp_path: Path) -> None:
    relayer = str(installed / "relayer")
    imported = run(str(installed / "python"), "-c", "import relayer; print(relayer.__file__)", cwd=tmp_path).stdout.strip()
    assert Path(imported).is_relative_to(installed.parent)
    assert "demo" in run(relayer, "--help", cwd=tmp_path).stdout
    run(relayer, "init", cwd=tmp_path)
    assert (tmp_path / "relayer.yaml").is_file()
    netting = run(relayer, "bench", "netting", "--parties", "20", "--chain", "20", "--json", cwd=tmp_path).stdout
    assert '"parties": 20' in netting
