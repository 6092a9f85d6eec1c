"""A party's statement of account."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.settlement.statement import SideTotals, Statement
from relayer.views.values import Hex, MinorUnits, Name, hex_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SideView:
    """One side of the account: what it was, what was added and taken, and what is left."""

    opening: MinorUnits
    facts: MinorUnits
    novated: MinorUnits
    netted: MinorUnits
    paid: MinorUnits
    credited: MinorUnits
    closing: MinorUnits

    @classmethod
    def of(cls, totals: SideTotals) -> SideView:
        """From the statement's totals."""
        return cls(
            opening=str(totals.opening),
            facts=str(totals.facts),
            novated=str(totals.novated),
            netted=str(totals.netted),
            paid=str(totals.paid),
            credited=str(totals.credited),
            closing=str(totals.closing),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """One movement. `kind` says whether it adds to the side or takes from it. `way`: how a fact came to the ledger, else
    null."""

    sequence: int
    at_seconds: int
    side: str
    kind: str
    counterparty: str
    fact_id: Hex
    amount: MinorUnits
    way: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementView:
    """From `since_seconds` up to but not including `until_seconds`, unix seconds of block time."""

    party: str
    currency: str
    exponent: int
    since_seconds: int
    until_seconds: int
    receivable: SideView
    payable: SideView
    net_opening: MinorUnits
    net_closing: MinorUnits
    lines: tuple[LineView, ...]

    @classmethod
    def of(cls, party: str, statement: Statement, name: Name) -> StatementView:
        """From the ledger's statement."""
        return cls(
            party=party,
            currency=statement.unit.currency,
            exponent=statement.unit.exponent,
            since_seconds=statement.since_seconds,
            until_seconds=statement.until_seconds,
            receivable=SideView.of(statement.receivable),
            payable=SideView.of(statement.payable),
            net_opening=str(statement.opening),
            net_closing=str(statement.closing),
            lines=tuple(
                LineView(
                    sequence=line.sequence,
                    at_seconds=line.at_seconds,
                    side=line.side.value,
                    kind=line.kind.value,
                    counterparty=name(line.counterparty),
                    fact_id=hex_of(line.fact_id),
                    amount=str(line.amount),
                    way=None if line.way is None else line.way.value,
                )
                for line in statement.lines
            ),
        )
