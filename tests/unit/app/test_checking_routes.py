"""`relayer check` says what the hub's table lacks of the star, and the command that sets it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from relayer.app.checking_routes import route_lines, routes_wanted
from relayer.app.ledgers import FullLedger
from relayer.config.relayer_file import RelayerSettings
from relayer.errors import LedgerUnavailable
from relayer.forwarding.model import Route, RouteUse
from tests.unit.config.test_hub import loaded, star

CLIENTS = {"berlin": "poa-evm-0", "hamburg": "poa-evm-1", "settlement": "07-tendermint-0", "vault": "07-tendermint-1"}


class Hub:
    """A ledger with a route table."""

    def __init__(self, *routes: tuple[str, str, str], answers: bool = True) -> None:
        self.forwarding = self
        self._answers = answers
        self._routes = [
            RouteUse(
                route=Route(
                    destination=destination,
                    origin_client=origin,
                    client_id=client,
                    quota=1,
                    origin_quota=1,
                    margin_seconds=30,
                ),
                open_forwards=0,
            )
            for destination, origin, client in routes
        ]

    async def routes(self) -> list[RouteUse]:
        if not self._answers:
            raise LedgerUnavailable("it is away")
        return self._routes

    async def forwards(self, **_: Any) -> list[Any]:
        return []

    async def change(self, command: Any) -> None:
        raise AssertionError(command)


@pytest.fixture
def settings(tmp_path: Path) -> RelayerSettings:
    """One contract ledger and two settlement ledgers, all legs but that of the second one open."""
    content = star()
    content["hub"]["legs"] = [
        {"ledger": name, "client": f"{name}-client", "hub_client": CLIENTS[name]} for name in ("berlin", "settlement")
    ] + [{"ledger": "vault"}]
    return loaded(tmp_path, content)


async def lines(settings: RelayerSettings, hub: Hub) -> list[tuple[str, str]]:
    ledgers = {"hub": cast("FullLedger", hub)}
    return [(line.found, line.remedy) async for line in route_lines(settings, ledgers)]


async def test_what_is_missing_is_said_with_its_command(settings: RelayerSettings) -> None:
    facts, news = await lines(settings, Hub())
    assert facts == (
        "none for facts to settlement-1 through 07-tendermint-0",
        "let the hub's operator run `relayer hub route settlement-1 07-tendermint-0`",
    )
    assert news == (
        "none for news to 1337 through poa-evm-0",
        "let the hub's operator run `relayer hub route 1337 poa-evm-0 --from 07-tendermint-0`",
    )


async def test_facts_take_a_route_for_any_client_and_news_their_own_alone(settings: RelayerSettings) -> None:
    of_any = [("settlement-1", "", "07-tendermint-0"), ("1337", "", "poa-evm-0")]
    ((found, _),) = await lines(settings, Hub(*of_any))
    assert found == "none for news to 1337 through poa-evm-0"
    own = [("settlement-1", "poa-evm-0", "07-tendermint-0"), ("1337", "07-tendermint-0", "poa-evm-0")]
    assert await lines(settings, Hub(*own)) == [("2 that the star needs are there", "")]


async def test_a_route_that_leads_elsewhere_is_none(settings: RelayerSettings) -> None:
    own_goes_first = [("settlement-1", "", "07-tendermint-0"), ("settlement-1", "poa-evm-0", "07-tendermint-9")]
    found = [words for words, _ in await lines(settings, Hub(*own_goes_first, ("1337", "07-tendermint-0", "poa-evm-0")))]
    assert found == ["none for facts to settlement-1 through 07-tendermint-0"]


async def test_a_hub_that_does_not_answer_is_said_and_one_that_is_none_is_not(settings: RelayerSettings) -> None:
    assert await lines(settings, Hub(answers=False)) == [("cannot be looked at", "it is away")]
    assert [line async for line in route_lines(settings, {})] == []
    assert len(list(routes_wanted(settings))) == 2
