"""The JSON form in which an issuer hands over facts. Strict: unknown keys and other types are refused, all at once."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from relayer.codes.facts import FactCategory, FactKind
from relayer.errors import InvalidInput
from relayer.facts.schema import SCHEMA, Fact, party_id
from relayer.facts.words import keccak256

_MAXIMUM_BYTES = 50_000_000
_HASH = r"^0x[0-9a-fA-F]{64}$"
_AMOUNT = Annotated[int, Field(ge=0, lt=2**128)]
_TIME = Annotated[int, Field(ge=0, lt=2**64)]


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
    """Hashed in its canonical form (sorted keys, no spaces); it stays off the ledger."""

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
        text = json.dumps(self.document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return keccak256(text.encode())


_KINDS = {kind.name.lower(): kind for kind in FactKind}
_CATEGORIES = {category.name.lower(): category for category in FactCategory}
_FORMS = TypeAdapter(Annotated[list[FactForm], Field(min_length=1, max_length=100_000)])


def read_facts(path: Path) -> list[FactForm]:
    """Reads the file, or standard input for ``-``. Raises InvalidInput with every problem."""
    content = read_json(path)
    try:
        return _FORMS.validate_json(content)
    except ValidationError as error:
        raise InvalidInput(describe_problems(path, error)) from error


def read_json(path: Path) -> bytes:
    """At most 50 MB. Raises InvalidInput if the file cannot be read."""
    try:
        content = sys.stdin.buffer.read(_MAXIMUM_BYTES + 1) if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read ({error.strerror}); check the path") from error
    if len(content) > _MAXIMUM_BYTES:
        raise InvalidInput(f"{path}: more than {_MAXIMUM_BYTES} bytes; split it")
    return content


def describe_problems(path: Path, error: ValidationError) -> str:
    """One line per problem, with its place."""
    rows = [
        f"  {'.'.join(map(str, detail['loc'])) or 'file'}: {detail['msg'].removeprefix('Value error, ')}"
        for detail in error.errors(include_url=False, include_input=False)
    ]
    return f"{path}: {len(rows)} problem{'s' if len(rows) > 1 else ''}:\n" + "\n".join(rows)
