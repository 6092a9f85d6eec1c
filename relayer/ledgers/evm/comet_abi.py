"""From standard CometBFT bytes to the forms that our Solidity light client reads.

Provers emit `ibc.lightclients.tendermint.v1` messages and `ibc.core.commitment.v1` proofs; the contract takes the same
content without what it can compute or does not read: see ICometBftLightClient.sol for headers and Ics23.sol for proofs.
Pure. It must never leave out a check for the contract's sake: the contract believes nothing that it did not verify, and
what is added here (recovery ids, y coordinates, sibling hashes) cannot make a bad header good.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from coincurve import PublicKey

from relayer.codes.limits import MAXIMUM_CONTRACT_VALIDATORS
from relayer.errors import InvalidInput
from relayer.ledgers.evm.abi_types import encode
from relayer.ledgers.evm.contracts import Contract, call_data, creation_code
from relayer.proofs import merkle
from relayer.proofs.comet import (
    BlockIdFlag,
    Commit,
    Header,
    KeyType,
    Validator,
    ValidatorSet,
    encode_timestamp,
    vote_sign_bytes,
)
from relayer.proofs.comet.client_types import (
    ONE_THIRD,
    ClientHeader,
    decode_client_header,
    decode_client_state,
    decode_consensus_state,
    decode_misbehaviour,
)
from relayer.proofs.errors import ClientRefused, HeaderRefused, MembershipRefused, Refusal
from relayer.proofs.ics23 import MAXIMUM_PROOF_BYTES, BranchSide, InnerStep, Leaf, TreeKind, check_absence, check_existence
from relayer.proofs.protobuf import parse_canonical
from relayer.wire.cosmos_protos import commitment, ics23

HEADER_TYPE = "(uint64,uint64,uint64,bytes32,bytes32,bytes32,bytes32[6],uint32,uint32,bytes32,bytes32,bytes,bytes,bytes)"

_SECP256K1 = 1
_NOT_IN_TRUSTED_SET = 255
_TIMESTAMP_BYTES = 12
_MAXIMUM_UINT64 = 2**64 - 1
_HASH_BYTES = 32
_SIGNATURE_BYTES = 64
# What a prefix holds beside height, size and version: 20, and on the right also the left sibling and its 20.
_FRAME_BYTES = {BranchSide.LEFT: 1, BranchSide.RIGHT: 34}
_MAXIMUM_NODE_BYTES = 11
_LEAF_START = b"\x00\x02"
_BETWEEN, _AFTER_LAST, _BEFORE_FIRST = b"\x01", b"\x02", b"\x03"


def light_client_code(*, client_state: bytes, consensus_state: bytes, owner: bytes) -> bytes:
    """Creation code of a light client that starts at the client state's latest height. `owner` is a 20-byte address.

    Both states are protobuf bytes. Raises MalformedBytes, ClientRefused, InvalidInput.
    """
    client = decode_client_state(client_state)
    consensus = decode_consensus_state(consensus_state)
    if client.trust_level != ONE_THIRD:
        raise ClientRefused(Refusal.PARAMETERS, "the contract's trust level is one third; create the client with that")
    periods = (client.trusting_period_nanoseconds, client.max_clock_drift_nanoseconds, consensus.timestamp)
    if any(not 0 <= period <= _MAXIMUM_UINT64 for period in periods):
        raise ClientRefused(Refusal.PARAMETERS, "a period or time of more than 584 years does not fit the contract")
    if len(owner) != 20:
        raise InvalidInput(f"the light client's owner is an address of 20 bytes, got {len(owner)}")
    config = (
        client.chain_id,
        client.revision,
        client.trusting_period_nanoseconds,
        client.max_clock_drift_nanoseconds,
        client.latest_height,
        consensus.timestamp,
        consensus.root,
        consensus.next_validators_hash,
        owner,
    )
    return creation_code(Contract.COMET_BFT_LIGHT_CLIENT, config)


def recover_call(*, client_state: bytes, consensus_state: bytes) -> bytes:
    """Call data of `recover`: the light client starts again at the client state's latest height. Raises MalformedBytes."""
    client, consensus = decode_client_state(client_state), decode_consensus_state(consensus_state)
    function = "recover(uint64,uint64,bytes32,bytes32)"
    start = (client.latest_height, consensus.timestamp, consensus.root, consensus.next_validators_hash)
    return call_data(Contract.COMET_BFT_LIGHT_CLIENT, function, *start)


