"""Batches into transactions, against a router whose every answer the test decides."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from eth_abi.abi import decode, encode

from relayer.core.ids import ClientId, Height
from relayer.core.packet import Acknowledgement
from relayer.errors import ClientUnusable, InvalidInput, LedgerError, LedgerUnavailable
from relayer.ledgers.evm import calls
from relayer.ledgers.evm.errors import NodeRefused, Reverted
from relayer.ledgers.evm.events import ACK_PACKET
from relayer.ledgers.evm.fees import Offer
from relayer.ledgers.evm.node import MinedTransaction
from relayer.ledgers.evm.submitter import MAXIMUM_TRANSACTION_BYTES, Submitter
from relayer.ports.ledger import AcknowledgePacket, Outcome, ReceivePacket, SubmissionBatch
from relayer.ports.prover import ClientMessage, Proof
from relayer.proofs.keccak import keccak256
from relayer.testing.clock import ManualClock
from relayer.testing.factories import a_packet

ROUTER = b"\x11" * 20
CLIENT = ClientId("client-0")
UPDATE = ClientMessage(type_url="/header", value=b"header", height=Height(9))
FROZEN = bytes.fromhex("928b1233")
PERMANENT = keccak256(b"IBCMultiPayloadPacketNotSupported()")[:4]
"""A message that meets this is hopeless; a client update says nothing of messages."""
FROM_THE_FUTURE = keccak256(b"HeaderFromTheFuture(uint64,uint256)")[:4]
NOW = 1_750_000_000
NOT_MEMBER = bytes.fromhex("291fc442")


def message(sequence: int, *, size: int = 10) -> AcknowledgePacket:
    return AcknowledgePacket(
        packet=a_packet(sequence),
        acknowledgement=Acknowledgement(app_acknowledgements=(b"answer",)),
        proof=Proof(value=b"p" * size, height=Height(9)),
    )


def received(sequence: int) -> ReceivePacket:
    return ReceivePacket(packet=a_packet(sequence), proof=Proof(value=b"proof", height=Height(9)))


def sequence_of(call: bytes) -> int:
    packet_type = "(uint64,string,string,uint64,(string,string,string,string,bytes)[])"
    answer = "" if call[:4] == calls.RECEIVE_PACKET else "bytes,"
    ((packet, *_),) = decode((f"({packet_type},{answer}bytes,(uint64,uint64))",), call[4:])
    return packet[0]


@dataclass
class FakeRouter:
    """Executes multicalls of updates and acknowledgements; also the node, the account and the codec."""

    address = b"\x22" * 20
    open_packets: set[int] = field(default_factory=lambda: set(range(1, 200)))
    refusals: dict[int, bytes] = field(default_factory=dict)
    update_refusal: bytes | None = None
    gas_each: int = 100_000
    limit: int = 60_000_000
    estimates: bool = True
    estimated: int = 0
    reverts_in_blocks: int = 0
    together: int = 1_000
    transactions: list[tuple[bool, list[int]]] = field(default_factory=list)
    before_block: list[set[int]] = field(default_factory=list)
    bad_proof: bytes = b""
    offered: list[int] = field(default_factory=list)
    gas_used: int | None = 10
    bad_update: bool = False
    trouble: NodeRefused | None = None
    """The node's own, at every simulation."""
    takes_gas: int | None = None
    """The node refuses the broadcast of more."""
    block_time: int = NOW
    """Of the newest block, at which everything is simulated."""
    header_time: int = NOW
    broadcast_together: list[int] = field(default_factory=list)

    others: list[FakeRouter] = field(default_factory=list)
    """Nodes of the same ledger beside this one."""
    doubted: int = 0
    invented: dict[int, bytes] = field(default_factory=dict)
    """What this node says to simulations, and no block does."""

    @property
    def rpc(self) -> FakeRouter:
        return self

    def __len__(self) -> int:
        return 1 + len(self.others)

    async def each(self, requests):
        return [await node.batch(requests) for node in (self, *self.others)]

    def doubt(self) -> None:
        self.doubted += 1

    async def update(self, _: ClientId, update: ClientMessage) -> bytes:
        if self.bad_update:
            raise InvalidInput("no header")
        return update.value

    def proof(self, proof: Proof) -> Proof:
        if self.bad_proof and proof.value == self.bad_proof:
            raise InvalidInput("no proof")
        return proof

    async def block(self, _: str):
        return type("Block", (), {"gas_limit": self.limit})

    async def view(self, _: bytes, calldata: bytes) -> bytes:
        (inner,) = decode(("bytes[]",), calldata[4:])
        wanted = {calls.commitment_call(calls.decisive_path(message(number))): number for number in range(1, 200)}
        words = [keccak256(each) if wanted.get(each) in self.open_packets else bytes(32) for each in inner]
        return encode(("bytes[]",), (words,))

    def _parts(self, calldata: bytes) -> tuple[bool, list[int]]:
        assert calldata[:4] == calls.MULTICALL
        (inner,) = decode(("bytes[]",), calldata[4:])
        is_update = inner[0][:4] == calls.UPDATE_CLIENT
        return is_update, [sequence_of(each) for each in inner[is_update:]]

    def _refusal(self, calldata: bytes) -> bytes | None:
        is_update, sequences = self._parts(calldata)
        if is_update and self.update_refusal is not None:
            return self.update_refusal
        if is_update and self.header_time > self.block_time:
            return FROM_THE_FUTURE + encode(("uint64", "uint256"), (self.header_time * 10**9, self.block_time * 10**9))
        if len(sequences) > self.together:
            return b""
        return next((self.refusals[each] for each in sequences if each in self.refusals), None)

    def _told(self, calldata: bytes) -> bytes | None:
        """What a simulation gives; once this node is doubted, that of an honest one."""
        lies = [] if self.doubted else [each for each in self._parts(calldata)[1] if each in self.invented]
        return self.invented[lies[0]] if lies else self._refusal(calldata)

    async def call(self, method: str, *params: object) -> object:
        if method == "eth_blockNumber":
            return "0x9"
        if self.trouble is not None:
            raise self.trouble
        assert method == "eth_estimateGas"
        self.estimated += 1
        calldata = bytes.fromhex(params[0]["data"][2:])
        refusal = self._told(calldata)
        if refusal is not None or not self.estimates:
            raise NodeRefused(method, 3, "words", refusal)
        return hex(self.gas_each * len(self._parts(calldata)[1]) + 50_000)

    async def batch(self, batch) -> list[object]:
        answers = []
        for each in batch:
            assert each.method == "eth_call"
            if self.trouble is not None:
                answers.append(self.trouble)
                continue
            calldata = bytes.fromhex(each.params[0]["data"][2:])
            refusal = self._told(calldata)
            answers.append("0x" if refusal is None else NodeRefused("eth_call", 3, "words", refusal))
        return answers

    async def offer(self) -> Offer:
        return Offer(price=3)

    async def execute_all(self, orders) -> list[MinedTransaction]:
        self.broadcast_together.append(len(orders))
        return [await self.execute(each) for each in orders]

    async def execute(self, order) -> MinedTransaction:
        assert order.to == ROUTER
        is_update, sequences = self._parts(order.calldata)
        if self.takes_gas is not None and order.gas > self.takes_gas:
            raise NodeRefused("eth_sendRawTransaction", -32000, "tx.gas_limit > cap")
        # A transaction runs at its own block's time.
        self.block_time = NOW
        if self.before_block:
            self.open_packets -= self.before_block.pop(0)
        self.offered.append(order.gas)
        succeeded = self.reverts_in_blocks == 0 and self._refusal(order.calldata) is None
        self.reverts_in_blocks = max(0, self.reverts_in_blocks - 1)
        logs = []
        if succeeded:
            self.transactions.append((is_update, sequences))
            logs = [self._log(each) for each in sequences if each in self.open_packets]
            self.open_packets -= set(sequences)
        return MinedTransaction(
            hash="0xabc",
            block_number=1,
            block_hash=bytes(32),
            succeeded=succeeded,
            gas_used=self.gas_used or self.gas_each * len(sequences),
            gas_price=3,
            contract=None,
            logs=logs,
        )

    def _log(self, sequence: int) -> dict[str, object]:
        topics = [ACK_PACKET, keccak256(CLIENT.encode()), sequence.to_bytes(32, "big")]
        return {
            "address": "0x" + ROUTER.hex(),
            "topics": ["0x" + each.hex() for each in topics],
            "data": "0x",
            "blockNumber": "0x1",
            "blockHash": "0x" + "00" * 32,
            "logIndex": "0x0",
            "transactionHash": "0x" + "00" * 32,
        }


