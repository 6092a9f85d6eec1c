"""References written by an account of the contract ledger, with the fees, nonces and replacements of every submission."""

from __future__ import annotations

from collections.abc import Sequence

from relayer.ledgers.evm.abi_types import encode
from relayer.ledgers.evm.connection import EvmConnection
from relayer.ledgers.evm.errors import NodeRefused
from relayer.ledgers.evm.quantity import quantity
from relayer.ledgers.evm.transactions import TransactionOrder
from relayer.rating.rules import Argument, Call

_GAS_MARGIN_PERCENT = 20


class EvmReferenceWriter:
    """Each call is simulated before it is paid for, so a refusal costs nothing."""

    def __init__(self, connection: EvmConnection) -> None:
        self._connection = connection

    async def write(self, calls: Sequence[tuple[Call, Sequence[Argument]]]) -> Sequence[str | None]:
        """All in one go, with nonces in their order. Raises LedgerError where the ledger cannot be asked."""
        refusals: list[str | None] = [None] * len(calls)
        orders: list[tuple[int, TransactionOrder]] = []
        for at, (call, arguments) in enumerate(calls):
            data = calldata(call, arguments)
            try:
                gas = await self._gas(call.contract, data)
            except NodeRefused as error:
                if not error.is_revert:
                    raise
                refusals[at] = f"{call.function.signature}: {error}"
                continue
            orders.append((at, TransactionOrder(to=call.contract, calldata=data, gas=gas)))
        mined = await self._connection.sender.execute_all([order for _, order in orders])
        for (at, _), done in zip(orders, mined, strict=True):
            if not done.succeeded:
                refusals[at] = f"{calls[at][0].function.signature}: transaction {done.hash} reverted"
        return refusals

    async def _gas(self, to: bytes, data: bytes) -> int:
        sender = self._connection.sender.address
        transaction = {"from": f"0x{sender.hex()}", "to": f"0x{to.hex()}", "data": f"0x{data.hex()}"}
        answer = await self._connection.rpc.call("eth_estimateGas", transaction)
        return quantity(answer, "eth_estimateGas") * (100 + _GAS_MARGIN_PERCENT) // 100


def calldata(call: Call, arguments: Sequence[Argument]) -> bytes:
    """Selector and arguments. Raises InvalidInput for values that are not of their types."""
    types = [each.type for each in call.function.inputs]
    values = [
        f"0x{value.hex()}" if kind == "address" and isinstance(value, bytes) else value
        for kind, value in zip(types, arguments, strict=True)
    ]
    return call.function.selector + encode(types, values)
