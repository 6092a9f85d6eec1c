"""push.yaml: the settings of a courier in a process of its own, and of those who look into its outbox."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from relayer.config.fields import AccountSettings, Address, FilePath, LedgerAddress, Logging, Secret, Section
from relayer.config.ledgers import CosmosLedgerSettings
from relayer.config.queue_file import BrokerSettings
from relayer.config.serving import load_section

_SECONDS = Annotated[float, Field(ge=0.01, le=86_400, strict=False)]


class DatabaseSettings(Section):
    """The business system's database, where the outbox is: exactly one of the two."""

    sqlite: FilePath | None = None
    postgresql: Secret | None = None
    """A connection string, which may have a password in it."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.sqlite is None) == (self.postgresql is None):
            raise ValueError("needs exactly one of sqlite and postgresql")
        return self


class TargetSettings(Section):
    """Where claims go: a settlement ledger's address and what opens it, a broker whose consumers record them, or a chain."""

    address: LedgerAddress | None = None
    token: Secret | None = None
    authority: FilePath | None = None
    """PEM of who signed the certificate at ``host:port``."""
    broker: BrokerSettings | None = None
    ledger: CosmosLedgerSettings | None = None
    """Its business account pays for the transactions."""

    @property
    def place(self) -> str:
        """For people."""
        if self.broker is not None:
            return ", ".join(self.broker.servers)
        return self.address or (self.ledger.chain_id if self.ledger is not None else "")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if [self.address, self.broker, self.ledger].count(None) != 2:
            raise ValueError("needs exactly one of address, broker and ledger")
        if self.address is None and (self.token is not None or self.authority is not None):
            raise ValueError("has token or authority, which belong to an address; a broker has its own")
        return self

    @model_validator(mode="after")
    def _private(self) -> Self:
        if self.token is not None and not (self.address or "unix:").startswith("unix:") and self.authority is None:
            raise ValueError(
                "has a token without authority; a token never crosses a plain port, so name the certificate's issuer"
            )
        return self


class DeliverySettings(Section):
    """How the courier works; times in seconds."""

    batch: int = Field(default=500, ge=1, le=1_000)
    poll_seconds: _SECONDS = 0.2
    lease_seconds: _SECONDS = 60.0
    request_seconds: _SECONDS = 20.0
    backoff_seconds: _SECONDS = 0.25
    longest_backoff_seconds: _SECONDS = 60.0
    park_after: int = Field(default=8, ge=1, le=1_000)


class PushSettings(Section):
    """push.yaml."""

    version: Literal[1]
    system: str = Field(min_length=1, max_length=64)
    """Name of the business system, as its code gives it to the outbox."""
    chain_id: int = Field(ge=1, lt=2**64)
    """Under which the settlement ledger registered the issuer."""
    issuer: Address
    database: DatabaseSettings
    prefix: str = "push_"
    account: AccountSettings
    """The issuer's key."""
    target: TargetSettings
    delivery: DeliverySettings = Field(default_factory=DeliverySettings)
    logging: Logging = Field(default_factory=Logging)


def load_push(path: Path) -> PushSettings:
    """Raises ConfigurationError with all problems in one report."""
    return load_section(path, PushSettings)
