"""What a process that pushes has to load, and what it has not: no web framework, no chain library, no gRPC, no Go."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import files

import relayer
from relayer import push

HEAVY = {
    "aiohttp",
    "web3",
    "grpc",
    "google",
    "cosmpy",
    "pydantic",
    "typer",
    "structlog",
    "Crypto",
    "lxml",
    "yaml",
    "prometheus_client",
}
DRIVERS = {"psycopg", "sqlalchemy", "aiosqlite"}
OF_OTHERS = {"coincurve", "sha3", "cffi", "_cffi_backend", "_libsecp256k1", "_pysha3", "pycparser"}
"""What the facts and their signatures need."""


def loaded(program: str) -> set[str]:
    """Packages outside of the standard library in a new interpreter after `program`."""
    shown = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = {name.partition(".")[0] for name in json.loads(shown.stdout)}
    return {
        name
        for name in found - set(sys.stdlib_module_names)
        if not name.startswith(("__", "_cffi", "_distutils", "sitecustom"))
    }


def test_putting_claims_loads_little() -> None:
    assert loaded("from relayer.push import Claim, Outbox") <= {"relayer", *OF_OTHERS, "_virtualenv", "distutils-precedence"}


def test_a_courier_loads_neither_grpc_nor_a_driver_before_it_needs_one() -> None:
    assert not loaded("from relayer.push import Courier, PushClient, key_signer") & (HEAVY | DRIVERS)


def test_putting_claims_loads_no_event_loop_of_asyncio() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", "import relayer.push, sys; print('asyncio' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == "False"


def test_every_name_of_the_library_is_there() -> None:
    assert all(getattr(push, name) for name in push.__all__)
    assert set(push._LATE) < set(push.__all__)


def test_types_are_published() -> None:
    assert files(relayer).joinpath("py.typed").is_file()
