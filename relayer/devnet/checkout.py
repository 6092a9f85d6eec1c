"""The checkout of the project: development networks are started from its folders, which an installed package lacks."""

from __future__ import annotations

from pathlib import Path

from relayer.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[2]
"""The checkout, or whatever folder holds the installed package; `require_checkout` tells which."""
_MARKS = ("pyproject.toml", "devnet/package.json", "contracts/cosmos/go.mod")


def require_checkout(what: str) -> Path:
    """The checkout's folder. Raises ConfigurationError, in the name of the command that needs it, where there is none."""
    if not all((ROOT / mark).is_file() for mark in _MARKS):
        raise ConfigurationError(
            f"{what} needs a checkout of the project, because it starts development ledgers from there: "
            "clone the repository, run `make setup` in it, and use its .venv/bin/relayer"
        )
    return ROOT
