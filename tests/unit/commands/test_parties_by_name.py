"""Wherever a party is named on the command line: exact, by its name, by a beginning; and what is said of other names."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from relayer.errors import InvalidInput
from tests.support.books import Books
from tests.unit.commands.test_every_verb import VERBS

ACCOUNT = "0x1000000000000000000000000000000000000001"
PARTY_PARAMETERS = {"actor", "party", "debtor", "creditor"}


Named = Callable[[Books, str], tuple[str, ...]]
DRY = "--dry-run"
VERBS_WITH_PARTIES: dict[tuple[str, str], Named] = {
    ("statement", "party"): lambda _, name: (name,),
    ("consent", "party"): lambda _, name: (name, DRY),
    ("consent", "actor"): lambda _, name: ("DE*NBM", "--as", name, DRY),
    ("net", "actor"): lambda _, name: ("2026-12", "--as", name, DRY),
    ("verify", "actor"): lambda _, name: ("2026-11", "--as", name, DRY),
    ("commit", "actor"): lambda _, name: ("2026-11", "--as", name, DRY),
    ("abort", "actor"): lambda _, name: ("2026-11", "--as", name, DRY),
    ("pay", "debtor"): lambda _, name: ("--debtor", name, "--creditor", "DE*KCS", "--amount", "1", "--id", "P-2", DRY),
    ("pay", "creditor"): lambda _, name: ("--debtor", "DE*KCS", "--creditor", name, "--amount", "1", "--id", "P-2", DRY),
    ("pay", "actor"): lambda _, name: (
        *("--debtor", "DE*NBM", "--creditor", "DE*KCS", "--amount", "1", "--id", "P-2"),
        *("--as", name, DRY),
    ),
    ("record", "actor"): lambda _, name: ("P-1", "pending", "--as", name, DRY),
    ("export", "debtor"): lambda books, name: (
        *(str(books.folder / "p.xml"), "--accounts", str(books.folder / "accounts.json")),
        *("--initiator", "Me", "--debtor", name),
    ),
    ("dispute", "actor"): lambda books, name: (books.fact, "1.00", "--reason", "late", "--as", name, DRY),
    ("release", "actor"): lambda _, name: ("D-1", "--as", name, DRY),
    ("write-off", "actor"): lambda books, name: (books.fact, "1.00", "--reason", "late", "--as", name, DRY),
    ("mandate", "creditor"): lambda _, name: (name, ACCOUNT, DRY),
    ("mandate", "actor"): lambda _, name: ("DE*NBM", ACCOUNT, "--as", name, DRY),
    ("remove-issuer", "actor"): lambda _, name: (ACCOUNT, "--as", name, DRY),
    ("revoke-account", "account"): lambda _, name: (f"{name}/2", DRY),
}


def test_no_verb_that_names_a_party_is_left_out() -> None:
    found = {
        (words[1], parameter.name)
        for words, command in VERBS.items()
        if words[0] == "settlement"
        for parameter in command.params
        if parameter.name in PARTY_PARAMETERS
    }
    assert found == VERBS_WITH_PARTIES.keys() - {("revoke-account", "account")}
    others = {words for words, command in VERBS.items() for each in command.params if each.name in PARTY_PARAMETERS}
    assert {words[0] for words in others} == {"settlement"}


@pytest.mark.parametrize(("verb", "parameter"), VERBS_WITH_PARTIES, ids=map(" ".join, VERBS_WITH_PARTIES))
def test_a_party_is_named_by_its_id_its_name_or_a_beginning(books: Books, verb: str, parameter: str) -> None:
    named = VERBS_WITH_PARTIES[verb, parameter]

    def said(name: str) -> str:
        result = books.settle(verb, *named(books, name))
        return str(result.exception) if isinstance(result.exception, InvalidInput) else ""

    for name in ("DE*NBM", "DE*N", "Nordbahn", "Nord"):
        assert "is not registered" not in said(name)
        assert "are called like this" not in said(name)
    assert "did you mean DE*NBM" in said("DE*NMB")
    several = said("AT*")
    assert "2 are called like this: AT*ATX (AlpenTaxi), AT*ATY (AlpenTram)" in several


def test_what_is_shown_is_the_party_and_not_the_beginning_of_it(books: Books) -> None:
    shown = json.loads(books.settle("statement", "Nord", "--json").stdout)
    assert shown["party"] == "DE*NBM"
    assert "DE*NBM, consent to novation" in books.settle("consent", "Nord", DRY).stdout
    assert json.loads(books.settle("revoke-account", "Nord/2", DRY, "--json").stdout)["account"] == "DE*NBM/2"
    (order,) = json.loads(books.settle("pay", *VERBS_WITH_PARTIES["pay", "debtor"](books, "AlpenTa"), "--json").stdout)
    assert order["debtor"] == "AT*ATX"
