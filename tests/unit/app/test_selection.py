"""Which ledgers a command is about: those of a channel, or a contract ledger and a settlement ledger behind a hub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relayer.app.selection import Selection, select
from relayer.errors import ConfigurationError
from tests.unit.config.test_hub import star, written


def one_contract_ledger(**changes: Any) -> dict[str, Any]:
    content = star(**changes)
    content["hub"]["legs"] = [each for each in content["hub"]["legs"] if each["ledger"] != "hamburg"]
    return content


def named(selection: Selection) -> tuple[str, str, str, str | None, str]:
    return (
        selection.channel.name,
        selection.contract_end.ledger,
        selection.settlement_end.ledger,
        selection.hub,
        selection.destination,
    )


def test_a_leg_to_a_contract_ledger_is_about_facts_that_the_hub_records(tmp_path: Path) -> None:
    path = written(tmp_path, star())
    assert named(select(path, "berlin")) == ("berlin", "berlin", "hub", None, "")


def test_a_leg_to_a_settlement_ledger_is_about_facts_that_the_hub_sends_on(tmp_path: Path) -> None:
    path = written(tmp_path, one_contract_ledger())
    assert named(select(path, "vault")) == ("berlin", "berlin", "vault", "hub", "vault-1")


def test_of_several_contract_ledgers_one_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, star())
    assert named(select(path, "vault/hamburg")) == ("hamburg", "hamburg", "vault", "hub", "vault-1")
    for name in ("vault", "vault/settlement", "vault/nowhere"):
        with pytest.raises(ConfigurationError, match="say whose facts are meant: vault/berlin, vault/hamburg"):
            select(path, name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere/berlin", "has no channel 'nowhere'"),
        ("berlin/hamburg", "and only then names another leg"),
    ],
)
def test_what_is_none_of_that_is_refused(name: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=words):
        select(written(tmp_path, star()), name)


def test_a_ledger_behind_a_hub_has_no_client_of_the_contract_ledger(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="vault follows the hub hub, so it cannot verify what berlin stores"):
        _ = select(written(tmp_path, one_contract_ledger()), "vault").settlement_client
