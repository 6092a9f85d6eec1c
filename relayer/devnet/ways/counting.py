"""What became of trips, counted on the settlement ledger, where each has an amount of its own."""

from __future__ import annotations

import io
import tokenize
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from relayer.app.ends import open_settlement
from relayer.app.selection import Selection
from relayer.business.paging import all_liabilities
from relayer.devnet.ways.trips import Trip
from relayer.examples.consortium import PARTY
from relayer.facts.schema import party_id
from relayer.settlement.model.liabilities import Liability

_NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Of so many trips. `wrong`: trips whose reference names another liability than theirs, or none."""

    trips: int
    lost: int
    doubled: int
    wrong: int


async def read_liabilities(selection: Selection) -> Sequence[Liability]:
    """All of them."""
    async with open_settlement(selection) as service:
        return await all_liabilities(service)


def found(trips: Iterable[Trip], liabilities: Sequence[Liability], references: Mapping[int, str]) -> Found:
    """`references`: what the business has, by number of the trip. Raises nothing: what is wrong is counted."""
    by_claim: dict[tuple[bytes, bytes, int], list[bytes]] = {}
    for each in liabilities:
        by_claim.setdefault((each.creditor, each.debtor, each.amount), []).append(each.liability_id)
    counted: Counter[str] = Counter()
    for trip in {trip.number: trip for trip in trips}.values():
        key = (party_id(PARTY[trip.creditor]), party_id(PARTY[trip.debtor]), trip.cents)
        mine = by_claim.get(key, [])
        counted["trips"] += 1
        counted["lost"] += not mine
        counted["doubled"] += max(len(mine) - 1, 0)
        counted["wrong"] += bool(mine) and references.get(trip.number) != f"0x{mine[0].hex()}"
    return Found(trips=counted["trips"], lost=counted["lost"], doubled=counted["doubled"], wrong=counted["wrong"])


def lines_of_code(*files: Path) -> int:
    """Lines that have code on them: neither empty, nor comment, nor docstring."""
    return sum(_lines(path.read_text()) for path in files)


def _lines(source: str) -> int:
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    lines: set[int] = set()
    begins = True
    for token in tokens:
        if token.type in _NO_CODE:
            begins = begins or token.type in {tokenize.NEWLINE, tokenize.INDENT}
            continue
        if not (begins and token.type == tokenize.STRING):
            lines.update(range(token.start[0], token.end[0] + 1))
        begins = False
    return len(lines)
