"""Generates the Go messages of this module from proto/. With --check it compares instead, and fails on a difference.

It must never be needed to build: the generated files are checked in. Needs Go on PATH and grpcio-tools.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc  # type: ignore[import-untyped]

HERE = Path(__file__).resolve().parent
PROTO = HERE.parent.parent / "proto"
MODULE = "interledger.example/cosmos"
PLUGIN = "github.com/cosmos/gogoproto/protoc-gen-gocosmos"

PACKAGES = {
    "interledger/lightclients/poaevm/v1/poaevm.proto": "light-clients/poaevm",
    "interledger/forward/v1/forward.proto": "wire/forwardv1",
    **{
        f"interledger/settlement/v1/{concept}.proto": "wire/settlementv1"
        for concept in (
            "acts",
            "cycles",
            "disputes",
            "facts",
            "issuers",
            "liabilities",
            "log",
            "news",
            "parties",
            "payments",
            "rates",
            "service",
            "statements",
        )
    },
    "interledger/forward/chain/v1/genesis.proto": "x/forward/types",
    "interledger/forward/chain/v1/query.proto": "x/forward/types",
    "interledger/forward/chain/v1/tx.proto": "x/forward/types",
    "interledger/settlement/chain/v1/genesis.proto": "x/settlement/types",
    "interledger/settlement/chain/v1/query.proto": "x/settlement/types",
    "interledger/settlement/chain/v1/tx.proto": "x/settlement/types",
}


def generate(work: Path) -> dict[Path, bytes]:
    """Content of every generated file by its path in this module. `work` is a folder for intermediate files."""
    go = shutil.which("go")
    if go is None:
        raise SystemExit("Go is not on PATH")
    plugin = work / "protoc-gen-gocosmos"
    subprocess.run([go, "build", "-o", plugin, PLUGIN], cwd=HERE, check=True)
    mapping = ",".join(f"M{proto}={MODULE}/{folder}" for proto, folder in PACKAGES.items())
    arguments = ["protoc", f"-I{PROTO}", f"--plugin=protoc-gen-gocosmos={plugin}"]
    for folder in sorted(set(PACKAGES.values())):
        protos = [proto for proto, target in PACKAGES.items() if target == folder]
        output = f"--gocosmos_out=plugins=grpc,import_path={Path(folder).name},{mapping}:{work}"
        if protoc.main([*arguments, output, *protos]) != 0:
            raise SystemExit("protoc failed; its message stands above")
    outputs = {proto: (work / proto).with_suffix(".pb.go") for proto in PACKAGES}
    return {Path(PACKAGES[proto]) / path.name: path.read_bytes() for proto, path in outputs.items()}


def main(arguments: list[str]) -> int:
    """Writes the files, or names those that differ."""
    with tempfile.TemporaryDirectory() as work:
        files = generate(Path(work))
    if arguments == ["--check"]:
        stale = [
            path for path, content in files.items() if not (HERE / path).is_file() or (HERE / path).read_bytes() != content
        ]
        for path in stale:
            print(f"{path} is not what proto/ gives; run {Path(__file__).name}", file=sys.stderr)
        return 1 if stale else 0
    for path, content in files.items():
        (HERE / path).parent.mkdir(parents=True, exist_ok=True)
        (HERE / path).write_bytes(content)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
