"""Field types that several sections of a configuration share.

A secret is always a reference to a file or an environment variable; this module must never put a secret, or what an
operator wrote where a secret belongs, into an error.
"""

from __future__ import annotations

import os
import re
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from relayer.core.ids import parse_channel_id, parse_client_id, parse_ledger_id, parse_port
from relayer.errors import ConfigurationError, InvalidInput
from relayer.proofs.evm_address import checksum_address

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_ENDPOINT = re.compile(r"(https?|wss?)://[^\s/@]+(/\S*)?", re.ASCII)
_HOST_PORT = re.compile(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})", re.ASCII)
_SOCKET = "unix:"
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", re.ASCII)
_MAXIMUM_SECRET_BYTES = 64 * 1024


class Section(BaseModel):
    """A mapping of the file: unknown keys and values of another type are refused, and nothing changes afterwards."""

    # Built once, as part of the file that a section belongs to.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError("is not an address; expected 0x and 40 hexadecimal digits")
    digits = text[2:]
    checked = checksum_address(bytes.fromhex(digits))
    if digits not in (digits.lower(), digits.upper()) and text != checked:
        raise ValueError("has a wrong EIP-55 checksum; copy the address again, or write it in lower case")
    return checked


def _endpoint(text: str) -> str:
    if not _ENDPOINT.fullmatch(text) or not _has_host(text):
        raise ValueError("is not an endpoint; expected http://, https://, ws:// or wss:// and a host, without a user name")
    return text


def _has_host(url: str) -> bool:
    """And a port up to 65535, if it has one."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _host_port(text: str) -> str:
    match = _HOST_PORT.fullmatch(text)
    if not match or not 1 <= int(match[2]) <= 65535:
        raise ValueError("is not an address; expected host:port, such as 127.0.0.1:7070")
    return text


def _ledger_address(text: str, info: ValidationInfo) -> str:
    if not text.startswith(_SOCKET):
        return _host_port(text)
    name = text.removeprefix(_SOCKET)
    if not name:
        raise ValueError("names no socket; expected unix: and a path, such as unix:ledger/ledger.sock")
    return f"{_SOCKET}{_path(Path(name), info)}"


def _host(text: str) -> str:
    """A name or an address; IPv6 without brackets."""
    if ":" in text:
        try:
            return str(IPv6Address(text))
        except ValueError:
            raise ValueError("is not a host; expected a name or an address, such as 127.0.0.1, 0.0.0.0 or ::1") from None
    if not _HOST.fullmatch(text):
        raise ValueError("is not a host; expected a name or an address, such as 127.0.0.1, 0.0.0.0 or ::1")
    return text


def is_loopback(host: str) -> bool:
    """Whether only processes of this machine reach what listens there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _path(path: Path, info: ValidationInfo) -> Path:
    folder: Path = (info.context or {}).get("folder", Path())
    try:
        return folder / path.expanduser()
    except RuntimeError:
        raise ValueError("begins with the home folder of a user that this machine does not know; write it out") from None


def _ledger_name(text: str) -> str:
    return _named(parse_ledger_id, text)


def _channel_name(text: str) -> str:
    return _named(parse_channel_id, text)


def _client_id(text: str) -> str:
    return _named(parse_client_id, text)


def _application_port(text: str) -> str:
    if _ADDRESS.fullmatch(text):
        raise ValueError("is an address; write `port: address` for a facts contract whose address is its port")
    return _named(parse_port, text)


def _named(parse: object, text: str) -> str:
    try:
        return parse(text)  # type: ignore[operator,no-any-return]
    except InvalidInput as error:
        raise ValueError(str(error)) from error


