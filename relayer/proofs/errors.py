"""Why a proof, a header or a client message was refused.

The codes are shared with the other implementations of the same light clients: the case files under tests/cases name
them, and every implementation must give the same one. A code is never reused for another reason.
"""

from __future__ import annotations

from enum import StrEnum, unique

from relayer.errors import RelayerError


@unique
class Refusal(StrEnum):
    """One reason each. The value stands in case files and journals."""

    MALFORMED = "malformed"
    """Bytes that are not the one canonical encoding of what they claim to be."""
    LIMIT = "limit"
    """Longer, deeper or more than the bound of the format."""

    # Proofs of presence and absence.
    PROOF_KIND = "proof_kind"
    """A proof of presence where absence is claimed, the other way round, or a compressed or batched one."""
    PROOF_PATH = "proof_path"
    """The path has another number of elements than the proof has levels, or an element is empty."""
    PROOF_SPEC = "proof_spec"
    """A hash operation that the tree of this level can not contain."""
    PROOF_KEY = "proof_key"
    """Another key than the one asked for."""
    PROOF_VALUE = "proof_value"
    """Another value than the one claimed, or one that can not be stored."""
    PROOF_ROOT = "proof_root"
    """The proof leads to another root."""
    PROOF_NEIGHBOURS = "proof_neighbours"
    """The two leaves of an absence proof do not enclose the key as direct neighbours."""
    NODE_MISSING = "node_missing"
    """A trie proof that ends before the key's fate is known."""
    NODE_EXTRA = "node_extra"
    """A trie proof with nodes that the walk did not need."""
    NODE_HASH = "node_hash"
    """A trie node that is not the one its parent, or the root, names."""
    VALUE_ABSENT = "value_absent"
    """The proof shows that nothing stands under the key."""
    VALUE_PRESENT = "value_present"
    """The proof shows that something stands under a key claimed to be absent."""

    # Headers, votes and seals.
    CHAIN_ID = "chain_id"
    HEIGHT = "height"
    """Not after the trusted height, zero, or of another revision."""
    TIME = "time"
    """Out of order with the timestamps of neighbouring heights."""
    FUTURE = "future"
    """Further ahead of the host's clock than the allowed drift."""
    HEADER_FIELD = "header_field"
    """A header field that no valid block has."""
    COMMIT_BLOCK = "commit_block"
    """The commit is for another height or another block hash."""
    COMMIT_SIZE = "commit_size"
    """Not one signature entry per validator."""
    COMMIT_ENTRY = "commit_entry"
    """A signature entry that contradicts its own flag, or names another validator than stands at its index."""
    VALIDATOR_SET = "validator_set"
    """A set that is empty, has doubles, a bad key, a bad power, or a proposer from outside."""
    VALIDATORS_HASH = "validators_hash"
    """The validator set is not the one that the header commits to."""
    TRUSTED_VALIDATORS = "trusted_validators"
    """The trusted validators are not the ones that the trusted consensus state commits to."""
    KEY_TYPE = "key_type"
    """A signature scheme that this client does not check."""
    SIGNATURE = "signature"
    """Does not verify, or is not in its canonical form (low S, exact length)."""
    DOUBLE_VOTE = "double_vote"
    """One signer counted twice."""
    POWER_NEW = "power_new"
    """Not more than two thirds of the new set's power signed."""
    POWER_TRUSTED = "power_trusted"
    """Not more than the trust level of the trusted set's power signed."""
    UNKNOWN_SIGNER = "unknown_signer"
    """A signature of somebody who is no authority."""
    THRESHOLD = "threshold"
    """Fewer signatures than the threshold."""

    # Clients.
    FROZEN = "client_frozen"
    EXPIRED = "client_expired"
    UNKNOWN_HEIGHT = "unknown_height"
    """No consensus state is stored for the height."""
    NO_MISBEHAVIOUR = "no_misbehaviour"
    """The evidence is valid but shows no contradiction."""
    PARAMETERS = "parameters"
    """A client state or consensus state that must not be created or taken over."""


class ProofError(RelayerError):
    """Root of all refusals of this package. `code` says why in one word, the message in a sentence."""

    def __init__(self, code: Refusal, message: str) -> None:
        super().__init__(f"{message} ({code.value})")
        self.code = code


class MalformedBytes(ProofError):
    """Foreign bytes that do not decode strictly. Fetch them again from another node; never relay them."""


class MembershipRefused(ProofError):
    """A proof of presence or absence that does not prove its claim. Build it again at a known height."""


class HeaderRefused(ProofError):
    """A header, commit, seal or evidence that does not convince the light client."""


class ClientRefused(ProofError):
    """The light client's own state stands in the way: frozen, expired, or the height is unknown."""
