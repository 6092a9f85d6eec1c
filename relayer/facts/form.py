"""What an issuer says of a claim before it becomes a fact, and the rules by which every way into settlement checks it.

Amounts are whole minor units, times unix seconds, parties OCPI-style ids. The document stays with the issuer; the fact has
its hash.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from relayer.codes.facts import FactCategory, FactKind
from relayer.codes.limits import MAXIMUM_FACT_SECONDS
from relayer.errors import InvalidInput
from relayer.facts.canonical_json import NotCanonical, Path, canonical
from relayer.facts.schema import SCHEMA, Fact, party_id
from relayer.facts.words import keccak256

KINDS = {kind.name.lower(): kind for kind in FactKind}
CATEGORIES = {category.name.lower(): category for category in FactCategory}
NO_FACT = "0x" + "00" * 32
"""As `related_fact`: none."""

_MAXIMUM_EXPONENT = 18
_MILLISECONDS = 1_000
_HASH = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)

Problem = tuple[Path, str]
"""Where, and what is wrong there and what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactForm:
    """One fact before it is issued, checked by `form_of`."""

    kind: str
    category: str
    creditor: str
    debtor: str
    currency: str
    """ISO 4217."""
    exponent: int
    net: int
    tax: int = 0
    service_end: int
    due_date: int
    related_fact: str = NO_FACT
    document_hash: str | None = None
    document: Mapping[str, object] | None = None
    """Hashed in its canonical form (RFC 8785). Exactly one of it and `document_hash` is given."""

    def issue(self, *, fact_id: bytes, issuer_sequence: int) -> Fact:
        """The fact as it is recorded on a ledger."""
        return Fact(
            fact_id=fact_id,
            schema=SCHEMA,
            kind=KINDS[self.kind],
            category=CATEGORIES[self.category],
            creditor=party_id(self.creditor),
            debtor=party_id(self.debtor),
            currency=self.currency.encode(),
            exponent=self.exponent,
            net=self.net,
            tax=self.tax,
            service_end=self.service_end,
            due_date=self.due_date,
            issuer_sequence=issuer_sequence,
            related_fact=bytes.fromhex(self.related_fact[2:]),
            document_hash=self.hash_of_document(),
        )

    def hash_of_document(self) -> bytes:
        """32 bytes: the stated one, or that of the document."""
        if self.document_hash is not None:
            return bytes.fromhex(self.document_hash[2:])
        return keccak256(canonical(self.document))


def form_of(values: Mapping[str, Any]) -> FactForm:
    """Raises InvalidInput with every problem."""
    problems = problems_of(values)
    if problems:
        raise InvalidInput("; ".join(f"{'.'.join(map(str, path))}: {message}" for path, message in problems))
    return FactForm(**values)


def problems_of(values: object) -> list[Problem]:
    """What is wrong with the fields of a form; empty if `form_of` takes them. Numbers of a document may be Decimal."""
    if not isinstance(values, Mapping):
        return [((), "Input should be an object")]
    found: list[Problem] = [((str(name),), "Extra inputs are not permitted") for name in values if name not in _NAMES]
    for name, check in _CHECKS:
        if name in values:
            found += [((name, *path), message) for path, message in check(values[name])]
        elif name in _REQUIRED:
            found.append(((name,), "Field required"))
    if not found and (values.get("document_hash") is None) == (values.get("document") is None):
        found.append(((), "needs exactly one of document and document_hash"))
    return found


_Check = Callable[[Any], Sequence[Problem]]


def _wrong(message: str) -> Sequence[Problem]:
    return (((), message),)


def _whole(maximum: int) -> _Check:
    def check(value: Any) -> Sequence[Problem]:
        if not isinstance(value, int) or isinstance(value, bool):
            return _wrong("Input should be a valid integer")
        if value < 0:
            return _wrong("Input should be greater than or equal to 0")
        return () if value <= maximum else _wrong(f"Input should be at most {maximum}")

    return check


def _known(names: Mapping[str, object]) -> _Check:
    def check(value: Any) -> Sequence[Problem]:
        if not isinstance(value, str):
            return _wrong("Input should be a valid string")
        return () if value in names else _wrong(f"{value[:40]!r} is not known; known: {', '.join(names)}")

    return check


def _like(pattern: re.Pattern[str], example: str, *, required: bool = True) -> _Check:
    def check(value: Any) -> Sequence[Problem]:
        if value is None and not required:
            return ()
        if not isinstance(value, str):
            return _wrong("Input should be a valid string")
        return () if pattern.fullmatch(value) else _wrong(f"expected {example}")

    return check


def _party(value: Any) -> Sequence[Problem]:
    if not isinstance(value, str):
        return _wrong("Input should be a valid string")
    try:
        party_id(value)
    except InvalidInput as error:
        return _wrong(str(error))
    return ()


_in_range = _whole(2**64 - 1)


def _unix_seconds(value: Any) -> Sequence[Problem]:
    wrong = _in_range(value)
    if wrong or value <= MAXIMUM_FACT_SECONDS:
        return wrong
    if value // _MILLISECONDS <= MAXIMUM_FACT_SECONDS:
        return _wrong(f"{value} lies after the year 9999; if it is in milliseconds, write {value // _MILLISECONDS}")
    return _wrong(f"{value} lies after the year 9999, where nothing can be netted; write unix seconds")


def _document(value: Any) -> Sequence[Problem]:
    if value is None:
        return ()
    if not isinstance(value, dict):
        return _wrong("Input should be an object")
    try:
        canonical(value)
    except NotCanonical as error:
        return ((error.path, str(error)),)
    return ()


_CHECKS: tuple[tuple[str, _Check], ...] = (
    ("kind", _known(KINDS)),
    ("category", _known(CATEGORIES)),
    ("creditor", _party),
    ("debtor", _party),
    ("currency", _like(_CURRENCY, "three capital letters, such as EUR")),
    ("exponent", _whole(_MAXIMUM_EXPONENT)),
    ("net", _whole(2**128 - 1)),
    ("tax", _whole(2**128 - 1)),
    ("service_end", _unix_seconds),
    ("due_date", _unix_seconds),
    ("related_fact", _like(_HASH, "0x and 64 hexadecimal digits")),
    ("document_hash", _like(_HASH, "0x and 64 hexadecimal digits", required=False)),
    ("document", _document),
)
_NAMES = frozenset(field.name for field in fields(FactForm))
_REQUIRED = _NAMES - {"tax", "related_fact", "document_hash", "document"}
