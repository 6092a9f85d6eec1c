"""Set-up transactions: deployments and single calls, each waited for and refused with the contract's own error."""

from __future__ import annotations

from relayer.errors import LedgerError
from relayer.ledgers.evm.errors import MalformedAnswer, NodeRefused, Reverted
from relayer.ledgers.evm.node import EvmNode, MinedTransaction
from relayer.ledgers.evm.quantity import quantity
from relayer.ledgers.evm.refusals import describe_revert
from relayer.ledgers.evm.transactions import AccountSender, TransactionOrder

_GAS_MARGIN_PERCENT = 20


class Deployer:
    """Executes orders from one account, one after the other as they are awaited."""

    def __init__(self, node: EvmNode, sender: AccountSender) -> None:
        self._node = node
        self._sender = sender

    @property
    def address(self) -> bytes:
        """20 bytes: the account that pays, and that owns what it deploys."""
        return self._sender.address

    async def deploy(self, initcode: bytes, what: str) -> tuple[bytes, MinedTransaction]:
        """The new contract's address. Raises Reverted, FundsInsufficient, FeeCapExceeded, LedgerUnavailable."""
        mined = await self._execute(None, initcode, what)
        if mined.contract is None:
            raise MalformedAnswer(f"{what}: the receipt of the deployment names no contract")
        return mined.contract, mined

    async def call(self, to: bytes, calldata: bytes, what: str) -> MinedTransaction:
        """A transaction that must succeed. Raises as `deploy`."""
        return await self._execute(to, calldata, what)

    async def _execute(self, to: bytes | None, calldata: bytes, what: str) -> MinedTransaction:
        transaction = {"from": "0x" + self._sender.address.hex(), "data": "0x" + calldata.hex()}
        if to is not None:
            transaction["to"] = "0x" + to.hex()
        try:
            answer = await self._node.rpc.call("eth_estimateGas", transaction)
        except NodeRefused as refusal:
            await self._sender.require_funds()
            name, detail = describe_revert(refusal.data)
            raise Reverted(what, name, detail or str(refusal)) from refusal
        gas = quantity(answer, "eth_estimateGas") * (100 + _GAS_MARGIN_PERCENT) // 100
        mined = await self._sender.execute(TransactionOrder(to=to, calldata=calldata, gas=gas))
        if not mined.succeeded:
            raise LedgerError(f"{what}: transaction {mined.hash} reverted although its simulation passed; try again")
        return mined
