"""A settlement ledger that follows an EVM ledger with a BusinessFacts contract, for the suite of proven facts."""

from __future__ import annotations

from collections.abc import Sequence

from relayer.app.ledgers import FullLedger
from relayer.core.ids import Height
from relayer.facts.contract_slots import FactState
from relayer.facts.proving import FactProof
from relayer.facts.schema import Fact
from relayer.ports.clock import Clock
from relayer.ports.ledger import SubmissionBatch, client_reference
from relayer.ports.prover import ClientTerms
from relayer.ports.settlement import SettlementService
from relayer.testing.proven_facts_contract import ProvenFactsBench
from tests.support.evm_counterparty import CLIENT_ID, FACTS, EvmCounterparty


async def proving_bench(
    host: FullLedger,
    clock: Clock,
    *,
    operator: SettlementService,
    courier: SettlementService,
    evm: EvmCounterparty | None = None,
) -> ProvenFactsBench:
    """With a new client, whose contract ledger knows this settlement ledger alone. `host` is connected, with all rights."""
    evm = evm or EvmCounterparty(clock)
    terms = ClientTerms(trusting_period_seconds=86_400, max_clock_drift_seconds=15)
    creation = await evm.initial_client(terms)
    client = await host.create_client(creation, counterparty_client_id=None, counterparty_merkle_prefix=())
    await host.register_counterparty(client, counterparty_client_id=CLIENT_ID, counterparty_merkle_prefix=evm.merkle_prefix)
    evm.facts.register(CLIENT_ID, host.chain_id)

    def put(fact: Fact, state: FactState, ledger: int) -> None:
        evm.facts.put(fact, state, ledger=ledger)

    async def prove(facts: Sequence[Fact], issuer: bytes) -> FactProof:
        at = evm.seal()
        update = await evm.client_update(client_reference(host, client), trusted=Height(1), target=at)
        await host.submit(SubmissionBatch(client_id=client, update=update, messages=()))
        return evm.prove_facts(facts, at=at, client_id=client, issuer=issuer, ledger_id=host.chain_id)

    return ProvenFactsBench(operator=operator, courier=courier, client_id=client, contract=FACTS, put=put, prove=prove)