async def submit(router: FakeRouter, *messages, update: ClientMessage | None = UPDATE, gas_limit: int | None = None):
    submitter = Submitter(router, router, router, router=ROUTER, gas_limit=gas_limit, clock=ManualClock(NOW))
    return await submitter.submit(SubmissionBatch(client_id=CLIENT, update=update, messages=messages))


async def in_turn(router: FakeRouter, *batches):
    """One submitter, as in a running relayer."""
    submitter = Submitter(router, router, router, router=ROUTER, gas_limit=None, clock=ManualClock(NOW))
    return [
        await submitter.submit(SubmissionBatch(client_id=CLIENT, update=UPDATE, messages=messages)) for messages in batches
    ]


def outcomes(receipt) -> list[Outcome]:
    return [result.outcome for result in receipt.results]


async def test_one_transaction_with_the_update_in_front() -> None:
    router = FakeRouter()
    receipt = await submit(router, message(1), message(2))
    assert router.transactions == [(True, [1, 2])]
    assert outcomes(receipt) == [Outcome.DELIVERED] * 2
    assert (receipt.gas, receipt.fee, receipt.transactions) == (10, 30, ("0xabc",))


async def test_what_does_not_fit_128_kib_goes_in_several_with_one_update() -> None:
    router = FakeRouter()
    receipt = await submit(router, *(message(number, size=30_000) for number in range(1, 8)))
    assert outcomes(receipt) == [Outcome.DELIVERED] * 7
    assert [is_update for is_update, _ in router.transactions] == [True, False, False]
    assert [each for _, part in router.transactions for each in part] == list(range(1, 8))


