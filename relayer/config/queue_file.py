"""queue.yaml: the settings of `relayer queue serve`, which records what comes through a message broker."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from relayer.config.fields import FilePath, Logging, Secret, Section, is_loopback
from relayer.config.ledgers import SettlementLedgerSettings
from relayer.config.serving import load_section

_SERVER = re.compile(r"(nats|tls)://[^\s/@]+", re.ASCII)


def _server(text: str) -> str:
    if not _SERVER.fullmatch(text) or not urlsplit(text).hostname:
        raise ValueError("is no broker; expected nats://host:port or tls://host:port, without a user name")
    return text


class BrokerSettings(Section):
    """A NATS server with JetStream, or the servers of one cluster."""

    servers: Annotated[tuple[Annotated[str, AfterValidator(_server)], ...], Field(min_length=1, max_length=16)]
    token: Secret | None = None
    tls: FilePath | None = None
    """PEM of who signed the certificates of `tls://` servers; None: whom the system trusts."""
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = "interledger"
    """Of all subjects and streams."""
    timeout_seconds: Annotated[float, Field(ge=1, le=600, strict=False)] = 10.0

    @model_validator(mode="after")
    def _private(self) -> Self:
        for server in self.servers:
            host = urlsplit(server).hostname or ""
            if server.startswith("nats://") and self.token is not None:
                raise ValueError(
                    f"has a token and the server {server}, where another user's process may listen while the broker is "
                    f"down; name it tls://{host}:PORT"
                )
            if server.startswith("nats://") and not is_loopback(host):
                raise ValueError(f"has the server {server}, which other machines can listen to; name it tls://{host}:PORT")
        return self


class ConsumerSettings(Section):
    """How messages are taken. `attempts`: of a message whose facts were rejected with a code that may pass later."""

    side_by_side: Annotated[int, Field(ge=1, le=1000)] = 64
    attempts: Annotated[int, Field(ge=1, le=1000)] = 8


class QueueSettings(Section):
    """queue.yaml. The ledger is described as in relayer.yaml."""

    version: Literal[1]
    broker: BrokerSettings
    settlement: Annotated[SettlementLedgerSettings, Field(discriminator="type")]
    consumer: ConsumerSettings = Field(default_factory=ConsumerSettings)
    logging: Logging = Field(default_factory=Logging)


def load_queue(path: Path) -> QueueSettings:
    """Raises ConfigurationError with all problems in one report."""
    return load_section(path, QueueSettings)
