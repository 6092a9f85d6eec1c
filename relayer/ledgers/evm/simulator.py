"""What the router would do with calls, asked of the node before anybody pays: gas, and which calls it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from relayer.ledgers.evm.access import is_about_rights, require_relaying
from relayer.ledgers.evm.calls import multicall
from relayer.ledgers.evm.errors import NodeRefused
from relayer.ledgers.evm.node import EvmNode
from relayer.ledgers.evm.quantity import data, quantity
from relayer.ledgers.evm.rpc import Call
from relayer.logs import Log

_log = Log(__name__)
_GAS_MARGIN_PERCENT = 25
"""The router's try/catch forwards 63/64 of the gas, and a competitor's transaction may change storage costs meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Refusals: of the update alone, and of each message behind it. `messages` is empty if the update is refused."""

    update: NodeRefused | None
    messages: tuple[NodeRefused | None, ...]


class Simulator:
    """Simulates one account's multicalls to one router."""

    def __init__(self, node: EvmNode, *, account: bytes, router: bytes) -> None:
        self._node, self._account, self._router = node, account, router
        self._parties = {"from": "0x" + account.hex(), "to": "0x" + router.hex()}

    async def estimate(self, calldata: bytes) -> int | None:
        """Gas with a margin; None if the node gives none, for which a revert is the usual reason."""
        try:
            answer = await self._node.rpc.call("eth_estimateGas", self._transaction(calldata))
        except NodeRefused:
            return None
        return quantity(answer, "eth_estimateGas") * (100 + _GAS_MARGIN_PERCENT) // 100

    async def run(self, update: bytes | None, calls: Sequence[bytes]) -> Trial:
        """The update alone, then each call behind it, all against the same block. Raises LedgerUnavailable, and AccessDenied
        if the router lets this account relay nothing: then no message is at fault."""
        front = [] if update is None else [update]
        trials = ([front] if front else []) + [[*front, call] for call in calls]
        block = await self._node.rpc.call("eth_blockNumber")
        requests = [Call("eth_call", (self._transaction(multicall(trial)), block)) for trial in trials]
        refusals = [_refusal(answer) for answer in await self._node.rpc.batch(requests)]
        if any(each is not None and is_about_rights(each) for each in refusals):
            # An application that a packet is for can revert with the same error, so the router's manager is asked.
            await require_relaying(self._node, router=self._router, account=self._account)
        if len(self._node.rpc) > 1 and any(refusals):
            refusals = await self._agreed(requests, refusals)
        first = refusals.pop(0) if front else None
        return Trial(update=first, messages=() if first is not None else tuple(refusals))

    async def _agreed(self, requests: list[Call], refusals: list[NodeRefused | None]) -> list[NodeRefused | None]:
        """The refusals without those that another node contradicts: one node alone sets no packet aside, and the block
        decides. The node in use is asked after the others then."""
        refused = [index for index, refusal in enumerate(refusals) if refusal is not None]
        agreed = list(refusals)
        contradicted = set[int]()
        for results in await self._node.rpc.each([requests[index] for index in refused]):
            for index, result in zip(refused, results, strict=True):
                if isinstance(result, str):
                    agreed[index] = None
                    contradicted.add(index)
        if contradicted:
            _log.warning("refusal_contradicted", simulations=len(contradicted))
            self._node.rpc.doubt()
        return agreed

    def _transaction(self, calldata: bytes) -> dict[str, str]:
        return {**self._parties, "data": "0x" + calldata.hex()}


def _refusal(answer: object) -> NodeRefused | None:
    """Raises NodeRefused for trouble of the node's own, which says nothing of what was simulated."""
    if isinstance(answer, NodeRefused):
        if not answer.is_revert:
            raise answer
        return answer
    data(answer, "eth_call")
    return None
