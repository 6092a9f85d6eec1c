"""push-service.yaml: where business systems hand in claims, and whose tokens open it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

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
    streams: int = Field(default=8, ge=1, le=1_000)
    """That are open over gRPC."""


class PushServiceSettings(Section):
    """push-service.yaml."""

    version: Literal[1]
    http: LedgerListen | None = None
    """A Unix socket, a port with a certificate, or both: tokens cross both. So with `grpc`; one of the two is needed."""
    grpc: LedgerListen | None = None
    systems: Annotated[tuple[SystemSettings, ...], Field(min_length=1, max_length=1_000)]
    limits: LimitSettings = Field(default_factory=LimitSettings)
    logging: Logging = Field(default_factory=Logging)

    @model_validator(mode="after")
    def _places(self) -> Self:
        if self.http is None and self.grpc is None:
            raise ValueError("names no place to listen; write http: or grpc:, with socket: and a path, or port: with tls:")
        if self.http is not None and self.grpc is not None:
            if self.http.socket is not None and self.http.socket == self.grpc.socket:
                raise ValueError("has one socket for http and grpc; give each of them its own")
            if self.http.port is not None and self.http.port == self.grpc.port:
                raise ValueError("has one port for http and grpc; give each of them its own")
        return self


def load_push_service(path: Path) -> PushServiceSettings:
    """Raises ConfigurationError with all problems in one report."""
    return load_section(path, PushServiceSettings)
