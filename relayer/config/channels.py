"""The channels section of relayer.yaml: one pair of light clients on two ledgers, and what may pass between them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from relayer.codes.facts import FactKind
from relayer.codes.limits import MAXIMUM_DESTINATION_BYTES, MAXIMUM_TIMEOUT_SECONDS
from relayer.config.fields import Address, ApplicationPort, ChannelName, ClientName, LedgerName, Seconds, Section
from relayer.facts.codec import PORT

KIND_NAMES = tuple(kind.name.lower() for kind in FactKind)


PayloadName = Literal["facts", "news", "anything"]
"""What an end may send: business facts, news of what became of them, or payloads that the relayer does not inspect."""


ADDRESS_PORT = "address"
"""Stands for the facts contract's address in lower case, under which a router knows an application that has no name."""


Destination = Annotated[str, Field(min_length=1, max_length=MAXIMUM_DESTINATION_BYTES, pattern=r"^[!-~]+$")]
"""Chain id of a ledger that facts go to, as their packets name it."""
FactChain = Annotated[int, Field(ge=1, lt=2**64)]
"""EIP-155 chain id of a ledger that facts are minted on."""


class End(Section):
    """One side of a channel. `client` may be omitted until `channel open` has created it."""

    ledger: LedgerName
    client: ClientName | None = None
    port: ApplicationPort = PORT
    """Of the application: facts leave a contract ledger from here, and their news arrive here. ADDRESS_PORT is replaced by
    the address once that is known."""
    sends: Annotated[tuple[PayloadName, ...], Field(min_length=1)] = ("facts", "news")
    """Payloads that the channel carries from this side; a packet with another one is quarantined."""
    destinations: Annotated[tuple[Destination, ...], Field(max_length=64)] = ()
    """Ledgers behind the other end that facts from here may go to, because that one forwards them."""
    chains: Annotated[tuple[FactChain, ...], Field(max_length=64)] = ()
    """Whose facts come through this side's client, if the other end forwards them; none: those of the other end alone."""

    @property
    def named_port(self) -> str | None:
        """The name that a router gives the application; None if its address is its port."""
        return None if self.port == ADDRESS_PORT or (self.port.startswith("0x") and len(self.port) == 42) else self.port


class Allowed(Section):
    """Which facts the channel carries; an omitted list allows all."""

    issuers: Annotated[tuple[Address, ...], Field(min_length=1)] | None = None
    kinds: Annotated[tuple[str, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        unknown = sorted(set(self.kinds or ()) - set(KIND_NAMES))
        if unknown:
            raise ValueError(f"names the unknown kind {unknown[0]!r}; known kinds: {', '.join(KIND_NAMES)}")
        return self


class ClientTermsSettings(Section):
    """Parameters of the light clients that `channel open` creates."""

    trusting_period_seconds: Seconds = 14 * 86_400
    max_clock_drift_seconds: Annotated[int, Field(ge=1, le=3600)] = 30


class ChannelSettings(Section):
    """A bilateral channel."""

    name: ChannelName
    ends: Annotated[tuple[End, ...], Field(min_length=2, max_length=2)]
    allowed: Allowed = Field(default_factory=Allowed)
    timeout_seconds: int = Field(default=3_600, ge=10, le=MAXIMUM_TIMEOUT_SECONDS)
    client_terms: ClientTermsSettings = Field(default_factory=ClientTermsSettings)

    @model_validator(mode="after")
    def _two_ledgers(self) -> Self:
        if self.ends[0].ledger == self.ends[1].ledger:
            raise ValueError(f"joins the ledger {self.ends[0].ledger!r} with itself; name two ledgers")
        return self