def stores_call(*, height: int, consensus_state: bytes) -> bytes:
    """Call data of `hasConsensusState`, from protobuf bytes. Raises MalformedBytes, InvalidInput."""
    consensus = decode_consensus_state(consensus_state)
    state = (height, consensus.timestamp, consensus.root, consensus.next_validators_hash)
    return call_data(Contract.COMET_BFT_LIGHT_CLIENT, "hasConsensusState", *state)


def validators_hashes(header: bytes) -> tuple[bytes, ...]:
    """The sets that a `Header` needs: ask the contract's isValidatorSetKnown which of them may be left out."""
    decoded = decode_client_header(header)
    return tuple(dict.fromkeys((decoded.validators.hash(), decoded.trusted_validators.hash())))


def update_message(header: bytes, *, known_sets: Container[bytes]) -> bytes:
    """What updateClient takes, from `Header` protobuf bytes. Sets whose hash is in `known_sets` are left out.

    Raises MalformedBytes and HeaderRefused, among others for too few good signatures to convince anyone.
    """
    return encode((HEADER_TYPE,), (header_value(decode_client_header(header), known_sets=known_sets),))


def misbehaviour_message(evidence: bytes, *, known_sets: Container[bytes]) -> bytes:
    """What misbehaviour takes, from `Misbehaviour` protobuf bytes. Raises as `update_message`."""
    decoded = decode_misbehaviour(evidence)
    values = tuple(header_value(each, known_sets=known_sets) for each in (decoded.header_1, decoded.header_2))
    return encode((HEADER_TYPE, HEADER_TYPE), values)


def header_value(header: ClientHeader, *, known_sets: Container[bytes]) -> tuple[object, ...]:
    """The fields of ICometBftLightClient.Header. Raises HeaderRefused."""
    block, block_commit = header.signed.header, header.signed.commit
    header.signed.check(block.chain_id)
    if header.validators.hash() != block.validators_hash:
        raise HeaderRefused(Refusal.VALIDATORS_HASH, "the validator set is not the one that the header names")
    if len(block.app_hash) != _HASH_BYTES:
        raise HeaderRefused(Refusal.HEADER_FIELD, "an app hash that is not 32 bytes long proves nothing")
    if not 0 < block.time <= _MAXIMUM_UINT64:
        raise HeaderRefused(Refusal.TIME, "the header's time is before 1970 or after 2554")
    parts = block_commit.block_id.parts
    if parts.total == 0 or len(parts.hash) != _HASH_BYTES:
        raise HeaderRefused(Refusal.COMMIT_BLOCK, "the commit's block id has no part set")
    trusted = header.trusted_validators
    is_skip = trusted.hash() != block.validators_hash
    return (
        header.trusted_height,
        block.height,
        block.time,
        block.validators_hash,
        block.next_validators_hash,
        block.app_hash,
        sibling_hashes(block),
        block_commit.round,
        parts.total,
        parts.hash,
        trusted.hash() if is_skip else bytes(_HASH_BYTES),
        b"" if block.validators_hash in known_sets else pack_validators(header.validators),
        pack_validators(trusted) if is_skip and trusted.hash() not in known_sets else b"",
        pack_signatures(block.chain_id, block_commit, header.validators, trusted if is_skip else None),
    )


def sibling_hashes(header: Header) -> list[bytes]:
    """The parts of the header tree that the contract takes as hashes, in its order."""
    leaves = [merkle.leaf_hash(leaf) for leaf in header.leaves()]
    return [
        leaves[0],
        merkle.branch_hash(leaves[4], leaves[5]),
        leaves[6],
        leaves[9],
        leaves[11],
        merkle.branch_hash(leaves[12], leaves[13]),
    ]


def pack_validators(validators: ValidatorSet) -> bytes:
    """73 bytes a validator: key type, x, y, power. Raises HeaderRefused(LIMIT, VALIDATOR_SET)."""
    if len(validators.validators) > MAXIMUM_CONTRACT_VALIDATORS:
        raise HeaderRefused(Refusal.LIMIT, f"more than {MAXIMUM_CONTRACT_VALIDATORS} validators do not fit the contract")
    return b"".join(_pack_validator(each) for each in validators.validators)


