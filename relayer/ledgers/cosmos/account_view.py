"""An account as the chain reports it: number, sequence, the height of that state, and the prefix of addresses."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.core.ids import Height
from relayer.errors import LedgerUnavailable, WrongLedger
from relayer.ledgers.cosmos.account import CosmosAccount
from relayer.ledgers.cosmos.errors import MalformedAnswer, QueryRefused
from relayer.ledgers.cosmos.questions import ask, is_missing, parse, require_answered
from relayer.ledgers.cosmos.refusals import missing_account
from relayer.ledgers.cosmos.rpc import CometRpc
from relayer.ledgers.nodes.errors import printable
from relayer.wire.cosmos_sdk_protos import auth_query, bank_query, node_query

_ACCOUNT_INFO = "/cosmos.auth.v1beta1.Query/AccountInfo"
_PREFIX = "/cosmos.auth.v1beta1.Query/Bech32Prefix"
_NODE = "/cosmos.base.node.v1beta1.Service/Config"
_BALANCE = "/cosmos.bank.v1beta1.Query/Balance"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """In the state after the block of `height`: transactions in a pool are not counted."""

    number: int
    sequence: int
    height: Height


class AccountReader:
    """Reads one account."""

    def __init__(self, rpc: CometRpc, account: CosmosAccount) -> None:
        self._rpc = rpc
        self._account = account

    async def view(self) -> AccountView:
        """Raises AccountMissing, LedgerUnavailable."""
        request = auth_query.QueryAccountInfoRequest(address=self._account.address)
        answer = await self._rpc.abci_query(_ACCOUNT_INFO, request.SerializeToString())
        if is_missing(answer):
            raise missing_account(self._account.address)
        if answer.code:
            await self.check_prefix()
        require_answered(answer, _ACCOUNT_INFO)
        info = parse(auth_query.QueryAccountInfoResponse, answer.value).info
        if info.address != self._account.address:
            raise MalformedAnswer(f"the node answers for account {printable(info.address)}")
        return AccountView(number=info.account_number, sequence=info.sequence, height=answer.height)

    async def check_prefix(self) -> None:
        """Raises WrongLedger if the chain's addresses have another prefix than the configured one."""
        try:
            answer = await ask(self._rpc, _PREFIX, auth_query.Bech32PrefixRequest(), auth_query.Bech32PrefixResponse)
        except QueryRefused:
            # Not every chain serves this query; a wrong prefix then shows with the first transaction.
            return
        prefix = answer.bech32_prefix
        if prefix != self._account.prefix:
            raise WrongLedger(
                f"addresses of this chain begin with {printable(prefix)!r}, the configuration says "
                f"{self._account.prefix!r}; correct the bech32 prefix"
            )

    async def least_gas_prices(self) -> str:
        """What the node asks for a unit of gas, in any one of the coins, as ``0.025stake,0.1other``; empty: nothing, or the
        chain does not say."""
        try:
            answer = await ask(self._rpc, _NODE, node_query.ConfigRequest(), node_query.ConfigResponse)
        except QueryRefused:
            return ""
        return str(answer.minimum_gas_price)

    async def balance(self, denomination: str) -> int:
        """What the account has of one coin; 0 too if it does not exist."""
        request = bank_query.QueryBalanceRequest(address=self._account.address, denom=denomination)
        answer = await ask(self._rpc, _BALANCE, request, bank_query.QueryBalanceResponse)
        try:
            return int(answer.balance.amount)
        except ValueError as error:
            raise LedgerUnavailable("the node gave no balance; is another node better?") from error
