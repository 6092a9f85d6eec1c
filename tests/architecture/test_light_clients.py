"""A type of light client is one module and one registration: nothing that serves every type names one of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.support.sources import nodes

PACKAGE = Path(__file__).resolve().parents[2] / "relayer"
SERVES_EVERY_TYPE = (
    "app",
    "business",
    "commands",
    "config",
    "engine",
    "evidence",
    "service",
    "ledgers/cosmos/client_view.py",
    "ledgers/embedded/host",
    "ledgers/remote",
    "ledgers/served",
    "light_clients/kind.py",
    "light_clients/registry.py",
)
OF_ONE_TYPE = {
    "relayer.light_clients.poa_evm",
    "relayer.light_clients.tendermint",
    "relayer.proofs.poa_evm.client",
    "relayer.proofs.poa_evm.types",
    "relayer.proofs.comet.client",
    "relayer.proofs.comet.client_types",
}
MODULES = sorted(
    path
    for each in SERVES_EVERY_TYPE
    for path in ([PACKAGE / each] if each.endswith(".py") else (PACKAGE / each).rglob("*.py"))
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_names_one_type(path: Path) -> None:
    imported = {
        name
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom) and node.module is not None
        for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
    }
    assert imported & OF_ONE_TYPE == set(), "ask the registry of relayer.light_clients instead"
