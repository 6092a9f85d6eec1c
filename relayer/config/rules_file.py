"""Reads a rule file of the settlement agent into the values that rating works with.

Every field that a rule names is looked up in the ABI, so that what cannot be calculated is refused before anything runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from relayer.bounded_files import read_up_to
from relayer.config.document import Document, Step
from relayer.config.problems import Problem, report
from relayer.config.rating_sections import (
    ClaimSection,
    ContractSection,
    DueSection,
    EventSection,
    FieldSection,
    LineSection,
    MappedSection,
    QuantitySection,
    RulesSettings,
    TariffSection,
    WindowSection,
    fact_category,
    fact_kind,
)
from relayer.config.reference_calls import CallProblem, write_back
from relayer.config.serving import read_section
from relayer.errors import InvalidInput
from relayer.facts.canonical_json import NotCanonical, canonical
from relayer.facts.words import keccak256
from relayer.rating.abi import EventAbi, FunctionAbi, named_event, parse_abi
from relayer.rating.currencies import EXPONENTS
from relayer.rating.rules import (
    BLOCK_TIME,
    ClaimRule,
    Contract,
    Difference,
    Due,
    EventRule,
    FieldValue,
    FromField,
    Line,
    MappedParty,
    Party,
    Price,
    Quantity,
    RuleFile,
    Tariff,
    Tax,
)
from relayer.rating.windows import DAY_MINUTES, WEEKDAYS, Window

_MAXIMUM_ABI_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class _Abi:
    events: list[EventAbi]
    functions: list[FunctionAbi]


def load_rules(path: Path) -> RuleFile:
    """Raises ConfigurationError with all problems in one report."""
    return _Reading(*read_section(path, RulesSettings)).rules()


class _Reading:
    """One file that is sound section by section; collects what is wrong between them."""

    def __init__(self, document: Document, settings: RulesSettings) -> None:
        self._document = document
        self._settings = settings
        self._problems: list[Problem] = []
        self._raw_abis: dict[str, Any] = {}

    def rules(self) -> RuleFile:
        settings = self._settings
        abis = {name: abi for name, each in settings.contracts.items() if (abi := self._abi(name, each)) is not None}
        self._check_contracts(settings.contracts)
        parties = {name: self._mapping(name, rows) for name, rows in settings.parties.items()}
        events = [rule for name, each in settings.events.items() if (rule := self._event(name, each, abis)) is not None]
        self._check_unique(events)
        digest = self._digest()
        if self._problems:
            raise report(self._document, self._problems)
        contracts = {
            name: Contract(
                name=name,
                address=bytes.fromhex(each.address[2:]),
                start_block=each.start_block,
                is_facts=each.kind == "business_facts",
            )
            for name, each in settings.contracts.items()
        }
        return RuleFile(
            name=settings.name,
            digest=digest,
            chain_id=settings.chain_id,
            contracts=contracts,
            events=tuple(events),
            parties=parties,
        )

    def _problem(self, words: object, *steps: Step) -> None:
        self._problems.append(Problem(steps=steps, words=str(words)))

    def _abi(self, name: str, contract: ContractSection) -> _Abi | None:
        if contract.abi is None:
            return None
        try:
            raw = _read_abi(contract.abi) if isinstance(contract.abi, Path) else list(contract.abi)
            self._raw_abis[name] = raw["abi"] if isinstance(raw, dict) and "abi" in raw else raw
            return _Abi(*parse_abi(raw))
        except InvalidInput as error:
            self._problem(error, "contracts", name, "abi")
            return None

    def _check_contracts(self, contracts: Mapping[str, ContractSection]) -> None:
        seen: dict[str, str] = {}
        for name, each in contracts.items():
            first = seen.setdefault(each.address, name)
            if first != name:
                self._problem(f"is also the contract {first!r}; keep one of them", "contracts", name, "address")

    def _mapping(self, name: str, rows: Mapping[str, str]) -> dict[str, str]:
        """Keys that are 0x and digits in lower case, as values of fields are shown."""
        mapping: dict[str, str] = {}
        for key, party in rows.items():
            text = key.lower() if key.lower().startswith("0x") else key
            if text in mapping:
                self._problem("is there twice, in other letters; keep one of them", "parties", name, key)
            mapping[text] = party
        return mapping

    def _event(self, name: str, section: EventSection, abis: Mapping[str, _Abi]) -> EventRule | None:
        if section.contract not in self._settings.contracts:
            known = ", ".join(self._settings.contracts)
            self._problem(f"unknown contract {section.contract!r}; known: {known}", "events", name, "contract")
            return None
        abi = abis.get(section.contract)
        if abi is None:
            if self._settings.contracts[section.contract].kind == "business_facts":
                words = "is a contract of business facts, which need no rules; remove the event"
                self._problem(words, "events", name, "contract")
            return None
        try:
            event = named_event(abi.events, section.event)
        except InvalidInput as error:
            self._problem(error, "events", name, "event")
            return None
        fields = _Fields(event, self._problem, ("events", name))
        if section.object is not None:
            fields.named(section.object, "object")
        where = tuple((key, value) for key, wanted in section.where.items() for value in fields.constant(key, wanted))
        claims = [self._claim(each, fields, at) for at, each in enumerate(section.claims)]
        written = None
        if section.reference is not None:
            target = section.reference.contract or section.contract
            named = abis.get(target)
            if named is None:
                self._problem(f"unknown contract {target!r}, or one without an ABI", "events", name, "reference", "contract")
            else:
                address = bytes.fromhex(self._settings.contracts[target].address[2:])
                try:
                    written = write_back(section.reference, address=address, functions=named.functions, event=event)
                except CallProblem as error:
                    self._problem(error, "events", name, "reference", *error.steps)
        return EventRule(
            name=name,
            contract=section.contract,
            event=event,
            where=where,
            object_field=section.object,
            claims=tuple(claims),
            write_back=written,
        )

    def _claim(self, section: ClaimSection, fields: _Fields, at: int) -> ClaimRule:
        place = ("claims", at)
        fields.moment(section.service_end, *place, "service_end")
        return ClaimRule(
            kind=fact_kind(section),
            category=fact_category(section),
            creditor=self._party(section.creditor, fields, *place, "creditor"),
            debtor=self._party(section.debtor, fields, *place, "debtor"),
            currency=section.currency,
            exponent=EXPONENTS[section.currency],
            service_end=section.service_end,
            due=self._due(section.due, fields, *place, "due"),
            tariff=self._tariff(section.tariff, fields, *place, "tariff"),
        )

    def _party(self, party: str | MappedSection, fields: _Fields, *steps: Step) -> Party:
        if isinstance(party, str):
            return party
        fields.named(party.field, *steps, "field")
        if party.parties not in self._settings.parties:
            known = ", ".join(self._settings.parties) or "none"
            self._problem(f"unknown mapping {party.parties!r}; known: {known}", *fields.steps, *steps, "parties")
        return MappedParty(field=party.field, mapping=party.parties)

    def _due(self, due: DueSection, fields: _Fields, *steps: Step) -> Due:
        if due.field is not None:
            fields.moment(due.field, *steps, "field")
        return Due(days=due.days, field=due.field)

    def _tariff(self, section: TariffSection, fields: _Fields, *steps: Step) -> Tariff:
        tax = section.tax
        return Tariff(
            lines=tuple(self._line(each, fields, *steps, "lines", at) for at, each in enumerate(section.lines)),
            rounding=section.rounding,
            minimum=section.minimum,
            maximum=section.maximum,
            tax=None if tax is None else Tax(rate=Fraction(tax.percent) / 100, rounding=tax.rounding),
        )

    def _line(self, section: LineSection, fields: _Fields, *steps: Step) -> Line:
        price = section.fixed if section.fixed is not None else section.price
        key = "fixed" if section.fixed is not None else "price"
        if section.divided_by is not None:
            fields.number(section.divided_by, *steps, "divided_by")
        if section.window is not None:
            fields.moment(section.window.at, *steps, "window", "at")
        return Line(
            text=section.text,
            price=_price(price, fields, *steps, key),
            quantity=_quantity(section.quantity, fields, *steps, "quantity"),
            unit=Fraction(section.unit),
            divided_by=section.divided_by,
            step=None if section.step is None else Fraction(section.step),
            step_rounding=section.step_rounding,
            minimum=section.minimum,
            maximum=section.maximum,
            window=self._window(section.window, *fields.steps, *steps, "window"),
            at=BLOCK_TIME if section.window is None else section.window.at,
        )

    def _window(self, section: WindowSection | None, *steps: Step) -> Window | None:
        if section is None:
            return None
        try:
            zone = ZoneInfo(section.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self._problem(f"{section.zone!r} is not a time zone; write one such as Europe/Berlin", *steps, "zone")
            return None
        return Window(
            zone=zone,
            zone_name=section.zone,
            days=frozenset(WEEKDAYS.index(day) for day in section.days),
            first_minute=_minute(section.first),
            end_minute=_minute(section.until),
        )

    def _check_unique(self, events: Iterable[EventRule]) -> None:
        """Claims of one event are numbered by one rule."""
        seen: dict[tuple[str, bytes], list[EventRule]] = {}
        for rule in events:
            for other in seen.setdefault((rule.contract, rule.event.topic), []):
                if not _disjoint(rule, other):
                    self._problem(
                        f"may apply to the same event as {other.name!r}; name all claims under one of them, or tell them "
                        "apart by a field under where",
                        "events",
                        rule.name,
                    )
            seen[rule.contract, rule.event.topic].append(rule)

    def _digest(self) -> bytes:
        contracts = self._document.data["contracts"]
        assert isinstance(contracts, dict)
        # What an ABI says counts, not where its file is.
        bare = {
            name: {key: value for key, value in each.items() if key != "abi"} if isinstance(each, dict) else each
            for name, each in contracts.items()
        }
        content = {**self._document.data, "contracts": bare, "abis": self._raw_abis}
        try:
            return keccak256(b"interledger.rules.v1\0" + canonical(content))
        except NotCanonical as error:
            self._problem(error, *(() if error.path[:1] == ("abis",) else error.path))
            return bytes(32)


class _Fields:
    """The fields of one event, and what may be done with each."""

    def __init__(self, event: EventAbi, problem: Any, steps: tuple[Step, ...]) -> None:
        self._event = event
        self._problem = problem
        self.steps = steps

    def named(self, name: str, *steps: Step) -> str | None:
        """The type of a field whose value a log has."""
        found = next((each for each in self._event.inputs if each.name == name), None)
        if found is None:
            known = ", ".join(self._event.types) or "none"
            self._problem(f"the event has no field {name!r}; it has: {known}", *self.steps, *steps)
            return None
        if found.is_hashed or found.type.endswith("]"):
            why = "a log has only a hash of it" if found.is_hashed else "lists are not rated"
            self._problem(f"{name} is {found.type}: {why}; name another field", *self.steps, *steps)
            return None
        return found.type

    def number(self, name: str, *steps: Step) -> None:
        """A field that is calculated with."""
        kind = self.named(name, *steps)
        if kind is not None and not kind.startswith(("uint", "int")):
            self._problem(f"{name} is {kind}, which is not a number", *self.steps, *steps)

    def moment(self, name: str, *steps: Step) -> None:
        """A field with unix seconds, or the time of the block."""
        if name != BLOCK_TIME:
            self.number(name, *steps)

    def constant(self, name: str, value: str | bool | int) -> Iterator[FieldValue]:  # noqa: FBT001
        """What the field is compared with, as events have it."""
        kind = self.named(name, "where", name)
        if kind is None:
            return
        if kind == "address" or kind.startswith("bytes"):
            try:
                yield bytes.fromhex(str(value).removeprefix("0x"))
            except ValueError:
                self._problem(f"{name} is {kind}; write 0x and hexadecimal digits, in quotes", *self.steps, "where", name)
            return
        expected = bool if kind == "bool" else str if kind == "string" else int
        if type(value) is not expected:
            self._problem(f"{name} is {kind}; the value has another type", *self.steps, "where", name)
            return
        yield value


def _price(price: object, fields: _Fields, *steps: Step) -> Price:
    if isinstance(price, FieldSection):
        fields.number(price.field, *steps, "field")
        return FromField(name=price.field)
    assert isinstance(price, int | Fraction)
    return Fraction(price)


def _quantity(section: QuantitySection | None, fields: _Fields, *steps: Step) -> Quantity | None:
    if section is None:
        return None
    if section.field is not None:
        fields.number(section.field, *steps, "field")
        return FromField(name=section.field)
    assert section.first is not None
    assert section.last is not None
    fields.moment(section.first, *steps, "from")
    fields.moment(section.last, *steps, "to")
    return Difference(first=section.first, last=section.last)


def _disjoint(one: EventRule, other: EventRule) -> bool:
    ours, theirs = dict(one.where), dict(other.where)
    return any(name in theirs and theirs[name] != value for name, value in ours.items())


def _minute(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return min(int(hours) * 60 + int(minutes), DAY_MINUTES)


def _read_abi(path: Path) -> Any:
    try:
        content = read_up_to(path, _MAXIMUM_ABI_BYTES)
    except OSError as error:
        raise InvalidInput(f"the file {path} cannot be read ({error.strerror}); correct the path") from error
    if len(content) > _MAXIMUM_ABI_BYTES:
        raise InvalidInput(f"the file {path} has more than {_MAXIMUM_ABI_BYTES} bytes")
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"the file {path} is not JSON: {error}") from error
