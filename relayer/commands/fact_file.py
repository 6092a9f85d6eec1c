"""The JSON form in which an issuer hands over facts. Strict: unknown keys and other types are refused, all at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from relayer.bounded_files import read_up_to
from relayer.codes.facts import FactCategory, FactKind
from relayer.codes.limits import MAXIMUM_FACT_SECONDS
from relayer.errors import InvalidInput
from relayer.facts.canonical_json import NotCanonical, canonical
from relayer.facts.canonical_json import Path as JsonPath
from relayer.facts.json_text import JsonFault, decode_text, load_json, places_of
from relayer.facts.schema import SCHEMA, Fact, party_id
from relayer.facts.words import keccak256

_MAXIMUM_BYTES = 50_000_000
_MAXIMUM_FACTS = 100_000
_SHOWN_PROBLEMS = 100
"""The place of each is looked for in the text."""
_HASH = r"^0x[0-9a-fA-F]{64}$"
_AMOUNT = Annotated[int, Field(ge=0, lt=2**128)]
_MILLISECONDS = 1_000


def _unix_seconds(value: int) -> int:
    if value <= MAXIMUM_FACT_SECONDS:
        return value
    if value // _MILLISECONDS <= MAXIMUM_FACT_SECONDS:
        raise ValueError(f"{value} lies after the year 9999; if it is in milliseconds, write {value // _MILLISECONDS}")
    raise ValueError(f"{value} lies after the year 9999, where nothing can be netted; write unix seconds")


_TIME = Annotated[int, Field(ge=0, lt=2**64), AfterValidator(_unix_seconds)]
_Read = TypeVar("_Read")


class FactForm(BaseModel):
    """One fact before it is issued. Amounts are whole minor units, times unix seconds."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    kind: str
    category: str
    creditor: str
    debtor: str
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    exponent: int = Field(ge=0, le=18)
    net: _AMOUNT
    tax: _AMOUNT = 0
    service_end: _TIME
    due_date: _TIME
    related_fact: str = Field(default="0x" + "00" * 32, pattern=_HASH)
    document_hash: str | None = Field(default=None, pattern=_HASH)
    document: dict[str, object] | None = None
    """Hashed in its canonical form (RFC 8785); it stays off the ledger."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        for value, names in ((self.kind, _KINDS), (self.category, _CATEGORIES)):
            if value not in names:
                raise ValueError(f"{value!r} is not known; known: {', '.join(names)}")
        if (self.document_hash is None) == (self.document is None):
            raise ValueError("needs exactly one of document and document_hash")
        for party in (self.creditor, self.debtor):
            try:
                party_id(party)
            except InvalidInput as error:
                raise ValueError(str(error)) from error
        return self

    def issue(self, *, fact_id: bytes, issuer_sequence: int) -> Fact:
        """The fact as it is minted."""
        return Fact(
            fact_id=fact_id,
            schema=SCHEMA,
            kind=_KINDS[self.kind],
            category=_CATEGORIES[self.category],
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
            document_hash=self._document_hash(),
        )

    def _document_hash(self) -> bytes:
        if self.document_hash is not None:
            return bytes.fromhex(self.document_hash[2:])
        return keccak256(canonical(self.document))


_KINDS = {kind.name.lower(): kind for kind in FactKind}
_CATEGORIES = {category.name.lower(): category for category in FactCategory}
_FORMS = TypeAdapter(Annotated[list[FactForm], Field(min_length=1, max_length=_MAXIMUM_FACTS)])


def read_facts(path: Path) -> list[FactForm]:
    """Reads the file, or standard input for ``-``. Raises InvalidInput with every problem, its line and its column."""
    text = read_text(path)
    rows = _loaded(path, text)
    if isinstance(rows, list) and len(rows) > _MAXIMUM_FACTS:
        # Before they are looked at: each of them may have many problems.
        raise InvalidInput(f"{path}: {len(rows)} facts; at most {_MAXIMUM_FACTS} are minted from one file, so split it")
    forms = _validated(path, text, _FORMS.validate_json)
    # As written: pydantic has made doubles of the documents' numbers.
    documents = [row.get("document") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    problems = [found for found in map(_document_problem, range(len(documents)), documents) if found is not None]
    if problems:
        raise InvalidInput(_described(path, text, problems))
    return [form.model_copy(update={"document": document}) for form, document in zip(forms, documents, strict=True)]


def read_strictly(path: Path, validate: Callable[[bytes], _Read]) -> _Read:
    """What pydantic makes of a JSON file. Raises InvalidInput with every problem, its line and its column."""
    text = read_text(path)
    _loaded(path, text)
    return _validated(path, text, validate)


def read_text(path: Path) -> str:
    """UTF-8, with or without a byte order mark. Raises InvalidInput."""
    try:
        return decode_text(read_bytes(path))
    except JsonFault as error:
        raise InvalidInput(f"{path}: {error}") from error


def read_bytes(path: Path) -> bytes:
    """At most 50 MB. Raises InvalidInput if the file cannot be read."""
    try:
        content = sys.stdin.buffer.read(_MAXIMUM_BYTES + 1) if str(path) == "-" else read_up_to(path, _MAXIMUM_BYTES)
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read ({error.strerror}); check the path") from error
    if len(content) > _MAXIMUM_BYTES:
        raise InvalidInput(f"{path}: more than {_MAXIMUM_BYTES} bytes; split it")
    return content


def _loaded(path: Path, text: str) -> object:
    try:
        return load_json(text)
    except JsonFault as error:
        raise InvalidInput(f"{path}: {error}") from error


def _validated(path: Path, text: str, validate: Callable[[bytes], _Read]) -> _Read:
    try:
        return validate(text.encode())
    except ValidationError as error:
        problems = [
            (detail["loc"], detail["msg"].removeprefix("Value error, "))
            for detail in error.errors(include_url=False, include_input=False)
        ]
        raise InvalidInput(_described(path, text, problems)) from error


def _document_problem(at: int, document: object) -> tuple[JsonPath, str] | None:
    try:
        canonical(document)
    except NotCanonical as error:
        return (at, "document", *error.path), str(error)
    return None


def _described(path: Path, text: str, problems: Sequence[tuple[JsonPath, str]]) -> str:
    """One line per problem, with its place; of very many, the first ones."""
    shown = problems[:_SHOWN_PROBLEMS]
    places = places_of(text, {where for where, _ in shown})
    rows = [f"  {'.'.join(map(str, where)) or 'file'} ({places[where]}): {message}" for where, message in shown]
    if len(problems) > len(shown):
        rows.append(f"  and {len(problems) - len(shown)} more")
    return f"{path}: {len(problems)} problem{'s' if len(problems) > 1 else ''}:\n" + "\n".join(rows)
