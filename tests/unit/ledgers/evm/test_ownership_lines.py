"""`relayer check` shows who could replace or recover a light client, so that a forgotten or half-done transfer is seen."""

from __future__ import annotations

from typing import ClassVar, cast

from relayer.errors import LedgerUnavailable
from relayer.ledgers.evm.node import EvmNode
from relayer.ledgers.evm.ownership import ownership_lines
from relayer.proofs.evm_address import checksum_address
from relayer.proofs.keccak import keccak256

ACCOUNT, OTHER, NEXT = (bytes([number]) * 20 for number in (1, 2, 3))
ROUTER, FACTS, CLIENT = (bytes([number]) * 20 for number in (7, 8, 9))


class Contracts:
    """Answers eth_call of three owned contracts."""

    owners: ClassVar = {ROUTER: (ACCOUNT, bytes(20)), FACTS: (OTHER, NEXT)}

    async def view(self, to: bytes, calldata: bytes, at: int | str = "latest") -> bytes:
        del at
        if to == ROUTER and len(calldata) > 4:
            return bytes(12) + CLIENT
        if to not in self.owners:
            raise LedgerUnavailable("the node is down")
        owner, pending = self.owners[to]
        return bytes(12) + (owner if calldata == keccak256(b"owner()")[:4] else pending)


async def test_the_owners_are_shown_with_what_they_may_do() -> None:
    node = cast("EvmNode", Contracts())
    lines = [each async for each in ownership_lines(node, account=ACCOUNT, router=ROUTER, facts=FACTS, clients=["client-0"])]
    names = [each.subject for each in lines]
    assert names == ["owner of the router", "owner of the facts", "owner of light client client-0"]
    assert "may replace any light client" in lines[0].found
    assert "it is the account that relays" in lines[0].found
    assert f"{checksum_address(NEXT)} has been offered it and must accept" in lines[1].found
    assert lines[2].remedy == "the node is down"
