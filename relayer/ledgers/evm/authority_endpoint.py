"""Where one authority listens, and how a connection to it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import grpc

from relayer.errors import ConfigurationError
from relayer.transport import client_channel


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityEndpoint:
    """One authority: its 20-byte address and where it listens, as host:port.

    `certificates`: PEM of who signed its certificate; None: without TLS. `token`: what it asks of its callers.
    """

    address: bytes
    target: str
    certificates: bytes | None = None
    token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.token is not None and self.certificates is None:
            raise ConfigurationError(f"authority at {self.target}: its token never crosses a plain port; name its `tls`")

    def channel(self, *, options: Sequence[tuple[str, object]] = ()) -> grpc.aio.Channel:
        """A connection of its own, made on first use."""
        options = (*options, ("grpc.enable_http_proxy", 0))
        return client_channel(self.target, authority=self.certificates, options=options)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...] | None:
        """What goes with every call: the token."""
        return None if self.token is None else (("authorization", f"Bearer {self.token}"),)

    @property
    def name(self) -> str:
        """Its address as text."""
        return "0x" + self.address.hex()
