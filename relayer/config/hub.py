"""The hub section of relayer.yaml: a star of channels, one between the hub and each other ledger.

A leg says only what differs from the rest. It becomes a channel like any other, so nothing else of the relayer knows stars.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field

from relayer.codes.limits import MAXIMUM_TIMEOUT_SECONDS
from relayer.config.channels import (
    Allowed,
    ChannelSettings,
    ClientTermsSettings,
    Destination,
    End,
    FactChain,
    PayloadName,
)
from relayer.config.document import Step
from relayer.config.fields import ApplicationPort, ChannelName, ClientName, LedgerName, Section
from relayer.config.ledgers import EvmLedgerSettings, LedgerSettings
from relayer.config.problems import Problem
from relayer.facts.codec import PORT

Timeout = Annotated[int, Field(ge=10, le=MAXIMUM_TIMEOUT_SECONDS)]


class Leg(Section):
    """The channel between the hub and one ledger. A ledger may have several, under names of their own."""

    ledger: LedgerName
    name: ChannelName | None = None
    """Of the channel; None: that of the ledger."""
    client: ClientName | None = None
    """On this ledger, of the hub."""
    hub_client: ClientName | None = None
    """On the hub, of this ledger."""
    port: ApplicationPort = PORT
    sends: Annotated[tuple[PayloadName, ...], Field(min_length=1)] = ("facts", "news")
    destinations: Annotated[tuple[Destination, ...], Field(max_length=64)] | None = None
    """Where facts of an EVM ledger may go; None: to the hub's every other ledger that facts are settled on."""
    chains: Annotated[tuple[FactChain, ...], Field(max_length=64)] | None = None
    """Whose facts a settlement ledger takes through the hub; None: those of the hub's every EVM ledger."""
    allowed: Allowed = Field(default_factory=Allowed)
    timeout_seconds: Timeout | None = None
    """None: as the hub section says."""

    @property
    def channel(self) -> str:
        """The name of its channel."""
        return self.name or self.ledger


class HubSettings(Section):
    """A ledger that forwards, and the ledgers around it."""

    ledger: LedgerName
    legs: Annotated[tuple[Leg, ...], Field(min_length=1, max_length=63)]
    relays: Annotated[tuple[ChannelName, ...], Field(min_length=1)] | None = None
    """Names of the legs that this relayer serves; None: all. Others may be served by other relayers."""
    timeout_seconds: Timeout = 3_600
    client_terms: ClientTermsSettings = Field(default_factory=ClientTermsSettings)

    def channels(self, ledgers: Mapping[str, LedgerSettings]) -> Iterator[tuple[int, ChannelSettings]]:
        """The channels of the legs that are served, each with the place of its leg. Legs that are wrong are left out."""
        for index, leg in enumerate(self.legs):
            if leg.ledger != self.ledger and (self.relays is None or leg.channel in self.relays):
                yield index, self._channel(leg, ledgers)

    def _channel(self, leg: Leg, ledgers: Mapping[str, LedgerSettings]) -> ChannelSettings:
        around = [ledgers[each.ledger] for each in self.legs if each.ledger in ledgers and each.ledger != leg.ledger]
        issues = isinstance(ledgers.get(leg.ledger), EvmLedgerSettings)
        settling = tuple(each.chain_id for each in around if not isinstance(each, EvmLedgerSettings))
        issuing = tuple(each.chain_id for each in around if isinstance(each, EvmLedgerSettings))
        mine = End(
            ledger=leg.ledger,
            client=leg.client,
            port=leg.port,
            sends=leg.sends,
            destinations=(settling if issues else ()) if leg.destinations is None else leg.destinations,
            chains=(() if issues else issuing) if leg.chains is None else leg.chains,
        )
        return ChannelSettings(
            name=leg.channel,
            ends=(mine, End(ledger=self.ledger, client=leg.hub_client)),
            allowed=leg.allowed,
            timeout_seconds=leg.timeout_seconds or self.timeout_seconds,
            client_terms=self.client_terms,
        )

    def problems(self, ledgers: Mapping[Step, LedgerSettings], known: list[str]) -> Iterator[Problem]:
        """What is wrong with the star as such. `known`: names of all ledgers, those that are wrong themselves included."""
        if self.ledger not in known:
            yield Problem(steps=("hub", "ledger"), words=_unknown(self.ledger, known))
        elif isinstance(ledgers.get(self.ledger), EvmLedgerSettings):
            words = f"{self.ledger!r} is an EVM ledger, which forwards nothing; name one of type cosmos, remote or embedded"
            yield Problem(steps=("hub", "ledger"), words=words)
        for index, leg in enumerate(self.legs):
            steps = ("hub", "legs", index, "ledger")
            if leg.ledger == self.ledger:
                yield Problem(steps=steps, words=f"{leg.ledger!r} is the hub itself; a leg names another ledger")
            elif leg.ledger not in known:
                yield Problem(steps=steps, words=_unknown(leg.ledger, known))
        names = [leg.channel for leg in self.legs]
        for index, name in enumerate(self.relays or ()):
            if name not in names:
                words = f"unknown leg {name!r}; the legs are {', '.join(names)}"
                yield Problem(steps=("hub", "relays", index), words=words)


def _unknown(name: str, known: list[str]) -> str:
    return f"unknown ledger {name!r}; known ledgers: {', '.join(known) or 'none'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Star:
    """What the hub section becomes, and how its problems are placed in the file."""

    channels: tuple[ChannelSettings, ...] = ()
    legs: tuple[int, ...] = ()
    listed: int = 0
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(
        cls, hub: HubSettings | None, ledgers: Mapping[Step, LedgerSettings], *, listed: int, known: Iterable[Step] = ()
    ) -> Self:
        """`known`: names of further ledgers, which are wrong themselves. `listed`: how many channels the file has itself."""
        if hub is None:
            return cls(listed=listed)
        named = {str(name): ledger for name, ledger in ledgers.items()}
        made = list(hub.channels(named))
        names = sorted({*named, *map(str, known)})
        return cls(
            channels=tuple(channel for _, channel in made),
            legs=tuple(index for index, _ in made),
            listed=listed,
            problems=tuple(hub.problems(ledgers, names)),
        )

    def placed(self, problem: Problem) -> Problem:
        """A problem of a channel, where the file says what the channel became of."""
        return _in_the_star(problem, listed=self.listed, legs=self.legs)


def _in_the_star(problem: Problem, *, listed: int, legs: Sequence[int]) -> Problem:
    """`listed`: how many channels the file lists itself; those of `legs` follow them."""
    match problem.steps:
        case ("channels", int(index), *rest) if index >= listed:
            leg: tuple[Step, ...] = ("hub", "legs", legs[index - listed])
        case _:
            return problem
    match rest:
        case ["ends", 1, "client"]:
            return Problem(steps=(*leg, "hub_client"), words=problem.words)
        case ["ends", _, key]:
            return Problem(steps=(*leg, key), words=problem.words)
        case _:
            return Problem(steps=(*leg, *rest), words=problem.words)
