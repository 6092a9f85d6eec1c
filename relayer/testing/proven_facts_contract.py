"""What every settlement ledger does with facts that come with proofs of what their contract stores, as a pytest class.

    class TestMySettlement(ProvenFactsSuite):
        @pytest_asyncio.fixture
        async def proving(self) -> AsyncIterator[ProvenFactsBench]: ...

Each test uses an issuer of its own, so that all of them may share a ledger.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from relayer.codes.facts import FactCode, FactStatus
from relayer.codes.settlement import RefusalCode
from relayer.errors import LedgerRefused
from relayer.facts.codec import fact_hash, fact_id, liability_id
from relayer.facts.contract_slots import FactState
from relayer.facts.proving import FactProof, TriePath
from relayer.facts.schema import Fact
from relayer.facts.signing import SignedFacts, sign_facts
from relayer.facts.ways import ALL_WAYS, Way
from relayer.ports.settlement import SettlementService
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.facts import ProvenFacts
from relayer.settlement.model.issuers import BindContract, IssuingState, ProvenContract, ReleaseContract, RemoveIssuer
from relayer.testing.factories import BUSINESS_CHAIN_ID
from relayer.testing.ledger_contract import pytest
from relayer.testing.signed_facts_contract import SignedFactsBench, SigningSystem, a_system


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenFactsBench:
    """A settlement ledger with a light client of a contract ledger, on which there is a BusinessFacts contract that knows
    the settlement ledger as its number 1, and no other one."""

    operator: SettlementService
    courier: SettlementService
    """Whoever delivers, with an account of its own or any access token."""
    client_id: str
    contract: bytes
    put: Callable[[Fact, FactState, int], None]
    """A fact in a state, sent to the ledger with this number; 0: to none."""
    prove: Callable[[Sequence[Fact], bytes], Awaitable[FactProof]]
    """What the contract stores of facts of an issuer, in a new block that the light client knows."""

    @property
    def name(self) -> ProvenContract:
        """As it is bound."""
        return ProvenContract(self.client_id, self.contract)


class ProvenFactsSuite:
    """Run it with a fixture `proving`."""

    async def test_a_proven_fact_becomes_one_liability_and_says_where_it_came_from(self, proving: ProvenFactsBench) -> None:
        system = await _system(proving)
        facts = [_minted(proving, system, number) for number in (1, 2, 3)]
        proof = await proving.prove(facts, system.issuer.account)
        answers = await proving.courier.record_facts(proof)

        assert [each.code for each in answers] == [FactCode.OK] * 3
        for fact, answer in zip(facts, answers, strict=True):
            found = await proving.courier.liability_of_fact(fact.fact_id)
            assert found is not None
            assert answer.status is FactStatus.ACCEPTED
            assert (answer.liability_id, answer.sequence, answer.head_hash) == (
                liability_id(fact.fact_id, fact_hash(fact)),
                found.sequence,
                found.head_hash,
            )
            origin = found.origin
            assert isinstance(origin, ProvenFacts)
            assert (origin.chain_id, origin.contract, origin.issuer) == (
                BUSINESS_CHAIN_ID,
                proving.contract,
                system.issuer.account,
            )
            assert (origin.client_id, origin.proof_height) == (proving.client_id, proof.height)
            assert origin.height > 0
            assert origin.transaction

    async def test_one_fact_by_two_ways_is_one_liability(self, proving: ProvenFactsBench) -> None:
        system = await _system(proving)
        first, second = _minted(proving, system, 1), _minted(proving, system, 2)
        (proven,) = await proving.courier.record_facts(await proving.prove([first], system.issuer.account))
        (signed,) = await proving.courier.record_facts(_signed(proving, system, first))
        assert signed == replace(proven, code=FactCode.DUPLICATE)
        (signed,) = await proving.courier.record_facts(_signed(proving, system, second))
        (proven,) = await proving.courier.record_facts(await proving.prove([second], system.issuer.account))
        assert proven == replace(signed, code=FactCode.DUPLICATE)

    async def test_a_fact_that_the_contract_does_not_hold_is_refused_and_the_others_go_on(
        self, proving: ProvenFactsBench
    ) -> None:
        system = await _system(proving)
        held = _minted(proving, system, 1)
        altered = replace(_minted(proving, system, 2), net=1)
        never = _fact(proving, system, 3)
        proof = await proving.prove([altered, never, held], system.issuer.account)
        answers = await proving.courier.record_facts(proof)
        assert [each.code for each in answers] == [FactCode.BAD_HASH, FactCode.BAD_HASH, FactCode.OK]

    async def test_a_fact_that_has_ended_or_is_another_ledgers_is_refused(self, proving: ProvenFactsBench) -> None:
        system = await _system(proving)
        cancelled = _minted(proving, system, 1, FactState.CANCELLED)
        rejected = _minted(proving, system, 2, FactState.REJECTED, 1)
        sent = _minted(proving, system, 3, FactState.SENT, 1)
        answers = await proving.courier.record_facts(await proving.prove([cancelled, rejected, sent], system.issuer.account))
        ended = FactCode.ENDED_ON_CONTRACT
        assert [each.code for each in answers] == [ended, ended, FactCode.OK]

    async def test_a_forged_proof_records_nothing(self, proving: ProvenFactsBench) -> None:
        system = await _system(proving)
        fact = _minted(proving, system, 1)
        proof = await proving.prove([fact], system.issuer.account)
        paths = proof.facts[0]
        bad, unknown = RefusalCode.BAD_PROOF, RefusalCode.HEIGHT_UNKNOWN
        for code, forged in (
            (bad, replace(proof, account=TriePath(proof.account.nodes[:-1]))),
            (bad, replace(proof, facts=(replace(paths, record=TriePath(paths.record.nodes[:-1])),))),
            (bad, replace(proof, facts=(replace(paths, record=paths.fact_hash),))),
            (bad, replace(proof, nodes=(*proof.nodes[:-1], proof.nodes[-1] + b"\0"))),
            (bad, replace(proof, ledgers=())),
            (unknown, replace(proof, height=proof.height + 1_000_000)),
        ):
            with pytest.raises(LedgerRefused) as refused:
                await proving.courier.record_facts(forged)
            assert refused.value.code == f"settlement/{code.value}"
        assert await proving.courier.liability_of_fact(fact.fact_id) is None

    async def test_a_contract_counts_while_an_operator_has_bound_it(self, proving: ProvenFactsBench) -> None:
        system = await _system(proving)
        fact = _minted(proving, system, 1)
        proof = await proving.prove([fact], system.issuer.account)
        release = ReleaseContract(
            request_id=f"release {system.issuer}",
            actor=OPERATOR,
            client_id=proving.client_id,
            contract=proving.contract,
        )
        await proving.operator.execute(release)
        with pytest.raises(LedgerRefused) as refused:
            await proving.courier.record_facts(proof)
        assert refused.value.code == f"settlement/{RefusalCode.CONTRACT_NOT_BOUND.value}"
        await _bind(proving)
        (answer,) = await proving.courier.record_facts(proof)
        assert answer.code is FactCode.OK

    async def test_the_way_must_be_agreed_and_an_issuers_end_counts_by_its_sequence(self, proving: ProvenFactsBench) -> None:
        signed_only = await _system(proving, ways=(Way.PUSHED,))
        fact = _minted(proving, signed_only, 1)
        (answer,) = await proving.courier.record_facts(await proving.prove([fact], signed_only.issuer.account))
        assert answer.code is FactCode.WAY_NOT_AGREED

        system = await _system(proving)
        before, after = _minted(proving, system, 1), _minted(proving, system, 2)
        await proving.operator.execute(
            RemoveIssuer(request_id=f"end {system.issuer}", actor=OPERATOR, issuer=system.issuer, last_sequence=1)
        )
        answers = await proving.courier.record_facts(await proving.prove([before, after], system.issuer.account))
        assert [each.code for each in answers] == [FactCode.OK, FactCode.ISSUER_NOT_AUTHORISED]


async def _system(bench: ProvenFactsBench, *, ways: tuple[Way, ...] = ALL_WAYS) -> SigningSystem:
    await _bind(bench)
    return await a_system(SignedFactsBench(operator=bench.operator, courier=bench.courier), ways=ways)


async def _bind(bench: ProvenFactsBench) -> None:
    rights = await bench.operator.issuing_rights()
    said = {each.name: each for each in rights.contracts}.get(bench.name)
    if said is None or said.state is IssuingState.ENDED:
        request = f"bind {bench.name} {said.sequence if said else 0}"
        await bench.operator.execute(
            BindContract(request_id=request, actor=OPERATOR, client_id=bench.client_id, contract=bench.contract)
        )


def _fact(bench: ProvenFactsBench, system: SigningSystem, sequence: int) -> Fact:
    name = fact_id(BUSINESS_CHAIN_ID, bench.contract, system.issuer.account, sequence)
    return replace(system.fact(sequence), fact_id=name)


def _minted(
    bench: ProvenFactsBench, system: SigningSystem, sequence: int, state: FactState = FactState.MINTED, ledger: int = 0
) -> Fact:
    fact = _fact(bench, system, sequence)
    bench.put(fact, state, ledger)
    return fact


def _signed(bench: ProvenFactsBench, system: SigningSystem, fact: Fact) -> SignedFacts:
    return sign_facts(
        system.key, system.ledger, way=Way.PULLED, chain_id=BUSINESS_CHAIN_ID, contract=bench.contract, facts=[fact]
    )
