"""One set-up message or business command at a time: simulated, paid for and waited for, with its answer or its refusal."""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.message import Message

from relayer.codes.ibc import ChainCode
from relayer.errors import AccessDenied, LedgerRefused
from relayer.ledgers.cosmos.errors import MalformedAnswer
from relayer.ledgers.cosmos.messages import message_responses
from relayer.ledgers.cosmos.questions import parse
from relayer.ledgers.cosmos.refusals import ChainRefusal, TransactionRefused, refused
from relayer.ledgers.cosmos.signing import framed
from relayer.ledgers.cosmos.transactions import AccountSender, TransactionOrder

_M = TypeVar("_M", bound=Message)


class Commander:
    """Sends from one account."""

    def __init__(self, sender: AccountSender) -> None:
        self._sender = sender

    @property
    def address(self) -> str:
        """Who signs, in bech32."""
        return self._sender.address

    async def execute(self, message: Message, answer: type[_M], *, what: str) -> _M:
        """The answer to `message`. Raises LedgerRefused with the chain's code, AccountMissing, FundsInsufficient,
        FeeCapExceeded, LedgerUnavailable."""
        packed = framed(message)
        trial = await self._sender.simulate([packed])
        if isinstance(trial, ChainRefusal):
            raise refused(trial, what)
        try:
            executed = await self._sender.execute(TransactionOrder(messages=(packed,), gas=trial.gas_limit))
        except TransactionRefused as error:
            raise refused(error.refusal, what) from error
        if executed.refusal is not None:
            raise refused(executed.refusal, what)
        return only_answer(executed.data, answer, f"transaction {executed.hash}")


async def execute_as_operator(commander: Commander, message: Message, answer: type[_M], *, what: str, chain_id: str) -> _M:
    """As Commander.execute. Raises AccessDenied for an account that has no right to it."""
    try:
        return await commander.execute(message, answer, what=what)
    except LedgerRefused as error:
        if error.code != str(ChainCode.UNAUTHORISED):
            raise
        raise AccessDenied(
            f"{what}: account {commander.address} has no right to it on chain {chain_id} ({error.message}); "
            "use an account of its settlement operators"
        ) from error


def only_answer(data: bytes, answer: type[_M], who: str) -> _M:
    """What a transaction of one message, by its name `who`, was answered. Raises MalformedAnswer."""
    responses = message_responses(data)
    if len(responses) != 1 or responses[0].type_url != f"/{answer.DESCRIPTOR.full_name}":
        raise MalformedAnswer(f"{who}: no {answer.DESCRIPTOR.full_name} answers it")
    return parse(answer, responses[0].value)
