"""The demo's result, counted from what the two ledgers say and checked against what had to come out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from relayer.app.facts import StandingFact
from relayer.app.reconciling import BothLedgers
from relayer.commands.facts import code_name
from relayer.commands.output import money
from relayer.demo.scenario import DEBTS, EUR, OPERATORS, PARTY, Draft
from relayer.facts.schema import Fact, FactKind, party_id
from relayer.ledgers.evm.facts_contract import FactState
from relayer.settlement.model import Liability


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """The numbers of the last line. `timed_out` counts packets, the others facts."""

    facts: int
    acknowledged: int
    rejected: int
    timed_out: int
    lost: int
    duplicated: int

    def line(self) -> str:
        return (
            f"demo: facts={self.facts} acknowledged={self.acknowledged} rejected={self.rejected} "
            f"timed_out={self.timed_out} lost={self.lost} duplicated={self.duplicated}"
        )


def count(both: BothLedgers, *, timed_out: int) -> Count:
    """Lost: neither rejected nor acknowledged with a liability that stands. Duplicated: liabilities beyond one a fact."""
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


def problems(both: BothLedgers, result: Count, issued: Sequence[tuple[Draft, Fact]]) -> list[str]:
    """Everything that does not add up."""
    rules = (
        (result.facts == len(issued), f"{len(issued)} facts were issued, the contract ledger has {result.facts}"),
        (result.facts == result.acknowledged + result.rejected, "acknowledged and rejected facts are not all facts"),
        (not result.lost, "facts were lost"),
        (not result.duplicated, "facts were duplicated"),
        (result.timed_out > 0, "no packet timed out"),
        ({each.minted.fact.kind for each in both.facts} == set(FactKind), "not every kind of fact was issued"),
        (_open_debts(both) == _expected_debts(), "the open debts are not those that had to come out"),
        (both.reconcile().agrees, "facts and liabilities differ"),
    )
    return [words for holds, words in rules if not holds] + list(_wrong_answers(both, issued))


def _wrong_answers(both: BothLedgers, issued: Sequence[tuple[Draft, Fact]]) -> Iterator[str]:
    standing = {each.record.fact_id: each.record for each in both.facts}
    for draft, fact in issued:
        record = standing.get(fact.fact_id)
        if record is None or record.code != draft.expected_code:
            answer = "nothing" if record is None else code_name(record.code) or "ok"
            wanted = code_name(draft.expected_code) or "ok"
            yield f"fact 0x{fact.fact_id.hex()} should be answered with {wanted}, not {answer}"


def _open_debts(both: BothLedgers) -> dict[tuple[bytes, bytes], int]:
    debts: Counter[tuple[bytes, bytes]] = Counter()
    for each in both.liabilities:
        debts[each.debtor, each.creditor] += each.open
    return {pair: cents for pair, cents in debts.items() if cents}


def _expected_debts() -> dict[tuple[bytes, bytes], int]:
    return {(party_id(PARTY[debtor]), party_id(PARTY[creditor])): cents for (debtor, creditor), cents in DEBTS.items()}


def position_rows(both: BothLedgers) -> Iterator[Sequence[str]]:
    """Operator, payable, receivable and net, then the totals."""
    _, exponent = EUR
    found = {each.ocpi_id: each for each in both.positions}
    for operator in OPERATORS:
        each = found[operator.party]
        yield (
            f"{operator.code} {operator.name}",
            money(each.payable, exponent),
            money(each.receivable, exponent),
            money(each.net, exponent),
        )
    payable = sum(each.payable for each in both.positions)
    receivable = sum(each.receivable for each in both.positions)
    yield "total", money(payable, exponent), money(receivable, exponent), money(receivable - payable, exponent)


REFERENCE_COLUMNS = ("fact", "contract ledger", "settlement ledger")


def reference_rows(both: BothLedgers, chosen: Sequence[bytes]) -> Iterator[Sequence[str]]:
    """How some facts stand on both sides."""
    standing = {each.record.fact_id: each for each in both.facts}
    liabilities = {each.fact_id: each for each in both.liabilities}
    for fact_id in chosen:
        yield _reference_row(standing[fact_id], liabilities.get(fact_id))


def _reference_row(each: StandingFact, liability: Liability | None) -> Sequence[str]:
    fact, record = each.minted.fact, each.record
    amount = f"{money(fact.gross, fact.exponent)} {fact.currency.decode()}"
    name = f"{FactKind(fact.kind).name.lower()} {amount}\n{_short(fact.fact_id)}"
    here = f"{record.state.name.lower()}, packet {record.packet_sequence}"
    if record.code:
        here += f", {code_name(record.code)}"
    if liability is None:
        return name, here, "no liability"
    reference = f"{here}\nliability {_short(record.liability_id)}, entry {record.settlement_sequence}"
    origin = liability.origin
    there = (
        f"liability {_short(liability.liability_id)}, entry {liability.sequence}\n"
        f"fact {_short(liability.fact_id)}, {origin.client_id} packet {origin.packet_sequence}"
    )
    return name, reference, there


def _short(value: bytes) -> str:
    return f"0x{value.hex()[:12]}…"
