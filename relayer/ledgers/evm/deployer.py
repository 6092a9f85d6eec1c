"""Set-up transactions: deployments and single calls, each waited for and refused with the contract's own error."""

from __future__ import annotations

from relayer.errors import AccessDenied, LedgerError
from relayer.ledgers.evm.access import is_about_rights, missing_rights
from relayer.ledgers.evm.errors import MalformedAnswer, NodeRefused, Reverted
from relayer.ledgers.evm.node import EvmNode, MinedTransaction
from relayer.ledgers.evm.quantity import quantity
from relayer.ledgers.evm.quiet import TIME_REFUSALS
from relayer.ledgers.evm.refusals import describe_revert
from relayer.ledgers.evm.transactions import AccountSender, TransactionOrder
from relayer.ports.clock import Clock

_GAS_MARGIN_PERCENT = 20
_QUIET_SECONDS = 5.0
"""Older than that is the newest block of a ledger that waits for a transaction, or of one that stalls."""


class Deployer:
    """Executes orders from one account, one after the other as they are awaited."""

    def __init__(self, node: EvmNode, sender: AccountSender, *, clock: Clock) -> None:
        self._node = node
        self._sender = sender
        self._clock = clock

    @property
    def address(self) -> bytes:
        """20 bytes: the account that pays, and that owns what it deploys."""
        return self._sender.address

    async def deploy(self, initcode: bytes, what: str) -> tuple[bytes, MinedTransaction]:
        """The new contract's address. Raises Reverted, AccessDenied, FundsInsufficient, FeeCapExceeded, and
        LedgerUnavailable."""
        mined = await self._execute(None, initcode, what)
        if mined.contract is None:
            raise MalformedAnswer(f"{what}: the receipt of the deployment names no contract")
        return mined.contract, mined

    async def call(self, to: bytes, calldata: bytes, what: str) -> MinedTransaction:
        """A transaction that must succeed. Raises as `deploy`."""
        return await self._execute(to, calldata, what)

    async def rehearse(self, to: bytes, calldata: bytes, what: str) -> None:
        """Simulates a call that comes later, so that its refusal is found before anything is paid. Raises as `call`."""
        try:
            await self._estimate(to, calldata)
        except NodeRefused as refusal:
            raise await self._reverted(refusal, to, calldata, what) from refusal

    async def _reverted(self, refusal: NodeRefused, to: bytes | None, calldata: bytes, what: str) -> Reverted | AccessDenied:
        await self._sender.require_funds()
        if not refusal.is_revert:
            raise refusal
        name, detail = describe_revert(refusal.data)
        reverted = Reverted(what, name, detail or str(refusal))
        if to is None or not is_about_rights(refusal):
            return reverted
        functions = {what: calldata[:4]}
        missing = await missing_rights(self._node, contract=to, account=self.address, functions=functions)
        return AccessDenied(f"{reverted}; {missing}") if missing else reverted

    async def _execute(self, to: bytes | None, calldata: bytes, what: str) -> MinedTransaction:
        try:
            gas = await self._estimate(to, calldata)
        except NodeRefused as refusal:
            reverted = await self._reverted(refusal, to, calldata, what)
            time_is_at_fault = isinstance(reverted, Reverted) and reverted.name in TIME_REFUSALS
            if not time_is_at_fault or not await self._is_quiet():
                raise reverted from refusal
            gas = await self._estimate_after_a_block(to, calldata, reverted)
        mined = await self._sender.execute(TransactionOrder(to=to, calldata=calldata, gas=gas))
        if not mined.succeeded:
            raise LedgerError(f"{what}: transaction {mined.hash} reverted although its simulation passed; try again")
        return mined

    async def _estimate(self, to: bytes | None, calldata: bytes) -> int:
        transaction = {"from": "0x" + self._sender.address.hex(), "data": "0x" + calldata.hex()}
        if to is not None:
            transaction["to"] = "0x" + to.hex()
        answer = await self._node.rpc.call("eth_estimateGas", transaction)
        return quantity(answer, "eth_estimateGas") * (100 + _GAS_MARGIN_PERCENT) // 100

    async def _is_quiet(self) -> bool:
        return (await self._node.block("latest")).timestamp < self._clock.now() - _QUIET_SECONDS

    async def _estimate_after_a_block(self, to: bytes | None, calldata: bytes, reverted: LedgerError) -> int:
        """An empty transfer to ourselves makes the block whose time the next simulation sees. Raises `reverted` at a second
        refusal, of either."""
        try:
            await self._sender.execute(self._sender.nothing())
            return await self._estimate(to, calldata)
        except NodeRefused:
            raise reverted from None
