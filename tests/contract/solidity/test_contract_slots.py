"""Proofs are about slots: where the compiled contract stores facts is where relayer.facts.contract_slots says."""

from __future__ import annotations

import pytest
from evm_harness import OWNER
from facts_bench import ISSUER, LEDGER, FactsBench
from router_bench import LOCAL

from relayer.facts.codec import fact_hash
from relayer.facts.contract_slots import (
    LEDGER_COUNT_SLOT,
    FactState,
    fact_hash_slot,
    ledger_client_slot,
    ledger_id_slots,
    read_record,
    record_slot,
)
from relayer.proofs.keccak import keccak256

LONG = "settlement-of-the-whole-consortium-1"


@pytest.fixture
def bench() -> FactsBench:
    return FactsBench()


def word(bench: FactsBench, slot: bytes) -> bytes:
    return bench.evm.storage(bench.facts.address, int.from_bytes(slot, "big")).to_bytes(32, "big")


def test_a_fact_is_stored_where_proofs_look_for_it(bench: FactsBench) -> None:
    minted, sent, cancelled = bench.mint(3)
    never = bench.fact(9)
    bench.send_facts([sent])
    bench.facts.call("cancel", 3, sender=ISSUER)
    for fact, state, ledger in (
        (minted, FactState.MINTED, 0),
        (sent, FactState.SENT, 1),
        (cancelled, FactState.CANCELLED, 0),
        (never, FactState.NONE, 0),
    ):
        record = read_record(word(bench, record_slot(fact.fact_id)))
        assert (record.state, record.ledger) == (state, ledger)
        expected = bytes(32) if fact is never else fact_hash(fact)
        assert word(bench, fact_hash_slot(fact.fact_id)) == expected


def test_settlement_ledgers_are_stored_where_proofs_look_for_them(bench: FactsBench) -> None:
    """The second one has an id that takes more than one slot."""
    bench.facts.call("registerLedger", "client-7", LONG, sender=OWNER)
    assert int.from_bytes(word(bench, LEDGER_COUNT_SLOT), "big") == 2
    for number, (client, ledger_id) in enumerate(((LOCAL, LEDGER), ("client-7", LONG)), 1):
        assert word(bench, ledger_client_slot(number)) == keccak256(client.encode())
        slots = ledger_id_slots(number, ledger_id)
        assert len(slots) == (1 if len(ledger_id) < 32 else 1 + -(-len(ledger_id) // 32))
        for slot, expected in slots:
            assert word(bench, slot) == expected
