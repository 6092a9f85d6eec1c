"""Signed and proven facts as transactions of this account, which pays for them and has no part in what they say.

A signature covers all facts of a request, and so do its proofs: a request is one message of one transaction and cannot be
divided. What the simulation answers without anything new, such as facts that are liabilities already, is the answer, and
nothing is paid. Only what the chain's application says about a request is a refusal: what a node cannot do is tried
again, and to ask again is safe, because every fact that was recorded is answered with its first reference.
"""

from __future__ import annotations

from relayer.codes.facts import FactCode, FactStatus
from relayer.codes.ibc import ChainCode
from relayer.errors import LedgerRefused, LedgerUnavailable
from relayer.ledgers.cosmos.commander import only_answer
from relayer.ledgers.cosmos.errors import MalformedAnswer
from relayer.ledgers.cosmos.limits import Room, TransactionLimits, read_room
from relayer.ledgers.cosmos.refusals import ChainRefusal, TransactionRefused, refused
from relayer.ledgers.cosmos.rpc import CometRpc
from relayer.ledgers.cosmos.signing import framed
from relayer.ledgers.cosmos.transactions import AccountSender, TransactionOrder
from relayer.ledgers.nodes.errors import printable
from relayer.wire.interledger.settlement.chain.v1 import tx_pb2
from relayer.wire.interledger.settlement.v1 import facts_pb2

_APPLICATION = "settlement"
"""Codespace of what the settlement application refuses."""


class FactRecorder:
    """Sends from one account."""

    def __init__(self, rpc: CometRpc, sender: AccountSender, *, limits: TransactionLimits) -> None:
        self._rpc = rpc
        self._sender = sender
        self._limits = limits
        self._room: Room | None = None

    async def record(self, request: facts_pb2.RecordFactsRequest) -> facts_pb2.RecordFactsResponse:
        """What became of each fact. Raises LedgerRefused with the chain's code for a request that it does not take, and for
        one that fits no transaction; AccountMissing, FundsInsufficient, FeeCapExceeded; LedgerUnavailable: ask again."""
        message = framed(tx_pb2.MsgRecordFacts(sender=self._sender.address, request=request))
        what = "proven facts" if request.HasField("fact_proof") else "signed facts"
        count = len(request.signed_facts.facts) or len(request.fact_proof.facts)
        room = await self._find_room()
        if len(message) > room.size:
            raise _too_large(what, ChainCode.TRANSACTION_TOO_LARGE, f"{len(message)} bytes, at most {room.size}")
        trial = await self._sender.simulate([message])
        if isinstance(trial, ChainRefusal):
            raise _failure(what, trial)
        expected = _response(trial.data, count, "the simulation")
        if not any(map(_is_new, expected.answers)):
            return expected
        if trial.gas_limit > room.gas:
            raise _too_large(what, ChainCode.GAS_LIMIT_INVALID, f"{trial.gas_limit} gas, at most {room.gas}")
        try:
            executed = await self._sender.execute(TransactionOrder(messages=(message,), gas=trial.gas_limit))
        except TransactionRefused as error:
            raise _failure(what, error.refusal) from error
        if executed.refusal is not None:
            raise _failure(what, executed.refusal)
        return _response(executed.data, count, f"transaction {executed.hash}")

    async def _find_room(self) -> Room:
        if self._room is None:
            self._room = await read_room(self._rpc, self._limits)
        return self._room


def _response(data: bytes, count: int, who: str) -> facts_pb2.RecordFactsResponse:
    answers = only_answer(data, tx_pb2.MsgRecordFactsResponse, who).answers
    if len(answers) != count:
        raise MalformedAnswer(f"{who}: {len(answers)} answers to {count} facts")
    return facts_pb2.RecordFactsResponse(answers=answers)


def _is_new(answer: facts_pb2.FactAnswer) -> bool:
    return answer.status == FactStatus.ACCEPTED and answer.code == FactCode.OK


def _failure(what: str, refusal: ChainRefusal) -> LedgerRefused | LedgerUnavailable:
    if refusal.codespace == _APPLICATION:
        return refused(refusal, what)
    return LedgerUnavailable(
        f"{what}: a node or the chain could not execute them, which says nothing about the facts; send them again "
        f"({refusal.name}: {printable(refusal.log)})"
    )


def _too_large(what: str, code: ChainCode, size: str) -> LedgerRefused:
    return LedgerRefused(
        str(code),
        f"{what}: one transaction would take {size}; send fewer facts at once, or raise transaction_bytes "
        "and transaction_gas if the chain's nodes take more",
    )
