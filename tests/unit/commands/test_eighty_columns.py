"""Every verb that shows a table: in 80 columns no value vanishes and nothing is wider, and piped, ids are whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import pytest

from relayer.business.facts import TrackedFact
from relayer.codes.facts import FactCode, FactStatus
from relayer.commands import output, tables
from relayer.commands import reconcile as reconciling
from relayer.commands import rehearse as rehearsing
from relayer.commands.facts import FACT_COLUMNS, FACT_NUMBERS, fact_as_row
from relayer.commands.form import OutputForm
from relayer.commands.queue import LETTER_COLUMNS
from relayer.core.ids import Height, TransactionId
from relayer.core.ids import Sequence as PacketSequence
from relayer.core.machine import Machine
from relayer.core.packet import Acknowledgement
from relayer.core.policy import OPEN_POLICY
from relayer.devnet.control import show
from relayer.devnet.folder import DevnetFolder, make
from relayer.devnet.network import ChainShape, SettlementKind
from relayer.facts.codec import FactAnswer, encode_answers, fact_hash
from relayer.journal.sqlite import SqliteJournal
from relayer.ports.facts import FactRecord, FactState, MintedFact
from relayer.testing.factories import (
    ROUTE,
    ROUTE_BACK,
    a_fact,
    a_fact_payload,
    a_packet,
    acknowledged,
    answered,
    committed,
)
from tests.support.books import Books, make_books
from tests.unit.commands.test_every_verb import VERBS

WIDTH = 80
DRY = "--dry-run"
HASH = re.compile(r"0x[0-9a-f]{64}")
Shown = Callable[[Books], tuple[str, ...]]

TABLES: dict[str, Shown] = {
    "packets": lambda _: (),
    "explain": lambda _: ("main/contracts/1",),
    "replay": lambda _: (),
    "status": lambda _: (),
    "settlement agreements": lambda _: (),
    "settlement issuers": lambda _: (),
    "settlement positions": lambda _: (),
    "settlement liabilities": lambda _: (),
    "settlement statement": lambda _: ("DE*KCS",),
    "settlement net": lambda _: ("2026-12", DRY),
    "settlement verify": lambda _: ("2026-11", DRY),
    "settlement abort": lambda _: ("2026-11", DRY),
    "settlement cycles": lambda _: (),
    "settlement consent": lambda _: ("DE*NBM", DRY),
    "settlement pay": lambda _: (
        *("--debtor", "DE*NBM", "--creditor", "DE*KCS", "--amount", "12345.67", "--id", "DENBM-a-payment-by-hand-2026-12"),
        DRY,
    ),
    "settlement record": lambda _: ("P-1", "pending", DRY),
    "settlement payments": lambda _: (),
    "settlement dispute": lambda books: (books.fact, "1.00", "--reason", "late", DRY),
    "settlement release": lambda _: ("D-1", DRY),
    "settlement disputes": lambda _: (),
    "settlement news": lambda _: (),
    "settlement write-off": lambda books: (books.fact, "1.00", "--reason", "late", DRY),
}
"""Each is run, over a folder with a journal and books."""
BY_ROWS = {"agent check", "agent list", "push show", "push status"} | {
    "queue dead-letters list",
    "queue dead-letters show",
    "queue status",
    "facts show",
    "hub forwards",
    "hub routes",
    "start",
    "verify",
    "reconcile",
    "settlement import",
    "devnet status",
    "ledger rotate",
}
"""Their rows come from nodes, files and children: see the tests below and test_tables.py."""
LIKE_ANOTHER = {
    "settlement commit": "settlement abort",
    "settlement mandate": "settlement consent",
    "settlement remove-issuer": "settlement consent",
    "channel rotate-authorities": "ledger rotate",
    "channel plan-rotation": "ledger rotate",
    "authority sign-rotation": "ledger rotate",
    "devnet up": "devnet status",
    "demo": "settlement net",
    "facts mint": "",
    "facts send": "",
}
"""They show what another verb shows, or what `facts show` does."""
NO_TABLE = {
    *("init", "check", "release", "export", "trust", "schema", "bench", "bench netting", "bench start", "bench ways"),
    *("channel open", "channel recover", "channel deploy", "channel headers"),
    *("settlement apply", "settlement bind-contract", "settlement revoke-account", "settlement export"),
    *("settlement limits", "settlement resend"),
    *("ledger init", "ledger serve", "ledger confirm-time", "ledger verify"),
    *(
        "agent correct",
        "agent init",
        "agent explain",
        "agent pull",
        "agent retry",
        "agent serve",
        "push listen",
        "push reissue",
        "push retry",
        "push serve",
    ),
    *("facts deliver", "facts prove", "facts sign"),
    *("hub route", "hub remove-route"),
    *("queue asyncapi", "queue serve", "queue dead-letters drive", "queue dead-letters drop"),
    *("authority init", "authority recover", "authority serve", "devnet down", "devnet run"),
}
"""Sentences, files and figures. A header for --expect-hash is one word, which is copied."""


class Terminal(StringIO):
    """What is written to it, as a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass(kw_only=True)
