"""Facts with proofs of what their contract stores of them, for a settlement ledger that follows the contract ledger itself.

Whoever has the proofs may deliver them: nothing is believed of it. Proofs of one block share most of their nodes, so a
request has each node once, and a path names nodes by their places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relayer.codes.limits import MAXIMUM_SIGNED_FACTS
from relayer.errors import InvalidInput
from relayer.facts.contract_slots import (
    LEDGER_COUNT_SLOT,
    fact_hash_slot,
    ledger_client_slot,
    ledger_id_slots,
    record_slot,
)
from relayer.facts.schema import Fact
from relayer.facts.signing import SignedFacts

_ADDRESS_BYTES = 20
_HIGHEST = 2**64 - 1


@dataclass(frozen=True, slots=True)
class TriePath:
    """Nodes of a Merkle-Patricia proof (EIP-1186) from the root down, as places in FactProof.nodes."""

    nodes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactPaths:
    """A fact, with the slots of its hash and of its record (relayer.facts.contract_slots)."""

    fact: Fact
    fact_hash: TriePath
    record: TriePath


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPaths:
    """A settlement ledger that the contract knows, by its number, with the slots of its client and its id."""

    number: int
    client: TriePath
    ledger_id: tuple[TriePath, ...]
    """The one with the length first. More only for an id of at least 32 bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactProof:
    """1 to 1,000 facts of one issuer. Raises InvalidInput for what no ledger takes; whether the proofs hold is for the
    ledger's light client to say."""

    client_id: str
    """The settlement ledger's client of the contract ledger."""
    height: int
    """Block of the contract ledger whose state is proven."""
    contract: bytes
    issuer: bytes
    nodes: tuple[bytes, ...]
    account: TriePath
    ledger_count: TriePath
    ledgers: tuple[LedgerPaths, ...]
    """Those that the facts were sent to, and the only one there is; ascending."""
    facts: tuple[FactPaths, ...]

    def __post_init__(self) -> None:
        if not self.client_id or not 0 < self.height <= _HIGHEST:
            raise InvalidInput("proven facts: expected the client's id and the height of a block")
        if len(self.contract) != _ADDRESS_BYTES or len(self.issuer) != _ADDRESS_BYTES:
            raise InvalidInput("proven facts: contract and issuer are addresses of 20 bytes")
        if not 1 <= len(self.facts) <= MAXIMUM_SIGNED_FACTS:
            raise InvalidInput(f"proven facts: expected 1 to {MAXIMUM_SIGNED_FACTS} facts, not {len(self.facts)}")
        numbers = [each.number for each in self.ledgers]
        if numbers != sorted(set(numbers)) or (numbers and numbers[0] < 1):
            raise InvalidInput("proven facts: the ledgers have numbers from 1, each once and ascending")


FactsRequest = SignedFacts | FactProof
"""What a settlement ledger is asked to record without a packet."""


class NodePool:
    """The nodes of one request, each once, in the order in which they were first needed."""

    def __init__(self) -> None:
        self._places: dict[bytes, int] = {}

    def path(self, nodes: Sequence[bytes]) -> TriePath:
        """The places of a proof's nodes."""
        return TriePath(tuple(self._places.setdefault(node, len(self._places)) for node in nodes))

    @property
    def nodes(self) -> tuple[bytes, ...]:
        """All of them."""
        return tuple(self._places)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotProofs:
    """What a node has proven of one contract in one block: nodes from the root down, of its account and of each slot."""

    account: Sequence[bytes]
    slots: Mapping[bytes, Sequence[bytes]]


def slots_of_facts(facts: Sequence[Fact]) -> list[bytes]:
    """The slots that a proof of these facts needs, whatever their contract says."""
    return [
        LEDGER_COUNT_SLOT,
        *(slot for each in facts for slot in (fact_hash_slot(each.fact_id), record_slot(each.fact_id))),
    ]


def slots_of_ledger(number: int, ledger_id: str) -> list[bytes]:
    """The slots that show whether the contract's ledger with this number is the one with this id."""
    return [ledger_client_slot(number), *(slot for slot, _ in ledger_id_slots(number, ledger_id))]


def make_fact_proof(
    facts: Sequence[Fact],
    proofs: SlotProofs,
    *,
    client_id: str,
    height: int,
    contract: bytes,
    issuer: bytes,
    ledgers: Sequence[int],
    ledger_id: str,
) -> FactProof:
    """The request for these facts. `ledgers`: numbers of the settlement ledgers to show; `ledger_id`: of the one that is
    asked.

    Raises InvalidInput as FactProof does.
    """
    pool = NodePool()

    def path(slot: bytes) -> TriePath:
        return pool.path(proofs.slots[slot])

    account = pool.path(proofs.account)

    def ledger(each: int) -> LedgerPaths:
        client, *text = map(path, slots_of_ledger(each, ledger_id))
        return LedgerPaths(number=each, client=client, ledger_id=tuple(text))

    return FactProof(
        client_id=client_id,
        height=height,
        contract=contract,
        issuer=issuer,
        account=account,
        ledger_count=path(LEDGER_COUNT_SLOT),
        ledgers=tuple(map(ledger, sorted(set(ledgers)))),
        facts=tuple(
            FactPaths(fact=each, fact_hash=path(fact_hash_slot(each.fact_id)), record=path(record_slot(each.fact_id)))
            for each in facts
        ),
        nodes=pool.nodes,
    )
