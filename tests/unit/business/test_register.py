"""Accounts of parties on the settlement ledger: bound where it knows accounts, refused in words where it does not."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from relayer.business.register import Register, register_on_settlement
from relayer.commands.register_file import read_register
from relayer.errors import ConfigurationError, InvalidInput
from relayer.facts.schema import party_id

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


def registered(path: Path, **party: str) -> Register:
    rows = [{"id": "DE*KCS", "name": "KiezCar", **party}, {"id": "DE*NBM", "name": "Nordbahn"}]
    path.write_text(json.dumps({"parties": rows}))
    return read_register(path)


async def test_an_account_is_bound_to_its_party(tmp_path: Path) -> None:
    service = Accounts()
    await register_on_settlement(service, registered(tmp_path / "settlement.json", settlement_account=ACCOUNT))
    assert service.bound == [(ACCOUNT, party_id("DE*KCS"))]
    assert len(service.executed) == 2


async def test_a_ledger_of_tokens_says_what_to_do_instead(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="party_tokens"):
        await register_on_settlement(Tokens(), registered(tmp_path / "settlement.json", settlement_account=ACCOUNT))
    service = Tokens()
    await register_on_settlement(service, registered(tmp_path / "settlement.json"))
    assert len(service.executed) == 2


def test_an_empty_account_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="settlement_account"):
        registered(tmp_path / "settlement.json", settlement_account="")
