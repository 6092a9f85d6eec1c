"""Generates relayer/wire from proto/. Run it after a change to a .proto file; a test compares the result.

It must never be needed to run the product: the generated modules are checked in.
"""

from __future__ import annotations

import re
import sys
from importlib import resources
from pathlib import Path

from grpc_tools import protoc  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parent.parent


def generate(output: Path) -> None:
    """Writes messages, gRPC services and type stubs below `output`, importable as relayer.wire.interledger."""
    protos = sorted((ROOT / "proto").rglob("*.proto"))
    output.mkdir(parents=True, exist_ok=True)
    well_known = resources.files("grpc_tools") / "_proto"
    arguments = ["protoc", f"-I{ROOT / 'proto'}", f"-I{well_known}"]
    arguments += [f"--{kind}_out={output}" for kind in ("python", "grpc_python", "pyi")]
    if protoc.main([*arguments, *map(str, protos)]) != 0:
        raise SystemExit("protoc failed; its message stands above")
    for module in sorted(path for path in output.rglob("*_pb2*") if path.suffix in {".py", ".pyi"}):
        text = re.sub(r"^from interledger\.", "from relayer.wire.interledger.", module.read_text(), flags=re.MULTILINE)
        module.write_text(text)
    for module in output.rglob("*_pb2_grpc.py"):
        if "class " not in module.read_text():  # a file without a service
            module.unlink()
    for folder in (output, *(path for path in output.rglob("*") if path.is_dir() and path.name != "__pycache__")):
        (folder / "__init__.py").touch()


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "relayer" / "wire")
