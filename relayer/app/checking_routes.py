"""Whether the hub sends on what the star in relayer.yaml is for: facts to each destination, and their news home."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import NamedTuple

from relayer.app.ledgers import FullLedger, contract_settings, settlement_settings
from relayer.config.channels import ChannelSettings
from relayer.config.relayer_file import RelayerSettings
from relayer.errors import RelayerError
from relayer.forwarding.model import Route, RouteKey
from relayer.ports.capabilities import CheckLine
from relayer.ports.forwarding import MayBeHub


class WantedRoute(NamedTuple):
    """What a star needs of its hub: packets that come through one of the hub's clients leave through another one."""

    destination: str
    origin_client: str
    client: str
    is_for_news: bool

    def is_there(self, routes: Mapping[RouteKey, Route]) -> bool:
        """Facts may take a route for any client; news need one of their own."""
        found = routes.get(RouteKey(self.destination, self.origin_client))
        if found is None and not self.is_for_news:
            found = routes.get(RouteKey(self.destination, ""))
        return found is not None and found.client_id == self.client

    @property
    def command(self) -> str:
        """What sets it."""
        origin = f" --from {self.origin_client}" if self.is_for_news else ""
        return f"relayer hub route {self.destination} {self.client}{origin}"


async def route_lines(settings: RelayerSettings, ledgers: Mapping[str, FullLedger]) -> AsyncIterator[CheckLine]:
    """One line for each route that is missing or leads elsewhere, with the command that sets it; one if there is none.
    Nothing without a hub. `ledgers`: those that answer."""
    hub = None if settings.hub is None else ledgers.get(settings.hub.ledger)
    if settings.hub is None or not isinstance(hub, MayBeHub):
        return
    subject = f"routes of hub {settings.hub.ledger}"
    try:
        routes = {use.route.key: use.route for use in await hub.forwarding.routes()}
    except RelayerError as error:
        yield CheckLine(subject=subject, found="cannot be looked at", remedy=str(error))
        return
    wanted = list(routes_wanted(settings))
    missing = [each for each in wanted if not each.is_there(routes)]
    for each in missing:
        found = f"none for {'news' if each.is_for_news else 'facts'} to {each.destination} through {each.client}"
        yield CheckLine(subject=subject, found=found, remedy=f"let the hub's operator run `{each.command}`")
    if wanted and not missing:
        yield CheckLine(subject=subject, found=f"{len(wanted)} that the star needs are there")


def routes_wanted(settings: RelayerSettings) -> Iterator[WantedRoute]:
    """For facts of each leg to each of its destinations, and for news of each settlement ledger to each contract ledger
    whose facts it takes. Legs that are not open yet are left out."""
    if settings.hub is None:
        return
    legs = [each for each in settings.channels if each.ends[1].ledger == settings.hub.ledger and each.ends[1].client]
    for source in legs:
        for target in legs:
            if source is not target:
                yield from _between(settings, source, target)


def _between(settings: RelayerSettings, source: ChannelSettings, target: ChannelSettings) -> Iterator[WantedRoute]:
    here, there = (settings.ledgers[each.ends[0].ledger] for each in (source, target))
    sends_facts = contract_settings(here) is not None and str(there.chain_id) in source.ends[0].destinations
    sends_news = settlement_settings(here) is not None and there.chain_id in source.ends[0].chains
    if sends_facts or sends_news:
        origin, client = source.ends[1].client or "", target.ends[1].client or ""
        yield WantedRoute(str(there.chain_id), origin, client, is_for_news=sends_news)
