"""The types of light clients that a process knows, by every name under which one is met."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from relayer.evidence.headers import TrustReader
from relayer.light_clients.kind import LightClientType


class LightClients:
    """Immutable. Lookups give None for what is not known here."""

    def __init__(self, kinds: Iterable[LightClientType[Any, Any]]) -> None:
        self._kinds = {kind.client_type: kind for kind in kinds}
        self._by_client_state = {kind.client_state_type_url: kind for kind in self}
        self._by_consensus_state = {kind.consensus_state_type_url: kind for kind in self}
        self._by_header = {kind.header_type_url: kind for kind in self}

    def __iter__(self) -> Iterator[LightClientType[Any, Any]]:
        return iter(self._kinds.values())

    @property
    def names(self) -> tuple[str, ...]:
        """Client types, in the order of registration."""
        return tuple(self._kinds)

    @property
    def trust_readers(self) -> Mapping[str, TrustReader]:
        """By client type, for trust files."""
        return self._kinds

    def adding(self, *kinds: LightClientType[Any, Any]) -> LightClients:
        """A registry that knows these as well."""
        return LightClients((*self, *kinds))

    def of_type(self, client_type: str) -> LightClientType[Any, Any] | None:
        """By client type, for example ``07-tendermint``."""
        return self._kinds.get(client_type)

    def of_client_state(self, type_url: str) -> LightClientType[Any, Any] | None:
        """By the type URL of a client state."""
        return self._by_client_state.get(type_url)

    def of_header(self, type_url: str) -> LightClientType[Any, Any] | None:
        """By the type URL of a header."""
        return self._by_header.get(type_url)

    def of_consensus_state(self, type_url: str) -> LightClientType[Any, Any] | None:
        """By the type URL of a consensus state."""
        return self._by_consensus_state.get(type_url)
