"""Writes debts with their certificates, for measuring what a cycle costs on a chain: the demo's 19 and a network of 1,056.

A chain has no solver, so the certificates come from here. Run it with the project's Python to rewrite the file beside it.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from relayer.examples.consortium import DEBTS, OPERATORS
from relayer.facts.schema import party_id
from relayer.settlement.netting.debts import Debt, PartyId, Unit, debt_network
from relayer.settlement.netting.solver import solve

HERE = Path(__file__).parent
Debts = dict[tuple[str, str], int]


def demo() -> Debts:
    """The demo's figures, in cents."""
    codes = {operator.code: operator.party for operator in OPERATORS}
    return {(codes[debtor], codes[creditor]): cents for (debtor, creditor), cents in DEBTS.items()}


def everyone(parties: int) -> Debts:
    """Each owes each."""
    source = random.Random(20_261_122)
    names = [f"DE*{number:03d}" for number in range(parties)]
    return {(a, b): source.randint(1, 1_000_000) for a in names for b in names if a != b}


def network(debts: Debts) -> dict[str, Any]:
    rows = [
        Debt(debtor=PartyId(party_id(debtor)), creditor=PartyId(party_id(creditor)), amount=cents)
        for (debtor, creditor), cents in debts.items()
    ]
    parties = {party for row in rows for party in (row.debtor, row.creditor)}
    made = debt_network(unit=Unit(currency="EUR", exponent=2), parties=parties, debts=rows)
    return {
        "debts": [[debtor, creditor, cents] for (debtor, creditor), cents in debts.items()],
        "debts_hash": made.digest().hex(),
        "proof": solve(made).encode().hex(),
    }


def build() -> list[dict[str, Any]]:
    """All networks."""
    return [network(demo()), network(everyone(33))]


def main() -> None:
    (HERE / "networks.json").write_text(json.dumps(build(), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
