"""Proofs of what a BusinessFacts contract stores of facts, from a node of its ledger (eth_getProof).

Nothing is believed of the node here, and nothing is checked: the settlement ledger's light client does that. A node that
lies gets a request refused, or a fact of one's own held back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from relayer.core.ids import Height
from relayer.facts.contract_slots import LEDGER_COUNT_SLOT, read_record, record_slot
from relayer.facts.proving import FactProof, SlotProofs, make_fact_proof, slots_of_facts, slots_of_ledger
from relayer.facts.schema import Fact
from relayer.facts.words import keccak256
from relayer.ledgers.evm.errors import MalformedAnswer
from relayer.proofs.errors import ProofError
from relayer.proofs.poa_evm import mpt

FACTS_AT_ONCE = 200
"""In one request: proofs of a large contract take about 3 KB for each fact."""
_SLOTS_PER_QUERY = 100


class ProvesStorage(Protocol):
    """A node's answers about one account."""

    async def slot_proofs(
        self, address: bytes, slots: Sequence[bytes], at: Height
    ) -> tuple[Sequence[bytes], Sequence[Sequence[bytes]]]:
        """Nodes of the account's proof, and of each slot's, in their order. Raises LedgerUnavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsToProve:
    """1 to FACTS_AT_ONCE facts of one issuer of one contract, for the settlement ledger with this id and its client."""

    contract: bytes
    issuer: bytes
    facts: Sequence[Fact]
    client_id: str
    ledger_id: str


async def prove_facts(node: ProvesStorage, wanted: FactsToProve, *, at: Height) -> FactProof:
    """The request to record them, under the state of block `at`. Raises LedgerUnavailable."""
    slots = slots_of_facts(wanted.facts)
    account, found = await _proofs(node, wanted.contract, slots, at)
    ledgers = _ledgers(found, wanted.facts)
    more = [slot for each in ledgers for slot in slots_of_ledger(each, wanted.ledger_id)]
    if more:
        found |= (await _proofs(node, wanted.contract, more, at))[1]
    return make_fact_proof(
        wanted.facts,
        SlotProofs(account=account, slots=found),
        client_id=wanted.client_id,
        height=at,
        contract=wanted.contract,
        issuer=wanted.issuer,
        ledgers=ledgers,
        ledger_id=wanted.ledger_id,
    )


async def _proofs(
    node: ProvesStorage, contract: bytes, slots: Sequence[bytes], at: Height
) -> tuple[Sequence[bytes], dict[bytes, Sequence[bytes]]]:
    account: Sequence[bytes] = ()
    found: dict[bytes, Sequence[bytes]] = {}
    for first in range(0, len(slots), _SLOTS_PER_QUERY):
        part = slots[first : first + _SLOTS_PER_QUERY]
        account, nodes = await node.slot_proofs(contract, part, at)
        found |= zip(part, nodes, strict=True)
    return account, found


def _ledgers(found: dict[bytes, Sequence[bytes]], facts: Sequence[Fact]) -> list[int]:
    """Numbers of the settlement ledgers that the request must show: those of the facts, and the only one there is."""
    sent = {read_record(_word(found, record_slot(each.fact_id))).ledger for each in facts} - {0}
    only = {1} if int.from_bytes(_word(found, LEDGER_COUNT_SLOT), "big") == 1 else set()
    return sorted(sent | only)


def _word(found: dict[bytes, Sequence[bytes]], slot: bytes) -> bytes:
    """As the node's own proof has it, under whichever root it leads to."""
    nodes = found[slot]
    root = keccak256(nodes[0]) if nodes else mpt.EMPTY_TRIE_ROOT
    try:
        return mpt.verify_storage(nodes, storage_root=root, slot=slot) or bytes(32)
    except ProofError as error:
        raise MalformedAnswer(f"eth_getProof: {error}") from error