Address = Annotated[str, AfterValidator(_address)]
"""An account or contract in EIP-55 form."""
Endpoint = Annotated[str, AfterValidator(_endpoint)]
LedgerAddress = Annotated[str, AfterValidator(_ledger_address)]
"""``host:port``, or ``unix:`` and the path of a socket."""
HostPort = Annotated[str, AfterValidator(_host_port)]
Host = Annotated[str, AfterValidator(_host)]
"""Where something listens: a name, an IPv4 address or an IPv6 address without brackets."""
FilePath = Annotated[Path, AfterValidator(_path)]
"""Relative paths are relative to the folder of the configuration file."""
LedgerName = Annotated[str, AfterValidator(_ledger_name)]
ChannelName = Annotated[str, AfterValidator(_channel_name)]
ClientName = Annotated[str, AfterValidator(_client_id)]
ApplicationPort = Annotated[str, AfterValidator(_application_port)]
"""ICS-24 port of an application; the word ``address``: the address of the facts contract is its port."""
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[int, Field(ge=1, le=10 * 365 * 86400)]


class Secret(Section):
    """Where a secret is stored: exactly one of a file (its first line is used) or an environment variable."""

    file: FilePath | None = None
    env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.file is None) == (self.env is None):
            raise ValueError("needs exactly one of file and env")
        return self

    def resolve(self) -> str:
        """The secret. Raises ConfigurationError if the file or the variable is missing or empty."""
        if self.env is not None:
            value = os.environ.get(self.env, "")
            if not value:
                raise ConfigurationError(f"the environment variable {self.env} is not set; export it before starting")
            return value
        assert self.file is not None
        try:
            with self.file.open("rb") as stream:
                text = stream.read(_MAXIMUM_SECRET_BYTES).decode()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            raise ConfigurationError(
                f"the secret file {self.file} cannot be read ({reason}); correct the path, "
                "or create it: `relayer ledger init` and `relayer authority init` write the files that they name"
            ) from error
        line = text.split("\n", 1)[0].strip()
        if not line:
            raise ConfigurationError(f"the secret file {self.file} is empty; put the secret into its first line")
        return line


class AccountSettings(Section):
    """A key that signs transactions: an encrypted keystore (V3) with its password, or a raw key by reference."""

    keystore: FilePath | None = None
    password: Secret | None = None
    key: Secret | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.key is not None and (self.keystore is not None or self.password is not None):
            raise ValueError("has both a key and a keystore; keep one of them")
        if self.key is None and (self.keystore is None or self.password is None):
            raise ValueError("needs keystore and password, or key")
        return self


class ConfirmationDepth(Section):
    """Final once this many blocks follow."""

    confirmations: int = Field(ge=1, le=10_000)


Finality = Literal["latest", "finalized"] | ConfirmationDepth
"""Which block of an EVM ledger counts as final."""


class Tls(Section):
    """A certificate chain and its key, in PEM."""

    certificate: FilePath
    key: FilePath


class Listen(Section):
    """Where a service listens: on this machine alone, or for other machines with TLS. `token`: what callers must present."""

    host: Host = "127.0.0.1"
    port: Port
    tls: Tls | None = None
    token: Secret | None = None

    @model_validator(mode="after")
    def _private(self) -> Self:
        if self.tls is not None:
            return self
        if not is_loopback(self.host):
            raise ValueError(
                f"listens on {self.host} for other machines without tls; add tls: {{certificate: FILE, key: FILE}}, and "
                "token: {file: FILE} unless whoever reaches the port may ask, or write host: 127.0.0.1"
            )
        if self.token is not None:
            raise ValueError(
                "has a token without tls; a token never crosses a plain port, where another user's process may listen while "
                "the service is down, so add tls: {certificate: FILE, key: FILE}, or leave the token out"
            )
        return self


class LedgerListen(Section):
    """Where a ledger listens: a Unix socket, a TCP port with a certificate, or both. Tokens cross both."""

    socket: FilePath | None = None
    host: Host = "127.0.0.1"
    port: Port | None = None
    tls: Tls | None = None

    @model_validator(mode="after")
    def _private(self) -> Self:
        if self.socket is None and self.port is None:
            raise ValueError("names no place to listen; write socket: and a path, or port: with tls:")
        if self.port is not None and self.tls is None:
            raise ValueError(
                "has a port without tls; access tokens are not taken over plain connections, so name a certificate and "
                "its key, or use a socket"
            )
        return self


class Logging(Section):
    """How the process logs."""

    format: Literal["json", "console"] = "json"
    level: Literal["debug", "info", "warning", "error"] = "info"
