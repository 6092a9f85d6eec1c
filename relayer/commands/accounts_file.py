"""accounts.json: where parties are paid, as an operator writes it, by OCPI-style id. Strict, like every other file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import RootModel

from relayer.commands.fact_file import read_strictly
from relayer.config.fields import Section
from relayer.facts.schema import party_id
from relayer.iso20022.accounts import BankAccount


class _Account(Section):
    name: str
    number: str
    bic: str = ""
    lei: str = ""


class _File(RootModel[dict[str, _Account]]):
    pass


def read_accounts(path: Path) -> Mapping[str, BankAccount]:
    """Raises InvalidInput."""
    file = read_strictly(path, _File.model_validate_json)
    for party in file.root:
        party_id(party)
    return {
        party: BankAccount(name=each.name, number=each.number, bic=each.bic, lei=each.lei)
        for party, each in file.root.items()
    }