class Table:
    """What a command handed to a table."""

    columns: Sequence[str]
    rows: list[Sequence[str]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """Books of this file alone, with a packet in the journal whose second fact was rejected."""
    made = make_books(tmp_path_factory.mktemp("shop"))
    facts = a_fact(1), a_fact(2)
    packet = replace(a_packet(), payloads=(a_fact_payload(*facts),))
    ok = FactAnswer(status=FactStatus.ACCEPTED, liability_id=bytes(32), sequence=1, head_hash=bytes(32), code=FactCode.OK)
    rejected = replace(ok, status=FactStatus.REJECTED, sequence=0, code=FactCode.NO_AGREEMENT)
    answer = Acknowledgement(app_acknowledgements=(encode_answers([ok, rejected]),))
    journal = SqliteJournal(made.folder / "relayer.journal")
    journal.register([ROUTE, ROUTE_BACK])
    events = [committed(packet), answered(packet, acknowledgement=answer), acknowledged(packet)]
    plan = Machine([ROUTE, ROUTE_BACK]).plan(events, OPEN_POLICY)
    journal.append(plan.records, recorded_at_ms=1_700_000_000_000, cursors={})
    journal.close()
    return made


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[Table]:
    found: list[Table] = []

    def noted(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], **options: object) -> str:
        kept = [tuple(row) for row in rows]
        found.append(Table(columns=tuple(columns), rows=kept))
        return tables.table(title, columns, kept, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(output, "table", noted)
    return found


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 80 columns, for whatever stands in for standard output."""
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    monkeypatch.setattr("typer.testing._NamedTextIOWrapper.isatty", lambda _: True)


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[01]m", "", text)


def check(text: str, found: Sequence[Table], *, whole: bool) -> None:
    """Every value is in the text: words that fit their column as they are, ids abridged or whole."""
    shown = plain(text)
    squeezed = re.sub(r"[^0-9A-Za-z.,*%-]", "", shown)
    for each in found:
        told = {name for row in each.rows for name, cell in zip(each.columns, row, strict=True) if cell}
        assert all(name in shown for name in told)
        for cell in (cell for row in each.rows for cell in row):
            for word in HASH.sub("", cell).split():
                bare = re.sub(r"[^0-9A-Za-z.,*%-]", "", word)
                assert len(word) > 12 or bare in squeezed, (cell, shown)
            for identifier in HASH.findall(cell):
                assert (identifier if whole else identifier[:10]) in shown, (cell, shown)


def test_every_verb_is_looked_at_or_shows_no_table() -> None:
    found = {" ".join(words) for words in VERBS}
    named = [TABLES.keys(), BY_ROWS, LIKE_ANOTHER.keys(), NO_TABLE]
    assert found - set().union(*named) == set(), "say in one of the four tables here how the new verb looks in 80 columns"
    assert set().union(*named) - found == set(), "no such verb any more"
    assert sum(map(len, named)) == len(found)


@pytest.mark.parametrize("verb", TABLES)
def test_a_table_fits_into_80_columns_and_no_value_vanishes(
    shop: Books, verb: str, handed: list[Table], terminal: None
) -> None:
    result = shop.run(*verb.split(), *TABLES[verb](shop))
    assert result.exit_code == 0, (result.output, result.exception)
    assert handed
    assert any(each.rows for each in handed), "a table without rows shows nothing"
    assert max(map(len, plain(result.stdout).splitlines())) <= WIDTH
    check(result.stdout, handed, whole=False)


@pytest.mark.parametrize("verb", TABLES)
def test_what_is_piped_has_whole_ids(shop: Books, verb: str, handed: list[Table]) -> None:
    result = shop.run(*verb.split(), *TABLES[verb](shop))
    assert result.exit_code == 0, (result.output, result.exception)
    check(result.stdout, handed, whole=True)
    assert "…" not in result.stdout


def test_the_lines_of_check_wrap_on_a_terminal_alone(terminal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "ok    ledger settlement: chain settlement-1, height 7, " + "what was found there, " * 6
    for stream, widest in ((Terminal(), WIDTH), (StringIO(), len(words))):
        with redirect_stdout(stream):
            output.show_line(words, indent=6)
        lines = stream.getvalue().splitlines()
        assert max(map(len, lines)) <= widest
        assert " ".join(" ".join(lines).split()) == " ".join(words.split())


def of_facts() -> tuple[Sequence[str], list[Sequence[str]], Sequence[str]]:
    """Of `facts show`."""
    rows = []
    for number, state in enumerate(FactState, start=1):
        fact = a_fact(number, net=10**14)
        minted = MintedFact(
            fact=fact,
            issuer=bytes(20),
            fact_hash=fact_hash(fact),
            height=Height(1),
            transaction=TransactionId("0x1"),
        )
        record = FactRecord(
            fact_id=fact.fact_id,
            state=state,
            code=int(FactCode.NO_AGREEMENT),
            issuer_sequence=number,
            packet_sequence=PacketSequence(1_000_000),
            settlement_sequence=1_000_000,
            fact_hash=fact_hash(fact),
            liability_id=fact_hash(fact),
            ledger_id="settlement-1",
            news_sequence=1_000_001,
            open=10**14,
        )
        rows.append(fact_as_row(TrackedFact(minted=minted, record=record)))
    return FACT_COLUMNS, rows, FACT_NUMBERS


ROWS: dict[str, Callable[[], tuple[Sequence[str], list[Sequence[str]], Sequence[str]]]] = {
    "facts show": of_facts,
    "agent check": lambda: (
        ("subject", "state", "found", "remedy"),
        [("node", "wrong", "behind by 12 blocks", "start it")],
        (),
    ),
    "agent list": lambda: (
        ("event", "object", "state", "gross", "reference", "why"),
        [(f"0x{'ab' * 32}", "activity-1234567", "refused (no_agreement)", "131,406.25", f"0x{'cd' * 32}", "no agreement")],
        ("gross",),
    ),
    "hub routes": lambda: (
        ("destination", "from", "to", "open", "quota", "of one origin", "margin"),
        [("settlement-1", "any", "07-tendermint-12", "65536", "65536", "65536", "43200 s")],
        ("open", "quota", "of one origin", "margin"),
    ),
    "hub forwards": lambda: (
        ("destination", "from", "to", "answered until", "timeout"),
        [("settlement-1", "poa-evm-12/1000000", "07-tendermint-12/1000000", "2026-11-30 19:00:00Z", "2026-11-30 20:00:00Z")],
        (),
    ),
    "push show": lambda: (("", "value"), [("fact", f"0x{'ab' * 32}"), ("reason", "the pair has no agreement in force")], ()),
    "push status": lambda: (
        ("waiting", "oldest", "delivered", "refused", "parked", "retries", "failed callbacks"),
        [("1000000", "3600 s", "1000000", "12", "0", "1000000", "3")],
        ("waiting", "oldest", "delivered", "refused", "parked", "retries", "failed callbacks"),
    ),
    "queue dead-letters list": lambda: (
        LETTER_COLUMNS,
        [
            (
                "1000000",
                "2026-11-30 15:16:12Z",
                "rejected",
                "8",
                f"{'ab' * 16}",
                "fact 1: unknown_party; fact 2: no_agreement",
            )
        ],
        ("number", "attempts"),
    ),
    "queue dead-letters show": lambda: (
        ("what", "value"),
        [("reason", "fact 1: unknown_party; fact 2: no_agreement"), ("body in base 64", "QUJD" * 200)],
        (),
    ),
    "queue status": lambda: (("waiting", "taken", "dead letters", "answers"), [("1000000",) * 4], ()),
    "start": lambda: (
        rehearsing.COLUMNS,
        [("settlement", "poa-evm-0", "64 receive, 12 acknowledge, 1 timeout", *["123456789012"] * 6)],
        rehearsing.COLUMNS[3:],
    ),
    "verify": lambda: (
        ("fact", "gross", "answer", "liability"),
        [(f"0x{'ab' * 32}", "131,406.25 EUR", "accepted", f"0x{'cd' * 32}")],
        ("gross",),
    ),
    "reconcile": lambda: (
        reconciling.COLUMNS,
        [(f"0x{'ab' * 32}:12", "other parties", "a liability stands for the claim, but the business side has no reference")],
        (),
    ),
    "settlement import": lambda: (
        ("entry", "payment", "amount", "result", "why"),
        [("Ntry 12, TxDtls 3", "2026-11-DENBM-DEKCS-1", "131,406.25 EUR", "AMOUNT_DIFFERS", "the payment is over 1.00 EUR")],
        ("amount",),
    ),
    "devnet status": lambda: (
        ("part", "address", "answers", "height"),
        [("settlement ledger", "unix:/a/long/path/of/a/folder/below/a/home/of/somebody/network/ledger.sock", "yes", "123")],
        ("height",),
    ),
    "ledger rotate": lambda: (
        ("", "operators", "power"),
        [("before", f"0x{'ab' * 33} 0x{'cd' * 33}", "10 10"), ("after", f"0x{'ef' * 33}", "10")],
        (),
    ),
}


@pytest.mark.parametrize("verb", sorted(BY_ROWS))
def test_rows_of_other_verbs_fit_as_well(verb: str) -> None:
    columns, rows, right = ROWS[verb]()
    for width in (WIDTH, None):
        text = tables.table(verb, columns, rows, right=right, terminal=width)
        assert width is None or max(map(len, plain(text).splitlines())) <= width
        check(text, [Table(columns=columns, rows=rows)], whole=width is None)


def test_the_parts_of_a_development_network_fit(
    tmp_path: Path, handed: list[Table], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = DevnetFolder(path=tmp_path / "network")
    make(made, SettlementKind.EMBEDDED, ChainShape(), lambda _: None)
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    shown = Terminal()
    with redirect_stdout(shown):
        assert not show(made.path, OutputForm.WORDS)
    lines = plain(shown.getvalue()).splitlines()
    assert max(map(len, lines)) <= WIDTH
    check(shown.getvalue(), handed, whole=False)
