"""The light client type `07-tendermint`: a CometBFT ledger, followed by commits and ICS-23 proofs (ICS-7).

A header of evidence is judged more strictly than an update: it is signed by exactly one of the trusted validator sets and
every signature in it is good, so that nothing in a file can be changed unnoticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from relayer.core.ids import Height, TimestampSeconds
from relayer.evidence.errors import EvidenceRefused, Flaw
from relayer.evidence.headers import Anchor
from relayer.evidence.strict_json import JsonReader, hex_text
from relayer.light_clients.kind import Followed, Instant, ProvenPath
from relayer.proofs.client import ClientIdentity, ClientStatus, ConsensusStates, Frozen, MappingConsensusStates, Recovered
from relayer.proofs.comet import client as rules
from relayer.proofs.comet import client_types as types
from relayer.proofs.comet.client_types import ClientHeader, ClientState, ConsensusState, revision_of
from relayer.proofs.comet.types import (
    MAXIMUM_VALIDATORS,
    NANOSECONDS,
    BlockIdFlag,
    TimestampNanoseconds,
    Validator,
    ValidatorSet,
    vote_sign_bytes,
)
from relayer.proofs.comet.votes import verify_vote
from relayer.proofs.protobuf import parse
from relayer.wire.cosmos_protos import tendermint_client

_FOR_EVER = 2**63
_START = TimestampNanoseconds(NANOSECONDS)
_STORE = b"ibc"
_MAXIMUM_SETS = 64
_MAXIMUM_STATE_BYTES = 64 * 1024

States = ConsensusStates[ConsensusState]


@dataclass(frozen=True, slots=True, kw_only=True)
class CometTrust:
    """A CometBFT ledger and every validator set that may have signed its headers."""

    chain_id: str
    validator_sets: tuple[ValidatorSet, ...]

    client_type = types.CLIENT_TYPE

    def to_json(self) -> dict[str, object]:
        """See LedgerTrust."""
        return {
            "validator_sets": [
                [{"public_key": hex_text(each.public_key), "power": each.power} for each in members.validators]
                for members in self.validator_sets
            ]
        }

    def with_signers_of(self, headers: Sequence[bytes]) -> Self:
        """See LedgerTrust."""
        signers = (types.decode_client_header(header).validators for header in headers)
        return replace(self, validator_sets=(*self.validator_sets, *signers))

    def believe(self, raw: bytes, identity: ClientIdentity) -> Anchor:
        """See LedgerTrust. Commits are not made for one client, so `identity` plays no part."""
        del identity
        header = types.decode_client_header(raw)
        signers = self._trusted_signers(header)
        if header.trusted_height != header.height - 1 or types.encode_client_header(header) != raw:
            raise EvidenceRefused(
                Flaw.HEADER, f"header {header.height} of {self.chain_id} is not in the canonical form of evidence"
            )
        client = ClientState(
            chain_id=self.chain_id,
            trusting_period_nanoseconds=_FOR_EVER * NANOSECONDS,
            unbonding_period_nanoseconds=_FOR_EVER * NANOSECONDS + 1,
            max_clock_drift_nanoseconds=1,
            latest_height=header.height,
        )
        before = ConsensusState(timestamp=_START, root=bytes(32), next_validators_hash=signers.hash())
        states = MappingConsensusStates({header.trusted_height: before})
        consensus = rules.verify_header(client, states, header, now=header.signed.header.time)
        self._require_every_signature(header, signers)
        return _Anchor(client=client, consensus=consensus)

    def _trusted_signers(self, header: ClientHeader) -> ValidatorSet:
        """The trusted set by which the header claims to be signed, and by no other."""
        if header.validators in self.validator_sets:
            return header.validators
        raise EvidenceRefused(
            Flaw.SIGNERS, f"header {header.height} of {self.chain_id} is signed by validators that are not trusted"
        )

    def _require_every_signature(self, header: ClientHeader, signers: ValidatorSet) -> None:
        """A light client stops counting at two thirds; in evidence every signature is checked."""
        commit = header.signed.commit
        for index, (validator, entry) in enumerate(zip(signers.validators, commit.signatures, strict=True)):
            if entry.flag is BlockIdFlag.ABSENT:
                continue
            message = vote_sign_bytes(self.chain_id, commit, index)
            if entry.validator_address != validator.address or not verify_vote(validator, message, entry.signature):
                raise EvidenceRefused(Flaw.SIGNERS, f"signature {index} of header {header.height} does not verify")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Anchor:
    client: ClientState
    consensus: ConsensusState

    @property
    def height(self) -> int:
        return self.client.latest_height

    @property
    def timestamp(self) -> TimestampSeconds:
        return TimestampSeconds(self.consensus.timestamp // NANOSECONDS)

    def require_present(self, path: bytes, value: bytes, proof: bytes) -> None:
        rules.verify_membership(
            self.client,
            self._states,
            height=self.height,
            proof=proof,
            path=(_STORE, path),
            value=value,
            now=self.consensus.timestamp,
        )

    def require_absent(self, path: bytes, proof: bytes) -> None:
        rules.verify_non_membership(
            self.client, self._states, height=self.height, proof=proof, path=(_STORE, path), now=self.consensus.timestamp
        )

    @property
    def _states(self) -> MappingConsensusStates[ConsensusState]:
        return MappingConsensusStates({self.height: self.consensus})


class Tendermint:
    """See LightClientType."""

    client_type: Final = types.CLIENT_TYPE
    client_state_type_url: Final = types.CLIENT_STATE_TYPE_URL
    consensus_state_type_url: Final = types.CONSENSUS_STATE_TYPE_URL
    header_type_url: Final = types.HEADER_TYPE_URL
    misbehaviour_type_url: Final = types.MISBEHAVIOUR_TYPE_URL
    trust_fields: Final = ("validator_sets",)
    signers_in_header: Final = True

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
        del other
        return state

    def status(self, state: ClientState, states: States, at: Instant) -> ClientStatus:
        return rules.status(state, states, now=at.now)

    def update(self, state: ClientState, states: States, header: bytes, at: Instant) -> rules.UpdateOutcome:
        return rules.update(state, states, types.decode_client_header(header), now=at.now)

    def check_misbehaviour(self, state: ClientState, states: States, evidence: bytes, at: Instant) -> Frozen[ClientState]:
        return rules.check_misbehaviour(state, states, types.decode_misbehaviour(evidence), now=at.now)

    def verify_membership(self, state: ClientState, states: States, proven: ProvenPath, value: bytes, at: Instant) -> None:
        rules.verify_membership(
            state, states, height=proven.height, proof=proven.proof, path=proven.path, value=value, now=at.now
        )

    def verify_non_membership(self, state: ClientState, states: States, proven: ProvenPath, at: Instant) -> None:
        rules.verify_non_membership(state, states, height=proven.height, proof=proven.proof, path=proven.path, now=at.now)

    def recover(
        self, state: ClientState, states: States, *, substitute: ClientState, substitute_states: States, at: Instant
    ) -> Recovered[ClientState, ConsensusState]:
        return rules.recover(state, states, substitute=substitute, substitute_states=substitute_states, now=at.now)

    def prunable_heights(self, state: ClientState, states: States, at: Instant, *, limit: int) -> Sequence[int]:
        return rules.prunable_heights(state, states, now=at.now, limit=limit)

    def followed(self, client_state: bytes) -> Followed:
        """Not by the strict decoder: a client made by others may have other proof specs, and is shown all the same."""
        state = parse(tendermint_client.ClientState, client_state, maximum_bytes=_MAXIMUM_STATE_BYTES)
        return Followed(
            chain_id=state.chain_id,
            latest_height=Height(state.latest_height.revision_height),
            trusting_period_seconds=state.trusting_period.seconds,
            revision=revision_of(state.chain_id),
        )

    def timestamp_of(self, consensus_state: bytes) -> TimestampSeconds:
        state = parse(tendermint_client.ConsensusState, consensus_state, maximum_bytes=_MAXIMUM_STATE_BYTES)
        return TimestampSeconds(state.timestamp.seconds)

    def first_header(self, client_state: bytes, consensus_state: bytes, header: bytes) -> bytes:
        state, consensus = types.decode_client_state(client_state), types.decode_consensus_state(consensus_state)
        return rules.check_first(state, consensus, types.decode_client_header(header))

    def trust_of(self, client_state: bytes, header: bytes | None) -> CometTrust:
        assert header is not None
        validators = types.decode_client_header(header).validators
        return CometTrust(chain_id=self.followed(client_state).chain_id, validator_sets=(validators,))

    def evidence_header(self, header: bytes) -> bytes:
        """Nodes may name any proposer in a validator set; evidence has one form."""
        return types.encode_client_header(types.decode_client_header(header))

    def read_trust(self, reader: JsonReader, found: dict[str, object], where: str) -> CometTrust:
        sets = reader.array(found["validator_sets"], f"{where}.validator_sets", maximum=_MAXIMUM_SETS)
        return CometTrust(
            chain_id=reader.text(found["chain_id"], f"{where}.chain_id"),
            validator_sets=tuple(
                _validator_set(reader, each, f"{where}.validator_sets[{number}]") for number, each in enumerate(sets)
            ),
        )


def _validator_set(reader: JsonReader, value: object, where: str) -> ValidatorSet:
    members = [
        reader.fields(each, where, "public_key", "power") for each in reader.array(value, where, maximum=MAXIMUM_VALIDATORS)
    ]
    return ValidatorSet.of(
        Validator(
            public_key=reader.octets(each["public_key"], f"{where}.public_key", length=33),
            power=reader.number(each["power"], f"{where}.power"),
        )
        for each in members
    )
