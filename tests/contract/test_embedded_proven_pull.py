"""The agent proves facts of bound contracts to an embedded ledger, whose own light client checks them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from relayer.agent.proving import ProvenPull
from relayer.agent.values import ClaimState, NewClaim, ReferenceState, StoredClaim
from relayer.codes.facts import FactCode
from relayer.codes.settlement import RefusalCode
from relayer.errors import LedgerRefused
from relayer.facts.codec import fact_id
from relayer.facts.contract_slots import FactState
from relayer.facts.schema import Fact
from relayer.facts.ways import ALL_WAYS
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.facts import ProvenFacts
from relayer.settlement.model.issuers import BindContract, ReleaseContract
from relayer.testing.clock import ManualClock
from relayer.testing.signed_facts_contract import SignedFactsBench, a_system
from tests.support.embedded import embedded_ledger
from tests.support.evm_counterparty import CHAIN_ID, FACTS, EvmCounterparty
from tests.support.proving_bench import proving_bench


def claim_of(fact: Fact) -> StoredClaim:
    """As the agent's database has it before it is recorded."""
    return StoredClaim(
        id=fact.issuer_sequence,
        event=fact.issuer_sequence,
        contract=FACTS,
        claim=NewClaim(fact=fact, number=0, rules=b"", object_id="", document=b""),
        state=ClaimState.WAITING,
        code=None,
        detail="",
        attempts=0,
        not_before=0.0,
        liability_id=None,
        sequence=None,
        head_hash=None,
        reference=ReferenceState.NONE,
        reference_detail="",
    )


async def test_facts_of_two_issuers_are_proven_once_their_contract_is_bound_and_their_block_is_known(tmp_path: Path) -> None:
    """Without a key of either of them: the proofs alone give the right."""
    ledger = embedded_ledger(tmp_path / "ledger", ManualClock())
    await ledger.connect()
    try:
        evm = EvmCounterparty(ManualClock())
        service = ledger.settlement
        bench = await proving_bench(ledger, ManualClock(), operator=service, courier=service, evm=evm)
        signing = SignedFactsBench(operator=service, courier=service)
        systems = [await a_system(signing, ways=ALL_WAYS) for _ in range(2)]
        issuers = [each.issuer.account for each in systems for _ in range(3)]
        facts = [
            replace(system.fact(number), fact_id=fact_id(CHAIN_ID, FACTS, system.issuer.account, number))
            for system in systems
            for number in (1, 2, 3)
        ]
        for fact in facts:
            bench.put(fact, FactState.MINTED, 0)
        claims = [claim_of(fact) for fact in facts]
        pull = ProvenPull(evm, ledger, service, chain_id=CHAIN_ID)
        await pull.look()
        assert not pull.proves(FACTS), "no operator has bound it"
        bind = BindContract(request_id="bind", actor=OPERATOR, client_id=bench.client_id, contract=FACTS)
        await service.execute(bind)
        await pull.look()
        assert pull.proves(FACTS)

        behind = evm.head + 1
        with pytest.raises(LedgerRefused) as refused:
            await pull.record(FACTS, claims, issuers=issuers, blocks=[behind] * 6)
        assert refused.value.code == f"settlement/{RefusalCode.HEIGHT_UNKNOWN.value}"

        await bench.prove(facts[:1], issuers[0])  # a relayer updates the client
        for code in (FactCode.OK, FactCode.DUPLICATE):
            answers = await pull.record(FACTS, claims[::-1], issuers=issuers[::-1], blocks=[behind] * 6)
            assert [each.code for each in answers] == [code] * 6
        for fact, answer in zip(facts[::-1], answers, strict=True):
            found = await service.liability_of_fact(fact.fact_id)
            assert found is not None
            assert (found.sequence, type(found.origin)) == (answer.sequence, ProvenFacts)

        await service.execute(
            ReleaseContract(request_id="release", actor=OPERATOR, client_id=bench.client_id, contract=FACTS)
        )
        await pull.look()
        assert not pull.proves(FACTS)
    finally:
        await ledger.close()
