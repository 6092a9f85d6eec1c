"""What relayer.yaml has to say after a rotation, word by word."""

from __future__ import annotations

from relayer.ledgers.evm.naming import named
from relayer.ports.capabilities import NamedVouchers
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine

A, B, C, D = (bytes([number]) * 20 for number in range(1, 5))


def engine(threshold: int, *authorities: bytes) -> AuthorityEngine:
    return AuthorityEngine(threshold=threshold, authorities=authorities)


def shown(address: bytes) -> str:
    return "0x" + address.hex()


def test_nothing_is_to_be_changed_before_a_rotation() -> None:
    members = engine(2, A, B)
    assert named(members, members=members, rotating=(C,), ledger="contracts") == NamedVouchers()


def test_each_step_of_the_change_is_named() -> None:
    found = named(engine(3, B, C, D), members=engine(2, A, B), rotating=(C,), ledger="contracts")
    assert found.unknown == (shown(D),)
    assert found.change == (
        f"in relayer.yaml, ledgers.contracts.authorities: add {shown(D)} to `members`, with their endpoints, "
        f"move {shown(C)} from `rotating` to `members`, remove {shown(A)} from `members`, set `threshold` to 3; "
        "then start the relayer again"
    )


def test_a_threshold_alone_may_have_changed() -> None:
    found = named(engine(1, A, B), members=engine(2, A, B), rotating=(), ledger="contracts")
    assert (found.unknown, "set `threshold` to 1" in found.change) == ((), True)