def large(first: int, last: int) -> list[AcknowledgePacket]:
    """Three of them fit one transaction."""
    return [message(number, size=30_000) for number in range(first, last + 1)]


async def test_transactions_whose_gas_is_known_do_not_wait_for_each_other() -> None:
    router = FakeRouter()
    _, receipt = await in_turn(router, large(1, 1), large(2, 8))
    assert outcomes(receipt) == [Outcome.DELIVERED] * 7
    assert router.broadcast_together == [3]
    assert [is_update for is_update, _ in router.transactions] == [True, True, False, False]
    assert (receipt.gas, len(receipt.transactions)) == (30, 3)


@pytest.mark.parametrize("reverted", [1, 2, 3])
async def test_what_reverts_among_several_is_done_again_alone(reverted) -> None:
    router = FakeRouter()
    submitter = Submitter(router, router, router, router=ROUTER, gas_limit=None, clock=ManualClock(NOW))
    await submitter.submit(SubmissionBatch(client_id=CLIENT, update=UPDATE, messages=large(1, 1)))
    router.reverts_in_blocks = reverted
    estimated = router.estimated
    receipt = await submitter.submit(SubmissionBatch(client_id=CLIENT, update=UPDATE, messages=large(2, 8)))
    assert outcomes(receipt) == [Outcome.DELIVERED] * 7
    assert sorted(each for _, part in router.transactions[1:] for each in part) == list(range(2, 9))
    assert router.broadcast_together == [3]
    assert router.estimated > estimated, "nothing learned is believed after a reverted transaction"
    assert receipt.gas == 10 * (3 + reverted), "reverted transactions are paid for"


