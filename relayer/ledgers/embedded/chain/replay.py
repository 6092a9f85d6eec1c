"""Executes the transactions of recorded blocks over a scratch database, without keys: the same state, nothing sealed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from relayer.core.ids import Height
from relayer.ledgers.embedded.chain.blocks import BlockTable, SealedBlock
from relayer.ledgers.embedded.chain.machine import StateMachine
from relayer.ledgers.embedded.chain.state import State
from relayer.ledgers.embedded.host.context import BlockContext
from relayer.ledgers.embedded.tree.store import transaction
from relayer.proofs.comet import TimestampNanoseconds, TransactionResult, ValidatorSet, results_hash


class Replay:
    """A ledger's state from genesis on."""

    def __init__(
        self,
        scratch: sqlite3.Connection,
        *,
        machine: StateMachine,
        chain_id: str,
        genesis_hash: bytes,
        genesis_time: TimestampNanoseconds,
        validators: ValidatorSet,
    ) -> None:
        self._scratch = scratch
        self._machine = machine
        self._chain_id, self._genesis_hash = chain_id, genesis_hash
        State.write_genesis(scratch, chain_id=chain_id, time=genesis_time)
        BlockTable(scratch).set_validators(1, validators)
        self._state = State(scratch, version=0)

    @property
    def app_hash(self) -> bytes:
        """The root of the state so far."""
        return self._state.app_hash

    def apply(self, block: SealedBlock, transactions: Sequence[bytes]) -> bytes:
        """Executes one block and returns the hash of its results."""
        header = block.header
        block_context = BlockContext(
            chain_id=self._chain_id, genesis_hash=self._genesis_hash, height=Height(header.height), time=header.time
        )
        context = self._state.context(block_context)
        results = self._machine.execute(context, transactions)
        if transactions:
            with transaction(self._scratch):
                self._state.write(context, height=header.height, transactions=transactions, results=results)
        return results_hash([TransactionResult(code=each.code, data=each.data) for each in results])
