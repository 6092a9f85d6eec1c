"""Answers of nodes, of EVM ledgers and of CometBFT: all of it is read strictly, or refused. FUZZ_EXAMPLES as elsewhere."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from eth_abi.abi import encode

from relayer.core.ids import ClientId, Height, LedgerId, TransactionId
from relayer.errors import InvalidInput, LedgerUnavailable, WrongLedger
from relayer.facts.codec import fact_hash
from relayer.ledgers.cosmos import events as comet_events
from relayer.ledgers.cosmos import headers
from relayer.ledgers.cosmos import messages as cosmos_messages
from relayer.ledgers.cosmos import rpc as comet_rpc
from relayer.ledgers.cosmos.client_view import ClientView
from relayer.ledgers.cosmos.errors import KeyTypeUnknown
from relayer.ledgers.evm import events
from relayer.ledgers.evm.calls import read_multicall
from relayer.ledgers.evm.clients import RouterClients
from relayer.ledgers.evm.contracts import known_errors
from relayer.ledgers.evm.facts_contract import FactsContract
from relayer.ledgers.evm.finality import LatestIsFinal
from relayer.ledgers.evm.node import EvmNode, parse_block
from relayer.ledgers.evm.refusals import describe_revert
from relayer.ledgers.evm.rpc import Call
from relayer.proofs.errors import ProofError
from relayer.proofs.keccak import keccak256
from relayer.proofs.poa_evm.evm_header import encode_block
from relayer.testing.factories import a_fact
from relayer.wire.cosmos_protos import any_, channel_tx
from relayer.wire.cosmos_sdk_protos import base_abci, client_query, client_v2_query
from tests.support.fuzzing import Form, Target, fuzz
from tests.support.paths import VECTORS

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2000"))
SEED = int(os.environ.get("FUZZ_SEED", "20261122"))
EVM = json.loads((VECTORS / "evm.json").read_text())
COMET = json.loads((VECTORS / "comet_rpc.json").read_text())
ROUTER = b"\x11" * 20
LEDGER = LedgerId("contracts")
PACKET = "(uint64,string,string,uint64,(string,string,string,string,bytes)[])"
SENT = (5, "client-0", "poa-evm-0", 99, [("settlement", "settlement", "fact-1", "application/x-solidity-abi", b"fact")])


class NotJson(Exception):
    """What the transport has refused already."""


def answer(
    name: str, read: Callable[[Any], object], *seeds: Any, refusals: tuple[type[Exception], ...] = (LedgerUnavailable,)
) -> Target:
    def decode(raw: bytes) -> object:
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError):
            raise NotJson from None
        return read(value)

    return Target(
        name=name,
        decode=decode,
        seeds=tuple(json.dumps(each).encode() for each in seeds),
        refusals=(*refusals, NotJson),
        form=Form.JSON,
    )


class FakeRpc:
    """Answers everything with one value."""

    def __init__(self, value: Any) -> None:
        self._value = value

    async def call(self, *_: object) -> Any:
        return self._value

    async def batch(self, calls: Sequence[Call]) -> list[Any]:
        return [self._value for _ in calls]


def asked(question: Callable[[EvmNode], Awaitable[object]]) -> Callable[[Any], object]:
    """What a reader of an EVM node makes of one answer. Nothing waits, so no event loop is needed."""

    def read(value: Any) -> object:
        node: Any = EvmNode(FakeRpc(value), LatestIsFinal())  # type: ignore[arg-type]
        coroutine: Any = question(node)
        try:
            coroutine.send(None)
        except StopIteration as done:
            return done.value
        raise AssertionError("waits for something")

    return read


def log(topic: bytes, types: tuple[str, ...], content: tuple[object, ...], client: str) -> dict[str, object]:
    return {
        "address": "0x" + ROUTER.hex(),
        "topics": ["0x" + each.hex() for each in (topic, keccak256(client.encode()), (5).to_bytes(32, "big"))],
        "data": "0x" + encode(types, content).hex(),
        "blockNumber": "0x9",
        "blockHash": "0x" + "22" * 32,
        "logIndex": "0x1",
        "transactionHash": "0x" + "33" * 32,
    }


LOGS = [
    log(events.SEND_PACKET, (PACKET,), (SENT,), "client-0"),
    log(events.WRITE_ACKNOWLEDGEMENT, (PACKET, "bytes[]"), (SENT, [b"answer"]), "poa-evm-0"),
    log(events.ACK_PACKET, (PACKET, "bytes"), (SENT, b"answer"), "client-0"),
    log(events.TIMEOUT_PACKET, (PACKET,), (SENT,), "client-0"),
]
STATE = next(each for each in EVM["states"] if len(each["slots"]) > 1)
PROOF = {
    "accountProof": ["0x" + node for node in STATE["account_proof"]],
    "storageProof": [{"proof": ["0x" + node for node in each["proof"]]} for each in STATE["slots"][:2]],
}
MINED = {
    "transactionHash": "0x" + "33" * 32,
    "blockNumber": "0x9",
    "blockHash": "0x" + "22" * 32,
    "status": "0x1",
    "gasUsed": "0x5208",
    "effectiveGasPrice": "0x1",
    "contractAddress": None,
    "logs": LOGS,
}
BLOCKS = [each["block"] for each in EVM["headers"]]


def packet_logs(value: Any) -> object:
    return events.packet_facts(LEDGER, events.parse_logs(value, address=ROUTER, first=0, last=100))


EVM_NODE = [
    answer(
        "EVM block",
        lambda value: encode_block(parse_block(value, "latest").raw),
        *BLOCKS,
        refusals=(LedgerUnavailable, WrongLedger, ProofError),
    ),
    answer("EVM logs", packet_logs, LOGS, LOGS[:1]),
    answer("EVM topics", lambda value: events.topics_by(ROUTER, value) if isinstance(value, list) else None, LOGS),
    answer("EVM receipt", asked(lambda node: node.receipt("0x1")), MINED),
    answer("EVM proof", asked(lambda node: node.proof(ROUTER, [bytes(32)] * 2, Height(1))), PROOF),
    answer("EVM balance", asked(lambda node: node.balance(ROUTER)), "0x5208"),
    answer("EVM head", asked(lambda node: node.head()), *BLOCKS, refusals=(LedgerUnavailable, WrongLedger)),
]

FACT = a_fact()
ROW = tuple(getattr(FACT, name) for name in type(FACT).__dataclass_fields__)
FACT_TYPE = (
    "(bytes32,uint16,uint16,uint16,bytes32,bytes32,bytes3,uint8,uint128,uint128,uint64,uint64,uint64,bytes32,bytes32)"
)
MINTED = {
    **LOGS[0],
    "data": "0x" + encode(("address", "bytes32", FACT_TYPE), (ROUTER, fact_hash(FACT), ROW)).hex(),
}
STATUS = encode(
    ("(uint8,uint16,uint64,uint64,uint64,bytes32,bytes32,string,uint64,uint128)",),
    ((3, 0, 1, 2, 3, bytes(32), bytes(32), "settlement-1", 4, 5),),
)
CLIENT_STATE = encode(
    ("(string,uint64,uint64,uint64,uint64,bool,uint64,uint32)",),
    (("settlement-1", 1, 99, 3_600 * 10**9, 10 * 10**9, False, 1_772_366_400 * 10**9 + 5, 0),),
)
COUNTERPARTY = encode(("(string,bytes[])",), (("poa-evm-0", [b"ibc", b""]),))


def content(name: str, read: Callable[[bytes], object], *seeds: bytes, refusals: tuple[type[Exception], ...]) -> Target:
    return Target(name=name, decode=read, seeds=seeds, refusals=refusals)


def contract(question: Callable[[FactsContract], Awaitable[object]]) -> Callable[[bytes], object]:
    """What the reader of a contract makes of the bytes that a view returns."""
    read = asked(lambda node: question(FactsContract(node, None, address=ROUTER, chain_id=1)))  # type: ignore[arg-type]
    return lambda raw: read("0x" + raw.hex())


def clients(question: Callable[[RouterClients], Awaitable[object]]) -> Callable[[bytes], object]:
    read = asked(lambda node: question(RouterClients(node, router=ROUTER)))
    return lambda raw: read("0x" + raw.hex())


class TwoViews(FakeRpc):
    """A light client's state, and its status."""

    def __init__(self, state: bytes) -> None:
        super().__init__("0x" + encode(("bytes",), (state,)).hex())

    async def call(self, _method: str, transaction: dict[str, str], _at: str) -> Any:
        return "0x" + (COUNTERPARTY if transaction["data"].startswith("0xb0777bfa") else bytes(12) + ROUTER).hex()

    async def batch(self, calls: Sequence[Call]) -> list[Any]:
        return [self._value, "0x" + bytes(32).hex()]