async def test_a_bad_message_among_several_transactions_is_found() -> None:
    router = FakeRouter()
    submitter = Submitter(router, router, router, router=ROUTER, gas_limit=None, clock=ManualClock(NOW))
    await submitter.submit(SubmissionBatch(client_id=CLIENT, update=UPDATE, messages=large(1, 1)))
    router.refusals = {6: NOT_MEMBER}
    receipt = await submitter.submit(SubmissionBatch(client_id=CLIENT, update=UPDATE, messages=large(2, 8)))
    assert [result.code for result in receipt.results] == ["", "", "", "", "NotMember", "", ""]
    assert sorted(each for _, part in router.transactions[1:] for each in part) == [2, 3, 4, 5, 7, 8]


async def test_a_message_that_fits_no_transaction_is_rejected_alone() -> None:
    router = FakeRouter()
    receipt = await submit(router, message(1, size=MAXIMUM_TRANSACTION_BYTES), message(2))
    assert outcomes(receipt) == [Outcome.REFUSED, Outcome.DELIVERED]
    assert receipt.results[0].code == "MESSAGE_TOO_LARGE"
    assert not receipt.results[0].retryable


@pytest.mark.parametrize("by_block", [True, False])
async def test_what_exceeds_the_gas_goes_in_halves(by_block) -> None:
    router = FakeRouter(limit=500_000 if by_block else 60_000_000, gas_used=None)
    receipt = await submit(router, *map(message, range(1, 9)), gas_limit=None if by_block else 400_000)
    assert outcomes(receipt) == [Outcome.DELIVERED] * 8
    assert router.transactions == [(True, [1, 2]), (False, [3, 4]), (False, [5, 6]), (False, [7, 8])]


async def test_bad_messages_are_found_and_the_rest_goes() -> None:
    router = FakeRouter(refusals={2: NOT_MEMBER, 4: b"\xde\xad\xbe\xef", 5: b""})
    receipt = await submit(router, *map(message, range(1, 7)))
    assert router.transactions == [(True, [1, 3, 6])]
    codes = [result.code for result in receipt.results]
    assert codes == ["", "NotMember", "", "0xdeadbeef", "EMPTY_REVERT", ""]


async def test_one_of_several_nodes_that_refuses_everything_sets_no_packet_aside() -> None:
    """The block decides, and the node is asked after the others from then on."""
    router = FakeRouter(invented={1: NOT_MEMBER, 2: NOT_MEMBER}, refusals={2: NOT_MEMBER}, others=[FakeRouter()])
    router.others[0].refusals = {2: NOT_MEMBER}
    receipt = await submit(router, message(1), message(2))
    assert outcomes(receipt) == [Outcome.DELIVERED, Outcome.REFUSED]
    assert router.transactions == [(True, [1])]
    assert router.doubted == 1


async def test_what_every_node_refuses_is_refused() -> None:
    router = FakeRouter(refusals={2: NOT_MEMBER}, others=[FakeRouter(refusals={2: NOT_MEMBER})])
    receipt = await submit(router, message(1), message(2))
    assert outcomes(receipt) == [Outcome.DELIVERED, Outcome.REFUSED]
    assert router.doubted == 0


async def test_a_node_that_is_alone_is_believed_to_refuse() -> None:
    router = FakeRouter(invented={1: NOT_MEMBER})
    receipt = await submit(router, message(1))
    assert outcomes(receipt) == [Outcome.REFUSED]


async def test_a_batch_of_bad_messages_sends_nothing() -> None:
    router = FakeRouter(refusals={1: NOT_MEMBER, 2: NOT_MEMBER})
    receipt = await submit(router, message(1), message(2))
    assert router.transactions == []
    assert outcomes(receipt) == [Outcome.REFUSED] * 2


async def test_messages_that_only_fail_together_go_apart() -> None:
    router = FakeRouter(together=2)
    receipt = await submit(router, *map(message, range(1, 6)))
    assert outcomes(receipt) == [Outcome.DELIVERED] * 5
    assert all(len(part) <= 2 for _, part in router.transactions)
    assert [is_update for is_update, _ in router.transactions].count(True) == 1


async def test_a_proof_without_its_form_is_rejected_before_sending() -> None:
    router = FakeRouter(bad_proof=b"p" * 11)
    receipt = await submit(router, message(1, size=11), message(2))
    assert receipt.results[0].code == "MALFORMED_PROOF"
    assert router.transactions == [(True, [2])]


