"""Headers of evidence: accepted by the light clients' own rules, with what the reader trusts as the client's state.

Stricter than a light client where that leaves one form for one fact: a CometBFT header is signed by exactly one of the
trusted validator sets and every signature in it is valid, so that nothing in a file can be changed unnoticed. Time plays no
part: a header does not become false by growing old, and whether keys can still be trusted is the reader's decision.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from relayer.core.ids import TimestampSeconds
from relayer.evidence.errors import EvidenceRefused, Flaw
from relayer.evidence.trust import CometTrust, EvmTrust, LedgerTrust
from relayer.proofs.client import MappingConsensusStates
from relayer.proofs.comet import client as comet_client
from relayer.proofs.comet.client_types import (
    ClientHeader,
    ClientState,
    ConsensusState,
    decode_client_header,
    encode_client_header,
)
from relayer.proofs.comet.types import NANOSECONDS, BlockIdFlag, TimestampNanoseconds, ValidatorSet, vote_sign_bytes
from relayer.proofs.comet.votes import verify_vote
from relayer.proofs.errors import MalformedBytes, ProofError
from relayer.proofs.poa_evm import client as poa_evm
from relayer.proofs.poa_evm import mpt
from relayer.proofs.poa_evm import types as poa_evm_types
from relayer.proofs.poa_evm.attestation import ClientIdentity

_FOR_EVER = 2**63
_START = TimestampNanoseconds(NANOSECONDS)
_STORE = b"ibc"


class Anchor(Protocol):
    """An accepted header: its ledger's state can be proven under it. The methods raise ProofError."""

    @property
    def height(self) -> int:
        """The height whose state can be shown."""
        ...

    @property
    def timestamp(self) -> TimestampSeconds:
        """Unix seconds of the header."""
        ...

    def require_present(self, path: bytes, value: bytes, proof: bytes) -> None:
        """Raises ProofError unless `proof` shows `value` at `path`."""
        ...

    def require_absent(self, path: bytes, proof: bytes) -> None:
        """Raises ProofError unless `proof` shows that nothing is stored at `path`."""
        ...


def believe(ledger: LedgerTrust, raw: bytes, identity: ClientIdentity) -> Anchor:
    """`identity`: the light client that the header was made for. Raises EvidenceRefused(HEADER, SIGNERS)."""
    try:
        match ledger:
            case EvmTrust():
                return _believe_evm(ledger, raw, identity)
            case CometTrust():
                return _believe_comet(ledger, raw)
    except MalformedBytes as error:
        raise EvidenceRefused(Flaw.HEADER, f"a header of {ledger.chain_id}: {error}") from error
    except ProofError as error:
        raise EvidenceRefused(Flaw.SIGNERS, f"a header of {ledger.chain_id}: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _CometAnchor:
    client: ClientState
    consensus: ConsensusState

    @property
    def height(self) -> int:
        return self.client.latest_height

    @property
    def timestamp(self) -> TimestampSeconds:
        return TimestampSeconds(self.consensus.timestamp // NANOSECONDS)

    def require_present(self, path: bytes, value: bytes, proof: bytes) -> None:
        comet_client.verify_membership(
            self.client,
            self._states,
            height=self.height,
            proof=proof,
            path=(_STORE, path),
            value=value,
            now=self.consensus.timestamp,
        )

    def require_absent(self, path: bytes, proof: bytes) -> None:
        comet_client.verify_non_membership(
            self.client, self._states, height=self.height, proof=proof, path=(_STORE, path), now=self.consensus.timestamp
        )

    @property
    def _states(self) -> MappingConsensusStates[ConsensusState]:
        return MappingConsensusStates({self.height: self.consensus})


@dataclass(frozen=True, slots=True, kw_only=True)
class _EvmAnchor:
    client: poa_evm_types.ClientState
    consensus: poa_evm_types.ConsensusState

    @property
    def height(self) -> int:
        return self.client.latest_height

    @property
    def timestamp(self) -> TimestampSeconds:
        return TimestampSeconds(self.consensus.timestamp_seconds)

    def require_present(self, path: bytes, value: bytes, proof: bytes) -> None:
        poa_evm.verify_membership(
            self.client,
            self._states,
            height=self.height,
            proof=proof,
            path=(path,),
            value=value,
            now_seconds=self.timestamp,
        )

    def require_absent(self, path: bytes, proof: bytes) -> None:
        poa_evm.verify_non_membership(
            self.client, self._states, height=self.height, proof=proof, path=(path,), now_seconds=self.timestamp
        )

    @property
    def _states(self) -> MappingConsensusStates[poa_evm_types.ConsensusState]:
        return MappingConsensusStates({self.height: self.consensus})


def _believe_evm(ledger: EvmTrust, raw: bytes, identity: ClientIdentity) -> _EvmAnchor:
    header = poa_evm_types.decode_header(raw)
    client = poa_evm_types.ClientState(
        chain_id=int(ledger.chain_id),
        router=ledger.router,
        engine=ledger.engine,
        trusting_period_seconds=_FOR_EVER,
        max_clock_drift_seconds=0,
        latest_height=1,
    )
    block = poa_evm.check_header(client, header, identity=identity)
    account = mpt.verify_account(header.account_proof, state_root=block.state_root, address=ledger.router)
    consensus = poa_evm_types.ConsensusState(
        timestamp_seconds=block.timestamp_seconds,
        block_hash=block.hash,
        state_root=block.state_root,
        storage_root=account.storage_root,
    )
    return _EvmAnchor(client=replace(client, latest_height=block.number), consensus=consensus)


def _believe_comet(ledger: CometTrust, raw: bytes) -> _CometAnchor:
    header = decode_client_header(raw)
    signers = _trusted_signers(ledger, header)
    if header.trusted_height != header.height - 1 or encode_client_header(header) != raw:
        raise EvidenceRefused(
            Flaw.HEADER, f"header {header.height} of {ledger.chain_id} is not in the canonical form of evidence"
        )
    client = ClientState(
        chain_id=ledger.chain_id,
        trusting_period_nanoseconds=_FOR_EVER * NANOSECONDS,
        unbonding_period_nanoseconds=_FOR_EVER * NANOSECONDS + 1,
        max_clock_drift_nanoseconds=1,
        latest_height=header.height,
    )
    before = ConsensusState(timestamp=_START, root=bytes(32), next_validators_hash=signers.hash())
    states = MappingConsensusStates({header.trusted_height: before})
    consensus = comet_client.verify_header(client, states, header, now=header.signed.header.time)
    _require_every_signature(ledger, header, signers)
    return _CometAnchor(client=client, consensus=consensus)


def _trusted_signers(ledger: CometTrust, header: ClientHeader) -> ValidatorSet:
    """The trusted set by which the header claims to be signed, and by no other."""
    if header.validators in ledger.validator_sets:
        return header.validators
    raise EvidenceRefused(
        Flaw.SIGNERS, f"header {header.height} of {ledger.chain_id} is signed by validators that are not trusted"
    )


def _require_every_signature(ledger: CometTrust, header: ClientHeader, signers: ValidatorSet) -> None:
    """A light client stops counting at two thirds; in evidence every signature is checked."""
    commit = header.signed.commit
    for index, (validator, entry) in enumerate(zip(signers.validators, commit.signatures, strict=True)):
        if entry.flag is BlockIdFlag.ABSENT:
            continue
        message = vote_sign_bytes(ledger.chain_id, commit, index)
        if entry.validator_address != validator.address or not verify_vote(validator, message, entry.signature):
            raise EvidenceRefused(Flaw.SIGNERS, f"signature {index} of header {header.height} does not verify")
