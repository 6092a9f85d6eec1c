"""Who owns the contracts: a slip or a wrong address must not leave them to a stranger or to no account at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from comet_builder import Operators, config
from evm_harness import OWNER, RELAYER, STRANGER, InProcessEvm, Instance, Refused
from facts_bench import FactsBench
from router_bench import Bench

NOBODY = "0x" + 40 * "0"
OWNED: dict[str, Callable[[], Instance]] = {
    "router": lambda: Bench().router,
    "facts": lambda: FactsBench().facts,
    "light client": lambda: InProcessEvm("Constantinople").deploy(
        "CometBftLightClient", config(Operators.of(0, 1, 2, 3), owner=OWNER)
    ),
}


@pytest.mark.parametrize("contract", OWNED)
def test_a_new_owner_must_accept_and_a_stranger_cannot(contract: str) -> None:
    owned = OWNED[contract]()
    assert owned.call("owner").value == OWNER
    owned.call("transferOwnership", RELAYER, sender=OWNER)
    assert (owned.call("owner").value, owned.call("pendingOwner").value) == (OWNER, RELAYER)
    for function, arguments in (("acceptOwnership", ()), ("transferOwnership", (STRANGER,))):
        with pytest.raises(Refused):
            owned.call(function, *arguments, sender=STRANGER)
    owned.call("acceptOwnership", sender=RELAYER)
    assert (owned.call("owner").value, owned.call("pendingOwner").value) == (RELAYER, NOBODY)


@pytest.mark.parametrize("contract", OWNED)
def test_ownership_cannot_be_given_up(contract: str) -> None:
    owned = OWNED[contract]()
    assert owned.refusal("renounceOwnership", sender=OWNER) == "OwnershipIsKept"
    assert owned.call("owner").value == OWNER
