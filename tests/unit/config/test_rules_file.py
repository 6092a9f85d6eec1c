"""Rule files: the example is sound, and each mutation of it is refused with its path and a remedy, all in one report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relayer.config.rules_file import load_rules
from relayer.errors import ConfigurationError
from relayer.rating.currencies import EXPONENTS
from relayer.rating.rules import RuleFile
from tests.support.trips import EXAMPLE_RULES, EXAMPLES

TEXT = EXAMPLE_RULES.read_text()


def load(tmp_path: Path, text: str) -> RuleFile:
    path = tmp_path / "trips.rules.yaml"
    path.write_text(text)
    return load_rules(path)


def test_the_example_is_sound() -> None:
    rules = load_rules(EXAMPLE_RULES)
    assert (rules.name, rules.chain_id) == ("trips", 1337)
    (rule,) = rules.events
    assert rule.event.signature == "TripEnded(bytes32,address,address,uint64,uint64,uint32,uint16)"
    assert rule.claims[0].exponent == 2
    assert rule.write_back is not None


REFUSED = {
    "unknown key": (
        "service_end: endedAt",
        "servce_end: endedAt",
        "events.ended.claims[0].servce_end: unknown key; did you mean",
    ),
    "newer version": ("version: 1", "version: 2", "version: the value should be"),
    "unknown currency": ("currency: EUR", "currency: EUX", "currency: 'EUX' is not a currency of ISO 4217"),
    "wrong exponent": ("currency: EUR", "currency: JPY\n        exponent: 2", "JPY has 0 digits"),
    "division by zero": ("unit: 60", "unit: 0", "lines[1].unit: is zero, and quantities are divided by it"),
    "fraction by zero": ('"19.5"', '"1/0"', "divides by zero"),
    "step of zero": ("step: 1\n", "step: 0\n", "lines[1].step: is zero"),
    "double": ('"19.5"', "19.5", "lines[1].price: is a decimal without quotes"),
    "negative": ('"19.5"', "-5", "lines[1].price: '-5' is not an exact number from zero up"),
    "overflow": ("fixed: 100", f"fixed: '{2**97}'", "overflows what a fact can carry"),
    "minimum above maximum": ("minimum: 250", "minimum: 5000", "tariff: has the minimum 5000 above the maximum 4500"),
    "rounding": (
        "rounding: half_up\n          lines",
        "rounding: nearest\n          lines",
        "tariff.rounding: the value should be",
    ),
    "no rounding": ("rounding: half_up\n          lines", "lines", "tariff.rounding: is missing"),
    "tax": ("percent: 19", "percent: 119", "tariff.tax: is more than 100 percent"),
    "time zone": ("Europe/Berlin", "Europe/Bielefeld", "'Europe/Bielefeld' is not a time zone"),
    "hours": ('from: "22:00"', 'from: "25:00"', "is not a time of day"),
    "empty window": ('from: "22:00"', 'from: "06:00"', "begins when it ends"),
    "unknown field": ("to: endedAt", "to: ended", "quantity.to: the event has no field 'ended'; it has: tripId, "),
    "field of another type": ("to: endedAt", "to: tripId", "quantity.to: tripId is bytes32, which is not a number"),
    "unknown event": ("event: TripEnded\n", "event: TripOver\n", "the event 'TripOver' is not in the ABI"),
    "unknown contract": (
        "contract: trips\n    event",
        "contract: rides\n    event",
        "unknown contract 'rides'; known: trips",
    ),
    "unknown mapping": (
        "{field: provider, parties: operators}",
        "{field: provider, parties: riders}",
        "unknown mapping 'riders'",
    ),
    "party": ("DE*KCS", "Kiezcar", "party 'Kiezcar': expected two letters"),
    "same party": (
        "debtor: {field: retailer, parties: operators}",
        "debtor: {field: provider, parties: operators}",
        "has one party as creditor and debtor",
    ),
    "kind": ("kind: trip_completed", "kind: credit_note", "'credit_note' is not a kind that a rule can make"),
    "category": ("category: fare", "category: fares", "'fares' is not a category"),
    "checksum": ("0x5b1869d9a4c187f2eaa108f3062412ecf0526b24", "0x5b1869D9a4c187f2eaa108f3062412ecf0526b24", "EIP-55"),
    "declaration": ("event TripEnded(bytes32 indexed tripId,", "event TripEnded(bytes33 indexed tripId,", "entry 0: "),
    "no ABI": ("    abi:\n", "    abi: trips.json\n    x:\n", "contracts.trips.x: unknown key"),
    "function": (
        "bytes32 tripId) view returns",
        "bytes32 tripId) returns",
        "reference.read.function: must be a view function",
    ),
    "argument": ('arguments: ["{tripId}", "{liability_id}"]', 'arguments: ["{tripId}"]', "takes 2 arguments"),
    "argument's type": (
        '"{tripId}", "{liability_id}"',
        '"{tripId}", "{sequence}"',
        "{sequence} is uint64, but the contract",
    ),
    "unknown argument": ('"{tripId}", "{liability_id}"', '"{tripId}", "{liability}"', "{liability} is not known"),
    "number too large for JSON": ("maximum: 4500", f"maximum: {2**53 + 1}", "maximum: the number 9007199254740993"),
    "object": ("object: tripId", "object: trip", "events.ended.object: the event has no field 'trip'"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_one_mutation_is_refused(case: str, tmp_path: Path) -> None:
    old, new, words = REFUSED[case]
    assert old in TEXT
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, TEXT.replace(old, new, 1))
    assert words in str(caught.value)


def test_all_problems_of_the_rules_come_in_one_report(tmp_path: Path) -> None:
    text = (
        TEXT.replace("to: endedAt", "to: ended").replace("Europe/Berlin", "Europe/X").replace("object: tripId", "object: t")
    )
    with pytest.raises(ConfigurationError, match="3 problems"):
        load(tmp_path, text)


def test_an_abi_file_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    before, _, rest = TEXT.partition("    abi:\n")
    text = before + "    abi: trips.json\n\nevents" + rest.partition("\nevents")[2]
    for content, words in (
        (None, "cannot be read"),
        ("[", "is not JSON"),
        ("3", "has no ABI"),
        ('[{"type": "event"}]', "an event without a name"),
        ('[{"type": "event", "name": "TripEnded", "inputs": [{"name": "a", "type": "tuple"}]}]', "is not in the ABI"),
        (
            '[{"type": "event", "name": "TripEnded", "inputs": [{"name": "a", "type": "bytes32"}]}]',
            "has no field 'provider'",
        ),
    ):
        if content is not None:
            (tmp_path / "trips.json").write_text(content)
        with pytest.raises(ConfigurationError) as caught:
            load(tmp_path, text)
        assert words in str(caught.value)
    (tmp_path / "trips.json").write_text((EXAMPLES / "artifacts" / "TripLog.json").read_text())
    assert load(tmp_path, text).events[0].event == load_rules(EXAMPLE_RULES).events[0].event


def test_the_digest_is_of_the_meaning(tmp_path: Path) -> None:
    """Not of comments, and not of where an ABI's file is; but of every value, those of the ABI included."""
    known = load(tmp_path, TEXT).digest
    assert load(tmp_path, "# a comment\n" + TEXT).digest == known
    for old, new in (
        ("19.5", "19.6"),
        ("DE*KCS", "DE*KCT"),
        ("uint16 riders", "uint8 riders"),
        ("name: trips", "name: rides"),
    ):
        assert load(tmp_path, TEXT.replace(old, new, 1)).digest != known


