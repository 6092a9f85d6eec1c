"""Which light clients stand between each kind of ledger and others, as far as it is known before anything is deployed."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.light_clients.known import KNOWN
from relayer.light_clients.poa_evm import PoaEvm
from relayer.light_clients.tendermint import Tendermint


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTypes:
    """Of one kind of ledger; None where only the ledger itself can tell."""

    followed_by: str | None
    """The type of light client that follows this ledger."""
    hosted: frozenset[str] | None
    """The types that it has itself."""


EVM = ClientTypes(followed_by=PoaEvm.client_type, hosted=frozenset({Tendermint.client_type}))
EMBEDDED = ClientTypes(followed_by=Tendermint.client_type, hosted=frozenset(KNOWN.names))
COSMOS = ClientTypes(followed_by=Tendermint.client_type, hosted=None)
REMOTE = ClientTypes(followed_by=None, hosted=None)
