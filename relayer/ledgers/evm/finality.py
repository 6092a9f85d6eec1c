"""Which blocks count as final. The operator chooses by what the ledger's consensus gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from relayer.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class LatestIsFinal:
    """Each block at once: development nodes, and engines with immediate finality (QBFT, IBFT)."""


@dataclass(frozen=True, slots=True)
class FinalizedTag:
    """What the node itself calls `finalized`."""


@dataclass(frozen=True, slots=True)
class Confirmations:
    """A block with `depth` more on top of it: proof of authority with probabilistic finality (Clique, Aura)."""

    depth: int

    def __post_init__(self) -> None:
        if not 1 <= self.depth <= 10_000:
            raise ConfigurationError(f"finality: {self.depth} confirmations; choose 1 to 10000, or the rule `latest`")


FinalityRule = LatestIsFinal | FinalizedTag | Confirmations


def tag_or_depth(rule: FinalityRule) -> str | int:
    """How a node is asked for the newest final block: by a tag, or so many blocks below its newest one."""
    match rule:
        case LatestIsFinal():
            return "latest"
        case FinalizedTag():
            return "finalized"
        case Confirmations(depth=depth):
            return depth
        case unreachable:
            assert_never(unreachable)