LOOP = asyncio.new_event_loop()


def client_status(raw: bytes) -> object:
    node: Any = EvmNode(TwoViews(raw), LatestIsFinal())  # type: ignore[arg-type]
    return LOOP.run_until_complete(RouterClients(node, router=ROUTER).status(ClientId("client-0")))


UNAVAILABLE = (LedgerUnavailable,)
SAMPLES: dict[str, object] = {
    "string": "text",
    "bytes": b"bytes",
    "bytes32": bytes(32),
    "address": ROUTER,
    "bool": True,
    **{f"uint{bits}": 7 for bits in range(8, 257, 8)},
}
REVERTS = [
    each.selector + encode(each.types, [SAMPLES[kind] for kind in each.types])
    for each in known_errors()
    if set(each.types) <= SAMPLES.keys()
]
CONTRACTS = [
    content("fact record", contract(lambda made: made.records([bytes(32)])), STATUS, refusals=UNAVAILABLE),
    content(
        "settlement ledger's name",
        contract(lambda made: made.ledger_of(ClientId("client-0"))),
        encode(("string",), ("settlement-1",)),
        refusals=UNAVAILABLE,
    ),
    content(
        "next sequence", contract(lambda made: made.next_sequence(ROUTER)), encode(("uint64",), (5,)), refusals=UNAVAILABLE
    ),
    content(
        "light client's address", clients(lambda made: made.address(ClientId("c"))), bytes(12) + ROUTER, refusals=UNAVAILABLE
    ),
    content("counterparty", clients(lambda made: made.counterparty(ClientId("c"))), COUNTERPARTY, refusals=UNAVAILABLE),
    content("Solidity client's state", client_status, CLIENT_STATE, refusals=UNAVAILABLE),
    content("revert data", describe_revert, *REVERTS, refusals=()),
    content(
        "multicall",
        lambda raw: read_multicall(raw, 2, 1_000),
        encode(("bytes[]",), ([b"one", b"two"],)),
        refusals=(InvalidInput,),
    ),
    answer(
        "minted facts",
        asked(lambda node: FactsContract(node, None, address=ROUTER, chain_id=1).minted(after=Height(0), until=Height(9))),  # type: ignore[arg-type]
        [MINTED],
    ),
]


