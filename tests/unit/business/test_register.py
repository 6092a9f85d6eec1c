"""Accounts of parties on the settlement ledger: bound where it knows accounts, refused in words where it does not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from relayer.business import register as parties
from relayer.commands.register_file import read_register
from relayer.errors import ConfigurationError, InvalidInput
from relayer.facts.schema import party_id

SELECTION = SimpleNamespace(
    settlement_end=SimpleNamespace(ledger="settlement"), settlement_ledger=None, contract_end=None, contract_ledger=None
)
ACCOUNT = "cosmos1843jkxhyfl8zffc8ul2erxkjptcav7kydu59am"


@dataclass
class Tokens:
    """A settlement ledger that knows people by tokens."""

    executed: list[object] = field(default_factory=list)

    async def execute(self, command: object) -> None:
        self.executed.append(command)


@dataclass
class Accounts(Tokens):
    """One that knows them by accounts."""

    bound: list[tuple[str, bytes]] = field(default_factory=list)

    async def bind_account(self, account: str, party_id: bytes) -> None:
        assert self.executed, "a party has to be registered first"
        self.bound.append((account, party_id))


def registered(path: Path, **party: str) -> parties.Register:
    rows = [{"id": "DE*KCS", "name": "KiezCar", **party}, {"id": "DE*NBM", "name": "Nordbahn"}]
    path.write_text(json.dumps({"parties": rows}))
    return read_register(path)


async def apply(monkeypatch: pytest.MonkeyPatch, service: Tokens, register: parties.Register) -> None:
    @asynccontextmanager
    async def connected(ledger: object) -> AsyncIterator[object]:
        yield ledger

    monkeypatch.setattr(parties, "connected", connected)
    monkeypatch.setattr(parties, "make_settlement", lambda *_, **__: SimpleNamespace(ledger=None, service=service))
    await parties.apply_register(SELECTION, register, lambda _: None)


async def test_an_account_is_bound_to_its_party(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    service = Accounts()
    await apply(monkeypatch, service, registered(tmp_path / "settlement.json", settlement_account=ACCOUNT))
    assert service.bound == [(ACCOUNT, party_id("DE*KCS"))]
    assert len(service.executed) == 2


async def test_a_ledger_of_tokens_says_what_to_do_instead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="party_tokens"):
        await apply(monkeypatch, Tokens(), registered(tmp_path / "settlement.json", settlement_account=ACCOUNT))
    service = Tokens()
    await apply(monkeypatch, service, registered(tmp_path / "settlement.json"))
    assert len(service.executed) == 2


def test_an_empty_account_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="settlement_account"):
        registered(tmp_path / "settlement.json", settlement_account="")
