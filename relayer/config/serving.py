"""authority.yaml and ledger.yaml: the settings of the two processes that run beside a relayer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, ValidationError

from relayer.bounded_files import read_up_to
from relayer.config.document import Document, read_document
from relayer.config.fields import ClientName, Endpoint, FilePath, Finality, LedgerListen, Listen, Logging, Secret, Section
from relayer.config.problems import describe, report
from relayer.errors import ConfigurationError


class ServedClientSettings(Section):
    """A light client that an authority signs for: the ledger that hosts it, and its id there.

    `host_genesis`: the hash of the host's first block. With it, the authority signs for no other ledger of that chain id.
    """

    host_chain_id: str = Field(min_length=1, max_length=64)
    host_genesis: Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")] | None = None
    client_id: ClientName


class AuthoritySettings(Section):
    """authority.yaml."""

    version: Literal[1]
    chain_id: int = Field(ge=1, lt=2**64)
    endpoint: Endpoint
    finality: Finality = "finalized"
    keystore: FilePath
    password: Secret
    store: FilePath
    listen: Listen
    clients: Annotated[tuple[ServedClientSettings, ...], Field(min_length=1, max_length=1000)]
    logging: Logging = Field(default_factory=Logging)

    @property
    def consents(self) -> Path:
        """To which rotations the authority has consented, beside its record."""
        return self.store.with_name(self.store.name + ".consents")

    @property
    def counter(self) -> Path:
        """How many hashes were signed, beside the key: a copy of the record that is put back does not bring it along."""
        return self.keystore.with_suffix(".signed")


PartyAccount = Annotated[str, Field(pattern=r"^[A-Z]{2}\*[A-Z0-9]{3}(/[A-Za-z0-9.-]{1,20})?$")]


class OperatorSettings(Section):
    """One validator key that this process holds."""

    keystore: FilePath
    password: Secret


class LedgerFileSettings(Section):
    """ledger.yaml: the embedded settlement ledger, in process or served."""

    version: Literal[1]
    folder: FilePath
    chain_id: str = Field(min_length=1, max_length=50)
    operators: Annotated[tuple[OperatorSettings, ...], Field(min_length=1, max_length=100)]
    heartbeat_seconds: Annotated[float, Field(ge=0.1, le=3600, strict=False)] = 30.0
    maximum_step_seconds: Annotated[int, Field(ge=60, le=10 * 365 * 86400)] = 12 * 3600
    """How far block time may run ahead of the time that has passed before an operator must confirm the clock."""
    listen: LedgerListen
    token: Secret
    reads: Literal["token", "open"] = "token"
    """Who may read: whoever has a token, or everyone who can connect."""
    reader_tokens: Annotated[dict[str, Secret], Field(max_length=1_000)] = Field(default_factory=dict)
    """By any name: tokens that read and open nothing else, such as another operator's relayer's."""
    party_tokens: Annotated[dict[PartyAccount, Secret], Field(max_length=10_000)] = Field(default_factory=dict)
    """By account, an OCPI-style id or that and a name, such as DE*KCS/2: the token with which a party acts for itself."""
    logging: Logging = Field(default_factory=Logging)


_S = TypeVar("_S", bound=Section)
_MAXIMUM_PEM_BYTES = 1_000_000


def read_pem(path: Path) -> bytes:
    """A certificate or a key. Raises ConfigurationError."""
    try:
        content = read_up_to(path, _MAXIMUM_PEM_BYTES)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
    if len(content) > _MAXIMUM_PEM_BYTES:
        raise ConfigurationError(f"{path}: has more than {_MAXIMUM_PEM_BYTES} bytes, so it is no certificate and no key")
    return content


def load_authority(path: Path) -> AuthoritySettings:
    """Raises ConfigurationError with all problems in one report."""
    return load_section(path, AuthoritySettings)


def load_ledger(path: Path) -> LedgerFileSettings:
    """Raises ConfigurationError with all problems in one report."""
    return load_section(path, LedgerFileSettings)


def load_section(path: Path, section: type[_S]) -> _S:
    """A file that is one section. Raises ConfigurationError with all problems in one report."""
    return read_section(path, section)[1]


def read_section(path: Path, section: type[_S]) -> tuple[Document, _S]:
    """The same with the document, for whoever looks further into it."""
    document = read_document(path)
    try:
        return document, section.model_validate_json(document.as_json(), context={"folder": path.resolve().parent})
    except ValidationError as error:
        raise report(document, describe(error, document.data)) from error
