"""Packets of the operators on a contract ledger: one at a time, or many in one block.

A burst is signed beforehand and broadcast while the development node mines nothing, so that its size does not depend on how
fast anybody sends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from enum import Enum
from itertools import cycle, islice

from relayer.app.clock import SystemClock
from relayer.business.facts import timeout_after
from relayer.codes.facts import FactKind
from relayer.core.ids import ClientId, TimestampSeconds
from relayer.devnet.layout import Layout
from relayer.devnet.operators import Business
from relayer.errors import LedgerError
from relayer.examples.consortium import DEBTS, EUR, FactDraft
from relayer.facts.schema import Fact
from relayer.ledgers.evm.contracts import Contract, call_data
from relayer.ledgers.evm.errors import NodeRefused
from relayer.ledgers.evm.fees import Offer
from relayer.ledgers.evm.rpc import Call, JsonRpc
from relayer.ledgers.evm.signing import sign_transaction

_TIMEOUT_SECONDS = 3_600
_TIP_WEI = 1_000_000_000
_GAS_MARGIN_PERCENT = 30
_REQUEST_BYTES = 1 << 20
"""anvil takes 2 MiB."""


class NodeKind(Enum):
    """The development nodes; the value is what people and the JSON document call them."""

    ANVIL = "anvil"
    GANACHE = "ganache"


_STOP_MINING = {NodeKind.ANVIL: (Call("evm_setAutomine", (False,)),), NodeKind.GANACHE: (Call("miner_stop"),)}
_MINE = {
    NodeKind.ANVIL: (Call("evm_mine"), Call("evm_setAutomine", (True,))),
    NodeKind.GANACHE: (Call("miner_start"),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketPlan:
    """One operator's facts that travel together."""

    operator: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Issues and sends. The order of calls decides the figures, so nothing here waits for the relayer."""

    kind: NodeKind
    business: Business
    layout: Layout
    chain_id: int
    rpc: JsonRpc

    async def issue(self, *, packets: int, size: int) -> list[PacketPlan]:
        """Mints `packets` times `size` facts; the operators take turns."""
        pairs = list(islice(cycle(DEBTS), packets))
        drafts = [draft for debtor, creditor in pairs for draft in [_charge(debtor, creditor)] * size]
        issued = await self.business.issue(drafts)
        return [
            PacketPlan(operator=creditor, facts=tuple(fact for _, fact in issued[index * size : (index + 1) * size]))
            for index, (_, creditor) in enumerate(pairs)
        ]

    async def send(self, plan: PacketPlan) -> int:
        """One packet; its sequence."""
        return await self.business.send_packet(plan.operator, plan.facts, timeout_seconds=_TIMEOUT_SECONDS)

    async def commit_at_once(self, plans: Sequence[PacketPlan]) -> None:
        """All packets, in one block if the node's limits allow it. Raises LedgerError if the node refuses one."""
        raw = await self._signed(plans)
        await self._all(_STOP_MINING[self.kind])
        try:
            for part in _requests(raw):
                await self._all([Call("eth_sendRawTransaction", (each,)) for each in part])
        finally:
            for call in _MINE[self.kind]:
                await self._all([call])

    async def _all(self, calls: Sequence[Call]) -> None:
        refused = [answer for answer in await self.rpc.batch(calls) if isinstance(answer, NodeRefused)]
        if refused:
            raise LedgerError(f"bench: the node refuses {len(refused)} of {len(calls)} calls: {refused[0]}")

    async def _signed(self, plans: Sequence[PacketPlan]) -> list[str]:
        desks, client = self.business.desks, self.business.selection.contract_client
        timeout = await timeout_after(next(iter(desks.values())).contract, _TIMEOUT_SECONDS, SystemClock())
        calls = [_send_call(client, plan.facts, timeout) for plan in plans]
        head = await next(iter(desks.values())).connection.node.head()
        gas = await self._gas(plans[0], calls[0])
        nonces: dict[str, int] = {}
        raw = []
        for plan, calldata in zip(plans, calls, strict=True):
            account = self.layout.operators[plan.operator]
            if plan.operator not in nonces:
                nonces[plan.operator] = int(await self.rpc.call("eth_getTransactionCount", account.address, "latest"), 16)
            signed = sign_transaction(
                account,
                chain_id=self.chain_id,
                nonce=nonces[plan.operator],
                offer=Offer(price=4 * (head.base_fee or 0) + _TIP_WEI, tip=_TIP_WEI),
                gas=gas,
                to=desks[plan.operator].contract.address,
                calldata=calldata,
            )
            raw.append("0x" + signed.hex())
            nonces[plan.operator] += 1
            # Signing thousands takes long enough for a node to close an idle connection; the loop must notice it.
            await asyncio.sleep(0)
        return raw

    async def _gas(self, plan: PacketPlan, calldata: bytes) -> int:
        desk = self.business.desks[plan.operator]
        transaction = {
            "from": self.layout.operators[plan.operator].address,
            "to": "0x" + desk.contract.address.hex(),
            "data": "0x" + calldata.hex(),
        }
        return int(await self.rpc.call("eth_estimateGas", transaction), 16) * (100 + _GAS_MARGIN_PERCENT) // 100


def _requests(raw: Sequence[str]) -> Iterator[Sequence[str]]:
    """Parts of at most _REQUEST_BYTES; a single transaction is never larger."""
    part: list[str] = []
    for each in raw:
        if part and sum(map(len, part)) + len(each) > _REQUEST_BYTES:
            yield part
            part = []
        part.append(each)
    yield part


def _send_call(client: ClientId, facts: Sequence[Fact], timeout: TimestampSeconds) -> bytes:
    rows = tuple(astuple(fact) for fact in facts)
    return call_data(Contract.BUSINESS_FACTS, "send", client, timeout, "", rows)


def _charge(debtor: str, creditor: str) -> FactDraft:
    currency, exponent = EUR
    return FactDraft(
        creditor=creditor,
        debtor=debtor,
        kind=FactKind.TRIP_COMPLETED,
        currency=currency,
        exponent=exponent,
        net=1_000,
        tax=190,
    )
