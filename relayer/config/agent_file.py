"""agent.yaml: what the settlement agent reads, which rules it rates by, where it records, and when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, model_validator

from relayer.config.fields import AccountSettings, Endpoint, FilePath, Finality, Listen, Logging, Section
from relayer.config.ledgers import Fees, SettlementLedgerSettings
from relayer.config.problems import Problem, report
from relayer.config.serving import read_section


class SourceSettings(Section):
    """The nodes of the contract ledger, read with web3."""

    endpoints: Annotated[tuple[Endpoint, ...], Field(min_length=1, max_length=16)]
    finality: Finality = "finalized"
    request_timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 20
    blocks_per_query: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    """The most; a node that refuses so many is asked for less."""

    @model_validator(mode="after")
    def _asks_by_http(self) -> Self:
        if any(not endpoint.startswith("http") for endpoint in self.endpoints):
            raise ValueError("has an endpoint that is not http:// or https://; the agent asks by HTTP alone")
        return self


class ScheduleSettings(Section):
    """Every so many seconds, or at the times of a cron expression."""

    every_seconds: Annotated[float, Field(ge=0.1, le=86_400, strict=False)] | None = None
    cron: Annotated[str, Field(max_length=200)] | None = None
    zone: Annotated[str, Field(max_length=64)] = "UTC"

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.every_seconds is None) == (self.cron is None):
            raise ValueError("needs exactly one of every_seconds and cron")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"has the time zone {self.zone!r}, which is not known; write it as Europe/Berlin") from None
        return self


class WriterSettings(Section):
    """The registered account that writes references to the contract ledger, and what its transactions may cost."""

    account: AccountSettings
    fees: Fees


class AgentSettings(Section):
    """agent.yaml."""

    version: Literal[1]
    rules: FilePath
    source: SourceSettings
    settlement: Annotated[SettlementLedgerSettings, Field(discriminator="type")]
    issuer: AccountSettings
    """Signs the facts: an issuer of the creditors, or one with their mandates."""
    writer: WriterSettings | None = None
    store: FilePath
    schedule: ScheduleSettings = Field(default_factory=lambda: ScheduleSettings(every_seconds=10.0))
    service: Listen | None = None
    """POST /pull, GET /status and GET /healthz."""
    grpc: Listen | None = None
    logging: Logging = Field(default_factory=Logging)


def load_agent(path: Path) -> AgentSettings:
    """Raises ConfigurationError with all problems in one report."""
    document, settings = read_section(path, AgentSettings)
    service, grpc = settings.service, settings.grpc
    if service is not None and grpc is not None and (service.host, service.port) == (grpc.host, grpc.port):
        raise report(document, [Problem(steps=("grpc", "port"), words="is also that of service; give one of them another")])
    return settings
