"""What the business says: one claim, under the id that it has there. It is checked when it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from relayer.errors import InvalidInput
from relayer.facts.form import NO_FACT, FactForm, problems_of

MAXIMUM_ID_BYTES = 64
_OWN = ("business_id", "related")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """`creditor` claims from `debtor`. Parties are OCPI-style ids, amounts whole minor units, the currency ISO 4217 with its
    digits after the point. Raises InvalidInput with every problem."""

    business_id: str
    """The caller's own id, at most 64 bytes: booking, trip, invoice. The same id with other content is refused."""
    kind: str
    """Such as ``trip_completed``; relayer.codes.facts.FactKind in lower case."""
    category: str = "fare"
    creditor: str
    debtor: str
    currency: str
    exponent: int = 2
    net: int
    tax: int = 0
    service_end: int | datetime
    """Unix seconds, or a datetime with a time zone. So is `due_date`."""
    due_date: int | datetime
    document: Mapping[str, object] | None = None
    """What the claim is about, in full; it never leaves the caller. The claim commits to its hash (RFC 8785, keccak256)."""
    document_hash: str | None = None
    """0x and 64 digits, in place of `document`."""
    related: str | None = None
    """Business id of the earlier claim that this one corrects, or says is paid. It must be in the same outbox."""
    related_fact: str = NO_FACT
    """The same by its fact id, for a claim that came another way."""

    def __post_init__(self) -> None:
        for name in ("service_end", "due_date"):
            value = getattr(self, name)
            if isinstance(value, datetime):
                object.__setattr__(self, name, _seconds(name, value))
        problems = [
            f"{'.'.join(map(str, path)) or 'claim'}: {message}" for path, message in problems_of(self._form_values())
        ]
        problems += [problem for problem in (_id_problem(self.business_id), self._relation_problem()) if problem]
        if problems:
            raise InvalidInput(f"claim {str(self.business_id)[:80]!r}: {'; '.join(problems)}")

    def form(self, related_fact: str) -> FactForm:
        """The claim as a fact before it is issued."""
        return FactForm(**{**self._form_values(), "related_fact": related_fact})  # type: ignore[arg-type]

    def _form_values(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in _FORM}

    def _relation_problem(self) -> str | None:
        if self.related is None:
            return None
        if self.related_fact != NO_FACT:
            return "related: is given beside related_fact; keep one of them"
        return _id_problem(self.related, "related")


_FORM = tuple(field.name for field in fields(Claim) if field.name not in _OWN)


def _seconds(name: str, moment: datetime) -> int:
    if moment.tzinfo is None:
        raise InvalidInput(f"claim: {name} has no time zone; write datetime.now(UTC), or unix seconds")
    return int(moment.timestamp())


def _id_problem(value: object, name: str = "business_id") -> str | None:
    if not isinstance(value, str) or not value.isprintable() or not value.strip():
        return f"{name}: expected text of printable characters"
    length = len(value.encode())
    return f"{name}: has {length} bytes; at most {MAXIMUM_ID_BYTES} are kept" if length > MAXIMUM_ID_BYTES else None
