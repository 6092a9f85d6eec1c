"""The chain of blocks: executes transactions, seals what they did, and answers for every height.

One SQLite transaction holds a block, what it changed, and the next block, whose header carries the new state's root; so a
crash at any instant leaves either all of it or nothing. Blocking and single-threaded; it must never be given a clock: the
time comes with each call.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from relayer.core.commitment import CommitmentPath
from relayer.core.ids import Height
from relayer.errors import ConfigurationError, NotFinal
from relayer.ledgers.embedded.chain.blocks import BlockTable, SealedBlock, block_id, next_header
from relayer.ledgers.embedded.chain.machine import Result, StateMachine
from relayer.ledgers.embedded.chain.operators import Signers
from relayer.ledgers.embedded.chain.state import IBC_STORE, State
from relayer.ledgers.embedded.host.context import BlockContext, Context
from relayer.ledgers.embedded.tree.errors import LedgerCorrupt
from relayer.ledgers.embedded.tree.iavl_proof import prove
from relayer.ledgers.embedded.tree.store import transaction
from relayer.proofs import merkle
from relayer.proofs.comet import TimestampNanoseconds, TransactionResult, ValidatorSet, results_hash
from relayer.proofs.protobuf import message_field

_CHAIN_ID = re.compile(r"[a-z][a-z0-9-]{0,38}[a-z0-9]-[1-9][0-9]{0,8}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Results in the order of the transactions. `height` names the state after them; None if nothing changed."""

    results: tuple[Result, ...]
    height: Height | None


def revision_of(chain_id: str) -> int:
    """The number behind the last dash (ICS-2 revision). Raises ConfigurationError for an id without one."""
    if not _CHAIN_ID.fullmatch(chain_id):
        raise ConfigurationError(
            f"chain id {chain_id!r}: use lower-case letters, digits and dashes with a revision, such as settlement-1"
        )
    return int(chain_id.rpartition("-")[2])


