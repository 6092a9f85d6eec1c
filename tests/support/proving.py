"""The storage of a BusinessFacts contract as proofs show it: slots as Solidity lays them out, in a trie of py-trie's."""

from __future__ import annotations

from collections.abc import Sequence

import rlp
from trie.hexary import HexaryTrie

from relayer.facts.codec import fact_hash
from relayer.facts.contract_slots import (
    LEDGER_COUNT_SLOT,
    FactState,
    fact_hash_slot,
    ledger_client_slot,
    ledger_id_slots,
    record_slot,
)
from relayer.facts.proving import FactProof, SlotProofs, make_fact_proof, slots_of_facts, slots_of_ledger
from relayer.facts.schema import Fact
from relayer.facts.words import keccak256


class FactsStorage:
    """What the contract stores. Nodes of earlier roots stay in `nodes`."""

    def __init__(self, nodes: dict[bytes, bytes] | None = None) -> None:
        self._nodes = {} if nodes is None else nodes
        self._trie = HexaryTrie(self._nodes)
        self.ledgers: list[tuple[str, str]] = []

    @property
    def root(self) -> bytes:
        """The storage root."""
        return self._trie.root_hash

    def register(self, client_id: str, ledger_id: str) -> None:
        """One more settlement ledger, as registerLedger does."""
        self.ledgers.append((client_id, ledger_id))
        number = len(self.ledgers)
        self._set(LEDGER_COUNT_SLOT, number.to_bytes(32, "big"))
        self._set(ledger_client_slot(number), keccak256(client_id.encode()))
        for slot, word in ledger_id_slots(number, ledger_id):
            self._set(slot, word)

    def put(self, fact: Fact, state: FactState = FactState.MINTED, *, ledger: int = 0) -> Fact:
        """A fact in a state, sent to the ledger with this number."""
        self._set(fact_hash_slot(fact.fact_id), fact_hash(fact))
        fields = (fact.issuer_sequence.to_bytes(8, "big"), ledger.to_bytes(2, "big"), bytes(2), bytes([state]))
        self._set(record_slot(fact.fact_id), b"".join(fields).rjust(32, b"\0"))
        return fact

    def nodes(self, slot: bytes, root: bytes | None = None) -> list[bytes]:
        """Of the proof of a slot, below the newest root or an earlier one."""
        return nodes_of(self._trie if root is None else HexaryTrie(self._nodes, root), slot)

    def prove(
        self,
        facts: Sequence[Fact],
        account: Sequence[bytes],
        *,
        client_id: str,
        height: int,
        contract: bytes,
        issuer: bytes,
        ledger_id: str,
        root: bytes | None = None,
        ledgers: Sequence[int] | None = None,
    ) -> FactProof:
        """The request that an honest agent makes; it shows all ledgers unless they are given."""
        shown = range(1, len(self.ledgers) + 1) if ledgers is None else ledgers
        wanted = [*slots_of_facts(facts), *(slot for each in shown for slot in slots_of_ledger(each, ledger_id))]
        proofs = SlotProofs(account=account, slots={slot: self.nodes(slot, root) for slot in wanted})
        return make_fact_proof(
            facts,
            proofs,
            client_id=client_id,
            height=height,
            contract=contract,
            issuer=issuer,
            ledgers=shown,
            ledger_id=ledger_id,
        )

    def _set(self, slot: bytes, word: bytes) -> None:
        self._trie[keccak256(slot)] = rlp.encode(word.lstrip(b"\0"))


def nodes_of(trie: HexaryTrie, key: bytes) -> list[bytes]:
    """Encoded nodes from the root down; those that stand inside of their parent are not repeated."""
    nodes = [rlp.encode(node) for node in trie.get_proof(keccak256(key))]  # type: ignore[no-untyped-call]
    return [node for index, node in enumerate(nodes) if index == 0 or len(node) >= 32]
