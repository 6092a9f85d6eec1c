"""Guarantees of the settlement rules over random histories: identity, idempotency, replay."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from relayer.codes.facts import FactCode, FactKind, FactStatus
from relayer.facts.codec import fact_hash, fact_id
from relayer.facts.schema import Fact, party_id
from relayer.settlement.decide import decide
from relayer.settlement.log import read_entry
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.facts import FactPacket, RecordFacts
from relayer.settlement.model.liabilities import Liability, PositionKey
from relayer.settlement.model.parties import Agreement, CurrencyTerms, Party, RecordAgreement, RegisterParty
from relayer.settlement.reader import EmptyState
from relayer.settlement.state import Overlay
from relayer.settlement.state_hash import state_hash
from relayer.testing.factories import BUSINESS_CHAIN_ID, CONTRACT, ISSUER, a_fact
from tests.support.issuing import issuing_for

PARTIES = ("DE*KCS", "DE*NBM", "AT*ATX")
ORIGIN = FactPacket(
    chain_id=BUSINESS_CHAIN_ID,
    contract=CONTRACT,
    issuer=ISSUER,
    client_id="poa-evm-0",
    packet_sequence=1,
    height=1,
    transaction="00",
)


def new_state() -> Overlay:
    state = Overlay(EmptyState())
    commands = [
        RegisterParty(
            request_id=name, party=Party(party_id=party_id(name), ocpi_id=name, name=name, lei="", vat_id=""), actor=OPERATOR
        )
        for name in PARTIES
    ]
    pairs = [(creditor, debtor) for creditor in PARTIES for debtor in PARTIES if creditor != debtor]
    agreements = [
        RecordAgreement(
            request_id=f"{creditor} {debtor}",
            agreement=Agreement(
                agreement_id=f"{creditor} {debtor}",
                creditor=party_id(creditor),
                debtor=party_id(debtor),
                currencies=(CurrencyTerms(currency="EUR", exponent=2, open_limit=10_000),),
            ),
            actor=OPERATOR,
            replaces=0,
        )
        for creditor, debtor in pairs
    ]
    for command in (*commands, *agreements, *issuing_for(*PARTIES)):
        for entry in decide(state, command, now_seconds=1_772_000_000).entries:
            state.apply(entry)
    return state


def record(state: Overlay, facts: list[Fact]) -> list[FactCode]:
    hashes = tuple(map(fact_hash, facts))
    decision = decide(state, RecordFacts(origin=ORIGIN, facts=tuple(facts), fact_hashes=hashes), now_seconds=1_772_000_000)
    for entry in decision.entries:
        state.apply(entry)
    for answer in decision.answers:
        assert (answer.status is FactStatus.ACCEPTED) == (answer.code in {FactCode.OK, FactCode.DUPLICATE})
    return [answer.code for answer in decision.answers]


@st.composite
def a_random_fact(draw: st.DrawFn) -> Fact:
    """One of twelve facts, so that facts repeat, contradict and relate to each other."""
    number = draw(st.integers(1, 12))
    names = draw(st.sampled_from([(a, b) for a in PARTIES for b in PARTIES if a != b][:3]))
    related = draw(st.sampled_from([0, *range(1, 13)]))
    related_id = fact_id(BUSINESS_CHAIN_ID, CONTRACT, ISSUER, related) if related else bytes(32)
    return replace(
        a_fact(number, creditor=names[0], debtor=names[1]),
        kind=draw(st.sampled_from(FactKind)),
        net=draw(st.sampled_from([0, 1, 500, 4_000, 2**128 - 1])),
        tax=draw(st.sampled_from([0, 1, 2**128 - 1])),
        related_fact=related_id,
    )


histories = st.lists(st.lists(a_random_fact(), min_size=1, max_size=4), max_size=12)


def position_of(liability: Liability) -> PositionKey:
    return PositionKey(liability.debtor, liability.creditor, liability.currency, liability.exponent)


@given(histories)
def test_amounts_add_up_and_positions_are_the_sums_of_what_is_open(batches: list[list[Fact]]) -> None:
    state = new_state()
    for batch in batches:
        record(state, batch)
    sums: dict = {}
    for liability in state.liabilities.values():
        parts = liability.open + liability.netted + liability.paid + liability.credited
        assert liability.amount == parts
        assert 0 <= liability.held <= liability.open
        sums[position_of(liability)] = sums.get(position_of(liability), 0) + liability.open
    for key, total in sums.items():
        assert state.open_sum(key) == total <= 10_000


@given(histories)
def test_replaying_the_log_gives_the_same_state_hash(batches: list[list[Fact]]) -> None:
    state = new_state()
    for batch in batches:
        record(state, batch)
    replayed = Overlay(EmptyState())
    for entry in state.entries:
        replayed.apply(read_entry(replayed.head(), entry.encoded))
    assert state_hash(replayed) == state_hash(state)
    assert [entry.head.sequence for entry in state.entries] == list(range(1, len(state.entries) + 1))


@given(histories, st.randoms(use_true_random=False))
def test_telling_everything_again_changes_nothing(batches: list[list[Fact]], random) -> None:
    """A fact becomes at most one liability, whatever is replayed (guarantee 1)."""
    state = new_state()
    accepted: list[Fact] = []
    for batch in batches:
        codes = record(state, batch)
        accepted += [fact for fact, code in zip(batch, codes, strict=True) if code is FactCode.OK]
    before, head = state_hash(state), state.head()
    again = accepted * 2
    random.shuffle(again)
    assert set(record(state, again)) <= {FactCode.DUPLICATE}
    assert (state_hash(state), state.head()) == (before, head)


@given(st.permutations(range(1, 8)), st.lists(st.integers(1, 7), max_size=10))
def test_order_and_duplicates_do_not_matter_for_what_is_owed(order: list[int], extra: list[int]) -> None:
    """Independent facts give the same debts in any order, told any number of times."""
    expected = new_state()
    record(expected, [a_fact(number, net=100 * number) for number in range(1, 8)])
    state = new_state()
    for number in (*order, *extra):
        record(state, [a_fact(number, net=100 * number)])
    assert state.open_sums == expected.open_sums
    amounts = {key: each.amount for key, each in state.liabilities.items()}
    assert amounts == {key: each.amount for key, each in expected.liabilities.items()}


@given(histories)
def test_cutting_a_history_into_packets_does_not_matter(batches: list[list[Fact]]) -> None:
    whole, single = new_state(), new_state()
    for batch in batches:
        record(whole, batch)
        for fact in batch:
            record(single, [fact])
    assert state_hash(whole) == state_hash(single)