def test_two_rules_of_one_event_must_be_told_apart(tmp_path: Path) -> None:
    rule = TEXT.partition("events:\n")[2]
    second = rule.replace("  ended:\n", "  again:\n", 1)
    with pytest.raises(ConfigurationError, match="may apply to the same event as 'ended'"):
        load(tmp_path, TEXT + second)
    told_apart = TEXT.replace("    object: tripId\n", "    object: tripId\n    where: {riders: 1}\n")
    rules = load(
        tmp_path, told_apart + second.replace("    object: tripId\n", "    object: tripId\n    where: {riders: 2}\n")
    )
    assert [each.where for each in rules.events] == [(("riders", 1),), (("riders", 2),)]


def test_currencies_have_the_digits_of_iso_4217() -> None:
    assert [EXPONENTS[code] for code in ("EUR", "JPY", "KWD", "CLF", "CHF", "UYW", "ISK", "TND")] == [2, 0, 3, 4, 2, 4, 0, 3]
    assert "XAU" not in EXPONENTS
    assert len(EXPONENTS) > 150


def test_the_artifact_has_the_abi_of_the_example() -> None:
    declared = load_rules(EXAMPLE_RULES).events[0].event
    entries = json.loads((EXAMPLES / "artifacts" / "TripLog.json").read_text())["abi"]
    compiled = next(each for each in entries if each["type"] == "event" and each["name"] == declared.name)
    assert [(each["name"], each["type"], each["indexed"]) for each in compiled["inputs"]] == [
        (each.name, each.type, each.indexed) for each in declared.inputs
    ]
