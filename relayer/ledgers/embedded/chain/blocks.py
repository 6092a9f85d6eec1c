"""Blocks in CometBFT's format: how one is put together, signed, and read back. Every hash of the header is a real one."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from relayer.ledgers.embedded.tree.errors import LedgerCorrupt
from relayer.proofs import merkle
from relayer.proofs.comet import (
    EVIDENCE_HASH_OF_NOTHING,
    NO_BLOCK,
    BlockId,
    Commit,
    Header,
    PartSetHeader,
    SignedHeader,
    TimestampNanoseconds,
    ValidatorSet,
    consensus_parameters_hash,
    data_hash,
    decode_commit,
    decode_header,
    decode_validator_set,
    encode_commit,
    encode_header,
    encode_validator_set,
)
from relayer.proofs.errors import ProofError
from relayer.proofs.protobuf import message_field

MAXIMUM_BLOCK_BYTES = 22_020_096
"""CometBFT's default."""

_PART_BYTES = 65_536
_CONSENSUS_HASH = consensus_parameters_hash(maximum_bytes=MAXIMUM_BLOCK_BYTES, maximum_gas=-1)
_EMPTY_COMMIT_HASH = merkle.EMPTY_ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedBlock:
    """A header with its commit, and what the next header says about it."""

    header: Header
    commit: Commit
    hash: bytes
    results_hash: bytes

    @property
    def signed_header(self) -> SignedHeader:
        """What a light client takes."""
        return SignedHeader(header=self.header, commit=self.commit)


def next_header(
    *,
    chain_id: str,
    last: SealedBlock | None,
    time: TimestampNanoseconds,
    transactions: Sequence[bytes],
    validators: ValidatorSet,
    next_validators: ValidatorSet,
    app_hash: bytes,
    proposer: bytes,
) -> Header:
    """The header after `last`; `app_hash` is the state after `last`, or the genesis state."""
    return Header(
        chain_id=chain_id,
        height=1 if last is None else last.header.height + 1,
        time=time,
        last_block_id=NO_BLOCK if last is None else last.commit.block_id,
        last_commit_hash=_EMPTY_COMMIT_HASH if last is None else last.commit.hash(),
        data_hash=data_hash(transactions),
        validators_hash=validators.hash(),
        next_validators_hash=next_validators.hash(),
        consensus_hash=_CONSENSUS_HASH,
        app_hash=app_hash,
        last_results_hash=merkle.EMPTY_ROOT if last is None else last.results_hash,
        evidence_hash=EVIDENCE_HASH_OF_NOTHING,
        proposer_address=proposer,
    )


def block_id(header: Header, transactions: Sequence[bytes], last_commit: Commit | None) -> BlockId:
    """Header hash, and the root over the parts that the whole block is cut into (tendermint.types.Block)."""
    block = (
        message_field(1, encode_header(header))
        + message_field(2, b"".join(message_field(1, each) for each in transactions))
        + message_field(3, b"")
        + (b"" if last_commit is None else message_field(4, encode_commit(last_commit)))
    )
    parts = [block[start : start + _PART_BYTES] for start in range(0, len(block), _PART_BYTES)]
    return BlockId(hash=header.hash(), parts=PartSetHeader(total=len(parts), hash=merkle.root(parts)))


class BlockTable:
    """Blocks, their transactions and the validator sets, in SQLite."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def write(self, block: SealedBlock) -> None:
        """Appends a block to the open transaction."""
        self._connection.execute(
            "INSERT INTO block (height, hash, time_nanoseconds, header, commit_, results_hash) VALUES (?, ?, ?, ?, ?, ?)",
            (
                block.header.height,
                block.hash,
                block.header.time,
                encode_header(block.header),
                encode_commit(block.commit),
                block.results_hash,
            ),
        )

    def last(self) -> SealedBlock | None:
        """The newest block."""
        row = self._connection.execute("SELECT coalesce(max(height), 0) FROM block").fetchone()
        return self.at(row[0]) if row[0] else None

    def at(self, height: int) -> SealedBlock | None:
        """Raises LedgerCorrupt for a block that does not decode or hash to its own name."""
        row = self._connection.execute(
            "SELECT hash, header, commit_, results_hash, time_nanoseconds FROM block WHERE height = ?", (height,)
        ).fetchone()
        if row is None:
            return None
        try:
            header, commit = decode_header(row[1]), decode_commit(row[2])
        except ProofError as error:
            raise LedgerCorrupt(f"block {height} does not decode ({error}); restore the ledger's file") from error
        if header.hash() != row[0] or (header.height, header.time) != (height, row[4]):
            raise LedgerCorrupt(f"block {height} is not what its own row says; restore the ledger's file")
        return SealedBlock(header=header, commit=commit, hash=row[0], results_hash=row[3])

    def transactions(self, height: int) -> Sequence[bytes]:
        """The transactions of one block, in order."""
        rows = self._connection.execute("SELECT body FROM block_transaction WHERE height = ? ORDER BY position", (height,))
        return [row[0] for row in rows]

    def set_validators(self, from_height: int, validators: ValidatorSet) -> None:
        """The set that signs from `from_height` on."""
        body = encode_validator_set(validators, proposer=validators.validators[0].address)
        self._connection.execute("INSERT INTO validator_set (from_height, body) VALUES (?, ?)", (from_height, body))

    def validators(self, height: int) -> ValidatorSet:
        """The set that signs block `height`; heights after the newest block are known one in advance."""
        row = self._connection.execute(
            "SELECT body FROM validator_set WHERE from_height <= ? ORDER BY from_height DESC LIMIT 1", (height,)
        ).fetchone()
        if row is None:
            raise LedgerCorrupt("the ledger has no validator set; restore the ledger's file from a copy")
        try:
            return decode_validator_set(row[0])
        except ProofError as error:
            raise LedgerCorrupt(f"a validator set does not decode ({error}); restore the ledger's file") from error
