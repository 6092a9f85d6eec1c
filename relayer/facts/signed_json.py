"""Signed facts as JSON, for files that people hand on: hashes and addresses in hexadecimal with 0x, amounts as decimal text.

Reading is strict: what is missing, unknown or of another form is refused with its place, and nothing is repaired.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from relayer.errors import InvalidInput
from relayer.facts.schema import Fact
from relayer.facts.signing import SignedFacts
from relayer.facts.ways import SIGNED_WAYS, Way

_HEX = re.compile(r"0x([0-9a-f]{2})*", re.ASCII)
_AMOUNT = re.compile(r"0|[1-9][0-9]{0,38}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_AMOUNTS = frozenset({"net", "tax"})
_NUMBERS = frozenset({"schema", "kind", "category", "exponent", "service_end", "due_date", "issuer_sequence"})
_FACT_NAMES = tuple(field.name for field in fields(Fact))


def signed_to_json(signed: SignedFacts) -> dict[str, Any]:
    """As `signed_from_json` reads it."""
    return {
        "way": signed.way.value,
        "chain_id": signed.chain_id,
        "contract": _hex(signed.contract),
        "issuer": _hex(signed.issuer),
        "facts": [_fact_to_json(fact) for fact in signed.facts],
        "object_ids": list(signed.object_ids),
        "system": signed.system,
        "rules": _hex(signed.rules),
        "signature": _hex(signed.signature),
    }


def signed_from_json(values: object) -> SignedFacts:
    """Raises InvalidInput. Whether the signature holds is for the ledger to say."""
    given = _members(values, "signed facts", _READERS)
    return SignedFacts(**{name: read(name, given[name]) for name, read in _READERS.items()})


def _fact_to_json(fact: Fact) -> dict[str, Any]:
    return {name: _written(name, getattr(fact, name)) for name in _FACT_NAMES}


def _written(name: str, value: Any) -> Any:
    if name == "currency":
        return value.decode("ascii", "replace")
    return str(value) if name in _AMOUNTS else _hex(value) if isinstance(value, bytes) else value


def _read_fact(place: str, values: object) -> Fact:
    given = _members(values, place, _FACT_NAMES)
    return Fact(**{name: _fact_value(f"{place}.{name}", name, given[name]) for name in _FACT_NAMES})


def _fact_value(place: str, name: str, value: object) -> Any:
    if name in _NUMBERS:
        return _number(place, value)
    if name == "currency":
        return _text(place, value, _CURRENCY, "three capital letters").encode()
    if name in _AMOUNTS:
        return int(_text(place, value, _AMOUNT, "whole minor units as text"))
    return _bytes(place, value)


def _members(values: object, place: str, names: Any) -> Mapping[str, object]:
    if not isinstance(values, Mapping) or set(values) != set(names):
        raise InvalidInput(f"{place}: expected an object with {', '.join(names)}, and nothing else")
    return values


def _list(place: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise InvalidInput(f"{place}: expected a list")
    return value


def _number(place: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidInput(f"{place}: expected a whole number")
    return value


def _text(place: str, value: object, form: re.Pattern[str], what: str) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise InvalidInput(f"{place}: expected {what}")
    return value


def _bytes(place: str, value: object) -> bytes:
    return bytes.fromhex(_text(place, value, _HEX, "lower-case hexadecimal with 0x")[2:])


def _way(place: str, value: object) -> Way:
    if not isinstance(value, str) or value not in SIGNED_WAYS:
        raise InvalidInput(f"{place}: expected {' or '.join(sorted(SIGNED_WAYS))}")
    return Way(value)


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"


_ANY = re.compile(r".*", re.DOTALL)
_READERS: Mapping[str, Callable[[str, object], Any]] = {
    "way": _way,
    "chain_id": _number,
    "contract": _bytes,
    "issuer": _bytes,
    "facts": lambda place, value: tuple(_read_fact(f"{place}.{at}", each) for at, each in enumerate(_list(place, value))),
    "object_ids": lambda place, value: tuple(_text(place, each, _ANY, "a list of texts") for each in _list(place, value)),
    "system": lambda place, value: _text(place, value, _ANY, "text"),
    "rules": _bytes,
    "signature": _bytes,
}
