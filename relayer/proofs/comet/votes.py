"""Counting the votes of a commit: who signed, and with how much power.

The verdicts are those of CometBFT's `VerifyCommitLight` and `VerifyCommitLightTrusting`: only votes for the block
count, counting stops as soon as enough power has signed, and "enough" is strictly more than the required share.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from coincurve import PublicKey
from coincurve.ecdsa import cdata_to_der, deserialize_compact

from relayer.proofs.comet.types import (
    BlockIdFlag,
    Commit,
    CommitSig,
    KeyType,
    Validator,
    ValidatorSet,
    vote_sign_bytes,
)
from relayer.proofs.errors import HeaderRefused, Refusal


@dataclass(slots=True, kw_only=True)
class VoteCount:
    """The votes of one commit. Caches which entries were verified, so that two counts check each vote once."""

    chain_id: str
    commit: Commit
    _verified: set[tuple[int, bytes]] = field(default_factory=set)

    def require_two_thirds(self, validators: ValidatorSet) -> None:
        """More than two thirds of the set that the commit belongs to, entry by entry.

        Raises HeaderRefused(COMMIT_SIZE, COMMIT_ENTRY, SIGNATURE, POWER_NEW).
        """
        if len(validators.validators) != len(self.commit.signatures):
            raise HeaderRefused(
                Refusal.COMMIT_SIZE,
                f"{len(self.commit.signatures)} entries for {len(validators.validators)} validators",
            )
        needed = validators.total_power * 2 // 3
        power = 0
        for index, (validator, entry) in enumerate(zip(validators.validators, self.commit.signatures, strict=True)):
            if entry.flag is not BlockIdFlag.COMMIT:
                continue
            if entry.validator_address != validator.address:
                raise HeaderRefused(
                    Refusal.COMMIT_ENTRY, f"entry {index} names a different validator than the one at this index"
                )
            self._verify(index, entry, validator)
            power += validator.power
            if power > needed:
                return
        raise HeaderRefused(
            Refusal.POWER_NEW, f"power {power} of {validators.total_power} signed; more than {needed} is needed"
        )

    def require_trusted(self, validators: ValidatorSet, *, numerator: int, denominator: int) -> None:
        """More than a share of a set that may differ from the commit's: votes of unknown validators are skipped.

        Raises HeaderRefused(DOUBLE_VOTE, SIGNATURE, POWER_TRUSTED).
        """
        members = validators.by_address()
        needed = validators.total_power * numerator // denominator
        power = 0
        seen: set[bytes] = set()
        for index, entry in enumerate(self.commit.signatures):
            validator = members.get(entry.validator_address)
            if entry.flag is not BlockIdFlag.COMMIT or validator is None:
                continue
            if entry.validator_address in seen:
                raise HeaderRefused(Refusal.DOUBLE_VOTE, f"validator {entry.validator_address.hex()} votes twice")
            seen.add(entry.validator_address)
            self._verify(index, entry, validator)
            power += validator.power
            if power > needed:
                return
        raise HeaderRefused(
            Refusal.POWER_TRUSTED, f"trusted power {power} of {validators.total_power} signed; more than {needed} is needed"
        )

    def _verify(self, index: int, entry: CommitSig, validator: Validator) -> None:
        if (index, validator.public_key) in self._verified:
            return
        message = vote_sign_bytes(self.chain_id, self.commit, index)
        if not verify_vote(validator, message, entry.signature):
            raise HeaderRefused(Refusal.SIGNATURE, f"the signature of entry {index} does not verify")
        self._verified.add((index, validator.public_key))


def verify_vote(validator: Validator, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (R || S, low S) is the validator's over sha256 of `message`."""
    match validator.key_type:
        case KeyType.SECP256K1:
            return _verify_secp256k1(validator.public_key, message, signature)


@lru_cache(maxsize=1024)
def _parsed_key(public_key: bytes) -> PublicKey | None:
    try:
        return PublicKey(public_key)
    except ValueError:
        return None  # not a point of the curve


def _verify_secp256k1(public_key: bytes, message: bytes, signature: bytes) -> bool:
    if len(signature) != 64:
        return False
    key = _parsed_key(public_key)
    if key is None:
        return False
    try:
        encoded = cdata_to_der(deserialize_compact(signature))
    except ValueError:
        return False  # R or S outside of the group
    return key.verify(encoded, message)  # libsecp256k1 accepts no high S, as CometBFT requires
