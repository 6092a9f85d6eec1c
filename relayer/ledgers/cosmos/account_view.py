"""What the chain says of an account: its number and sequence, at which height, and which prefix addresses have."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.message import DecodeError

from relayer.core.ids import Height
from relayer.errors import LedgerUnavailable, WrongLedger
from relayer.ledgers.cosmos.account import CosmosAccount
from relayer.ledgers.cosmos.errors import MalformedAnswer, QueryRefused, printable
from relayer.ledgers.cosmos.refusals import Known, Refusal, missing_account
from relayer.ledgers.cosmos.rpc import CometRpc
from relayer.wire.cosmos_sdk_protos import auth_query, bank_query

_ACCOUNT_INFO = "/cosmos.auth.v1beta1.Query/AccountInfo"
_PREFIX = "/cosmos.auth.v1beta1.Query/Bech32Prefix"
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
        if answer.code:
            refusal = Refusal(codespace=answer.codespace, code=answer.code, log=answer.log)
            if Known.KEY_NOT_FOUND.fits(refusal):
                raise missing_account(self._account.address)
            await self.check_prefix()
            raise QueryRefused(_ACCOUNT_INFO, answer.codespace, answer.code, answer.log)
        try:
            info = auth_query.QueryAccountInfoResponse.FromString(answer.value).info
        except DecodeError as error:
            raise MalformedAnswer("the account does not decode") from error
        if info.address != self._account.address:
            raise MalformedAnswer(f"the node answers for account {printable(info.address)}")
        return AccountView(number=info.account_number, sequence=info.sequence, height=answer.height)

    async def check_prefix(self) -> None:
        """Raises WrongLedger if the chain's addresses have another prefix than the configured one."""
        try:
            value = await self._rpc.query(_PREFIX, b"")
            prefix = auth_query.Bech32PrefixResponse.FromString(value).bech32_prefix
        except QueryRefused:
            # Not every chain serves this query; a wrong prefix then shows with the first transaction.
            return
        except DecodeError as error:
            raise MalformedAnswer("the chain's address prefix does not decode") from error
        if prefix != self._account.prefix:
            raise WrongLedger(
                f"addresses of this chain begin with {printable(prefix)!r}, the configuration says "
                f"{self._account.prefix!r}; correct the bech32 prefix"
            )

    async def balance(self, denomination: str) -> int:
        """What the account has of one coin; 0 too if it does not exist."""
        request = bank_query.QueryBalanceRequest(address=self._account.address, denom=denomination)
        value = await self._rpc.query(_BALANCE, request.SerializeToString())
        try:
            amount = bank_query.QueryBalanceResponse.FromString(value).balance.amount
            return int(amount)
        except (DecodeError, ValueError) as error:
            raise LedgerUnavailable("the node gave no balance; is another node better?") from error
