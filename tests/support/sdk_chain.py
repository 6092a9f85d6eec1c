"""A chain of the Cosmos SDK reduced to what a sender of transactions meets: accounts, a pool, checks, blocks and refusals.

It speaks CometRpc's calls in this process. Signatures, sequences, fees, gas and last blocks are judged as the SDK does, with
its codes; what messages do is the test's business. It proves nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from coincurve import PublicKey
from google.protobuf.message import Message

from relayer.core.ids import Height
from relayer.errors import LedgerUnavailable
from relayer.ledgers.cosmos.endpoints import NodeStatus
from relayer.ledgers.cosmos.errors import NodeRefused
from relayer.ledgers.cosmos.rpc import AbciAnswer, BroadcastAnswer, IncludedTransaction
from relayer.proofs.comet.types import TimestampNanoseconds
from relayer.wire.cosmos_protos import any_
from relayer.wire.cosmos_sdk_protos import auth_query, base_abci, node_query, secp256k1_keys, tx

WRONG_SEQUENCE = ("sdk", 32)
_UNAUTHORISED = ("sdk", 4)
_INSUFFICIENT_FUNDS = ("sdk", 5)
_OUT_OF_GAS = ("sdk", 11)
_INSUFFICIENT_FEE = ("sdk", 13)
_NOT_FOUND = ("sdk", 22)
_TIMEOUT_HEIGHT = ("sdk", 30)
GAS_PER_MESSAGE = 10_000

Code = tuple[str, int]
Rule = Callable[[any_.Any], Message | Code]
"""What a message is answered, or why it is refused. It must change nothing: checks and simulations call it too."""
Query = Callable[[bytes], Message | Code]


@dataclass(slots=True)
class Account:
    """As the chain keeps it."""

    number: int
    sequence: int = 0
    coins: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Pooled:
    """A transaction that waits for a block."""

    raw: bytes
    body: tx.TxBody
    info: tx.AuthInfo

    @property
    def hash(self) -> bytes:
        """sha256 of the bytes, by which nodes know it."""
        return hashlib.sha256(self.raw).digest()

    @property
    def sequence(self) -> int:
        """Of the account, as signed."""
        sequence: int = self.info.signer_infos[0].sequence
        return sequence


@dataclass
class SdkChain:
    """One chain of one sender. `least_fee` is per transaction; `maximum_block_bytes` bounds what seal() takes."""

    address: str
    chain_id: str = "settlement-1"
    prefix: str = "cosmos"
    account: Account | None = field(default_factory=lambda: Account(7))
    height: int = 10
    rules: dict[str, Rule] = field(default_factory=dict)
    queries: dict[str, Query] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=lambda: {"max_bytes": "4000000", "max_gas": "-1"})
    least_fee: int = 0
    least_gas_prices: str = ""
    """As the node reports them; it charges `least_fee`."""
    gas_per_message: int = GAS_PER_MESSAGE
    pool: list[Pooled] = field(default_factory=list)
    blocks: dict[bytes, IncludedTransaction] = field(default_factory=dict)
    executed: list[Pooled] = field(default_factory=list)
    simulations: list[int] = field(default_factory=list)
    """How many messages each simulated transaction had."""
    broadcasts: int = 0
    is_down: bool = False
    loses_answers: bool = False
    is_halted: bool = False

    async def abci_query(self, path: str, data: bytes) -> AbciAnswer:
        """As CometRpc's."""
        self._require_up()
        if path == "/app/simulate":
            return self._answer(self._simulate(data))
        if path == "/cosmos.auth.v1beta1.Query/AccountInfo":
            return self._answer(self._account_info())
        if path == "/cosmos.auth.v1beta1.Query/Bech32Prefix":
            return self._answer(auth_query.Bech32PrefixResponse(bech32_prefix=self.prefix).SerializeToString())
        if path == "/cosmos.base.node.v1beta1.Service/Config":
            return self._answer(node_query.ConfigResponse(minimum_gas_price=self.least_gas_prices).SerializeToString())
        found = self.queries[path](data)
        return self._answer(found.SerializeToString() if isinstance(found, Message) else found)

    async def status(self) -> NodeStatus:
        """As CometRpc's."""
        self._require_up()
        return NodeStatus(
            chain_id=self.chain_id,
            height=Height(self.height),
            hash=bytes(32),
            time=TimestampNanoseconds(0),
            earliest_height=Height(1),
            is_catching_up=False,
            is_indexing=True,
        )

    async def call(self, method: str, params: Mapping[str, object]) -> object:
        """`consensus_params` alone."""
        self._require_up()
        assert (method, params) == ("consensus_params", {"height": str(self.height)})
        return {"consensus_params": {"block": dict(self.parameters)}}

    async def broadcast_sync(self, transaction: bytes) -> BroadcastAnswer:
        """As CometRpc's: CheckTx, then the pool."""
        self._require_up()
        self.broadcasts += 1
        pooled = _parse(transaction)
        if any(each.raw == transaction for each in self.pool):
            code = -32_603
            raise NodeRefused("broadcast_tx_sync", code, "tx already exists in cache")
        refusal = self._check(pooled)
        if refusal is None:
            self.pool.append(pooled)
        if self.loses_answers:
            raise LedgerUnavailable("the answer was lost")
        codespace, code = refusal or ("", 0)
        return BroadcastAnswer(code=code, codespace=codespace, log="as checked", hash=pooled.hash)

    async def transaction(self, transaction_hash: bytes) -> IncludedTransaction | None:
        """As CometRpc's."""
        self._require_up()
        return self.blocks.get(transaction_hash)

    def seal(self) -> None:
        """A block with everything that waits; what fails its check again leaves the pool, as CometBFT's recheck does."""
        self.height += 1
        waiting, self.pool = self.pool, []
        for pooled in waiting:
            self._deliver(pooled)

    def include_unordered(self) -> None:
        """A block whose proposer took the newest waiting transaction alone: it fails there, and is charged nothing."""
        assert self.account is not None
        self.height += 1
        early = self.pool.pop()
        codespace, code = self._ante(early, self.account.sequence) or ("", 0)
        assert code, "the newest transaction was next in turn"
        self.blocks[early.hash] = IncludedTransaction(
            hash=early.hash,
            height=Height(self.height),
            code=code,
            codespace=codespace,
            log="as delivered",
            gas_used=0,
            data=b"",
        )

    def force(self, raw: bytes) -> IncludedTransaction | None:
        """Whoever kept a copy of a transaction has it proposed once more. None: the block does not take it."""
        pooled = _parse(raw)
        self.height += 1
        self.blocks.pop(pooled.hash, None)
        self._deliver(pooled)
        return self.blocks.get(pooled.hash)

    def _deliver(self, pooled: Pooled) -> None:
        assert self.account is not None
        if self._ante(pooled, self.account.sequence) is not None:
            return
        self.account.sequence += 1
        self.account.coins -= _fee(pooled)
        self.executed.append(pooled)
        gas = self.gas_per_message * len(pooled.body.messages)
        if gas > pooled.info.fee.gas_limit:
            outcome: Sequence[any_.Any] | Code = _OUT_OF_GAS
        else:
            outcome = self._run(pooled.body.messages)
        codespace, code = outcome if isinstance(outcome, tuple) else ("", 0)
        data = b"" if isinstance(outcome, tuple) else base_abci.TxMsgData(msg_responses=outcome).SerializeToString()
        self.blocks[pooled.hash] = IncludedTransaction(
            hash=pooled.hash,
            height=Height(self.height),
            code=code,
            codespace=codespace,
            log="as delivered",
            gas_used=gas,
            data=data,
        )

    def _check(self, pooled: Pooled) -> Code | None:
        if self.account is None:
            return ("sdk", 9)
        return self._ante(pooled, self.account.sequence + len(self.pool)) or self._refusal(pooled)

    def _refusal(self, pooled: Pooled) -> Code | None:
        """What ibc-go's own check of packet messages runs: the whole transaction."""
        if self.gas_per_message * len(pooled.body.messages) > pooled.info.fee.gas_limit:
            return _OUT_OF_GAS
        outcome = self._run(pooled.body.messages)
        return outcome if isinstance(outcome, tuple) else None

    def _ante(self, pooled: Pooled, sequence: int) -> Code | None:
        assert self.account is not None
        if pooled.body.timeout_height and self.height > pooled.body.timeout_height:
            return _TIMEOUT_HEIGHT
        if _fee(pooled) < self.least_fee:
            return _INSUFFICIENT_FEE
        if _fee(pooled) > self.account.coins:
            return _INSUFFICIENT_FUNDS
        if pooled.sequence != sequence:
            return WRONG_SEQUENCE
        raw = tx.TxRaw.FromString(pooled.raw)
        document = tx.SignDoc(
            body_bytes=raw.body_bytes,
            auth_info_bytes=raw.auth_info_bytes,
            chain_id=self.chain_id,
            account_number=self.account.number,
        )
        key = secp256k1_keys.PubKey.FromString(pooled.info.signer_infos[0].public_key.value).key
        signature = _der(raw.signatures[0])
        return None if PublicKey(key).verify(signature, document.SerializeToString()) else _UNAUTHORISED

    def _run(self, messages: Sequence[any_.Any]) -> Sequence[any_.Any] | Code:
        responses = []
        for message in messages:
            outcome = self.rules[message.type_url](message)
            if isinstance(outcome, tuple):
                return outcome
            responses.append(any_.Any(type_url=f"/{outcome.DESCRIPTOR.full_name}", value=outcome.SerializeToString()))
        return responses

    def _simulate(self, raw: bytes) -> bytes | Code:
        if self.account is None:
            return ("sdk", 9)
        pooled = _parse(raw)
        self.simulations.append(len(pooled.body.messages))
        if pooled.sequence != self.account.sequence + len(self.pool):
            return WRONG_SEQUENCE
        outcome = self._run(pooled.body.messages)
        if isinstance(outcome, tuple):
            return outcome
        data = base_abci.TxMsgData(msg_responses=outcome).SerializeToString()
        gas = self.gas_per_message * len(pooled.body.messages)
        answer = {"gas_info": {"gas_used": str(gas)}, "result": {"data": b64encode(data).decode()}}
        return json.dumps(answer).encode()

    def _account_info(self) -> bytes | Code:
        if self.account is None:
            return _NOT_FOUND
        response = auth_query.QueryAccountInfoResponse()
        response.info.address = self.address
        response.info.account_number = self.account.number
        response.info.sequence = self.account.sequence
        encoded: bytes = response.SerializeToString()
        return encoded

    def _answer(self, outcome: bytes | Code) -> AbciAnswer:
        codespace, code = outcome if isinstance(outcome, tuple) else ("", 0)
        value = b"" if isinstance(outcome, tuple) else outcome
        return AbciAnswer(code=code, codespace=codespace, log="as queried", value=value, height=Height(self.height))

    def _require_up(self) -> None:
        if self.is_down:
            raise LedgerUnavailable("the node is down")


