"""What every settlement ledger does with facts that their issuer signed, as a pytest class over its SettlementService.

    class TestMySettlement(SignedFactsSuite):
        @pytest_asyncio.fixture
        async def signing(self) -> AsyncIterator[SignedFactsBench]: ...

A test that cannot be repeated on the same ledger would hide what a second delivery does, so each uses an issuer of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from secrets import token_bytes

from relayer.codes.facts import FactCode, FactStatus
from relayer.codes.settlement import RefusalCode
from relayer.errors import LedgerRefused
from relayer.facts.codec import FactAnswer, fact_hash, fact_id, liability_id
from relayer.facts.schema import Fact, party_id
from relayer.facts.signing import SignedFacts, checked_identity, contract_of_system, issuer_of_key, sign_facts
from relayer.facts.ways import Way
from relayer.ports.settlement import SettlementService
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.facts import PulledFacts, PushedFacts
from relayer.settlement.model.issuers import BindIssuer, Issuer, RemoveIssuer
from relayer.settlement.model.liabilities import Liability
from relayer.settlement.model.parties import Agreement, CurrencyTerms, Party, RecordAgreement, RegisterParty
from relayer.testing.factories import BUSINESS_CHAIN_ID, a_fact
from relayer.testing.ledger_contract import pytest

CREDITOR, DEBTOR, THIRD = "DE*SGA", "DE*SGB", "DE*SGC"
SYSTEM = "bookings"
CONTRACT = contract_of_system(SYSTEM)
_REFUSED = f"settlement/{RefusalCode.BAD_SIGNATURE.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedFactsBench:
    """`operator` may register parties and bind issuers; `courier` is whoever delivers, with an account of its own or any
    access token."""

    operator: SettlementService
    courier: SettlementService


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningSystem:
    """A business system with the key of its issuer, and the ledger that it signs for."""

    bench: SignedFactsBench
    key: bytes
    ledger: bytes

    @property
    def issuer(self) -> Issuer:
        """The account of its key."""
        return Issuer(BUSINESS_CHAIN_ID, issuer_of_key(self.key))

    def fact(self, sequence: int = 1, *, debtor: str = DEBTOR, net: int = 1840) -> Fact:
        """A trip that the creditor's system issues."""
        return replace(
            a_fact(sequence),
            fact_id=fact_id(BUSINESS_CHAIN_ID, CONTRACT, self.issuer.account, sequence),
            creditor=party_id(CREDITOR),
            debtor=party_id(debtor),
            net=net,
        )

    def signed(self, *facts: Fact, way: Way = Way.PUSHED, object_ids: Sequence[str] = ()) -> SignedFacts:
        """As it hands them to a courier."""
        return sign_facts(
            self.key,
            self.ledger,
            way=way,
            chain_id=BUSINESS_CHAIN_ID,
            contract=CONTRACT,
            facts=facts,
            object_ids=object_ids,
            system=SYSTEM,
            rules=bytes(range(32)) if way is Way.PULLED else b"",
        )

    async def liability(self, fact: Fact) -> Liability | None:
        """What the ledger has of it."""
        return await self.bench.courier.liability_of_fact(fact.fact_id)


async def a_system(bench: SignedFactsBench, *, ways: tuple[Way, ...] = (Way.PUSHED, Way.PULLED)) -> SigningSystem:
    """A new issuer of the creditor, and terms that accept these ways."""
    for name in (CREDITOR, DEBTOR, THIRD):
        party = Party(party_id=party_id(name), ocpi_id=name, name=f"Operator {name}", lei="", vat_id="")
        await bench.operator.execute(RegisterParty(request_id=f"party {name}", actor=OPERATOR, party=party))
    await _agree(bench.operator, ways)
    made = SigningSystem(bench=bench, key=token_bytes(32), ledger=await bench.courier.identity())
    bind = BindIssuer(request_id=f"bind {made.issuer}", actor=OPERATOR, issuer=made.issuer, party=party_id(CREDITOR))
    await bench.operator.execute(bind)
    return made