async def test_what_others_did_is_redundant_without_a_transaction() -> None:
    router = FakeRouter(open_packets={2})
    assert outcomes(await submit(router, message(1), message(2))) == [Outcome.REDUNDANT, Outcome.DELIVERED]
    assert outcomes(await submit(router, message(1), message(2))) == [Outcome.REDUNDANT] * 2
    assert len(router.transactions) == 1


async def test_what_a_competitor_did_in_the_same_block_is_redundant() -> None:
    router = FakeRouter(before_block=[{1}])
    assert outcomes(await submit(router, message(1), message(2))) == [Outcome.REDUNDANT, Outcome.DELIVERED]


async def test_a_revert_in_a_block_is_looked_at_again() -> None:
    router = FakeRouter(reverts_in_blocks=1, before_block=[{1}])
    receipt = await submit(router, message(1), message(2))
    assert outcomes(receipt) == [Outcome.REDUNDANT, Outcome.DELIVERED]
    assert router.transactions == [(True, [2])]


async def test_reverts_without_end_are_given_up_for_now() -> None:
    receipt = await submit(FakeRouter(reverts_in_blocks=100), message(1))
    assert receipt.results[0].code == "REVERTED"
    assert receipt.results[0].retryable


@pytest.mark.parametrize(
    ("refusal", "code"), [(b"\xde\xad\xbe\xef", "0xdeadbeef"), (PERMANENT, "IBCMultiPayloadPacketNotSupported")]
)
async def test_a_refused_update_rejects_its_messages_for_now(refusal: bytes, code: str) -> None:
    receipt = await submit(FakeRouter(update_refusal=refusal), message(1), message(2))
    assert [(result.code, result.retryable) for result in receipt.results] == [(code, True)] * 2


@pytest.mark.parametrize("router", [FakeRouter(update_refusal=FROZEN), FakeRouter(refusals={1: FROZEN})])
async def test_a_frozen_client_is_said_at_once(router) -> None:
    with pytest.raises(ClientUnusable, match="FrozenClientState"):
        await submit(router, message(1))
    assert router.transactions == []


async def test_an_update_alone_is_sent_or_its_refusal_is_raised() -> None:
    router = FakeRouter()
    assert (await submit(router)).results == ()
    assert router.transactions == [(True, [])]
    with pytest.raises(Reverted, match="0xdeadbeef"):
        await submit(FakeRouter(update_refusal=b"\xde\xad\xbe\xef"))


async def test_nothing_at_all_sends_nothing() -> None:
    router = FakeRouter()
    assert (await submit(router, update=None)).results == ()
    assert router.transactions == []


async def test_a_header_that_is_none_is_an_error_before_sending() -> None:
    with pytest.raises(LedgerError, match="header"):
        await submit(FakeRouter(bad_update=True), message(1))


@pytest.mark.parametrize("messages", [(), (message(1),), (message(1), message(2))])
async def test_a_node_without_estimates_is_unavailable(messages) -> None:
    with pytest.raises(LedgerUnavailable):
        await submit(FakeRouter(estimates=False), *messages)


async def test_an_update_that_reverts_in_blocks_is_tried_again_later() -> None:
    with pytest.raises(LedgerUnavailable, match="tried again"):
        await submit(FakeRouter(reverts_in_blocks=100))


async def test_gas_is_learned_and_no_longer_estimated() -> None:
    router = FakeRouter(gas_used=500_000)
    receipts = await in_turn(router, (message(1),), (message(2),), (message(3), message(4)))
    assert [outcomes(receipt) for receipt in receipts] == [[Outcome.DELIVERED]] * 2 + [[Outcome.DELIVERED] * 2]
    assert router.estimated == 1
    assert all(offered >= 750_000 for offered in router.offered[1:])
    assert router.offered[2] > router.offered[1]


