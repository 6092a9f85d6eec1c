"""The contract ledger read with web3: `AsyncWeb3` over one provider for each node, asked in the order of the configuration.

Answers are bounded and checked field by field. web3's own formatters are left out: they make objects of every field of every
log, which takes longer than all the rest of reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from relayer.agent.abi_words import Layout, Part, layout_of, read_words
from relayer.agent.evm_writer import calldata
from relayer.agent.ports import BlockHeader, EventLog
from relayer.errors import ConfigurationError, LedgerUnavailable, NotFinal, WrongLedger
from relayer.ledgers.evm.errors import MalformedAnswer, NodeRefused
from relayer.ledgers.evm.events import parse_logs
from relayer.ledgers.evm.finality import FinalityRule, tag_or_depth
from relayer.ledgers.evm.node import trie_nodes
from relayer.ledgers.evm.quantity import fixed, listing, member, quantity
from relayer.ledgers.nodes.errors import AnswerTooLarge, AnswerTooLate
from relayer.rating.abi import EventAbi
from relayer.rating.refusals import ActivityRefused, RatingCode
from relayer.rating.rules import Argument, Call, FieldValue

if TYPE_CHECKING:
    from web3 import AsyncWeb3

_MAXIMUM_ANSWER_BYTES = 64 << 20
_BATCH = 100
_LATEST_SECONDS = 100_000_000_000


def _web3_parts() -> Any:
    """web3 is in the extra `agent`, and takes a second to load."""
    try:
        from relayer.agent import web3_provider  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the settlement agent reads with web3, which is not installed ({error.name}); install the extra `agent`: "
            "pip install 'interledger-settlement-relayer[agent]'"
        ) from error
    return web3_provider


class Web3Source:
    """One contract ledger behind one or several nodes. Safe for concurrent use on one event loop; `close` ends it."""

    def __init__(
        self, endpoints: Sequence[str], *, chain_id: int, finality: FinalityRule, timeout_seconds: float = 20.0
    ) -> None:
        """`endpoints`: HTTP addresses, the preferred one first. Raises ConfigurationError without web3."""
        parts = _web3_parts()
        self._errors = parts.ERRORS
        self._refusal = parts.Web3RPCError
        self._described = parts.described
        self._clients: list[AsyncWeb3[Any]] = [
            parts.client(url, timeout_seconds=timeout_seconds, maximum_bytes=_MAXIMUM_ANSWER_BYTES) for url in endpoints
        ]
        self._codec = self._clients[0].codec
        self._chain_id = chain_id
        self._finality = finality
        self._known: set[int] = set()
        self._first = 0
        self._layouts: dict[EventAbi, Layout] = {}

    async def close(self) -> None:
        for client in self._clients:
            await client.provider.disconnect()

    async def head(self) -> BlockHeader:
        asked = tag_or_depth(self._finality)
        if isinstance(asked, str):
            found = await self._block(asked)
        else:
            latest = quantity(await self._ask("eth_blockNumber"), "eth_blockNumber")
            found = await self._block(hex(latest - asked)) if latest >= asked else None
        if found is None:
            raise NotFinal("the contract ledger has no final block yet; wait, or set another finality")
        return found

    async def block(self, number: int) -> BlockHeader | None:
        return await self._block(hex(number))

    async def _block(self, tag: str) -> BlockHeader | None:
        answer = await self._ask("eth_getBlockByNumber", tag, False)  # noqa: FBT003  (without transactions)
        return None if answer is None else _header(answer)

    async def times(self, numbers: Sequence[int]) -> Mapping[int, int]:
        times: dict[int, int] = {}
        for at in range(0, len(numbers), _BATCH):
            part = numbers[at : at + _BATCH]
            if len(part) == 1:
                answers = [await self._ask("eth_getBlockByNumber", hex(part[0]), False)]  # noqa: FBT003
            else:
                answers = await self._batch([("eth_getBlockByNumber", [hex(number), False]) for number in part])
            for number, answer in zip(part, answers, strict=True):
                header = _header(answer)
                if header.number != number:
                    raise MalformedAnswer(f"eth_getBlockByNumber: the node gave block {header.number} for {number}")
                times[number] = header.time
        return times

    async def logs(self, address: bytes, topics: Sequence[bytes], first: int, last: int) -> Sequence[EventLog]:
        query = {
            "address": f"0x{address.hex()}",
            "fromBlock": hex(first),
            "toBlock": hex(last),
            "topics": [[f"0x{topic.hex()}" for topic in topics]],
        }
        answer = await self._ask("eth_getLogs", query)
        wanted = set(topics)
        found = [
            EventLog(
                topics=log.topics,
                data=log.data,
                block=log.block_number,
                block_hash=log.block_hash,
                index=log.index,
                transaction=bytes.fromhex(log.transaction.removeprefix("0x")),
            )
            for log in parse_logs(answer, address=address, first=first, last=last)
            if log.topics and log.topics[0] in wanted
        ]
        if len({(log.block, log.block_hash) for log in found}) != len({log.block for log in found}):
            raise MalformedAnswer("eth_getLogs: the node gave logs of two blocks with one number")
        return found

    async def slot_proofs(
        self, address: bytes, slots: Sequence[bytes], at: int
    ) -> tuple[Sequence[bytes], Sequence[Sequence[bytes]]]:
        """Nodes of the proof of an account, and of each of its slots, in a block (eth_getProof)."""
        answer = await self._ask("eth_getProof", f"0x{address.hex()}", [f"0x{slot.hex()}" for slot in slots], hex(at))
        storage = listing(member(answer, "storageProof", "eth_getProof"), "eth_getProof slots", maximum=len(slots))
        if len(storage) != len(slots):
            raise MalformedAnswer(f"eth_getProof: {len(storage)} proofs for {len(slots)} slots")
        account = trie_nodes(member(answer, "accountProof", "eth_getProof"))
        return account, [trie_nodes(member(each, "proof", "eth_getProof")) for each in storage]

    async def require_code(self, address: bytes, name: str) -> None:
        """Raises WrongLedger where there is no contract."""
        code = await self._ask("eth_getCode", f"0x{address.hex()}", "latest")
        if code in (None, "", "0x"):
            raise WrongLedger(f"contract {name!r}: there is no code at 0x{address.hex()} on chain {self._chain_id}")

    def decode(self, event: EventAbi, log: EventLog) -> Mapping[str, FieldValue]:
        layout = self._layouts.get(event)
        if layout is None:
            layout = self._layouts[event] = layout_of(event)
        if len(log.topics) != layout.topics + 1:
            raise ActivityRefused(
                RatingCode.EVENT_MALFORMED,
                f"{event.signature}: the log has {len(log.topics) - 1} indexed fields, the ABI {layout.topics}",
            )
        try:
            heads = self._values(layout.indexed, b"".join(log.topics[1 + at] for at in layout.kept))
            values = self._values(layout.plain, log.data)
        except (*self._errors, ValueError, OverflowError) as error:
            raise ActivityRefused(
                RatingCode.EVENT_MALFORMED, f"{event.signature}: the log does not fit the ABI ({str(error)[:200]})"
            ) from error
        found = dict(zip((*layout.indexed.names, *layout.plain.names), (*heads, *values), strict=True))
        return {name: found[name] for name in layout.shown}

    def _values(self, part: Part, content: bytes) -> Sequence[FieldValue]:
        """Raises ValueError, and what web3 raises."""
        if part.readers is not None:
            return read_words(part.readers, content)
        values = self._codec.decode(part.types, content)
        return [_field(kind, value) for kind, value in zip(part.types, values, strict=True)]

    async def call(self, call: Call, arguments: Sequence[Argument]) -> Argument:
        data = f"0x{calldata(call, arguments).hex()}"
        answer = await self._ask("eth_call", {"to": f"0x{call.contract.hex()}", "data": data}, "latest")
        kind = call.function.outputs[0].type
        try:
            (value,) = self._codec.decode([kind], bytes.fromhex(str(answer).removeprefix("0x")))
        except (*self._errors, ValueError) as error:
            raise MalformedAnswer(f"{call.function.signature}: the answer is not a {kind}; is the address right?") from error
        return _field(kind, value)

    async def _ask(self, method: str, *params: Any) -> Any:
        async def ask(client: AsyncWeb3[Any]) -> Any:
            return await client.manager.coro_request(method, list(params))  # type: ignore[arg-type]

        return await self._first_answer(method, ask)

    async def _batch(self, calls: Sequence[tuple[str, list[Any]]]) -> list[Any]:
        async def ask(client: AsyncWeb3[Any]) -> Any:
            return await client.provider.make_batch_request(list(calls))

        answers = await self._first_answer("batch", ask)
        if not isinstance(answers, list) or any("result" not in answer for answer in answers) or len(answers) != len(calls):
            # Nodes that take no batches, or not so many: one by one.
            return [await self._ask(method, *params) for method, params in calls]
        return [answer["result"] for answer in answers]

    async def _first_answer(self, method: str, ask: Any) -> Any:
        """Of the node that answered last, or of the next ones. A refusal is an answer."""
        failed: LedgerUnavailable | None = None
        for turn in range(len(self._clients)):
            at = (self._first + turn) % len(self._clients)
            try:
                await self._check(at)
                answer = await ask(self._clients[at])
            except self._refusal as error:
                raise _refused(method, error) from error
            except TimeoutError as error:
                failed = AnswerTooLate(f"{method}: the node {at + 1} did not answer in time")
                failed.__cause__ = error
            except AnswerTooLarge:
                raise
            except (*self._errors, OSError, ValueError, KeyError, TypeError) as error:
                failed = LedgerUnavailable(f"{method}: the node {at + 1} cannot be asked ({self._described(error)})")
                failed.__cause__ = error
            else:
                self._first = at
                return answer
        assert failed is not None
        raise failed

    async def _check(self, at: int) -> None:
        """A node of another chain must not be read, and is not hidden by a next one."""
        if at in self._known:
            return
        found = quantity(await self._clients[at].manager.coro_request("eth_chainId", []), "eth_chainId")  # type: ignore[arg-type]
        if found != self._chain_id:
            raise WrongLedger(f"the node {at + 1} serves chain {found}, the rule file is for chain {self._chain_id}")
        self._known.add(at)


def _refused(method: str, error: Any) -> NodeRefused:
    response = error.rpc_response if isinstance(error.rpc_response, dict) else {}
    details = response.get("error")
    details = details if isinstance(details, dict) else {}
    code, message, data = details.get("code"), details.get("message"), details.get("data")
    revert = bytes.fromhex(data[2:]) if isinstance(data, str) and data.startswith("0x") and len(data) % 2 == 0 else None
    return NodeRefused(method, code if isinstance(code, int) else 0, str(message or error), revert)


def _header(value: Any) -> BlockHeader:
    """Raises MalformedAnswer."""
    time = quantity(member(value, "timestamp", "block"), "block timestamp")
    if time > _LATEST_SECONDS:
        raise MalformedAnswer(f"block timestamp {time} is not in seconds; the node counts milliseconds or nanoseconds")
    return BlockHeader(
        number=quantity(member(value, "number", "block"), "block number"),
        hash=fixed(member(value, "hash", "block"), 32, "block hash"),
        time=time,
    )


def _field(kind: str, value: Any) -> FieldValue:
    """Addresses as bytes."""
    return bytes.fromhex(value[2:]) if kind == "address" else value