class SignedFactsSuite:
    """Run it with a fixture `signing`."""

    async def test_a_signed_fact_becomes_one_liability_and_says_where_it_came_from(self, signing: SignedFactsBench) -> None:
        system = await a_system(signing)
        pushed, pulled = system.fact(1), system.fact(2)
        first = await signing.courier.record_facts(system.signed(pushed, object_ids=("trip/1",)))
        second = await signing.courier.record_facts(system.signed(pulled, way=Way.PULLED))

        assert _codes(first, second) == [FactCode.OK, FactCode.OK]
        for fact, (answer,), kind in ((pushed, first, PushedFacts), (pulled, second, PulledFacts)):
            found = await system.liability(fact)
            assert found is not None
            assert answer.status is FactStatus.ACCEPTED
            assert (answer.liability_id, answer.sequence, answer.head_hash) == (
                liability_id(fact.fact_id, fact_hash(fact)),
                found.sequence,
                found.head_hash,
            )
            origin = found.origin
            assert isinstance(origin, PushedFacts | PulledFacts)
            assert type(origin) is kind
            assert (origin.chain_id, origin.contract, origin.issuer) == (
                BUSINESS_CHAIN_ID,
                CONTRACT,
                system.issuer.account,
            )
            assert origin.system == SYSTEM
            assert origin.object_id == ("trip/1" if kind is PushedFacts else "")
            assert origin.rules == (b"" if kind is PushedFacts else bytes(range(32)))
            assert origin.height > 0
            assert origin.transaction

    async def test_a_repeat_by_either_way_names_the_first_liability(self, signing: SignedFactsBench) -> None:
        system = await a_system(signing)
        fact = system.fact()
        (first,) = await signing.courier.record_facts(system.signed(fact))
        for way in (Way.PUSHED, Way.PULLED):
            (again,) = await signing.courier.record_facts(system.signed(fact, way=way))
            assert again == replace(first, code=FactCode.DUPLICATE)
        (other,) = await signing.courier.record_facts(system.signed(system.fact(net=1)))
        assert other.code is FactCode.BAD_HASH

    async def test_a_fact_that_is_refused_holds_up_no_other(self, signing: SignedFactsBench) -> None:
        system = await a_system(signing)
        facts = (system.fact(1), system.fact(2, net=2**100), system.fact(3, debtor=THIRD), system.fact(4), system.fact(1))
        answers = await signing.courier.record_facts(system.signed(*facts))
        assert _codes(answers) == [
            FactCode.OK,
            FactCode.BAD_TOTAL,
            FactCode.NO_AGREEMENT,
            FactCode.OK,
            FactCode.DUPLICATE,
        ]

    async def test_a_changed_request_is_refused_as_a_whole(self, signing: SignedFactsBench) -> None:
        system = await a_system(signing)
        good = system.signed(system.fact(1), system.fact(2), object_ids=("trip/1", "trip/2"))
        thief = replace(system, key=token_bytes(32))
        for wrong in (
            replace(good, facts=(system.fact(1), system.fact(2, net=1))),
            replace(good, facts=good.facts[::-1]),
            replace(good, object_ids=good.object_ids[::-1]),
            replace(good, way=Way.PULLED),
            replace(good, signature=thief.signed(*good.facts, object_ids=good.object_ids).signature),
            replace(good, signature=good.signature[:64]),
        ):
            with pytest.raises(LedgerRefused) as refused:
                await signing.courier.record_facts(wrong)
            assert refused.value.code == _REFUSED
        assert await system.liability(good.facts[0]) is None

    async def test_a_signature_for_another_ledger_is_refused(self, signing: SignedFactsBench) -> None:
        system = await a_system(signing)
        identity = await signing.courier.identity()
        assert identity == await signing.operator.identity() == checked_identity(identity)
        for other in (identity + b"0", token_bytes(32) + identity[32:]):
            with pytest.raises(LedgerRefused) as refused:
                await signing.courier.record_facts(replace(system, ledger=other).signed(system.fact()))
            assert refused.value.code == _REFUSED

    async def test_a_way_counts_once_it_is_agreed(self, signing: SignedFactsBench) -> None:
        system = await a_system(signing, ways=(Way.INTERLEDGER, Way.PULLED))
        assert _codes(await signing.courier.record_facts(system.signed(system.fact()))) == [FactCode.WAY_NOT_AGREED]
        await _agree(signing.operator, (Way.PUSHED,))
        assert _codes(await signing.courier.record_facts(system.signed(system.fact()))) == [FactCode.OK]
        pulled = system.signed(system.fact(2), way=Way.PULLED)
        assert _codes(await signing.courier.record_facts(pulled)) == [FactCode.WAY_NOT_AGREED]

    async def test_an_issuer_that_has_ended_signs_nothing_new(self, signing: SignedFactsBench) -> None:
        system = await a_system(signing)
        await signing.courier.record_facts(system.signed(system.fact(1)))
        name = f"end {system.issuer}"
        await signing.operator.execute(RemoveIssuer(request_id=name, actor=OPERATOR, issuer=system.issuer, last_sequence=9))
        answers = await signing.courier.record_facts(system.signed(system.fact(1), system.fact(2)))
        assert _codes(answers) == [FactCode.DUPLICATE, FactCode.ISSUER_NOT_AUTHORISED]

    async def test_an_account_that_belongs_to_no_party_signs_for_none(self, signing: SignedFactsBench) -> None:
        stranger = replace(await a_system(signing), key=token_bytes(32))
        answers = await signing.courier.record_facts(stranger.signed(stranger.fact()))
        assert _codes(answers) == [FactCode.ISSUER_NOT_AUTHORISED]


def _codes(*answers: Sequence[FactAnswer]) -> list[FactCode]:
    return [each.code for request in answers for each in request]


async def _agree(operator: SettlementService, ways: tuple[Way, ...]) -> None:
    agreement = Agreement(
        agreement_id=f"{DEBTOR}>{CREDITOR}",
        creditor=party_id(CREDITOR),
        debtor=party_id(DEBTOR),
        currencies=(CurrencyTerms(currency="EUR", exponent=2, open_limit=None),),
        ways=ways,
    )
    in_force = {each.agreement.agreement_id: each for each in await operator.agreements()}.get(agreement.agreement_id)
    if in_force is None or in_force.agreement != agreement:
        replaces = in_force.sequence if in_force else 0
        name = f"{agreement.agreement_id} {replaces}"
        await operator.execute(RecordAgreement(request_id=name, actor=OPERATOR, agreement=agreement, replaces=replaces))
