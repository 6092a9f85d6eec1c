"""Why a proof, a header or a client message was refused.

The codes are shared with the other implementations of the same light clients: the case files under tests/cases name
them, and every implementation must give the same one. A code is never reused for a different reason.
"""

from __future__ import annotations

from enum import StrEnum, unique

from relayer.errors import RelayerError


@unique
class Refusal(StrEnum):
    """One reason each. The value is used in case files and journals."""

    MALFORMED = "malformed"
    """Bytes that are not the canonical encoding of their type."""
    LIMIT = "limit"
    """Longer, deeper or more than the format's limit."""

    # Proofs of presence and absence.
    PROOF_KIND = "proof_kind"
    """A proof of presence where absence is claimed, or the reverse, or a compressed or batched one."""
    PROOF_PATH = "proof_path"
    """The number of path elements differs from the number of proof levels, or an element is empty."""
    PROOF_SPEC = "proof_spec"
    """A hash operation that the tree of this level cannot contain."""
    PROOF_KEY = "proof_key"
    """A different key than the requested one."""
    PROOF_VALUE = "proof_value"
    """A different value than the one claimed, or one that cannot be stored."""
    PROOF_ROOT = "proof_root"
    """The proof leads to a different root."""
    PROOF_NEIGHBOURS = "proof_neighbours"
    """The two leaves of an absence proof do not enclose the key as direct neighbours."""
    NODE_MISSING = "node_missing"
    """A trie proof that ends before the key is found or excluded."""
    NODE_EXTRA = "node_extra"
    """A trie proof with nodes that the walk did not need."""
    NODE_HASH = "node_hash"
    """A trie node that does not match the hash in its parent, or the root."""
    VALUE_ABSENT = "value_absent"
    """The proof shows that nothing is stored under the key."""
    VALUE_PRESENT = "value_present"
    """The proof shows that something is stored under a key claimed to be absent."""

    # Headers, votes and seals.
    CHAIN_ID = "chain_id"
    HEIGHT = "height"
    """Not after the trusted height, zero, or of a different revision."""
    TIME = "time"
    """Out of order with the timestamps of neighbouring heights."""
    FUTURE = "future"
    """Further ahead of the host's clock than the allowed drift."""
    HEADER_FIELD = "header_field"
    """An invalid header field."""
    COMMIT_BLOCK = "commit_block"
    """The commit is for a different height or block hash."""
    COMMIT_SIZE = "commit_size"
    """Not one signature entry per validator."""
    COMMIT_ENTRY = "commit_entry"
    """A signature entry that contradicts its own flag, or names a different validator than the one at its index."""
    VALIDATOR_SET = "validator_set"
    """A set that is empty, has duplicates, an invalid key or power, or a proposer that is not a member."""
    VALIDATORS_HASH = "validators_hash"
    """The validator set is not the one that the header commits to."""
    TRUSTED_VALIDATORS = "trusted_validators"
    """The trusted validators are not the ones that the trusted consensus state commits to."""
    KEY_TYPE = "key_type"
    """A signature scheme that this client does not support."""
    SIGNATURE = "signature"
    """Does not verify, or is not in its canonical form (low S, exact length)."""
    DOUBLE_VOTE = "double_vote"
    """One signer counted twice."""
    POWER_NEW = "power_new"
    """Not more than two thirds of the new set's power signed."""
    POWER_TRUSTED = "power_trusted"
    """Not more than the trust level of the trusted set's power signed."""
    UNKNOWN_SIGNER = "unknown_signer"
    """A signature by a key that is not an authority."""
    THRESHOLD = "threshold"
    """Fewer signatures than the threshold."""

    # Clients.
    FROZEN = "client_frozen"
    EXPIRED = "client_expired"
    UNKNOWN_HEIGHT = "unknown_height"
    """No consensus state is stored for the height."""
    NO_MISBEHAVIOUR = "no_misbehaviour"
    """The evidence is valid but shows no contradiction."""
    GENERATION = "generation"
    """A rotation of those who vouch that is not the next one."""
    PARAMETERS = "parameters"
    """A client state or consensus state that must not be created or adopted."""


class ProofError(RelayerError):
    """Root of all refusals of this package. `code` is the machine-readable reason, the message the explanation."""

    def __init__(self, code: Refusal, message: str) -> None:
        super().__init__(f"{message} ({code.value})")
        self.code = code


class MalformedBytes(ProofError):
    """Untrusted bytes that do not decode strictly. Fetch them again from another node; never relay them."""


class MembershipRefused(ProofError):
    """A proof of presence or absence that does not prove its claim. Build it again at a known height."""


class HeaderRefused(ProofError):
    """A header, commit, seal or evidence that the light client does not accept."""


class ClientRefused(ProofError):
    """The light client's own state prevents it: frozen, expired, or the height is unknown."""