def pack_signatures(chain_id: str, block_commit: Commit, validators: ValidatorSet, trusted: ValidatorSet | None) -> bytes:
    """As few signatures as carry the power that the contract asks for, 80 bytes each, ascending by index.

    `trusted` is None when the trusted set is the same. Raises HeaderRefused(COMMIT_SIZE, POWER_NEW, POWER_TRUSTED,
    SIGNATURE, COMMIT_ENTRY, LIMIT).
    """
    members = validators.validators
    if len(members) != len(block_commit.signatures):
        raise HeaderRefused(Refusal.COMMIT_SIZE, f"{len(block_commit.signatures)} entries for {len(members)} validators")
    if len(members) > MAXIMUM_CONTRACT_VALIDATORS:
        raise HeaderRefused(Refusal.LIMIT, f"more than {MAXIMUM_CONTRACT_VALIDATORS} validators do not fit the contract")
    voters = [index for index, entry in enumerate(block_commit.signatures) if entry.flag is BlockIdFlag.COMMIT]
    there = {} if trusted is None else {each.public_key: index for index, each in enumerate(trusted.validators)}
    chosen: set[int] = set()
    if trusted is not None:
        overlap = {
            index: trusted.validators[there[members[index].public_key]].power
            for index in voters
            if members[index].public_key in there
        }
        if not _choose(chosen, overlap, above=trusted.total_power // 3):
            raise HeaderRefused(Refusal.POWER_TRUSTED, "not more than a third of the trusted power signed")
    if not _choose(chosen, {index: members[index].power for index in voters}, above=validators.total_power * 2 // 3):
        raise HeaderRefused(Refusal.POWER_NEW, "not more than two thirds of the power signed")
    return b"".join(
        bytes((index, there.get(members[index].public_key, _NOT_IN_TRUSTED_SET)))
        + _pack_signature(chain_id, block_commit, index, members[index])
        for index in sorted(chosen)
    )


def pack_proof(proof: bytes) -> bytes:
    """The proof that the contract reads, from `MerkleProof` protobuf bytes of presence or of absence.

    Raises MalformedBytes and MembershipRefused: the operations are checked as the specs of both trees demand.
    """
    message = parse_canonical(commitment.MerkleProof, proof, maximum_bytes=MAXIMUM_PROOF_BYTES)
    if len(message.proofs) != 2:
        raise MembershipRefused(Refusal.PROOF_PATH, f"expected 2 levels of proof, got {len(message.proofs)}")
    lower, upper = message.proofs
    if upper.WhichOneof("proof") != "exist":
        raise MembershipRefused(Refusal.PROOF_KIND, "expected a proof of presence for the store")
    store = check_existence(upper.exist, TreeKind.MULTISTORE)
    match lower.WhichOneof("proof"):
        case "exist":
            leaf = check_existence(lower.exist, TreeKind.IAVL)
            packed, root = _pack_version(lower.exist) + _pack_path(leaf.steps), leaf.root
        case "nonexist":
            root = check_absence(lower.nonexist, key=lower.nonexist.key)
            packed = _pack_absence(lower.nonexist)
        case _:
            raise MembershipRefused(Refusal.PROOF_KIND, "expected a proof of presence or absence for the key")
    if store.value != root:
        raise MembershipRefused(Refusal.PROOF_ROOT, "the store's root is not the one that the key's proof leads to")
    return packed + _pack_store(store.steps)


def _pack_validator(validator: Validator) -> bytes:
    match validator.key_type:
        case KeyType.SECP256K1:
            try:
                point = PublicKey(validator.public_key).format(compressed=False)
            except ValueError as error:
                raise HeaderRefused(Refusal.VALIDATOR_SET, "a validator's key is no point of the curve") from error
            return bytes((_SECP256K1,)) + point[1:] + validator.power.to_bytes(8, "big")


def _pack_signature(chain_id: str, block_commit: Commit, index: int, validator: Validator) -> bytes:
    """v, r, s, length of the timestamp, timestamp padded to 12 bytes."""
    entry = block_commit.signatures[index]
    if entry.validator_address != validator.address:
        raise HeaderRefused(Refusal.COMMIT_ENTRY, f"entry {index} names a different validator than the one at this index")
    timestamp = encode_timestamp(entry.timestamp)
    if len(timestamp) > _TIMESTAMP_BYTES:
        raise HeaderRefused(Refusal.TIME, f"the vote of entry {index} has a time out of range")
    digest = sha256(vote_sign_bytes(chain_id, block_commit, index)).digest()
    v = 27 + _recovery_id(digest, entry.signature, validator.public_key, index)
    return bytes((v,)) + entry.signature + bytes((len(timestamp),)) + timestamp.ljust(_TIMESTAMP_BYTES, b"\x00")


def _recovery_id(digest: bytes, signature: bytes, public_key: bytes, index: int) -> int:
    """CometBFT does not keep it, so the one that gives the validator's key is found by trying both."""
    if len(signature) == _SIGNATURE_BYTES:
        for candidate in (0, 1):
            try:
                found = PublicKey.from_signature_and_message(signature + bytes((candidate,)), digest, hasher=None)
            except ValueError:
                continue
            if found.format() == public_key:
                return candidate
    raise HeaderRefused(Refusal.SIGNATURE, f"the signature of entry {index} is not its validator's")


def _choose(chosen: set[int], powers: Mapping[int, int], *, above: int) -> bool:
    """Adds the strongest to `chosen` until their power is above the bound; False if all together do not get there."""
    power = sum(powers[index] for index in chosen if index in powers)
    for index in sorted(powers, key=lambda each: -powers[each]):
        if power > above:
            break
        if index not in chosen:
            chosen.add(index)
            power += powers[index]
    return power > above


@dataclass(frozen=True, slots=True, kw_only=True)
class _Neighbour:
    packed: bytes
    steps: tuple[InnerStep, ...]


def _pack_absence(proof: ics23.NonExistenceProof) -> bytes:
    left = _neighbour(proof.left) if proof.HasField("left") else None
    right = _neighbour(proof.right) if proof.HasField("right") else None
    if left is None or right is None:
        only = left or right
        if only is None:
            raise MembershipRefused(Refusal.PROOF_NEIGHBOURS, "a proof of absence without any neighbour")
        return (_BEFORE_FIRST if left is None else _AFTER_LAST) + only.packed + _pack_path(only.steps)
    shared = sum(1 for _ in _shared_from_root(left.steps, right.steps))
    left_steps, right_steps = left.steps[: len(left.steps) - shared], right.steps[: len(right.steps) - shared]
    fork = _node_bytes(left_steps[-1])
    return (
        _BETWEEN
        + left.packed
        + _pack_path(left_steps[:-1])
        + right.packed
        + _pack_path(right_steps[:-1])
        + bytes((len(fork),))
        + fork
        + _pack_path(left.steps[len(left_steps) :])
    )


def _shared_from_root(left: Sequence[InnerStep], right: Sequence[InnerStep]) -> Iterator[InnerStep]:
    for one, other in zip(reversed(left), reversed(right), strict=False):
        if one != other:
            return
        yield one


def _neighbour(proof: ics23.ExistenceProof) -> _Neighbour:
    leaf: Leaf = check_existence(proof, TreeKind.IAVL)
    packed = len(leaf.key).to_bytes(2, "big") + leaf.key + sha256(leaf.value).digest() + _pack_version(proof)
    return _Neighbour(packed=packed, steps=leaf.steps)


def _pack_version(proof: ics23.ExistenceProof) -> bytes:
    prefix = proof.leaf.prefix
    version = prefix[len(_LEAF_START) :]
    if not prefix.startswith(_LEAF_START) or not 1 <= len(version) <= 9:
        raise MembershipRefused(Refusal.PROOF_SPEC, "an IAVL leaf has height 0, size 1 and a version")
    return bytes((len(version), *version))


def _pack_path(steps: Sequence[InnerStep]) -> bytes:
    return bytes((len(steps),)) + b"".join(
        bytes((len(_node_bytes(step)) | (0x80 if step.side is BranchSide.RIGHT else 0),))
        + _node_bytes(step)
        + _sibling(step)
        for step in steps
    )


def _node_bytes(step: InnerStep) -> bytes:
    """Height, size and version."""
    node = step.prefix[: -_FRAME_BYTES[step.side]]
    if len(node) > _MAXIMUM_NODE_BYTES:
        raise MembershipRefused(Refusal.LIMIT, "an IAVL node whose size or version is above 2^34")
    return node


def _sibling(step: InnerStep) -> bytes:
    return step.suffix[-_HASH_BYTES:] if step.side is BranchSide.LEFT else step.prefix[-_HASH_BYTES - 1 : -1]


def _pack_store(steps: Sequence[InnerStep]) -> bytes:
    packed = [
        bytes((1,)) + step.prefix[-_HASH_BYTES:] if step.side is BranchSide.RIGHT else bytes((0,)) + step.suffix
        for step in steps
    ]
    return bytes((len(packed),)) + b"".join(packed)
