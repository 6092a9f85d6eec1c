"""push-service.yaml: where business systems hand in claims, and whose tokens open it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from relayer.config.fields import FilePath, LedgerListen, Logging, Secret, Section
from relayer.config.serving import load_section


class SystemSettings(Section):
    """A business system: the file of its courier, and the token that it shows."""

    file: FilePath
    """A push.yaml."""
    token: Secret


class LimitSettings(Section):
    """Of each system."""

    claims_per_second: Annotated[float, Field(ge=0.1, le=100_000, strict=False)] = 2_000.0
    requests: int = Field(default=32, ge=1, le=1_000)
    """At the same time."""


class PushServiceSettings(Section):
    """push-service.yaml."""

    version: Literal[1]
    http: LedgerListen
    """A Unix socket, a port with a certificate, or both: tokens cross both."""
    systems: Annotated[tuple[SystemSettings, ...], Field(min_length=1, max_length=1_000)]
    limits: LimitSettings = Field(default_factory=LimitSettings)
    logging: Logging = Field(default_factory=Logging)


def load_push_service(path: Path) -> PushServiceSettings:
    """Raises ConfigurationError with all problems in one report."""
    return load_section(path, PushServiceSettings)
