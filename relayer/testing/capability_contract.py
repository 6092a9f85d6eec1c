"""What a capability of a ledger must do, one pytest class each, to be added to the class that runs LedgerContractSuite.

    class TestMyLedger(LedgerContractSuite, PricedSuite, CheckedSuite): ...

LedgerContractSuite holds that a ledger offers exactly the capabilities whose suites are run over it.
"""

from __future__ import annotations

from typing import ClassVar, TypeVar, cast

from relayer.core.ids import ClientId
from relayer.errors import LedgerRefused
from relayer.facts.codec import PORT
from relayer.ports.capabilities import (
    BindsPorts,
    Checked,
    PairsAtCreation,
    Priced,
    TrustsChains,
    TrustsClients,
    Vouched,
    capability,
)
from relayer.ports.ledger import ClientHost, Outcome
from relayer.ports.prover import ClientTerms
from relayer.testing.ledger_contract import LedgerBench, damaged, pytest, receives, send

_C = TypeVar("_C")
_TERMS = ClientTerms(trusting_period_seconds=14 * 86_400, max_clock_drift_seconds=30)


def _offered(bench: LedgerBench, kind: type[_C]) -> _C:
    found = capability(bench.operated or bench.subject.ledger, kind)
    assert found is not None, f"the ledger does not offer {kind.__name__}"
    return found


class PricedSuite:
    """Submissions are paid for from an account, and can be priced beforehand."""

    shows: ClassVar[type] = Priced

    async def test_a_submission_costs_what_its_receipt_says(self, bench: LedgerBench) -> None:
        priced = capability(bench.subject.ledger, Priced)
        assert priced is not None
        batch = await receives(bench.counterparty, bench.subject, [await send(bench.counterparty, bench)])
        before = await priced.balance()
        quote = await priced.quote(batch)
        assert await priced.balance() == before, "a quote costs nothing"
        receipt = await bench.subject.ledger.submit(batch)
        assert [each.outcome for each in receipt.results] == [Outcome.DELIVERED], "a quote delivers nothing"
        assert before - await priced.balance() == receipt.fee
        assert 0 < receipt.gas <= quote.gas
        assert receipt.fee <= quote.fee
        assert quote.transactions == len(receipt.transactions)
        assert quote.refusals == (None,)

    async def test_a_quote_names_what_would_be_refused(self, bench: LedgerBench) -> None:
        priced = capability(bench.subject.ledger, Priced)
        assert priced is not None
        packets = [await send(bench.counterparty, bench) for _ in range(2)]
        batch = await receives(bench.counterparty, bench.subject, packets)
        quote = await priced.quote(damaged(batch, 1))
        assert quote.refusals[0] is None
        refusal = quote.refusals[1]
        assert refusal is not None
        assert refusal.outcome is Outcome.REFUSED
        assert refusal.code


class VouchedSuite:
    """Headers need signatures of others."""

    shows: ClassVar[type] = Vouched

    async def test_enough_of_them_answer(self, bench: LedgerBench) -> None:
        vouching = await _offered(bench, Vouched).vouching()
        assert 1 <= vouching.threshold <= len(vouching.vouchers)
        assert all(each.name and each.endpoint for each in vouching.vouchers)
        assert len({each.name for each in vouching.vouchers}) == len(vouching.vouchers)
        vouching.require_enough()


class TrustsClientsSuite:
    """Facts count only through clients that an operator trusts. The bench's `operated` has the operator's rights."""

    shows: ClassVar[type] = TrustsClients

    async def test_a_client_is_trusted_and_distrusted(self, bench: LedgerBench) -> None:
        trusting = _offered(bench, TrustsClients)
        client = bench.subject.client
        for _ in range(2):
            await trusting.trust_client(client)
            assert await trusting.trusts_client(client)
        assert not await trusting.trusts_client(ClientId("unknown-client-99"))
        for _ in range(2):
            await trusting.distrust_client(client)
            assert not await trusting.trusts_client(client)


class BindsPortsSuite:
    """Facts come from one port of the counterparty. The bench's `operated` has the operator's rights."""

    shows: ClassVar[type] = BindsPorts

    async def test_a_client_is_bound_to_one_port_for_good(self, bench: LedgerBench) -> None:
        binding = _offered(bench, BindsPorts)
        client = bench.subject.client
        before = await binding.bound_port(client)
        for _ in range(2):
            await binding.bind_port(client, before)
        with pytest.raises(LedgerRefused):
            await binding.bind_port(client, "another-port")
        assert await binding.bound_port(client) == before
        assert await binding.bound_port(ClientId("unknown-client-99")) == PORT


class TrustsChainsSuite:
    """Facts come from the chains that an operator lists. The bench's `operated` has the operator's rights."""

    shows: ClassVar[type] = TrustsChains

    async def test_a_list_of_chains_takes_the_place_of_the_one_before(self, bench: LedgerBench) -> None:
        trusting = _offered(bench, TrustsChains)
        client = bench.subject.client
        for chains in (("1337", "10000"), ("1338",), ("1338",)):
            await trusting.trust_chains(client, chains)
            assert tuple(await trusting.trusted_chains(client)) == chains
        for wrong in ((), ("10000", "1337"), ("1337", "1337")):
            with pytest.raises(LedgerRefused):
                await trusting.trust_chains(client, wrong)
        assert tuple(await trusting.trusted_chains(client)) == ("1338",)
        assert not await trusting.trusted_chains(ClientId("07-tendermint-99"))


class PairsAtCreationSuite:
    """A client is paired when it is created. The bench's `operated` may create clients."""

    shows: ClassVar[type] = PairsAtCreation

    async def test_the_next_client_has_the_id_that_was_announced(self, bench: LedgerBench) -> None:
        host = bench.operated or bench.subject.ledger
        creating = cast("ClientHost", host)
        expected = await _offered(bench, PairsAtCreation).next_client_id()
        creation = await bench.counterparty.prover.initial_client(_TERMS)
        theirs = ClientId("other-client-9")
        prefix = bench.counterparty.ledger.merkle_prefix
        created = await creating.create_client(creation, counterparty_client_id=theirs, counterparty_merkle_prefix=prefix)
        assert created == expected
        assert (await host.client_status(created)).counterparty_client_id == theirs
        assert await _offered(bench, PairsAtCreation).next_client_id() != expected


class CheckedSuite:
    """`relayer check` has parts of the ledger's own to look at."""

    shows: ClassVar[type] = Checked

    async def test_each_part_is_said_to_be_well(self, bench: LedgerBench) -> None:
        lines = [line async for line in _offered(bench, Checked).checks()]
        assert lines
        assert [line for line in lines if not line.good] == []
        assert all(line.subject and line.found for line in lines)
