"""Whether a contract stores facts as proofs say: the check before any fact of a proven request is looked at.

Only a contract that the operators have bound to the light client counts. A fact is this ledger's if its contract has sent
it here. One that has not been answered yet could still be sent elsewhere, even after a timeout, and would be two
liabilities: it counts only while its contract knows no other settlement ledger than this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from relayer.codes.settlement import RefusalCode
from relayer.facts.contract_slots import (
    LEDGER_COUNT_SLOT,
    FactState,
    fact_hash_slot,
    ledger_client_slot,
    ledger_id_slots,
    read_record,
    record_slot,
)
from relayer.facts.proving import FactPaths, FactProof, LedgerPaths, TriePath
from relayer.facts.words import keccak256
from relayer.proofs.errors import ProofError, Refusal
from relayer.settlement.errors import CommandRefused
from relayer.settlement.model.facts import ProvenFacts, RecordFacts, Shown
from relayer.settlement.model.issuers import ProvenContract
from relayer.settlement.reader import SettlementReader
from relayer.settlement.rules.checks import refuse
from relayer.settlement.rules.issuers import is_bound

_ENDED = frozenset({FactState.CANCELLED, FactState.REJECTED})
_ANSWERED = frozenset({FactState.ACKNOWLEDGED, FactState.SETTLED, FactState.DISPUTED, FactState.CREDITED})
_CODES = {
    Refusal.UNKNOWN_HEIGHT: RefusalCode.HEIGHT_UNKNOWN,
    Refusal.FROZEN: RefusalCode.CLIENT_NOT_USABLE,
    Refusal.EXPIRED: RefusalCode.CLIENT_NOT_USABLE,
}
"""Of what a light client refuses; anything else is a bad proof."""


class Storage(Protocol):
    """What one contract stores in one block, as far as proofs show it."""

    def word(self, slot: bytes, nodes: Sequence[bytes]) -> bytes:
        """The 32 bytes in a slot, zeros where nothing is stored. Raises ProofError."""
        ...


class ContractLedgerClient(Protocol):
    """This ledger's light client of a contract ledger, at the time of this block."""

    @property
    def chain_id(self) -> int:
        """EIP-155 id of the ledger that it follows."""
        ...

    @property
    def counterparty(self) -> str:
        """That ledger's client of this one; empty: none was registered."""
        ...

    def storage(self, height: int, contract: bytes, account_proof: Sequence[bytes]) -> Storage:
        """Of a contract in a block. Raises ProofError."""
        ...


def require_contract(state: SettlementReader, proof: FactProof) -> None:
    """Raises CommandRefused(CONTRACT_NOT_BOUND): then no proof is looked at."""
    name = ProvenContract(proof.client_id, proof.contract)
    if not is_bound(state, name):
        raise refuse(
            RefusalCode.CONTRACT_NOT_BOUND,
            f"contract {name}: its facts are not proven here; an operator binds it with `relayer settlement bind-contract`",
        )


def checked_proof(
    proof: FactProof, client: ContractLedgerClient, *, ledger_id: str, height: int, transaction: str
) -> RecordFacts:
    """What a proven request asks for. Raises CommandRefused (CLIENT_NOT_USABLE, HEIGHT_UNKNOWN, BAD_PROOF): then none of its
    facts is looked at.

    `ledger_id` is this ledger's chain id, by which contracts know it; block and transaction become part of the origin.
    """
    reader = _Reader(proof=proof, client=client, ledger_id=ledger_id)
    try:
        hashes, shown = reader.read()
    except ProofError as error:
        code = _CODES.get(error.code, RefusalCode.BAD_PROOF)
        raise refuse(code, f"block {proof.height} behind client {proof.client_id}: {error}") from error
    origin = ProvenFacts(
        chain_id=client.chain_id,
        contract=proof.contract,
        issuer=proof.issuer,
        client_id=proof.client_id,
        proof_height=proof.height,
        height=height,
        transaction=transaction,
    )
    return RecordFacts(origin=origin, facts=tuple(each.fact for each in proof.facts), fact_hashes=hashes, shown=shown)


@dataclass(slots=True, kw_only=True)
class _Reader:
    """The words of one request's slots."""

    proof: FactProof
    client: ContractLedgerClient
    ledger_id: str
    _ours: dict[int, bool] = field(default_factory=dict)
    """Whether each ledger that the request shows is this one."""

    def read(self) -> tuple[tuple[bytes, ...], tuple[Shown, ...]]:
        """Hash and standing of each fact. Raises ProofError, CommandRefused."""
        proof = self.proof
        storage = self.client.storage(proof.height, proof.contract, self._nodes(proof.account))
        count = int.from_bytes(storage.word(LEDGER_COUNT_SLOT, self._nodes(proof.ledger_count)), "big")
        self._ours = {each.number: self._is_this(storage, each) for each in proof.ledgers}
        hashes = tuple(storage.word(fact_hash_slot(each.fact.fact_id), self._nodes(each.fact_hash)) for each in proof.facts)
        return hashes, tuple(self._shown(storage, each, count) for each in proof.facts)

    def _shown(self, storage: Storage, each: FactPaths, count: int) -> Shown:
        record = read_record(storage.word(record_slot(each.fact.fact_id), self._nodes(each.record)))
        if record.state in _ENDED:
            return Shown.ENDED
        if record.ledger and not self._is_ours(record.ledger):
            return Shown.OTHER_LEDGER
        is_only = count == 0 or (count == 1 and self._is_ours(1))
        return Shown.CLAIMABLE if record.state in _ANSWERED or is_only else Shown.OTHER_LEDGER

    def _is_ours(self, ledger: int) -> bool:
        found = self._ours.get(ledger)
        if found is None:
            raise _bad(f"what the contract says of its ledger {ledger} is not proven")
        return found

    def _is_this(self, storage: Storage, ledger: LedgerPaths) -> bool:
        """By the client that follows this ledger, and by the id: a hub's client leads to ledgers behind it as well."""
        client = storage.word(ledger_client_slot(ledger.number), self._nodes(ledger.client))
        if not self.client.counterparty or client != keccak256(self.client.counterparty.encode()):
            return False
        expected = ledger_id_slots(ledger.number, self.ledger_id)
        for place, (slot, word) in enumerate(expected):
            if place >= len(ledger.ledger_id):
                raise _bad(f"the id of the contract's ledger {ledger.number} is proven in part only")
            if storage.word(slot, self._nodes(ledger.ledger_id[place])) != word:
                return False
        return True

    def _nodes(self, path: TriePath) -> list[bytes]:
        nodes = self.proof.nodes
        if any(place >= len(nodes) for place in path.nodes):
            raise _bad("a path names a node that the request does not have")
        return [nodes[place] for place in path.nodes]


def _bad(message: str) -> CommandRefused:
    return refuse(RefusalCode.BAD_PROOF, f"proven facts: {message}")
