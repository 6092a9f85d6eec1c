"""The prover port: headers and proofs of a ledger, in the standard form of its kind.

CometBFT ledgers give ibc.lightclients.tendermint.v1 headers and ibc.core.commitment.v1 Merkle proofs; EVM ledgers give
interledger.lightclients.poaevm.v1. The host that receives them transcodes for its own light client.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from relayer.core.commitment import CommitmentPath
from relayer.core.ids import ClientId, Height


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientMessage:
    """A header, headers or misbehaviour as a protobuf Any; `height` is what the client knows afterwards."""

    type_url: str
    value: bytes
    height: Height


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Presence or absence of one path under the consensus state of `height`."""

    value: bytes
    height: Height
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCreation:
    """The initial states of a light client, each as a protobuf Any."""

    client_type: str
    client_state_type_url: str
    client_state: bytes
    consensus_state_type_url: str
    consensus_state: bytes
    height: Height


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTerms:
    """The operator's parameters for a new light client."""

    trusting_period_seconds: int
    max_clock_drift_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientReference:
    """The light client that an update is for: authorities sign for one client of one ledger."""

    host_chain_id: str
    host_genesis: bytes
    """Hash of the host's first block; see Ledger.genesis_hash."""
    client_id: ClientId
    client_state: bytes = b""
    """What the host has stored of the client, as far as it was asked: it says who must sign now."""


class Prover(Protocol):
    """Builds what a counterparty's light client checks. Raises NotFinal, HeightPruned, AuthoritiesUnavailable,
    LedgerUnavailable."""

    async def initial_client(self, terms: ClientTerms, *, at: Height | None = None) -> ClientCreation:
        """Initial states for a new client, at the current head or at a final height that the operator names; the operator
        vouches for them."""
        ...

    async def first_header(self, height: Height) -> ClientMessage:
        """The header that `initial_client` takes its states from at `height`, as an update would carry it, with every
        signature that is not made for one client alone. A ledger that is read through nodes gives it once all configured
        nodes show it and enough of those who vouch for the ledger have signed it."""
        ...

    async def client_update(self, client: ClientReference, *, trusted: Height, target: Height) -> ClientMessage:
        """Takes a client from `trusted` to `target`, or as far towards it as one message can; always to `target` if that is
        the very next height."""
        ...

    async def prove(self, paths: Sequence[CommitmentPath], *, at: Height) -> Sequence[Proof]:
        """One proof per path, of presence or absence as the state at `at` has it."""
        ...
