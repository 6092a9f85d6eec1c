"""The operators' keys: who signs blocks, and what a commit needs to be believed.

A key must never leave this module's objects: not into logs, errors or reprs.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from coincurve import PrivateKey

from relayer.keystore import open_keystore
from relayer.ledgers.embedded.tree.errors import KeystoreRefused, QuorumMissing
from relayer.proofs.comet import (
    ABSENT,
    BlockId,
    BlockIdFlag,
    Commit,
    CommitSig,
    TimestampNanoseconds,
    Validator,
    ValidatorSet,
    address_of,
    precommit_sign_bytes,
)

_SIGNATURE_BYTES = 64


class OperatorKey:
    """One validator's secp256k1 key."""

    __slots__ = ("_key", "address", "public_key")

    def __init__(self, secret: bytes) -> None:
        try:
            self._key = PrivateKey(secret)
        except ValueError:
            raise KeystoreRefused("operator key: not a valid secp256k1 key; the value is not shown here") from None
        self.public_key = self._key.public_key.format(compressed=True)
        self.address = address_of(self.public_key)

    def __repr__(self) -> str:
        return f"OperatorKey({self.address.hex()})"

    def sign(self, message: bytes) -> bytes:
        """R || S over sha256(message), low S, as CometBFT's secp256k1 keys sign."""
        return self._key.sign_recoverable(message)[:_SIGNATURE_BYTES]


def open_operator(path: Path, password: str) -> OperatorKey:
    """The key of a version 3 keystore. Raises ConfigurationError."""
    return OperatorKey(bytes(open_keystore(path, password).key))


def equal_validators(keys: Iterable[OperatorKey], *, power: int = 10) -> ValidatorSet:
    """A set in which every key has the same power."""
    return ValidatorSet.of(Validator(public_key=key.public_key, power=power) for key in keys)


class Signers:
    """The keys that this process holds."""

    def __init__(self, keys: Iterable[OperatorKey]) -> None:
        self._keys = {key.address: key for key in keys}

    def require_quorum(self, validators: ValidatorSet) -> None:
        """Raises QuorumMissing unless the keys hold more than two thirds of the power."""
        held = sum(each.power for each in validators.validators if each.address in self._keys)
        if held * 3 <= validators.total_power * 2:
            raise QuorumMissing(
                f"the available keys have {held} of {validators.total_power} power; more than two thirds must sign, "
                "so open more operators' keystores"
            )

    def proposer(self, validators: ValidatorSet) -> bytes:
        """Address of the first member whose key is available."""
        self.require_quorum(validators)
        return next(each.address for each in validators.validators if each.address in self._keys)

    def commit(
        self, *, chain_id: str, height: int, block_id: BlockId, validators: ValidatorSet, time: TimestampNanoseconds
    ) -> Commit:
        """Precommits of round 0. Members whose key is not available are absent. Raises QuorumMissing."""
        self.require_quorum(validators)
        message = precommit_sign_bytes(chain_id=chain_id, height=height, round_=0, block_id=block_id, timestamp=time)
        entries = tuple(self._entry(each.address, message, time) for each in validators.validators)
        return Commit(height=height, round=0, block_id=block_id, signatures=entries)

    def _entry(self, address: bytes, message: bytes, time: TimestampNanoseconds) -> CommitSig:
        key = self._keys.get(address)
        if key is None:
            return ABSENT
        return CommitSig(flag=BlockIdFlag.COMMIT, validator_address=address, timestamp=time, signature=key.sign(message))
