"""The light client of simulated ledgers: the states and rules of a real one over headers and proofs that anyone can check.

A header vouches for itself with a plain hash, so nothing here protects anything. The rules around it are the real ones.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from relayer.codes.ibc import IbcCode
from relayer.core.commitment import CommitmentPath
from relayer.core.ids import ClientId, Height, TimestampSeconds
from relayer.errors import InvalidInput
from relayer.ports.ledger import ClientCondition, ClientStatus
from relayer.ports.prover import ClientCreation, ClientMessage, ClientTerms, Proof

CLIENT_TYPE = "simulated"
HEADER_TYPE_URL = "/interledger.testing.Header"
STATE_TYPE_URL = "/interledger.testing.ClientState"


class SimulatedRefusal(Exception):
    """A host's rule refused a message."""

    def __init__(self, code: IbcCode) -> None:
        super().__init__(str(code))
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedHeader:
    """What a client stores of a height: the state's root and the time."""

    chain_id: str
    height: Height
    timestamp: TimestampSeconds
    root: str


def encode_header(header: SimulatedHeader) -> bytes:
    """JSON behind a digest, so that a changed byte shows."""
    body = {"chain": header.chain_id, "height": header.height, "timestamp": header.timestamp, "root": header.root}
    return _sealed(body)


def decode_header(value: bytes) -> SimulatedHeader:
    """Raises InvalidInput for bytes that this module did not write."""
    body = _opened(value)
    return SimulatedHeader(chain_id=body["chain"], height=body["height"], timestamp=body["timestamp"], root=body["root"])


def encode_proof(header: SimulatedHeader, path: CommitmentPath, value: bytes | None) -> Proof:
    """The proof of a value, or of its absence, under a header."""
    body = {
        "root": header.root,
        "height": header.height,
        "path": path.hex(),
        "value": None if value is None else value.hex(),
    }
    return Proof(value=_sealed(body), height=header.height)


def creation(header: SimulatedHeader, terms: ClientTerms) -> ClientCreation:
    """The initial states of a client that follows `header`'s chain."""
    state = {
        "chain": header.chain_id,
        "drift": terms.max_clock_drift_seconds,
        "frozen": False,
        "latest": header.height,
        "trusting": terms.trusting_period_seconds,
    }
    return ClientCreation(
        client_type=CLIENT_TYPE,
        client_state_type_url=STATE_TYPE_URL,
        client_state=json.dumps(state).encode(),
        consensus_state_type_url=HEADER_TYPE_URL,
        consensus_state=encode_header(header),
        height=header.height,
    )


@dataclass(slots=True, kw_only=True)
class SimulatedClient:
    """One light client on its host."""

    client_id: ClientId
    chain_id: str
    trusting_period_seconds: int
    max_clock_drift_seconds: int
    headers: dict[Height, SimulatedHeader] = field(default_factory=dict)
    frozen: bool = False
    counterparty_client_id: str = ""
    merkle_prefix: tuple[bytes, ...] = ()

    @classmethod
    def created(cls, client_id: ClientId, made: ClientCreation) -> SimulatedClient:
        """Raises InvalidInput if the states are not those of this client type."""
        if made.client_type != CLIENT_TYPE:
            raise InvalidInput(f"client type {made.client_type!r}: a simulated ledger hosts {CLIENT_TYPE!r} only")
        state, header = json.loads(made.client_state), decode_header(made.consensus_state)
        return cls(
            client_id=client_id,
            chain_id=header.chain_id,
            trusting_period_seconds=state["trusting"],
            max_clock_drift_seconds=state["drift"],
            headers={header.height: header},
        )

    @property
    def latest(self) -> SimulatedHeader:
        """The newest header that the client knows."""
        return self.headers[max(self.headers)]

    def condition(self, now: int) -> ClientCondition:
        """ICS-2 status at the host's time."""
        if self.frozen:
            return ClientCondition.FROZEN
        if self.trusting_period_seconds and now >= self.latest.timestamp + self.trusting_period_seconds:
            return ClientCondition.EXPIRED
        return ClientCondition.ACTIVE

    def status(self, now: int) -> ClientStatus:
        """The client as its host reports it."""
        return ClientStatus(
            client_id=self.client_id,
            condition=self.condition(now),
            client_type=CLIENT_TYPE,
            latest_height=self.latest.height,
            latest_timestamp=self.latest.timestamp,
            trusting_period_seconds=self.trusting_period_seconds,
            counterparty_client_id=self.counterparty_client_id,
            counterparty_chain_id=self.chain_id,
        )

    def update(self, message: ClientMessage, now: int) -> None:
        """Raises SimulatedRefusal. Two headers of one height freeze the client."""
        self.require_active(now)
        try:
            header = decode_header(message.value)
        except InvalidInput as error:
            raise SimulatedRefusal(IbcCode.INVALID_HEADER) from error
        if message.type_url != HEADER_TYPE_URL or header.chain_id != self.chain_id:
            raise SimulatedRefusal(IbcCode.INVALID_HEADER)
        if header.timestamp > now + self.max_clock_drift_seconds:
            raise SimulatedRefusal(IbcCode.INVALID_HEADER)
        if self.headers.setdefault(header.height, header) != header:
            self.frozen = True

    def verify(self, proof: Proof, path: CommitmentPath, value: bytes | None, now: int) -> SimulatedHeader:
        """The header that the proof is based on; `value` None requires absence. Raises SimulatedRefusal."""
        self.require_active(now)
        header = self.headers.get(proof.height)
        if header is None:
            is_ahead = proof.height > self.latest.height
            raise SimulatedRefusal(IbcCode.PROOF_HEIGHT_AHEAD if is_ahead else IbcCode.CONSENSUS_STATE_NOT_FOUND)
        expected = encode_proof(header, path, value)
        if proof.value != expected.value:
            raise SimulatedRefusal(IbcCode.INVALID_PROOF)
        return header

    def require_pair(self, own: ClientId, other: ClientId) -> None:
        """Raises SimulatedRefusal unless these are the client and the one that it is paired with."""
        if (self.client_id, self.counterparty_client_id) != (own, other):
            raise SimulatedRefusal(IbcCode.INVALID_COUNTERPARTY)

    def require_active(self, now: int) -> None:
        """Raises SimulatedRefusal."""
        condition = self.condition(now)
        if condition is not ClientCondition.ACTIVE:
            raise SimulatedRefusal(IbcCode.CLIENT_NOT_ACTIVE)


def _sealed(body: dict[str, Any]) -> bytes:
    text = json.dumps(body, sort_keys=True).encode()
    return sha256(text).digest() + text


def _opened(value: bytes) -> dict[str, Any]:
    text = value[32:]
    if sha256(text).digest() != value[:32]:
        raise InvalidInput("simulated header: its hash does not fit its content")
    body: dict[str, Any] = json.loads(text)
    return body