def block_events(value: Any) -> object:
    block = comet_events.parse_block_results(value, block=Height(5))
    return comet_events.packet_facts(LEDGER, block, [TransactionId(f"T{n}") for n in range(block.transactions)])


COMET_NODE = [
    answer("CometBFT commit", headers.parse_signed_header, COMET["commit"], COMET["first_commit"]),
    answer(
        "CometBFT validators",
        headers.parse_validators,
        COMET["validators"],
        refusals=(LedgerUnavailable, KeyTypeUnknown, ProofError),
    ),
    answer("CometBFT block results", block_events, COMET["block_results"]),
    answer("CometBFT transaction", comet_rpc.transaction_result, *COMET["tx_search"]["txs"]),
]


class FakeApplication:
    """A chain's application that answers queries by their paths."""

    def __init__(self, **answers: bytes) -> None:
        self._answers = answers

    async def abci_query(self, path: str, _request: bytes) -> comet_rpc.AbciAnswer:
        value = self._answers[path.rpartition("/")[2]]
        return comet_rpc.AbciAnswer(code=0, codespace="", log="", value=value, height=Height(5))

    async def abci_queries(self, queries: Sequence[tuple[str, bytes]]) -> list[comet_rpc.AbciAnswer]:
        return [await self.abci_query(path, request) for path, request in queries]


def application(question: Callable[[Any], Awaitable[object]], name: str, **others: bytes) -> Callable[[bytes], object]:
    """What a reader makes of one answer, the others being right."""

    def read(raw: bytes) -> object:
        coroutine: Any = question(FakeApplication(**others, **{name: raw}))
        try:
            coroutine.send(None)
        except StopIteration as done:
            return done.value
        raise AssertionError("waits for something")

    return read


def packed(url: str, value: bytes) -> any_.Any:
    return any_.Any(type_url=url, value=value)


POA = json.loads((VECTORS.parent / "cases" / "poa_evm" / "update.json").read_text())[0]
STATE_ANSWER = client_query.QueryClientStateResponse(
    client_state=packed("/interledger.lightclients.poaevm.v1.ClientState", bytes.fromhex(POA["client_state"]))
).SerializeToString()
CONSENSUS_ANSWER = client_query.QueryConsensusStateResponse(
    consensus_state=packed(
        "/interledger.lightclients.poaevm.v1.ConsensusState", bytes.fromhex(next(iter(POA["consensus_states"].values())))
    )
).SerializeToString()
PAIRED = client_v2_query.QueryCounterpartyInfoResponse()
PAIRED.counterparty_info.client_id = "client-0"
PAIRED.counterparty_info.merkle_prefix.append(b"")
RIGHT = {
    "ClientState": STATE_ANSWER,
    "ClientStatus": client_query.QueryClientStatusResponse(status="Active").SerializeToString(),
    "ConsensusState": CONSENSUS_ANSWER,
    "CounterpartyInfo": PAIRED.SerializeToString(),
}
RESPONSES = base_abci.TxMsgData(
    msg_responses=[
        packed("/ibc.core.channel.v2.MsgRecvPacketResponse", channel_tx.MsgRecvPacketResponse(result=2).SerializeToString()),
        packed("/ibc.core.channel.v2.MsgTimeoutResponse", channel_tx.MsgTimeoutResponse(result=1).SerializeToString()),
    ]
).SerializeToString()
COSMOS = [
    content(
        "answers to messages",
        lambda raw: cosmos_messages.packet_outcomes(cosmos_messages.message_responses(raw)),
        RESPONSES,
        refusals=UNAVAILABLE,
    ),
    *(
        content(
            f"client on a chain: {name}",
            application(
                lambda rpc: ClientView(rpc).status(ClientId("poa-evm-0")),
                name,
                **{other: value for other, value in RIGHT.items() if other != name},
            ),
            seed,
            refusals=UNAVAILABLE,
        )
        for name, seed in RIGHT.items()
    ),
]


@pytest.mark.parametrize("target", [*EVM_NODE, *CONTRACTS, *COMET_NODE, *COSMOS], ids=lambda target: target.name)
def test_a_nodes_answer_is_read_or_refused(target: Target) -> None:
    fuzz(target, inputs=EXAMPLES, seed=SEED)