async def test_what_answers_cost_says_nothing_of_received_packets() -> None:
    router = FakeRouter()
    submitter = Submitter(router, router, router, router=ROUTER, gas_limit=None, clock=ManualClock(NOW))
    batches = ((message(1),), (received(2),), (message(3),), (received(4),), (message(5), received(6)))
    estimated = []
    for messages in batches:
        await submitter.submit(SubmissionBatch(client_id=CLIENT, update=UPDATE, messages=messages))
        estimated.append(router.estimated)
    assert estimated == [1, 2, 2, 2, 2]


async def test_an_update_alone_teaches_nothing() -> None:
    router = FakeRouter()
    await in_turn(router, (), (message(1),), ())
    assert router.estimated == 3


async def test_a_guess_above_the_limit_is_estimated() -> None:
    router = FakeRouter(gas_used=40_000_000)
    await in_turn(router, (message(1),), (message(2),))
    assert router.estimated == 2
    assert max(router.offered) < 1_000_000


async def test_a_bad_message_behind_a_guess_costs_one_revert_and_is_found() -> None:
    router = FakeRouter(refusals={3: NOT_MEMBER})
    receipts = await in_turn(router, (message(1),), (message(2), message(3)), (message(4),))
    assert outcomes(receipts[1]) == [Outcome.DELIVERED, Outcome.REFUSED]
    assert receipts[1].results[1].code == "NotMember"
    assert (receipts[1].gas, len(receipts[1].transactions)) == (20, 1)
    assert router.transactions == [(True, [1]), (True, [2]), (True, [4])]


async def test_a_client_that_froze_meanwhile_is_found_behind_a_guess() -> None:
    router = FakeRouter()
    submitter = Submitter(router, router, router, router=ROUTER, gas_limit=None, clock=ManualClock(NOW))
    await submitter.submit(SubmissionBatch(client_id=CLIENT, update=UPDATE, messages=(message(1),)))
    router.update_refusal = FROZEN
    with pytest.raises(ClientUnusable):
        await submitter.submit(SubmissionBatch(client_id=CLIENT, update=UPDATE, messages=(message(2),)))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-32000, "execution aborted (timeout = 5s)"),
        (-32000, "header not found"),
        (-32000, "missing trie node 5f7e (path ) state 0x is not available"),
        (-32005, "rate limit exceeded"),
        (-32005, "daily request count exceeded, request rate limited"),
        (-32002, "request timed out"),
        (-32603, "Internal error"),
        (-32601, "the method eth_estimateGas does not exist/is not available"),
        (-32000, "tx.gas_limit > cap"),
        (-32602, "gas required exceeds allowance (8000000)"),
    ],
)
async def test_a_nodes_own_trouble_blames_no_message(code: int, words: str) -> None:
    router = FakeRouter(trouble=NodeRefused("eth_call", code, words))
    with pytest.raises(LedgerUnavailable, match=words.split("(", maxsplit=1)[0]):
        await submit(router, message(1), message(2))
    assert router.transactions == []


async def test_a_refused_broadcast_goes_in_halves_and_is_estimated_anew() -> None:
    """A node of a ledger with EIP-7825 takes no more than 2^24 gas in a transaction, whatever its blocks hold."""
    router = FakeRouter(takes_gas=400_000)
    receipt = await submit(router, *map(message, range(1, 9)))
    assert outcomes(receipt) == [Outcome.DELIVERED] * 8
    assert router.transactions[0] == (True, [1, 2])
    assert [is_update for is_update, _ in router.transactions[1:]] == [False] * (len(router.transactions) - 1)


async def test_learned_gas_above_a_new_limit_is_forgotten() -> None:
    router = FakeRouter(gas_used=None)
    submitter = Submitter(router, router, router, router=ROUTER, gas_limit=None, clock=ManualClock(NOW))
    await submitter.submit(SubmissionBatch(client_id=CLIENT, update=UPDATE, messages=tuple(map(message, range(1, 5)))))
    router.limit, router.takes_gas = 500_000, 400_000
    receipt = await submitter.submit(
        SubmissionBatch(client_id=CLIENT, update=UPDATE, messages=tuple(map(message, range(5, 9))))
    )
    assert outcomes(receipt) == [Outcome.DELIVERED] * 4


