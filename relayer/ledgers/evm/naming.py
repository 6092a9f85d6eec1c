"""How relayer.yaml names the authorities that a light client trusts now, and what to change in it after a rotation."""

from __future__ import annotations

from collections.abc import Collection

from relayer.ports.capabilities import NamedVouchers
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine


def named(trusted: AuthorityEngine, *, members: AuthorityEngine, rotating: Collection[bytes], ledger: str) -> NamedVouchers:
    """`trusted`: by the client. `members`: as configured, with their threshold. `rotating`: those beside them."""
    unknown = [each for each in trusted.authorities if each not in {*members.authorities, *rotating}]
    return NamedVouchers(
        unknown=tuple(map(_shown, unknown)),
        change="" if trusted == members else _change(trusted, members, unknown, ledger),
    )


def _change(trusted: AuthorityEngine, members: AuthorityEngine, unknown: Collection[bytes], ledger: str) -> str:
    coming = [each for each in trusted.authorities if each not in members.authorities and each not in unknown]
    leaving = [each for each in members.authorities if each not in trusted.authorities]
    steps = [
        ("add {} to `members`, with their endpoints", unknown),
        ("move {} from `rotating` to `members`", coming),
        ("remove {} from `members`", leaving),
    ]
    words = [text.format(", ".join(map(_shown, addresses))) for text, addresses in steps if addresses]
    if trusted.threshold != members.threshold:
        words.append(f"set `threshold` to {trusted.threshold}")
    return f"in relayer.yaml, ledgers.{ledger}.authorities: {', '.join(words)}; then start the relayer again"


def _shown(address: bytes) -> str:
    return "0x" + address.hex()
