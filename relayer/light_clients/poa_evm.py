"""The light client type `poa-evm`: a router on an EVM ledger, followed by sealed headers and Merkle-Patricia proofs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from relayer.codes.limits import MAXIMUM_AUTHORITIES
from relayer.core.ids import Height, TimestampSeconds
from relayer.evidence.errors import EvidenceRefused, Flaw
from relayer.evidence.headers import Anchor
from relayer.evidence.strict_json import JsonReader, hex_text
from relayer.light_clients.kind import Followed, Instant, ProvenPath
from relayer.proofs.client import (
    ClientIdentity,
    ClientStatus,
    ConsensusStates,
    Frozen,
    MappingConsensusStates,
    Recovered,
    Rotated,
)
from relayer.proofs.poa_evm import client as rules
from relayer.proofs.poa_evm import evm_header, mpt, types
from relayer.proofs.poa_evm.contracts import ContractStorage, contract_storage
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine
from relayer.proofs.poa_evm.types import ClientState, ConsensusState
from relayer.proofs.protobuf import parse
from relayer.wire.interledger.lightclients.poaevm.v1 import poaevm_pb2

_FOR_EVER = 2**63
_MAXIMUM_STATE_BYTES = 64 * 1024

States = ConsensusStates[ConsensusState]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvmTrust:
    """A router on an EVM ledger (EIP-155 chain id), whose block hashes named authorities sign."""

    chain_id: str
    router: bytes
    engine: AuthorityEngine

    client_type = types.CLIENT_TYPE

    def to_json(self) -> dict[str, object]:
        """See LedgerTrust."""
        return {
            "router": hex_text(self.router),
            "threshold": self.engine.threshold,
            "authorities": [hex_text(each) for each in self.engine.authorities],
        }

    def with_signers_of(self, headers: Sequence[bytes]) -> Self:
        """The authorities are named beforehand."""
        del headers
        return self

    def believe(self, raw: bytes, identity: ClientIdentity) -> Anchor:
        """See LedgerTrust. The seals are bound to `identity`."""
        header = types.decode_header(raw)
        client = ClientState(
            chain_id=int(self.chain_id),
            router=self.router,
            engine=self.engine,
            trusting_period_seconds=_FOR_EVER,
            max_clock_drift_seconds=0,
            latest_height=1,
        )
        block = rules.check_header(client, header, identity=identity)
        if block.hashed != block.encoding:
            raise EvidenceRefused(
                Flaw.HEADER,
                f"header {block.number} of {self.chain_id} has a part that its hash leaves out, so nothing proves it",
            )
        account = mpt.verify_account(header.account_proof, state_root=block.state_root, address=self.router)
        consensus = ConsensusState(
            timestamp_seconds=block.timestamp_seconds,
            block_hash=block.hash,
            state_root=block.state_root,
            storage_root=account.storage_root,
        )
        return _Anchor(client=replace(client, latest_height=block.number), consensus=consensus)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Anchor:
    client: ClientState
    consensus: ConsensusState

    @property
    def height(self) -> int:
        return self.client.latest_height

    @property
    def timestamp(self) -> TimestampSeconds:
        return TimestampSeconds(self.consensus.timestamp_seconds)

    def require_present(self, path: bytes, value: bytes, proof: bytes) -> None:
        rules.verify_membership(
            self.client,
            self._states,
            height=self.height,
            proof=proof,
            path=(path,),
            value=value,
            now_seconds=self.timestamp,
        )

    def require_absent(self, path: bytes, proof: bytes) -> None:
        rules.verify_non_membership(
            self.client, self._states, height=self.height, proof=proof, path=(path,), now_seconds=self.timestamp
        )

    @property
    def _states(self) -> MappingConsensusStates[ConsensusState]:
        return MappingConsensusStates({self.height: self.consensus})


class PoaEvm:
    """See LightClientType."""

    client_type: Final = types.CLIENT_TYPE
    client_state_type_url: Final = types.CLIENT_STATE_TYPE_URL
    consensus_state_type_url: Final = types.CONSENSUS_STATE_TYPE_URL
    header_type_url: Final = types.HEADER_TYPE_URL
    misbehaviour_type_url: Final = types.MISBEHAVIOUR_TYPE_URL
    rotation_type_url: Final = types.ROTATION_TYPE_URL
    trust_fields: Final = ("router", "threshold", "authorities")
    signers_in_header: Final = False

    def decode_client(self, raw: bytes) -> ClientState:
        return types.decode_client_state(raw)

    def encode_client(self, state: ClientState) -> bytes:
        return types.encode_client_state(state)

    def decode_consensus(self, raw: bytes) -> ConsensusState:
        return types.decode_consensus_state(raw)

    def encode_consensus(self, consensus: ConsensusState) -> bytes:
        return types.encode_consensus_state(consensus)

    def create(self, state: ClientState, consensus: ConsensusState) -> None:
        rules.create(state, consensus)

    def trusting(self, state: ClientState, other: ClientState) -> ClientState:
        return replace(state, engine=other.engine, generation=other.generation)

    def status(self, state: ClientState, states: States, at: Instant) -> ClientStatus:
        return rules.status(state, states, now_seconds=at.now_seconds)

    def update(self, state: ClientState, states: States, header: bytes, at: Instant) -> rules.UpdateOutcome:
        return rules.update(state, states, types.decode_header(header), identity=at.identity, now_seconds=at.now_seconds)

    def check_misbehaviour(self, state: ClientState, states: States, evidence: bytes, at: Instant) -> Frozen[ClientState]:
        return rules.check_misbehaviour(
            state, states, types.decode_misbehaviour(evidence), identity=at.identity, now_seconds=at.now_seconds
        )

    def rotate(self, state: ClientState, states: States, rotation: bytes, at: Instant) -> Rotated[ClientState]:
        return rules.rotate(state, states, types.decode_rotation(rotation), identity=at.identity, now_seconds=at.now_seconds)

    def verify_membership(self, state: ClientState, states: States, proven: ProvenPath, value: bytes, at: Instant) -> None:
        rules.verify_membership(
            state,
            states,
            height=proven.height,
            proof=proven.proof,
            path=proven.path,
            value=value,
            now_seconds=at.now_seconds,
        )

    def verify_non_membership(self, state: ClientState, states: States, proven: ProvenPath, at: Instant) -> None:
        rules.verify_non_membership(
            state, states, height=proven.height, proof=proven.proof, path=proven.path, now_seconds=at.now_seconds
        )

    def contract_storage(
        self,
        state: ClientState,
        states: States,
        at: Instant,
        *,
        height: int,
        contract: bytes,
        account_proof: Sequence[bytes],
    ) -> ContractStorage:
        return contract_storage(
            state, states, height=height, contract=contract, account_proof=account_proof, now_seconds=at.now_seconds
        )

    def recover(
        self, state: ClientState, states: States, *, substitute: ClientState, substitute_states: States, at: Instant
    ) -> Recovered[ClientState, ConsensusState]:
        return rules.recover(
            state, states, substitute=substitute, substitute_states=substitute_states, now_seconds=at.now_seconds
        )

    def prunable_heights(self, state: ClientState, states: States, at: Instant, *, limit: int) -> Sequence[int]:
        return rules.prunable_heights(state, states, now_seconds=at.now_seconds, limit=limit)

    def followed(self, client_state: bytes) -> Followed:
        state = types.decode_client_state(client_state)
        return Followed(
            chain_id=str(state.chain_id),
            latest_height=Height(state.latest_height),
            trusting_period_seconds=state.trusting_period_seconds,
        )

    def timestamp_of(self, consensus_state: bytes) -> TimestampSeconds:
        state = parse(poaevm_pb2.ConsensusState, consensus_state, maximum_bytes=_MAXIMUM_STATE_BYTES)
        return TimestampSeconds(state.timestamp_seconds)

    def first_header(self, client_state: bytes, consensus_state: bytes, header: bytes) -> bytes:
        state, consensus = types.decode_client_state(client_state), types.decode_consensus_state(consensus_state)
        return rules.check_first(state, consensus, types.decode_header(header))

    def trust_of(self, client_state: bytes, header: bytes | None) -> EvmTrust:
        del header
        state = types.decode_client_state(client_state)
        return EvmTrust(chain_id=str(state.chain_id), router=state.router, engine=state.engine)

    def evidence_header(self, header: bytes) -> bytes:
        """Authorities sign block hashes, which leave out the seals of QBFT and IBFT 2.0: what nothing proves is dropped."""
        sealed = types.decode_header(header)
        return types.encode_header(replace(sealed, header_rlp=evm_header.decode_header(sealed.header_rlp).hashed))

    def read_trust(self, reader: JsonReader, found: dict[str, object], where: str) -> EvmTrust:
        chain_id = reader.text(found["chain_id"], f"{where}.chain_id")
        if not (
            chain_id.isascii() and chain_id.isdecimal() and chain_id == str(int(chain_id)) and 0 < int(chain_id) < 2**64
        ):
            reader.refuse(f"{where}.chain_id: expected the EIP-155 chain id in decimal digits")
        members = reader.array(found["authorities"], f"{where}.authorities", maximum=MAXIMUM_AUTHORITIES)
        engine = AuthorityEngine(
            threshold=reader.number(found["threshold"], f"{where}.threshold"),
            authorities=tuple(sorted(reader.octets(each, f"{where}.authorities", length=20) for each in members)),
        )
        engine.check()
        router = reader.octets(found["router"], f"{where}.router", length=20)
        return EvmTrust(chain_id=chain_id, router=router, engine=engine)
