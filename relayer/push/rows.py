"""A claim's columns from and to its fact."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from relayer.facts.form import CATEGORIES, KINDS
from relayer.facts.schema import SCHEMA, Fact, party_id
from relayer.push.claim import Claim

CONTENT = (
    "kind",
    "category",
    "creditor",
    "debtor",
    "currency",
    "exponent",
    "net",
    "tax",
    "service_end",
    "due_date",
    "document_hash",
    "related_fact",
)
"""Columns that the claim itself fills. Two claims with the same business id are the same if all of them are equal."""

_party_id = lru_cache(maxsize=4096)(party_id)
"""Parties are few, and each has many claims."""


def content_of(claim: Claim, fact: Fact) -> tuple[object, ...]:
    """The values of CONTENT."""
    return (
        claim.kind,
        claim.category,
        claim.creditor,
        claim.debtor,
        claim.currency,
        fact.exponent,
        str(fact.net),
        str(fact.tax),
        fact.service_end,
        fact.due_date,
        "0x" + fact.document_hash.hex(),
        "0x" + fact.related_fact.hex(),
    )


def fact_of_row(row: dict[str, Any], *, fact_id: bytes, sequence: int) -> Fact:
    """Of the columns CONTENT. Raises InvalidInput, ValueError, KeyError or TypeError for what is no fact."""
    return Fact(
        fact_id=fact_id,
        schema=SCHEMA,
        kind=KINDS[row["kind"]],
        category=CATEGORIES[row["category"]],
        creditor=_party_id(row["creditor"]),
        debtor=_party_id(row["debtor"]),
        currency=row["currency"].encode(),
        exponent=int(row["exponent"]),
        net=int(row["net"]),
        tax=int(row["tax"]),
        service_end=int(row["service_end"]),
        due_date=int(row["due_date"]),
        issuer_sequence=sequence,
        related_fact=bytes.fromhex(row["related_fact"][2:]),
        document_hash=bytes.fromhex(row["document_hash"][2:]),
    )
