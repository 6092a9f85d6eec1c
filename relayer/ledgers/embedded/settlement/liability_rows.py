"""Liabilities as rows of their table, both ways. Their amounts are columns, because the file itself checks them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from relayer.codes.facts import FactKind
from relayer.settlement.log import decode_origin, encode_origin
from relayer.settlement.model.liabilities import Liability

_U64 = 8
_NO_FACT = 0
"""Stored kind of a liability without a fact."""

LIABILITY_COLUMNS = (
    "sequence, liability_id, fact_id, fact_hash, head_hash, kind, creditor, debtor, currency, exponent, service_end, "
    "due_date, origin, amount, open, netted, paid, credited, held"
)
INSERT_LIABILITY = (
    f"INSERT INTO settlement_liability ({LIABILITY_COLUMNS}) VALUES ({','.join('?' * 19)}) "  # noqa: S608 (constants)
    "ON CONFLICT (sequence) DO UPDATE SET "
    "open = excluded.open, netted = excluded.netted, paid = excluded.paid, credited = excluded.credited, "
    "held = excluded.held"
)
SELECT_LIABILITY = f"SELECT {LIABILITY_COLUMNS} FROM settlement_liability"  # noqa: S608 (constants)


def liability_to_row(liability: Liability) -> tuple[object, ...]:
    """In the order of LIABILITY_COLUMNS."""
    return (
        liability.sequence,
        liability.liability_id,
        liability.fact_id,
        liability.fact_hash,
        liability.head_hash,
        liability.kind or _NO_FACT,
        liability.creditor,
        liability.debtor,
        liability.currency,
        liability.exponent,
        liability.service_end.to_bytes(_U64, "big"),
        liability.due_date.to_bytes(_U64, "big"),
        encode_origin(liability.origin),
        str(liability.amount),
        str(liability.open),
        str(liability.netted),
        str(liability.paid),
        str(liability.credited),
        str(liability.held),
    )


def liability_from_row(row: Sequence[Any]) -> Liability:
    """The inverse of liability_to_row."""
    (sequence, liability_id, fact_id, fact_hash, head_hash, kind, creditor, debtor, currency, exponent) = row[:10]
    service_end, due_date, origin = row[10:13]
    amount, opened, netted, paid, credited, held = (int(str(text)) for text in row[13:])
    return Liability(
        liability_id=liability_id,
        sequence=sequence,
        head_hash=head_hash,
        fact_id=fact_id,
        fact_hash=fact_hash,
        kind=None if kind == _NO_FACT else FactKind(kind),
        creditor=creditor,
        debtor=debtor,
        currency=currency,
        exponent=exponent,
        service_end=int.from_bytes(service_end, "big"),
        due_date=int.from_bytes(due_date, "big"),
        origin=decode_origin(origin),
        amount=amount,
        open=opened,
        netted=netted,
        paid=paid,
        credited=credited,
        held=held,
    )
