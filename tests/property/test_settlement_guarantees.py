"""The guarantees of the settlement ledger by their names, over histories of facts, payments, disputes and cycles."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relayer.codes.facts import FactKind
from relayer.codes.settlement import RefusalCode
from relayer.settlement.errors import CommandRefused
from relayer.settlement.log import make_entry, next_head, read_entry
from relayer.settlement.model.acts import EMPTY_LOG, OPERATOR, UnitKey
from relayer.settlement.model.commands import Command
from relayer.settlement.model.cycles import AbortCycle, CommitCycle, CyclePlan, CycleState, ExpireCycle
from relayer.settlement.model.disputes import LapseDispute, OpenDispute, ReleaseDispute, UpholdDispute, WriteOff
from relayer.settlement.model.liabilities import Liability
from relayer.settlement.model.parties import Consent
from relayer.settlement.model.payments import (
    Evidence,
    EvidenceKind,
    ExpirePayment,
    FinalisePayment,
    InstructPayment,
    MarkPaymentPending,
    ReturnPayment,
)
from relayer.settlement.netting.errors import NettingRefused
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.postings import OPEN, Account
from relayer.settlement.reader import EmptyState
from relayer.settlement.rules.eligible import Scope, eligible_claims
from relayer.settlement.rules.plans import check_plan
from relayer.settlement.state import Overlay
from relayer.settlement.state_hash import state_hash
from relayer.settlement.statement import Movement, make_statement
from tests.support.settlement_bench import PARTIES, START, SettlementBench, fingerprint

UNITS = (UnitKey("EUR", 2), UnitKey("JPY", 0), UnitKey("KWD", 3))
NAMES = ("NBM", "KCS", "ROL", "VLT")
MODES = tuple(NettingMode)
FACTS = 9
"""Kinds of steps that record a fact; those behind them are ACTIONS."""
KINDS = FACTS + 14
unhurried = settings(deadline=None, max_examples=40)


class Step(NamedTuple):
    """One thing that is tried; the numbers choose among what there is."""

    what: int
    who: int
    whom: int
    amount: int
    which: int


steps = st.builds(
    Step, st.integers(0, KINDS - 1), st.integers(0, 3), st.integers(0, 3), st.integers(1, 40), st.integers(0, 5)
)


def busy(seed: int, length: int) -> list[Step]:
    """Histories in which much happens, which lists that grow from nothing seldom are."""
    source = random.Random(seed)

    def step(what: int) -> Step:
        who, whom = source.sample(range(4), 2)
        return Step(what, who, whom, source.randint(1, 40), source.randrange(6))

    return [step(1) for _ in range(12)] + [step(source.randrange(KINDS)) for _ in range(length)]


histories = st.one_of(
    st.lists(steps, min_size=5, max_size=45),
    st.builds(busy, st.integers(0, 2**16), st.integers(20, 40)),
    st.builds(busy, st.integers(0, 2**32), st.integers(40, 80)),
)


class Player:
    """Plays histories. What the rules refuse must have changed nothing; what they take must leave the books in order."""

    def __init__(self) -> None:
        self.bench = SettlementBench()
        self.committed: list[tuple[CyclePlan, dict[bytes, Liability]]] = []
        self._numbers = 0

    @property
    def state(self) -> Overlay:
        return self.bench.state

    def play(self, history: list[Step]) -> Player:
        for step in history:
            if step.what < FACTS:
                self._fact(step)
            else:
                self._attempt(ACTIONS[step.what - FACTS](self, step))
            self.bench.now += step.amount * 7
        self.bench.check()
        return self

    def name(self, prefix: str) -> str:
        self._numbers += 1
        return f"{prefix}-{self._numbers}"

    def liability(self, step: Step) -> Liability | None:
        listed = list(self.state.liabilities.values())
        return listed[step.which * 7 % len(listed)] if listed else None

    def _fact(self, step: Step) -> None:
        debtor, creditor = NAMES[step.who], NAMES[step.whom]
        related = self.liability(step) if step.what == 0 else None
        self.bench.record(
            debtor,
            creditor,
            step.amount,
            unit=UNITS[0 if step.which < 4 else step.which - 3],
            due=START + 100 * step.which,
            service_end=self.bench.now - step.which,
            kind=FactKind.CREDIT_NOTE if related else FactKind.TRIP_COMPLETED,
            related=related.fact_id if related else bytes(32),
        )

    def _attempt(self, command: Command | None) -> None:
        if command is None:
            return
        before, liabilities = fingerprint(self.state), dict(self.state.liabilities)
        try:
            self.bench.execute(command)
        except CommandRefused:
            assert fingerprint(self.state) == before
            return
        if isinstance(command, CommitCycle):
            cycle = self.state.cycle(command.cycle_id)
            assert cycle is not None
            self.committed.append((cycle.plan, liabilities))


def _instruct(player: Player, step: Step) -> Command:
    return InstructPayment(
        request_id=player.name("r"),
        actor=PARTIES[NAMES[step.who]],
        payment_id=player.name("P"),
        debtor=PARTIES[NAMES[step.who]],
        creditor=PARTIES[NAMES[step.whom]],
        currency="EUR",
        exponent=2,
        amount=step.amount,
        cycle_id="",
        expires_at_seconds=player.bench.now + 5000,
    )


def _payment(player: Player, step: Step) -> Command | None:
    listed = list(player.state.payments.values())
    if not listed:
        return None
    order = listed[step.whom % len(listed)].order
    evidence = Evidence(
        kind=EvidenceKind.TRANSACTION, reference=player.name("E"), amount=order.amount, currency=order.currency
    )
    head = {"request_id": player.name("r"), "actor": OPERATOR, "payment_id": order.payment_id}
    return (
        FinalisePayment(**head, evidence=evidence),
        ReturnPayment(**head, evidence=evidence),
        MarkPaymentPending(**head),
        ExpirePayment(**head),
    )[step.which % 4]


def _dispute(player: Player, step: Step) -> Command | None:
    liability = player.liability(step)
    return liability and OpenDispute(
        request_id=player.name("r"),
        actor=liability.debtor,
        dispute_id=player.name("D"),
        fact_id=liability.fact_id,
        amount=step.amount,
        reason="contested",
        deadline_seconds=player.bench.now + 5000,
    )


def _close_dispute(player: Player, step: Step) -> Command | None:
    listed = list(player.state.disputes.values())
    if not listed:
        return None
    claim = listed[step.whom % len(listed)].claim
    head = {"request_id": player.name("r"), "actor": OPERATOR, "dispute_id": claim.dispute_id}
    return (
        ReleaseDispute(**head),
        UpholdDispute(**head, credited=min(step.amount, claim.share.amount)),
        LapseDispute(**head),
    )[step.which % 3]


def _write_off(player: Player, step: Step) -> Command | None:
    liability = player.liability(step)
    return liability and WriteOff(
        request_id=player.name("r"),
        actor=liability.creditor,
        fact_id=liability.fact_id,
        amount=step.amount,
        reason="goodwill",
    )


def _consent(player: Player, step: Step) -> Command:
    """All of them agree, or one takes it back."""
    party, consent = PARTIES[NAMES[step.who]], Consent.GIVEN if step.which else Consent.WITHDRAWN
    for name in NAMES if step.which else ():
        other = PARTIES[name]
        player.bench.execute(replace(player.bench.consent(other, consent), request_id=player.name("r")))
    return replace(player.bench.consent(party, consent), request_id=player.name("r"))


def _propose(player: Player, step: Step) -> Command:
    return player.bench.proposal(player.name("C"), mode=MODES[step.which % 3])


def _commit(player: Player, step: Step) -> Command | None:
    """Verified first, if it has not been."""
    _verify_any(player)
    return _end(CommitCycle)(player, step)


def _verify_any(player: Player) -> None:
    """The first proposal that still holds, if none is verified."""
    for cycle in list(player.state.cycles.values()):
        if player.state.unit_cycles(UNITS[0]).running:
            return
        if cycle.state is CycleState.PROPOSED and player.bench.now < cycle.plan.expires_at_seconds:
            with suppress(CommandRefused):
                player.bench.verify(cycle.plan.cycle_id)


def _end(kind: type[CommitCycle | AbortCycle | ExpireCycle]) -> Callable[[Player, Step], Command | None]:
    def make(player: Player, _step: Step) -> Command | None:
        proposed = [name for name, each in player.state.cycles.items() if each.state is CycleState.PROPOSED]
        running = player.state.unit_cycles(UNITS[0]).running or (proposed[0] if proposed else None)
        return running and kind(request_id=player.name("r"), actor=OPERATOR, cycle_id=running)

    return make


ACTIONS = (
    _instruct,
    _instruct,
    _payment,
    _payment,
    _payment,
    _dispute,
    _close_dispute,
    _write_off,
    _consent,
    _propose,
    _propose,
    _commit,
    _commit,
    lambda player, step: _end(AbortCycle if step.which else ExpireCycle)(player, step),
)

assert len(ACTIONS) == KINDS - FACTS

played = histories.map(lambda history: Player().play(history))


def netted(player: Player, mode: NettingMode) -> tuple[CyclePlan, dict[bytes, Liability]] | None:
    """A committed cycle over whatever is left, with the liabilities before it; None if there is nothing to set off."""
    bench = player.bench
    running = player.state.unit_cycles(UNITS[0]).running
    if running:
        bench.execute(AbortCycle(request_id=player.name("r"), actor=OPERATOR, cycle_id=running))
    bench.execute(_consent(player, Step(0, 0, 0, 1, 1)))
    before = dict(player.state.liabilities)
    try:
        bench.run_cycle("final", mode=mode)
    except CommandRefused as refused:
        if refused.code is not RefusalCode.NOTHING_TO_NET:
            raise
        return None
    cycle = player.state.cycle("final")
    assert cycle is not None
    return cycle.plan, before


def open_by_pair(liabilities: dict[bytes, Liability]) -> Counter[tuple[bytes, bytes, str]]:
    found: Counter[tuple[bytes, bytes, str]] = Counter()
    for each in liabilities.values():
        found[each.debtor, each.creditor, each.currency] += each.open
    return found


def payable_and_receivable(liabilities: dict[bytes, Liability], currency: str) -> dict[bytes, tuple[int, int]]:
    payable, receivable = Counter[bytes](), Counter[bytes]()
    for (debtor, creditor, of), amount in open_by_pair(liabilities).items():
        if of == currency:
            payable[debtor] += amount
            receivable[creditor] += amount
    return {party: (payable[party], receivable[party]) for party in PARTIES.values()}


@unhurried
@given(played, st.sampled_from(MODES))
def test_g1_a_cycle_leaves_every_net_position_of_the_ledger(player: Player, mode: NettingMode) -> None:
    before = player.bench.net_positions()
    netted(player, mode)
    assert player.bench.net_positions() == before


@unhurried
@given(played, st.sampled_from([NettingMode.BILATERAL, NettingMode.CYCLE]))
def test_g2_no_debt_of_the_ledger_grows_or_appears(player: Player, mode: NettingMode) -> None:
    before = open_by_pair(player.state.liabilities)
    netted(player, mode)
    after = open_by_pair(player.state.liabilities)
    assert all(0 <= amount <= before[pair] for pair, amount in after.items())


@unhurried
@given(played, st.sampled_from(MODES))
def test_g3_payables_and_receivables_of_each_party_fall_by_the_same_amount(player: Player, mode: NettingMode) -> None:
    before = payable_and_receivable(player.state.liabilities, "EUR")
    netted(player, mode)
    for party, (payable, receivable) in payable_and_receivable(player.state.liabilities, "EUR").items():
        assert before[party][0] - payable == before[party][1] - receivable >= 0


@unhurried
@given(played, st.sampled_from(MODES))
def test_g4_a_cycle_touches_no_other_currency(player: Player, mode: NettingMode) -> None:
    before = {each.fact_id: each for each in player.state.liabilities.values() if each.currency != "EUR"}
    netted(player, mode)
    assert before == {each.fact_id: each for each in player.state.liabilities.values() if each.currency != "EUR"}


@unhurried
@given(played)
def test_g5_every_amount_is_an_integer(player: Player) -> None:
    for each in player.state.liabilities.values():
        amounts = (each.amount, each.open, each.netted, each.paid, each.credited, each.held)
        assert {type(amount) for amount in amounts} == {int}
    assert all(type(posting.amount) is int for posting in player.state.postings)


@unhurried
@given(played, st.sampled_from(MODES))
def test_g6_only_eligible_liabilities_take_part(player: Player, mode: NettingMode) -> None:
    player.bench.agree("NBM", "KCS", currencies={"JPY": 0})
    done = netted(player, mode)
    if done is None:
        return
    plan, before = done
    by_sequence = {each.sequence: each for each in before.values()}
    for share in plan.shares:
        each = by_sequence[share.liability]
        assert 0 < share.amount <= each.free
        assert each.service_end <= plan.cut_off_seconds
        assert each.due_date <= plan.value_date_seconds
        assert (each.debtor, each.creditor) != (PARTIES["NBM"], PARTIES["KCS"]) or each.kind is None


@unhurried
@given(played, st.sampled_from(MODES))
def test_g6_a_debt_takes_no_part_in_a_mode_that_its_agreement_leaves_out(player: Player, mode: NettingMode) -> None:
    player.bench.agree("NBM", "KCS", modes=tuple(each for each in MODES if each is not mode))
    done = netted(player, mode)
    if done is None:
        return
    plan, before = done
    by_sequence = {each.sequence: each for each in before.values()}
    for share in plan.shares:
        each = by_sequence[share.liability]
        assert (each.debtor, each.creditor) != (PARTIES["NBM"], PARTIES["KCS"]) or each.kind is None


@unhurried
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 50)), max_size=20), st.randoms())
def test_g7_debts_recorded_in_any_order_clear_the_same(debts: list[tuple[int, int, int]], chance) -> None:
    results = []
    for _ in range(2):
        bench = SettlementBench()
        for debtor, creditor, amount in debts:
            if debtor != creditor:
                bench.owe(NAMES[debtor], NAMES[creditor], amount)
        network = bench.network()
        results.append((network, bench.proposal("one").proof))
        chance.shuffle(debts)
    assert results[0] == results[1]


@unhurried
@given(played, st.sampled_from(MODES), st.integers(-3, 3), st.data())
def test_g8_a_plan_proves_itself_and_no_forged_one_does(
    player: Player, mode: NettingMode, change: int, data: st.DataObject
) -> None:
    done = netted(player, mode)
    if done is None:
        return
    plan, _ = done
    check_plan(plan)
    row = data.draw(st.integers(0, len(plan.shares) - 1))
    share = plan.shares[row]
    forged = [
        replace(plan, remaining=plan.remaining + (change or 1)),
        replace(plan, gross=plan.gross + (change or 1)),
        replace(plan, shares=(*plan.shares[:row], share._replace(amount=share.amount + 1), *plan.shares[row + 1 :])),
        replace(plan, debts=plan.debts[:-1]),
        replace(plan, debts_hash=bytes(32)),
    ]
    for each in forged:
        with pytest.raises(NettingRefused):
            check_plan(each)


@unhurried
@given(played, st.sampled_from(MODES))
def test_g9_a_cycle_is_atomic_and_idempotent_by_its_id(player: Player, mode: NettingMode) -> None:
    done = netted(player, mode)
    if done is None:
        return
    plan, before = done
    cleared = Counter({share.liability: share.amount for share in plan.shares})
    for each in before.values():
        assert player.state.liabilities[each.fact_id].netted == each.netted + cleared[each.sequence]
    after = fingerprint(player.state)
    repeated = CommitCycle(request_id="again", actor=OPERATOR, cycle_id="final")
    for command in (repeated, player.bench.proposal("final")):
        with pytest.raises(CommandRefused) as refused:
            player.bench.execute(command)
        assert refused.value.code in {RefusalCode.WRONG_STATE, RefusalCode.ID_TAKEN}
        assert fingerprint(player.state) == after


@unhurried
@given(played)
def test_g11_payments_and_cycles_take_the_oldest_first(player: Player) -> None:
    done = netted(player, NettingMode.CYCLE)
    if done is None:
        return
    plan, before = done
    scope = Scope(unit=plan.unit, cut_off_seconds=plan.cut_off_seconds, value_date_seconds=plan.value_date_seconds)
    cleared = Counter({share.liability: share.amount for share in plan.shares})
    by_pair: dict[tuple[bytes, bytes], list[tuple[tuple[int, int], int, int]]] = {}
    for each in before.values():
        takes_part = each.service_end <= scope.cut_off_seconds and each.due_date <= scope.value_date_seconds
        if each.free and takes_part and (each.currency, each.exponent) == plan.unit:
            age = (each.due_date, each.sequence)
            by_pair.setdefault((each.debtor, each.creditor), []).append((age, each.free, cleared[each.sequence]))
    for queue in by_pair.values():
        whole = [free == taken for _, free, taken in sorted(queue)]
        untouched = [taken == 0 for _, _, taken in sorted(queue)]
        first_open = whole.index(False) if False in whole else len(whole)
        assert all(untouched[first_open + 1 :])
    assert sum(cleared.values()) == sum(taken for queue in by_pair.values() for _, _, taken in queue)


@unhurried
@given(played, steps)
def test_g12_a_hold_freezes_its_amount_and_nothing_else(player: Player, step: Step) -> None:
    command = _dispute(player, step)
    if command is None:
        return
    before = dict(player.state.liabilities)
    claims = {claim.sequence: claim.amount for claim in eligible_claims(player.state, everything(player))}
    try:
        player.bench.execute(command)
    except CommandRefused:
        return
    touched = before[command.fact_id]
    assert player.state.liabilities == before | {touched.fact_id: replace(touched, held=touched.held + command.amount)}
    after = {claim.sequence: claim.amount for claim in eligible_claims(player.state, everything(player))}
    if touched.sequence in claims:
        claims[touched.sequence] -= command.amount
    assert after == {sequence: amount for sequence, amount in claims.items() if amount}


def everything(player: Player) -> Scope:
    return Scope(unit=UNITS[0], cut_off_seconds=player.bench.now, value_date_seconds=player.bench.now + 10**6)


@unhurried
@given(played, st.integers(0, 200), st.integers(0, 200))
def test_g13_statements_add_up_to_the_ledger(player: Player, one: int, other: int) -> None:
    """With log sequences in the place of block times."""
    since, until = sorted((one, other))
    kinds = {each.sequence: each for each in player.state.liabilities.values()}
    totals: Counter[tuple[bytes, UnitKey]] = Counter()
    for unit in UNITS:
        for party in PARTIES.values():
            movements = [
                Movement(
                    posting.sequence,
                    posting.sequence,
                    each.fact_id,
                    each.debtor,
                    each.creditor,
                    each.kind is None,
                    posting.source,
                    posting.target,
                    posting.amount,
                )
                for posting in player.state.postings
                if (each := kinds[posting.liability]) and party in (each.debtor, each.creditor)
                if (each.currency, each.exponent) == unit
            ]

            def made(start: int, end: int, party=party, unit=unit, movements=movements):
                return make_statement(party, unit, since_seconds=start, until_seconds=end, movements=movements)

            first, second, whole = made(0, since), made(since, until), made(0, until)
            assert first.closing == second.opening
            assert second.closing == whole.closing
            assert (whole.payable.closing, whole.receivable.closing) >= (0, 0)
            totals[party, unit] += made(0, 10**9).closing
    assert {key: net for key, net in totals.items() if net} == player.bench.net_positions()


@unhurried
@given(played, st.data())
def test_g14_every_step_is_provable_from_a_head(player: Player, data: st.DataObject) -> None:
    entries = player.state.entries
    head = EMPTY_LOG
    for entry in entries:
        again = make_entry(head, entry.event, at_seconds=entry.at_seconds, act=entry.act)
        assert again == read_entry(head, entry.encoded) == entry
        head = next_head(head, entry.encoded)
        assert head == entry.head
    changed = data.draw(st.integers(0, len(entries) - 1))
    other = EMPTY_LOG
    for number, entry in enumerate(entries):
        other = next_head(other, entry.encoded + b" " * (number == changed))
    assert other != head


@unhurried
@given(played)
def test_g15_the_cut_off_of_cycles_only_moves_forward(player: Player) -> None:
    cut_offs = [plan.cut_off_seconds for plan, _ in player.committed]
    assert cut_offs == sorted(cut_offs)
    assert player.state.unit_cycles(UNITS[0]).cut_off_seconds == max(cut_offs, default=0)


@unhurried
@given(played)
def test_g16_replaying_the_log_gives_the_same_state_hash(player: Player) -> None:
    replayed = Overlay(EmptyState())
    for entry in player.state.entries:
        replayed.apply(read_entry(replayed.head(), entry.encoded))
    assert state_hash(replayed) == state_hash(player.state)
    assert fingerprint(replayed) == fingerprint(player.state)


@unhurried
@given(played)
def test_the_books_balance_and_nothing_leaves_an_account_that_does_not_hold_it(player: Player) -> None:
    held: Counter[tuple[int, Account]] = Counter()
    for posting in player.state.postings:
        held[posting.liability, posting.source] -= posting.amount
        held[posting.liability, posting.target] += posting.amount
        assert posting.source is Account.CLAIM or held[posting.liability, posting.source] >= 0
        assert posting.opened == posting.amount * ((posting.target in OPEN) - (posting.source in OPEN))
    player.bench.check()
