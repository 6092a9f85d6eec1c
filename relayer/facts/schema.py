"""The business fact: a sealed record of one claim between two operators.

Categories and units follow TOMP-API's financial detail, immutability follows OCPI's charge detail records. Nothing personal
may ever enter: parties are hashes of OCPI-style ids, documents are hashes.
"""

from __future__ import annotations

from dataclasses import dataclass

from relayer.errors import InvalidInput
from relayer.facts.words import keccak256

SCHEMA = 1
"""The only schema version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """The record as the contract ledger stores it. Field order is the ABI's; widths are checked, meaning is not."""

    fact_id: bytes
    schema: int
    kind: int
    category: int
    creditor: bytes
    debtor: bytes
    currency: bytes
    """ISO 4217, three ASCII letters."""
    exponent: int
    """ISO 4217 digits after the point: JPY 0, EUR 2, KWD 3."""
    net: int
    """Minor units."""
    tax: int
    """Minor units, stated by the issuer, never recomputed."""
    service_end: int
    """Unix seconds."""
    due_date: int
    """Unix seconds."""
    issuer_sequence: int
    """Gap-free per issuer, from 1."""
    related_fact: bytes
    """The fact that this one corrects or pays; 32 zero bytes: none."""
    document_hash: bytes

    def __post_init__(self) -> None:
        # Facts are made by the thousand: which field is wrong is looked for only if one is.
        if (
            len(self.fact_id) == len(self.creditor) == len(self.debtor) == _HASH_BYTES
            and len(self.related_fact) == len(self.document_hash) == _HASH_BYTES
            and len(self.currency) == _CURRENCY_BYTES
            and not (self.schema | self.kind | self.category) >> 16
            and not self.exponent >> 8
            and not (self.net | self.tax) >> 128
            and not (self.service_end | self.due_date | self.issuer_sequence) >> 64
        ):
            return
        for name, width in _BYTE_WIDTHS.items():
            length = len(getattr(self, name))
            if length != width:
                raise InvalidInput(f"fact: {name} has {length} bytes, expected {width}")
        for name, bits in _BIT_WIDTHS.items():
            value = getattr(self, name)
            if value >> bits:
                raise InvalidInput(f"fact: {name} is {value}, expected 0 to 2^{bits} - 1")

    @property
    def gross(self) -> int:
        """Net plus tax; may pass 128 bits, which the settlement rules refuse."""
        return self.net + self.tax


_HASH_BYTES = 32
_CURRENCY_BYTES = 3
_BYTE_WIDTHS = {
    "fact_id": _HASH_BYTES,
    "creditor": _HASH_BYTES,
    "debtor": _HASH_BYTES,
    "currency": _CURRENCY_BYTES,
    "related_fact": _HASH_BYTES,
    "document_hash": _HASH_BYTES,
}
_BIT_WIDTHS = {
    "schema": 16,
    "kind": 16,
    "category": 16,
    "exponent": 8,
    "net": 128,
    "tax": 128,
    "service_end": 64,
    "due_date": 64,
    "issuer_sequence": 64,
}


def party_id(ocpi_id: str) -> bytes:
    """keccak256 of an OCPI-style id such as ``DE*KCS``: the party's name on every ledger."""
    country, _, operator = ocpi_id.partition("*")
    if not (
        len(country) == 2
        and country.isalpha()
        and len(operator) == 3
        and operator.isalnum()
        and ocpi_id.isascii()
        and ocpi_id == ocpi_id.upper()
    ):
        raise InvalidInput(f"party {ocpi_id!r}: expected two letters, an asterisk and three characters, such as DE*KCS")
    return keccak256(ocpi_id.encode())
