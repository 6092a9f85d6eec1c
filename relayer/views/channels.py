"""Channels before they are open."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.views.values import Hex


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstHeaderView:
    """From which header of a ledger a light client would start. `expect` is what `channel open --expect-hash` takes."""

    ledger: str
    height: int
    hash: Hex
    expect: str
