"""The demo's result, counted from what the two ledgers say and checked against what had to come out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from relayer.business.facts import TrackedFact
from relayer.business.reconciling import BothLedgers
from relayer.codes.facts import FactKind
from relayer.commands.output import money
from relayer.demo.settling import Settled
from relayer.examples.consortium import EUR, OPERATORS, FactDraft
from relayer.facts.schema import Fact, party_id
from relayer.ports.facts import FactState
from relayer.settlement.model.facts import FactPacket
from relayer.settlement.model.liabilities import Liability, LiabilityState
from relayer.views.facts import code_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """The numbers of the last line. `timed_out` counts packets, the others facts."""

    facts: int
    acknowledged: int
    """Whatever became of the liability since."""
    rejected: int
    timed_out: int
    lost: int
    duplicated: int

    def line(self) -> str:
        """The figures in one line."""
        return (
            f"demo: facts={self.facts} acknowledged={self.acknowledged} rejected={self.rejected} "
            f"timed_out={self.timed_out} lost={self.lost} duplicated={self.duplicated}"
        )


def count(both: BothLedgers, *, timed_out: int) -> Count:
    """Lost: neither rejected nor acknowledged with a liability that exists. Duplicated: liabilities beyond one a fact."""
    states = Counter(each.record.state for each in both.facts)
    liabilities = Counter(each.fact_id for each in both.liabilities)
    settled = sum(each.record.state.is_acknowledged and liabilities[each.record.fact_id] > 0 for each in both.facts)
    return Count(
        facts=len(both.facts),
        acknowledged=sum(number for state, number in states.items() if state.is_acknowledged),
        rejected=states[FactState.REJECTED],
        timed_out=timed_out,
        lost=len(both.facts) - settled - states[FactState.REJECTED],
        duplicated=sum(number - 1 for number in liabilities.values()),
    )


def problems(both: BothLedgers, result: Count, issued: Sequence[tuple[FactDraft, Fact]], settled: Settled) -> list[str]:
    """Everything that does not add up."""
    rules = (
        (result.facts == len(issued), f"{len(issued)} facts were issued, the contract ledger has {result.facts}"),
        (result.facts == result.acknowledged + result.rejected, "acknowledged and rejected facts are not all facts"),
        (not result.lost, "facts were lost"),
        (not result.duplicated, "facts were duplicated"),
        (result.timed_out > 0, "no packet timed out"),
        ({each.minted.fact.kind for each in both.facts} == set(FactKind), "not every kind of fact was issued"),
        (not any(each.open for each in both.liabilities), "something is left open"),
        (both.reconcile().agrees, "facts and liabilities differ"),
    )
    found = [words for holds, words in rules if not holds]
    return [*settled.wrong, *found, *_wrong_answers(both, issued), *_wrong_news(both)]


def _wrong_answers(both: BothLedgers, issued: Sequence[tuple[FactDraft, Fact]]) -> Iterator[str]:
    standing = {each.record.fact_id: each.record for each in both.facts}
    for draft, fact in issued:
        record = standing.get(fact.fact_id)
        if record is None or record.code != draft.expected_code:
            answer = "nothing" if record is None else code_name(record.code) or "ok"
            wanted = code_name(draft.expected_code) or "ok"
            yield f"fact 0x{fact.fact_id.hex()} should be answered with {wanted}, not {answer}"


_TOLD = {
    LiabilityState.RECORD: FactState.ACKNOWLEDGED,
    LiabilityState.SETTLED: FactState.SETTLED,
}
"""What a fact must have heard of its liability at the end. None stays open or held."""


def _wrong_news(both: BothLedgers) -> Iterator[str]:
    standing = {each.record.fact_id: each.record for each in both.facts}
    for each in both.liabilities:
        record = standing.get(each.fact_id)
        if record is not None and record.state is not _TOLD.get(each.state):
            yield f"fact 0x{each.fact_id.hex()} is {record.state.name.lower()}, its liability {each.state}"


def state_words(both: BothLedgers) -> str:
    """How many facts of the contract ledger are in which state."""
    states = Counter(each.record.state for each in both.facts)
    return ", ".join(f"{number} {state.name.lower()}" for state, number in states.most_common())


POSITION_COLUMNS = ("operator", "payable", "receivable", "net", "paid", "received", "still open")


def position_rows(both: BothLedgers, settled: Settled) -> Iterator[Sequence[str]]:
    """Operator, three figures before anything was settled, what was paid after the cycle, net of what is open; the totals.

    Net is received less paid, and what is still open.
    """
    before = {each.ocpi_id: each for each in settled.before}
    after = {each.ocpi_id: each for each in both.positions}
    totals = [0] * (len(POSITION_COLUMNS) - 1)
    for operator in OPERATORS:
        was, key = before[operator.party], party_id(operator.party)
        figures = (
            was.payable,
            was.receivable,
            was.net,
            sum(each.amount for each in settled.payments if each.debtor == key),
            sum(each.amount for each in settled.payments if each.creditor == key),
            after[operator.party].net if operator.party in after else 0,
        )
        totals = [total + figure for total, figure in zip(totals, figures, strict=True)]
        yield f"{operator.code} {operator.name}", *(money(each, EUR[1]) for each in figures)
    yield "total", *(money(each, EUR[1]) for each in totals)


REFERENCE_COLUMNS = ("fact", "contract ledger", "settlement ledger")


def reference_rows(both: BothLedgers, chosen: Sequence[bytes]) -> Iterator[Sequence[str]]:
    """How some facts stand on both sides."""
    standing = {each.record.fact_id: each for each in both.facts}
    liabilities = {each.fact_id: each for each in both.liabilities}
    for fact_id in chosen:
        yield _reference_row(standing[fact_id], liabilities.get(fact_id))


def _reference_row(each: TrackedFact, liability: Liability | None) -> Sequence[str]:
    fact, record = each.minted.fact, each.record
    amount = f"{money(fact.gross, fact.exponent)} {fact.currency.decode()}"
    name = f"{FactKind(fact.kind).name.lower()} {amount}\n{_short(fact.fact_id)}"
    here = f"{record.state.name.lower()}, packet {record.packet_sequence}"
    if record.code:
        here += f", {code_name(record.code)}"
    if liability is None:
        return name, here, "no liability"
    reference = f"{here}\nliability {_short(record.liability_id)}, entry {record.settlement_sequence}"
    if record.news_sequence:
        reference += f"\nnews of entry {record.news_sequence}, {money(record.open, fact.exponent)} open"
    origin = liability.origin
    packet = f", {origin.client_id} packet {origin.packet_sequence}" if isinstance(origin, FactPacket) else ""
    there = (
        f"liability {_short(liability.liability_id)}, entry {liability.sequence}\nfact {_short(liability.fact_id)}{packet}"
    )
    return name, reference, there


def _short(value: bytes) -> str:
    return f"0x{value.hex()[:12]}…"
