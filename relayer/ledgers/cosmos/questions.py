"""Questions to the modules of a chain: gRPC queries, asked and answered in protobuf over a node's JSON-RPC."""

from __future__ import annotations

from typing import Any, TypeVar

from google.protobuf.message import DecodeError, Message

from relayer.codes.ibc import ChainCode
from relayer.ledgers.cosmos.errors import MalformedAnswer, QueryRefused
from relayer.ledgers.cosmos.refusals import ChainRefusal
from relayer.ledgers.cosmos.rpc import AbciAnswer, CometRpc

_M = TypeVar("_M", bound=Message)


async def ask(rpc: CometRpc, path: str, request: Message, answer: type[_M]) -> _M:
    """`path` is `/package.Service/Method`. Raises QueryRefused, MalformedAnswer, LedgerUnavailable."""
    found = await rpc.abci_query(path, request.SerializeToString())
    require_answered(found, path)
    return parse(answer, found.value)


async def find(rpc: CometRpc, path: str, request: Message, answer: type[_M]) -> _M | None:
    """None for what does not stand on the ledger. Raises as `ask` for everything else."""
    found = await rpc.abci_query(path, request.SerializeToString())
    if is_missing(found):
        return None
    require_answered(found, path)
    return parse(answer, found.value)


def is_missing(found: AbciAnswer) -> bool:
    """Whether the ledger says that what was asked for does not stand there."""
    return ChainRefusal(codespace=found.codespace, code=found.code, log=found.log).fits(ChainCode.KEY_NOT_FOUND)


def require_answered(found: AbciAnswer, path: str) -> None:
    """Raises QueryRefused."""
    if found.code:
        raise QueryRefused(path, found.codespace, found.code, found.log)


def parse(kind: type[_M], raw: bytes) -> _M:
    """A message that a node gave. Raises MalformedAnswer."""
    message: Any = kind()
    try:
        message.ParseFromString(raw)
    except DecodeError as error:
        raise MalformedAnswer(f"{kind.DESCRIPTOR.full_name} does not decode") from error
    parsed: _M = message
    return parsed
