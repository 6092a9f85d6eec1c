"""What a request says, read strictly: its claim, its idempotency key and its signed facts. Nothing is repaired."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from hashlib import sha256

from relayer.errors import InvalidInput
from relayer.facts.signed_json import signed_from_json
from relayer.facts.signing import SignedFacts, contract_of_system
from relayer.push.claim import Claim
from relayer.push.service.problems import Problem, ProblemCode

MAXIMUM_KEY_CHARACTERS = 255
_CHARACTERS = r"[\x20\x21\x23-\x5b\x5d-\x7e]{1,255}"
KEY_PATTERN = f'^"{_CHARACTERS}"$'
"""Of the header: a string of structured fields (RFC 9651), without escapes."""
_QUOTED_KEY = re.compile(f'"{_CHARACTERS}"', re.ASCII)
_KEY = re.compile(_CHARACTERS, re.ASCII)
_NAMES = tuple(field.name for field in fields(Claim))
_NEEDED = tuple(field.name for field in fields(Claim) if field.default is MISSING)


def claim_of(values: object) -> Claim:
    """Raises InvalidInput with everything that is wrong."""
    if not isinstance(values, Mapping):
        raise InvalidInput("claim: expected a JSON object")
    problems = [f"{str(name)[:40]!r} is not known" for name in values if name not in _NAMES]
    problems += [f"{name} is missing" for name in _NEEDED if name not in values]
    problems += [f"{str(name)[:40]} is null; leave it out" for name, value in values.items() if value is None]
    if problems:
        raise InvalidInput(f"claim: {'; '.join(problems)}; known: {', '.join(_NAMES)}")
    return Claim(**values)


def fingerprint_of(values: object) -> str:
    """The same for the same content, in whatever order its members came."""
    return sha256(json.dumps(values, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest()


def key_of_header(values: Sequence[bytes]) -> str:
    """The key in the values of the header `Idempotency-Key`. Raises Problem unless it is there once, and one string."""
    if not values:
        raise Problem(
            ProblemCode.KEY_MISSING, "the header Idempotency-Key is missing; send one of your own for each claim, in quotes"
        )
    text = values[0].decode("latin-1").strip(" \t")
    if len(values) > 1 or not _QUOTED_KEY.fullmatch(text):
        raise Problem(
            ProblemCode.KEY_INVALID,
            f"Idempotency-Key: expected it once, as one text in quotes with 1 to {MAXIMUM_KEY_CHARACTERS} printable ASCII "
            'characters, such as "8e03978e-40d5-43e8-bc93-6894a57f9324"',
        )
    return text[1:-1]


def key_of_field(text: str) -> str:
    """The key in a field of a message, where it has no quotes. Raises Problem unless a header can have it too."""
    if not text:
        raise Problem(ProblemCode.KEY_MISSING, "idempotency_key is missing; send one of your own for each claim")
    if not _KEY.fullmatch(text):
        raise Problem(
            ProblemCode.KEY_INVALID,
            f"idempotency_key: expected 1 to {MAXIMUM_KEY_CHARACTERS} printable ASCII characters without quotation marks "
            "and backslashes, such as 8e03978e-40d5-43e8-bc93-6894a57f9324",
        )
    return text


def own_signed_facts(system: str, values: object) -> SignedFacts:
    """Raises InvalidInput, and Problem for facts of another system than the token's."""
    return require_own(system, signed_from_json(values))


def require_own(system: str, signed: SignedFacts) -> SignedFacts:
    """Raises Problem for facts of another system than the token's."""
    if signed.system != system or signed.contract != contract_of_system(system):
        raise Problem(
            ProblemCode.OTHER_SYSTEM,
            f"the token is that of system {system!r}, and the signed facts name another system or contract; deliver them "
            "with that system's token",
        )
    return signed