async def test_a_message_that_alone_is_above_the_limit_blames_the_limit() -> None:
    with pytest.raises(NodeRefused, match="gas_limit > cap"):
        await submit(FakeRouter(takes_gas=1), message(1))


async def test_a_quiet_ledger_is_woken_by_the_update_alone() -> None:
    router = FakeRouter(block_time=NOW - 86_400)
    receipt = await submit(router, message(1), message(2))
    assert router.transactions == [(True, []), (False, [1, 2])]
    assert outcomes(receipt) == [Outcome.DELIVERED] * 2
    assert receipt.gas == 20


async def test_a_quiet_ledger_takes_an_update_without_messages() -> None:
    router = FakeRouter(block_time=NOW - 86_400)
    await submit(router)
    assert router.transactions == [(True, [])]


async def test_a_quiet_ledger_that_has_learned_its_gas_needs_one_transaction() -> None:
    router = FakeRouter()
    submitter = Submitter(router, router, router, router=ROUTER, gas_limit=None, clock=ManualClock(NOW))
    await submitter.submit(SubmissionBatch(client_id=CLIENT, update=UPDATE, messages=(message(1),)))
    router.block_time = NOW - 86_400
    await submitter.submit(SubmissionBatch(client_id=CLIENT, update=UPDATE, messages=(message(2),)))
    assert router.transactions == [(True, [1]), (True, [2])]


async def test_a_header_ahead_of_our_own_clock_is_not_sent() -> None:
    router = FakeRouter(block_time=NOW - 86_400, header_time=NOW + 1)
    receipt = await submit(router, message(1))
    assert router.transactions == []
    assert [(result.code, result.retryable) for result in receipt.results] == [("HeaderFromTheFuture", True)]


async def test_bad_messages_on_a_quiet_ledger_are_found_after_it_woke() -> None:
    router = FakeRouter(block_time=NOW - 86_400, refusals={2: NOT_MEMBER})
    receipt = await submit(router, message(1), message(2))
    assert router.transactions == [(True, []), (False, [1])]
    assert outcomes(receipt) == [Outcome.DELIVERED, Outcome.REFUSED]


async def test_no_quote_of_a_quiet_ledger_sends_or_blames_anything() -> None:
    router = FakeRouter(block_time=NOW - 86_400)
    with pytest.raises(LedgerUnavailable, match="newest block is too old"):
        await quote(router, message(1))
    assert router.transactions == []


async def quote(router: FakeRouter, *messages, update: ClientMessage | None = UPDATE):
    submitter = Submitter(router, router, router, router=ROUTER, gas_limit=None, clock=ManualClock(NOW))
    return await submitter.quote(SubmissionBatch(client_id=CLIENT, update=update, messages=messages))


async def test_a_quote_sends_nothing_and_multiplies_gas_by_price() -> None:
    router = FakeRouter()
    told = await quote(router, message(1), message(2))
    gas = (2 * router.gas_each + 50_000) * 125 // 100
    assert (told.transactions, told.gas, told.price, told.fee) == (1, gas, 3, 3 * gas)
    assert told.refusals == (None, None)
    assert router.transactions == []


async def test_a_quote_names_what_would_be_refused_and_prices_the_rest() -> None:
    router = FakeRouter(refusals={2: b"\x01\x02\x03\x04"}, open_packets={1, 2, 4})
    told = await quote(router, message(1), message(2), message(3), message(4))
    outcomes_told = [None if each is None else each.outcome for each in told.refusals]
    assert outcomes_told == [None, Outcome.REFUSED, Outcome.REDUNDANT, None]
    assert (told.transactions, told.gas) == (1, (2 * router.gas_each + 50_000) * 125 // 100)


async def test_a_quote_for_several_transactions_and_for_an_update_alone() -> None:
    router = FakeRouter()
    assert (await quote(router, *large(1, 7))).transactions == 3
    assert (await quote(router)).transactions == 1
    assert (await quote(router, update=None)).transactions == 0
    assert router.transactions == []


async def test_no_quote_for_a_refused_update() -> None:
    with pytest.raises(Reverted):
        await quote(FakeRouter(update_refusal=b"\x01\x02\x03\x04"))