class Chain:
    """An open ledger. Heights follow the ports: height h is the state that header h proves, after block h - 1."""

    def __init__(self, connection: sqlite3.Connection, *, machine: StateMachine, signers: Signers) -> None:
        self._connection = connection
        self._signers = signers
        self.machine = machine
        self.blocks = BlockTable(connection)
        genesis = connection.execute("SELECT chain_id FROM genesis").fetchone()
        if genesis is None:
            raise LedgerCorrupt("the ledger has no genesis; restore the ledger's file from a copy")
        self.chain_id: str = genesis[0]
        self._head = self._newest()
        first = self.blocks.at(1)
        if first is None:
            raise LedgerCorrupt("block 1 is missing; restore the ledger's file from a copy")
        self.genesis_hash: bytes = first.hash
        self.state = State(connection, version=self._head.header.height)

    @property
    def head(self) -> SealedBlock:
        """The newest block."""
        return self._head

    @property
    def revision(self) -> int:
        """ICS-2 revision of the chain id."""
        return revision_of(self.chain_id)

    def deliver(self, transactions: Sequence[bytes], *, now: TimestampNanoseconds) -> Delivered:
        """Executes the transactions as one block and seals it together with the next. What the block's time has ended is
        ended first, by a transaction of the ledger's own.

        What changes nothing is answered but not recorded, so that refused messages cannot fill the disk.
        Raises QuorumMissing, with nothing changed.
        """
        context = self.query(now=now)
        own = self.machine.overdue(context)
        executed = [*own, *transactions]
        results = self.machine.execute(context, executed)
        asked = tuple(results[len(own) :])
        if not context.changed:
            return Delivered(results=asked, height=None)
        if context.validators is not None:
            self._signers.require_quorum(context.validators)
        with self._writing():
            self._head = self._seal(context.block.time, executed, results)
            self.state.write(context, height=context.block.height, transactions=executed, results=results)
            self._head = self._seal(self._time(now), [], [])
        return Delivered(results=asked, height=Height(self._head.header.height))

    def advance(self, *, now: TimestampNanoseconds) -> SealedBlock:
        """Seals an empty block, so that time passes, or ends what is over by now. Raises QuorumMissing."""
        if self.machine.overdue(self.query(now=now)):
            self.deliver([], now=now)
            return self._head
        with self._writing():
            self._head = self._seal(self._time(now), [], [])
        return self._head

    def query(self, *, now: TimestampNanoseconds) -> Context:
        """A context over the newest state, in the block that would come next."""
        block = BlockContext(
            chain_id=self.chain_id,
            genesis_hash=self.genesis_hash,
            height=Height(self._head.header.height + 1),
            time=self._time(now),
        )
        return self.state.context(block)

    def block_at(self, height: Height) -> SealedBlock:
        """Raises NotFinal for a height that is not sealed yet."""
        block = self.blocks.at(height) if 1 <= height <= self._head.header.height else None
        if block is None:
            raise NotFinal(f"height {height} is not sealed; the newest is {self._head.header.height}")
        return block

    def prove(self, path: CommitmentPath, *, at: Height) -> bytes:
        """ibc.core.commitment.v1.MerkleProof bytes, of presence or absence under header `at`. Raises NotFinal."""
        self.block_at(at)
        lower = prove(self.state.tree_after(IBC_STORE, at - 1), path)
        upper = merkle.prove_store(self.state.store_hashes_after(at - 1), IBC_STORE)
        return message_field(1, lower) + message_field(1, upper)

    def _seal(self, time: TimestampNanoseconds, transactions: Sequence[bytes], results: Sequence[Result]) -> SealedBlock:
        """Signs and writes the block after the newest, whose app hash is the present state's."""
        height = self._head.header.height + 1
        block = seal(
            signers=self._signers,
            chain_id=self.chain_id,
            last=self._head,
            time=time,
            transactions=transactions,
            results=results,
            validators=self.blocks.validators(height),
            next_validators=self.blocks.validators(height + 1),
            app_hash=self.state.app_hash,
        )
        self.blocks.write(block)
        return block

    def _time(self, now: TimestampNanoseconds) -> TimestampNanoseconds:
        """Block times strictly increase, whatever the wall clock does."""
        return TimestampNanoseconds(max(now, self._head.header.time + 1))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One SQLite transaction; whatever goes wrong, memory then shows again what the file has."""
        try:
            with transaction(self._connection):
                yield
        except BaseException:
            self._head = self._newest()
            self.state.reload(self._head.header.height)
            raise

    def _newest(self) -> SealedBlock:
        head = self.blocks.last()
        if head is None:
            raise LedgerCorrupt("the ledger has no block; restore the ledger's file from a copy")
        return head


def initialise(
    connection: sqlite3.Connection,
    *,
    chain_id: str,
    validators: ValidatorSet,
    signers: Signers,
    now: TimestampNanoseconds,
) -> None:
    """Writes the genesis and seals block 1 over the empty state. Raises ConfigurationError or QuorumMissing."""
    revision_of(chain_id)
    blocks = BlockTable(connection)
    with transaction(connection):
        State.write_genesis(connection, chain_id=chain_id, time=now)
        blocks.set_validators(1, validators)
        first = seal(
            signers=signers,
            chain_id=chain_id,
            last=None,
            time=now,
            transactions=[],
            results=[],
            validators=validators,
            next_validators=validators,
            app_hash=State(connection, version=0).app_hash,
        )
        blocks.write(first)


def seal(
    *,
    signers: Signers,
    chain_id: str,
    last: SealedBlock | None,
    time: TimestampNanoseconds,
    transactions: Sequence[bytes],
    results: Sequence[Result],
    validators: ValidatorSet,
    next_validators: ValidatorSet,
    app_hash: bytes,
) -> SealedBlock:
    """Builds and signs the block after `last`. Raises QuorumMissing."""
    header = next_header(
        chain_id=chain_id,
        last=last,
        time=time,
        transactions=transactions,
        validators=validators,
        next_validators=next_validators,
        app_hash=app_hash,
        proposer=signers.proposer(validators),
    )
    name = block_id(header, transactions, None if last is None else last.commit)
    commit = signers.commit(chain_id=chain_id, height=header.height, block_id=name, validators=validators, time=time)
    hashed = results_hash([TransactionResult(code=each.code, data=each.data) for each in results])
    return SealedBlock(header=header, commit=commit, hash=name.hash, results_hash=hashed)
