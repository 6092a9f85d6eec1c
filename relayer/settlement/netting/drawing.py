"""A picture of a debt network before and after netting, as SVG text, for people to look at.

It shows and decides nothing. Names come from outside and are escaped; a network too large to read is refused, not drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from itertools import chain
from math import cos, hypot, pi, sin, sqrt

from relayer.settlement.netting.debts import Debt, DebtNetwork, PartyId, Unit, name_party
from relayer.settlement.netting.errors import NettingCode, NettingRefused
from relayer.settlement.netting.modes import NettingResult, Summary, remaining, summarise

MAXIMUM_DRAWN_PARTIES = 24

_PANEL, _MARGIN, _TOP = 560.0, 72.0, 64.0
_RADIUS = _PANEL / 2 - _MARGIN
_NODE = 30.0
_STYLE = (
    "text{font-family:system-ui,sans-serif;fill:#1f2933}.t{font-size:17px;font-weight:600}.s{font-size:13px;fill:#52606d}"
    ".n{font-size:13px;font-weight:600;text-anchor:middle}.p{font-size:11px;text-anchor:middle}"
    ".a{font-size:10px;text-anchor:middle;paint-order:stroke;stroke:#fff;stroke-width:3px}"
    ".e{fill:none;stroke:#7b8794}.m{fill:#7b8794}.c{fill:#e3f3e6;stroke:#2f8f4e}.d{fill:#fdeaea;stroke:#c0392b}"
    ".z{fill:#f0f2f5;stroke:#7b8794}"
)
_ARROW_HEAD = (
    '<defs><marker id="h" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
    'markerUnits="userSpaceOnUse" orient="auto"><path class="m" d="M0 0L8 4L0 8z"/></marker></defs>'
)
Point = tuple[float, float]


def draw(result: NettingResult, *, names: Mapping[PartyId, str]) -> str:
    """An SVG document: left what was owed, right what remains, each debt as an arrow from debtor to creditor.

    Widths follow amounts; green parties are owed on balance, red ones owe. Parties without a name are shown by their id.
    Raises NettingRefused (TOO_MANY) above MAXIMUM_DRAWN_PARTIES parties with debts.
    """
    network = result.network
    taking_part = sorted({*network.debtors, *network.creditors})
    if len(taking_part) > MAXIMUM_DRAWN_PARTIES:
        raise NettingRefused(
            f"{len(taking_part)} parties are too many for a readable picture; at most {MAXIMUM_DRAWN_PARTIES}",
            code=NettingCode.TOO_MANY,
        )
    parties = [network.parties[number] for number in taking_part]
    summary = summarise(result)
    scale = max(network.amounts, default=1)
    panels = [
        _panel(network, parties, names, network.debts(), scale, left=0.0),
        _panel(network, parties, names, remaining(result), scale, left=_PANEL),
    ]
    width, height = 2 * _PANEL, _PANEL + _TOP
    return "\n".join(
        chain(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img">',
                f"<title>Debts before and after netting ({escape(network.unit.currency)})</title>",
                f"<style>{_STYLE}</style>",
                _ARROW_HEAD,
                f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>',
            ],
            _headings(summary, network.unit),
            *panels,
            ["</svg>\n"],
        )
    )


def format_amount(amount: int, unit: Unit) -> str:
    """Minor units as people write them, in whole digits only: 219275400 in EUR is ``2,192,754.00``."""
    sign, digits = ("-" if amount < 0 else ""), str(abs(amount)).rjust(unit.exponent + 1, "0")
    whole, fraction = digits[: len(digits) - unit.exponent], digits[len(digits) - unit.exponent :]
    return f"{sign}{int(whole):,}" + (f".{fraction}" if fraction else "")


def _headings(summary: Summary, unit: Unit) -> Iterable[str]:
    left = f"{format_amount(summary.gross, unit)} {unit.currency} in {summary.debts_before} debts"
    share = f"{summary.cleared_basis_points // 100}.{summary.cleared_basis_points % 100:02d} %"
    right = f"{format_amount(summary.remaining, unit)} {unit.currency} in {summary.debts_after}; {share} cleared"
    for x, title, text in ((24.0, "Before", left), (_PANEL + 24, f"After ({summary.mode.value.lower()})", right)):
        yield f'<text class="t" x="{x:g}" y="30">{escape(title)}</text>'
        yield f'<text class="s" x="{x:g}" y="50">{escape(text)}</text>'


def _panel(
    network: DebtNetwork,
    parties: list[PartyId],
    names: Mapping[PartyId, str],
    debts: Iterable[Debt],
    scale: int,
    *,
    left: float,
) -> Iterable[str]:
    centre = (left + _PANEL / 2, _TOP + _PANEL / 2)
    place = {}
    for number, party in enumerate(parties):
        angle = 2 * pi * number / len(parties) - pi / 2
        place[party] = (centre[0] + _RADIUS * cos(angle), centre[1] + _RADIUS * sin(angle))
    arrows = [_arrow(place[debt.debtor], place[debt.creditor], debt.amount, network.unit, scale) for debt in debts]
    yield from (line for line, _ in arrows)
    position = dict(zip(network.parties, network.positions(), strict=True))
    for party, (x, y) in place.items():
        style = "c" if position[party] > 0 else "d" if position[party] < 0 else "z"
        yield f'<circle class="{style}" cx="{x:.1f}" cy="{y:.1f}" r="{_NODE:g}"/>'
        yield f'<text class="n" x="{x:.1f}" y="{y + 4:.1f}">{escape(names.get(party, name_party(party)))}</text>'
        below = y + _NODE + 15 if y >= centre[1] - 1 else y - _NODE - 7
        yield f'<text class="p" x="{x:.1f}" y="{below:.1f}">{format_amount(position[party], network.unit)}</text>'
    yield from (label for _, label in arrows)


def _arrow(start: Point, end: Point, amount: int, unit: Unit, scale: int) -> tuple[str, str]:
    """A curve bent to its right, so that the two debts of a pair lie apart, and its label on the debtor's side."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = hypot(dx, dy)
    ux, uy = dx / length, dy / length
    bend = 0.14 * length
    control = ((start[0] + end[0]) / 2 - uy * bend, (start[1] + end[1]) / 2 + ux * bend)
    first, last = _towards(start, control, _NODE), _towards(end, control, _NODE + 2)
    width = 1 + 4 * sqrt(amount / scale)
    line = (
        f'<path class="e" stroke-width="{width:.2f}" marker-end="url(#h)" '
        f'd="M{first[0]:.1f} {first[1]:.1f}Q{control[0]:.1f} {control[1]:.1f} {last[0]:.1f} {last[1]:.1f}"/>'
    )
    at = 0.25
    x, y = ((1 - at) ** 2 * p + 2 * at * (1 - at) * q + at**2 * r for p, q, r in zip(first, control, last, strict=True))
    return line, f'<text class="a" x="{x:.1f}" y="{y + 3:.1f}">{format_amount(amount, unit)}</text>'


def _towards(point: Point, other: Point, distance: float) -> Point:
    dx, dy = other[0] - point[0], other[1] - point[1]
    length = hypot(dx, dy)
    return point[0] + dx / length * distance, point[1] + dy / length * distance
