"""A development network."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DevnetPart:
    """One process of the network. `height` is null for a process that is not a ledger, or does not answer."""

    name: str
    address: str
    answers: bool
    height: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoView:
    """What became of the demo's facts, counted on the two ledgers. `acknowledged`: whatever became of them since."""

    facts: int
    acknowledged: int
    rejected: int
    timed_out: int
    lost: int
    duplicated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DevnetView:
    """The network of a folder. `process`: of its supervisor, null if it does not run."""

    folder: str
    configuration: str
    settlement: str
    process: int | None
    ready: bool
    parts: tuple[DevnetPart, ...]