@dataclass
class SdkClock:
    """Time moves when somebody sleeps; the chain makes its blocks meanwhile, and `alarms` happen on the way."""

    chain: SdkChain
    block_seconds: float = 0.5
    time: float = 1_000.0
    alarms: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def now(self) -> float:
        """Seconds since some moment."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Returns at once, that much later."""
        blocks = int((self.time + seconds) / self.block_seconds) - int(self.time / self.block_seconds)
        self.time += seconds
        for _ in range(0 if self.chain.is_halted else blocks):
            self.chain.seal()
        for alarm in [each for each in self.alarms if each[0] <= self.time]:
            self.alarms.remove(alarm)
            alarm[1]()
        await asyncio.sleep(0)


def _parse(raw: bytes) -> Pooled:
    parts = tx.TxRaw.FromString(raw)
    return Pooled(raw, tx.TxBody.FromString(parts.body_bytes), tx.AuthInfo.FromString(parts.auth_info_bytes))


def _fee(pooled: Pooled) -> int:
    return sum(int(each.amount) for each in pooled.info.fee.amount)


def _der(signature: bytes) -> bytes:
    """64 bytes r and s as ASN.1, which is what the library verifies."""
    parts = []
    for half in (signature[:32], signature[32:]):
        number = half.lstrip(b"\0") or b"\0"
        number = b"\0" + number if number[0] & 0x80 else number
        parts.append(b"\x02" + bytes([len(number)]) + number)
    body = b"".join(parts)
    return b"\x30" + bytes([len(body)]) + body
