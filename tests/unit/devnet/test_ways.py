"""One business process by each way: what is counted of it, and what it keeps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from relayer.codes.facts import FactKind
from relayer.devnet.ways.book import Book, book_counts
from relayer.devnet.ways.counting import found, lines_of_code
from relayer.devnet.ways.trips import by_creditor, trips
from relayer.devnet.ways.work import WayName, Work, read_work
from relayer.examples.consortium import OPERATORS, PARTY
from relayer.facts.form import FactForm
from relayer.facts.schema import party_id
from relayer.settlement.model.facts import Novation
from relayer.settlement.model.liabilities import Liability

TRIPS = trips(1, 30)


def liabilities() -> list[Liability]:
    """One for each trip."""
    return [
        Liability(
            liability_id=trip.number.to_bytes(32, "big"),
            sequence=trip.number,
            head_hash=bytes(32),
            fact_id=trip.number.to_bytes(32, "big"),
            fact_hash=bytes(32),
            kind=FactKind.TRIP_COMPLETED,
            creditor=party_id(PARTY[trip.creditor]),
            debtor=party_id(PARTY[trip.debtor]),
            currency="EUR",
            exponent=2,
            service_end=0,
            due_date=0,
            origin=Novation(cycle_id="a way of its own"),
            amount=trip.cents,
            open=trip.cents,
            netted=0,
            paid=0,
            credited=0,
            held=0,
        )
        for trip in TRIPS
    ]


REFERENCES = {trip.number: f"0x{trip.number:064x}" for trip in TRIPS}


def test_all_is_well_where_each_trip_has_its_liability_and_the_business_its_reference() -> None:
    counted = found(TRIPS, liabilities(), REFERENCES)
    assert (counted.trips, counted.lost, counted.doubled, counted.wrong) == (30, 0, 0, 0)


def test_lost_doubled_and_wrong_references_are_counted_by_the_trip() -> None:
    first, second, *rest = liabilities()
    again = replace(second, liability_id=b"\x77" * 32, sequence=99)
    counted = found(TRIPS, [second, again, *rest], {**REFERENCES, 3: REFERENCES[4], 5: ""})
    assert first not in rest
    assert (counted.trips, counted.lost, counted.doubled, counted.wrong) == (30, 1, 1, 2)


def test_an_amount_between_other_parties_is_no_liability_of_the_trip() -> None:
    first, *rest = liabilities()
    turned = replace(first, creditor=first.debtor, debtor=first.creditor)
    assert found(TRIPS, [turned, *rest], REFERENCES).lost == 1


def test_trips_are_of_all_operators_and_can_be_claimed_by_every_way() -> None:
    assert {trip.creditor for trip in TRIPS} == {operator.code for operator in OPERATORS}
    assert sum(len(own) for _, own in by_creditor(TRIPS)) == len({trip.cents for trip in TRIPS}) == 30
    assert FactForm(**TRIPS[0].claim).net == TRIPS[0].cents


def test_lines_are_those_with_code_on_them(tmp_path: Path) -> None:
    path = tmp_path / "example.py"
    path.write_text(
        '"""A page\n\nof words."""\n\nx = 1  # one\n# none\n\n\n'
        'def f(\n    a,\n):\n    """Words."""\n    return """a\nb"""\n'
    )
    assert lines_of_code(path) == 6


def test_the_work_is_read_as_it_was_written(tmp_path: Path) -> None:
    work = Work(way=WayName.PULL, trips=tuple(TRIPS), twice=True, group=7)
    work.write(tmp_path / "work.json")
    assert read_work(tmp_path / "work.json") == work


def test_a_business_record_keeps_its_first_reference(tmp_path: Path) -> None:
    path = tmp_path / "business.db"
    assert book_counts(path) == (0, 0)
    book = Book(path)
    with book.transaction() as connection:
        assert [book.add(connection, TRIPS[0]), book.add(connection, TRIPS[0]), book.add(connection, TRIPS[1])] == [
            True,
            False,
            True,
        ]
        book.refer(connection, TRIPS[0].name, "0x01")
        book.refer(connection, TRIPS[0].name, "0x02")
    assert (book.references(), book.counts(), book_counts(path)) == ({1: "0x01"}, (2, 1), (2, 1))
    (times,) = book.times([1, 2])
    assert times.ended_at <= times.referenced_at
    assert [name for name, _ in book.waiting(10)] == [TRIPS[1].name]
    book.close()
