"""What a claim commits to: the rule file, the event with all its fields, and the calculation; and the fact that carries it.

A document is canonical JSON (RFC 8785). Numbers are text in it, because other readers would make doubles of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from relayer.facts.canonical_json import canonical
from relayer.facts.codec import fact_id
from relayer.facts.schema import SCHEMA, Fact, party_id
from relayer.facts.words import keccak256
from relayer.rating.activity import Activity, value_text
from relayer.rating.amounts import text_of
from relayer.rating.rate import Claim, RatedLine
from relayer.rating.rules import RuleFile

_FORM = "interledger.rated-activity.v1"
NO_FACT = bytes(32)


def document_of(rules: RuleFile, rule: str, activity: Activity, claim: Claim) -> dict[str, Any]:
    """All that the claim follows from. `rule`: the name of the event's rule."""
    place = activity.place
    return {
        "form": _FORM,
        "rules": {"name": rules.name, "hash": _hex(rules.digest), "rule": rule, "claim": str(claim.number)},
        "event": {
            "chainId": str(place.chain_id),
            "contract": _hex(place.contract),
            "block": str(place.block),
            "blockHash": _hex(place.block_hash),
            "blockTime": str(place.block_time),
            "transaction": _hex(place.transaction),
            "logIndex": str(place.log_index),
            "signature": activity.event,
            "fields": {name: value_text(value) for name, value in activity.fields.items()},
        },
        "parties": {"creditor": claim.creditor, "debtor": claim.debtor},
        "currency": claim.currency,
        "exponent": str(claim.exponent),
        "lines": [_line(each) for each in claim.lines],
        "net": str(claim.net),
        "tax": str(claim.tax),
    }


def document_bytes(document: dict[str, Any]) -> bytes:
    """RFC 8785."""
    return canonical(document)


def fact_of(claim: Claim, activity: Activity, *, issuer: bytes, document: bytes, related: bytes = NO_FACT) -> Fact:
    """The fact with the id that follows from the event's place. Raises ActivityRefused."""
    place = activity.place
    sequence = place.sequence(claim.number)
    return Fact(
        fact_id=fact_id(place.chain_id, place.contract, issuer, sequence),
        schema=SCHEMA,
        kind=claim.kind,
        category=claim.category,
        creditor=party_id(claim.creditor),
        debtor=party_id(claim.debtor),
        currency=claim.currency.encode(),
        exponent=claim.exponent,
        net=claim.net,
        tax=claim.tax,
        service_end=claim.service_end,
        due_date=claim.due_date,
        issuer_sequence=sequence,
        related_fact=related,
        document_hash=keccak256(document),
    )


def explained(claim: Claim) -> Iterator[str]:
    """The calculation, a sentence a line."""
    yield f"claim {claim.number}: {claim.debtor} owes {claim.creditor} ({claim.kind.name.lower()})"
    for line in claim.lines:
        yield f"  {line.text}: {_calculation(line)}"
    yield f"  sum of the lines: {claim.total}"
    if claim.net != claim.total:
        yield f"  {'minimum' if claim.net > claim.total else 'maximum'}: {claim.net}"
    yield f"  net {claim.net}, tax {claim.tax}, gross {claim.net + claim.tax} minor units of {claim.currency}"


def _calculation(line: RatedLine) -> str:
    if not line.counted:
        return "outside of its time window, so 0"
    if line.quantity is None:
        return f"{text_of(line.price)} = {line.amount}"
    shared = "" if line.divisor == 1 else f" / {line.divisor}"
    return f"{line.quantity}{shared} = {text_of(line.units)} units at {text_of(line.price)} = {line.amount}"


def _line(line: RatedLine) -> dict[str, Any]:
    written = {
        "text": line.text,
        "price": text_of(line.price),
        "units": text_of(line.units),
        "amount": str(line.amount),
        "counted": line.counted,
    }
    if line.quantity is not None:
        written |= {"quantity": str(line.quantity), "divisor": str(line.divisor)}
    return written


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"
