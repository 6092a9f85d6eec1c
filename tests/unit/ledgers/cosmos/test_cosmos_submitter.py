"""Batches into transactions: partial success, redundancy, limits, and what is learned of gas."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

import pytest

from relayer.core.ids import ClientId, Height, Sequence, TimestampSeconds
from relayer.core.packet import Acknowledgement, Packet, Payload
from relayer.errors import (
    AccessDenied,
    ClientUnusable,
    ConfigurationError,
    FeeCapExceeded,
    LedgerRefused,
    LedgerUnavailable,
)
from relayer.keystore import account_from_key
from relayer.ledgers.cosmos.account import CosmosAccount
from relayer.ledgers.cosmos.errors import MalformedAnswer, NodeRefused
from relayer.ledgers.cosmos.fees import FeePolicy
from relayer.ledgers.cosmos.limits import TransactionLimits
from relayer.ledgers.cosmos.messages import packet_message
from relayer.ledgers.cosmos.submitter import Submitter
from relayer.ledgers.cosmos.transactions import AccountSender, ResubmissionTimes, TransactionLost
from relayer.ports.ledger import (
    AcknowledgePacket,
    Outcome,
    PacketMessage,
    ReceivePacket,
    SubmissionBatch,
    TimeoutPacket,
)
from relayer.ports.prover import ClientMessage, Proof
from relayer.wire.cosmos_protos import any_, channel_tx, client_tx
from relayer.wire.cosmos_sdk_protos import channel_query
from tests.support.sdk_chain import GAS_PER_MESSAGE, Code, SdkChain, SdkClock

SIGNER = CosmosAccount(account_from_key("11" * 32), prefix="cosmos")
CLIENT = ClientId("poa-evm-0")
UPDATE = ClientMessage(type_url="/interledger.lightclients.poaevm.v1.Header", value=b"header", height=Height(9))
PATIENCE = ResubmissionTimes(blocks=6)


@dataclass
class Host:
    """What ibc-go would do with packets, as far as the submitter can tell. Refusals by sequence."""

    refuses: dict[int, Code] = field(default_factory=dict)
    refuses_update: Code | None = None
    done: set[int] = field(default_factory=set)
    """Sequences that were received or answered before."""
    hidden: set[int] = field(default_factory=set)
    """Of those, the ones that the queries do not show yet."""
    most_together: int = 1_000

    def receive(self, message: any_.Any) -> channel_tx.MsgRecvPacketResponse | Code:
        return self._answer(channel_tx.MsgRecvPacket, channel_tx.MsgRecvPacketResponse, message)

    def acknowledge(self, message: any_.Any) -> channel_tx.MsgAcknowledgementResponse | Code:
        return self._answer(channel_tx.MsgAcknowledgement, channel_tx.MsgAcknowledgementResponse, message)

    def time_out(self, message: any_.Any) -> channel_tx.MsgTimeoutResponse | Code:
        return self._answer(channel_tx.MsgTimeout, channel_tx.MsgTimeoutResponse, message)

    def update(self, message: any_.Any) -> client_tx.MsgUpdateClientResponse | Code:
        update = client_tx.MsgUpdateClient.FromString(message.value)
        assert (update.client_id, update.signer) == (CLIENT, SIGNER.address)
        assert (update.client_message.type_url, update.client_message.value) == (UPDATE.type_url, UPDATE.value)
        return self.refuses_update or client_tx.MsgUpdateClientResponse()

    def unreceived(self, data: bytes) -> channel_query.QueryUnreceivedPacketsResponse:
        request = channel_query.QueryUnreceivedPacketsRequest.FromString(data)
        assert request.client_id == CLIENT
        return channel_query.QueryUnreceivedPacketsResponse(sequences=self._open(request.sequences))

    def unanswered(self, data: bytes) -> channel_query.QueryUnreceivedAcksResponse:
        request = channel_query.QueryUnreceivedAcksRequest.FromString(data)
        assert request.client_id == CLIENT
        return channel_query.QueryUnreceivedAcksResponse(sequences=self._open(request.packet_ack_sequences))

    def _open(self, sequences: object) -> list[int]:
        return [each for each in sequences if each not in self.done - self.hidden]

    def _answer(self, kind: type, response: type, message: any_.Any) -> object:
        request = kind.FromString(message.value)
        assert request.signer == SIGNER.address
        sequence = request.packet.sequence
        if sequence in self.done:
            return response(result=channel_tx.RESPONSE_RESULT_TYPE_NOOP)
        return self.refuses.get(sequence) or response(result=channel_tx.RESPONSE_RESULT_TYPE_SUCCESS)


@dataclass
class Bench:
    chain: SdkChain
    host: Host
    clock: SdkClock
    submitter: Submitter

    async def outcomes(self, batch: SubmissionBatch) -> list[Outcome]:
        return [result.outcome for result in (await self.submitter.submit(batch)).results]


def make_bench(limits: TransactionLimits | None = None) -> Bench:
    host = Host()
    chain = SdkChain(SIGNER.address)
    chain.rules = {
        "/ibc.core.channel.v2.MsgRecvPacket": host.receive,
        "/ibc.core.channel.v2.MsgAcknowledgement": host.acknowledge,
        "/ibc.core.channel.v2.MsgTimeout": host.time_out,
        "/ibc.core.client.v1.MsgUpdateClient": host.update,
    }
    chain.queries = {
        "/ibc.core.channel.v2.Query/UnreceivedPackets": host.unreceived,
        "/ibc.core.channel.v2.Query/UnreceivedAcks": host.unanswered,
    }
    clock = SdkClock(chain)
    fees = FeePolicy(price=Fraction(1, 1_000), denomination="stake", cap=1_000_000)
    sender = AccountSender(chain, SIGNER, chain_id=chain.chain_id, fees=fees, clock=clock, patience=PATIENCE)
    return Bench(chain, host, clock, Submitter(chain, sender, limits=limits or TransactionLimits()))


@pytest.fixture
def bench() -> Bench:
    return make_bench()


def packet(sequence: int, *, size: int = 100) -> Packet:
    payload = Payload(
        source_port="settlement",
        destination_port="settlement",
        version="fact-1",
        encoding="application/x-solidity-abi",
        value=bytes(size),
    )
    return Packet(
        sequence=Sequence(sequence),
        source_client=ClientId("client-0"),
        destination_client=CLIENT,
        timeout_timestamp=TimestampSeconds(2_000_000_000),
        payloads=(payload,),
    )


def receive(sequence: int, *, size: int = 100) -> ReceivePacket:
    return ReceivePacket(packet=packet(sequence, size=size), proof=Proof(value=b"proof", height=Height(9)))


def returned(sequence: int) -> Packet:
    return replace(packet(sequence), source_client=CLIENT, destination_client=ClientId("client-0"))


def acknowledge(sequence: int) -> AcknowledgePacket:
    return AcknowledgePacket(
        packet=returned(sequence),
        acknowledgement=Acknowledgement(app_acknowledgements=(b"ok",)),
        proof=Proof(value=b"proof", height=Height(9), revision=1),
    )


def time_out(sequence: int) -> TimeoutPacket:
    return TimeoutPacket(packet=returned(sequence), proof=Proof(value=b"proof", height=Height(9)))


def batch(*messages: PacketMessage, update: ClientMessage | None = UPDATE) -> SubmissionBatch:
    return SubmissionBatch(client_id=CLIENT, update=update, messages=messages)


async def test_the_update_goes_first_and_all_in_one_transaction(bench: Bench) -> None:
    receipt = await bench.submitter.submit(batch(receive(1), receive(2), acknowledge(3), time_out(4)))
    assert [result.outcome for result in receipt.results] == [Outcome.DELIVERED] * 4
    (executed,) = bench.chain.executed
    assert [each.type_url.rpartition(".")[2] for each in executed.body.messages] == [
        "MsgUpdateClient",
        "MsgRecvPacket",
        "MsgRecvPacket",
        "MsgAcknowledgement",
        "MsgTimeout",
    ]
    assert receipt.transactions == (executed.hash.hex().upper(),)
    assert receipt.gas == 5 * GAS_PER_MESSAGE
    assert receipt.fee == int(executed.info.fee.amount[0].amount)


def test_messages_carry_packet_proof_and_height() -> None:
    sent = any_.Any.FromString(_unframed(packet_message(acknowledge(3), signer=SIGNER.address)))
    message = channel_tx.MsgAcknowledgement.FromString(sent.value)
    assert message.packet.sequence == 3
    assert message.packet.timeout_timestamp == 2_000_000_000
    assert message.packet.payloads[0].value == bytes(100)
    assert list(message.acknowledgement.app_acknowledgements) == [b"ok"]
    assert (message.proof_acked, message.proof_height.revision_number, message.proof_height.revision_height) == (
        b"proof",
        1,
        9,
    )


def _unframed(framed: bytes) -> bytes:
    assert framed[0] == 0x0A
    length, place = 0, 1
    while framed[place] & 0x80:
        length |= (framed[place] & 0x7F) << 7 * (place - 1)
        place += 1
    length |= framed[place] << 7 * (place - 1)
    assert len(framed) == place + 1 + length
    return framed[place + 1 :]


async def test_gas_is_simulated_once_and_learned(bench: Bench) -> None:
    for turn in range(4):
        await bench.submitter.submit(batch(*(receive(20 * turn + each) for each in range(1, 11))))
    assert bench.chain.simulations == [11]
    assert len(bench.chain.executed) == 4


async def test_what_others_did_is_left_out_before_anything_is_sent(bench: Bench) -> None:
    bench.host.done = {1, 3}
    assert await bench.outcomes(batch(receive(1), receive(2), acknowledge(3), acknowledge(4))) == [
        Outcome.REDUNDANT,
        Outcome.DELIVERED,
        Outcome.REDUNDANT,
        Outcome.DELIVERED,
    ]
    assert [len(each.body.messages) for each in bench.chain.executed] == [3]
    assert await bench.outcomes(batch(receive(1))) == [Outcome.REDUNDANT]
    assert bench.chain.broadcasts == 1


async def test_a_no_op_in_the_block_is_redundant(bench: Bench) -> None:
    bench.host.done = bench.host.hidden = {2}
    assert await bench.outcomes(batch(receive(1), receive(2))) == [Outcome.DELIVERED, Outcome.REDUNDANT]


async def test_a_check_that_finds_all_redundant_costs_nothing(bench: Bench) -> None:
    await bench.submitter.submit(batch(receive(1)))
    bench.host.refuses = {2: ("channel", 22)}
    assert await bench.outcomes(batch(receive(2))) == [Outcome.REDUNDANT]
    assert len(bench.chain.executed) == 1


@pytest.mark.parametrize("bad", [{1}, {8}, {4, 5}, {1, 8}, set(range(1, 9))])
@pytest.mark.parametrize("is_learned", [False, True], ids=["simulated", "guessed"])
async def test_bad_messages_are_found_and_the_rest_goes(bench: Bench, bad: set[int], is_learned: bool) -> None:
    if is_learned:
        await bench.submitter.submit(batch(receive(99)))
    known = len(bench.chain.executed)
    bench.host.refuses = dict.fromkeys(bad, ("channelv2", 9))
    receipt = await bench.submitter.submit(batch(*map(receive, range(1, 9))))
    assert {number for number, result in enumerate(receipt.results, 1) if result.outcome is Outcome.REFUSED} == bad
    assert {result.code for result in receipt.results} <= {"", "channelv2/9"}
    assert [len(each.body.messages) for each in bench.chain.executed[known:]] == ([9 - len(bad)] if len(bad) < 8 else [])


@pytest.mark.parametrize(
    ("code", "retryable"),
    [
        (("channelv2", 2), False),
        (("channelv2", 9), False),
        (("clientv2", 34), False),
        (("sdk", 111_222), False),
        (("channelv2", 10), True),
        (("client", 7), True),
        (("poa-evm", 5), True),
        (("poa-evm", 20), True),
        (("unheard-of", 1), True),
    ],
)
async def test_what_may_pass_later_is_retryable(bench: Bench, code: Code, retryable: bool) -> None:
    bench.host.refuses = {2: code}
    receipt = await bench.submitter.submit(batch(receive(1), receive(2)))
    assert (receipt.results[1].code, receipt.results[1].retryable) == (f"{code[0]}/{code[1]}", retryable)
    assert receipt.results[0].outcome is Outcome.DELIVERED


@pytest.mark.parametrize("code", [("client", 29), ("client", 4), ("poa-evm", 18), ("poa-evm", 19)])
async def test_an_unusable_client_is_no_packets_fault(bench: Bench, code: Code) -> None:
    bench.host.refuses_update = code
    with pytest.raises(ClientUnusable, match=f"{code[0]}/{code[1]}"):
        await bench.submitter.submit(batch(receive(1)))
    with pytest.raises(ClientUnusable):
        await bench.submitter.submit(batch())
    bench.host.refuses_update, bench.host.refuses = None, {1: code}
    with pytest.raises(ClientUnusable):
        await bench.submitter.submit(batch(receive(1), receive(2)))
    assert bench.chain.executed == []


async def test_a_relayer_that_the_client_does_not_allow(bench: Bench) -> None:
    bench.host.refuses_update = ("ibc", 2)
    with pytest.raises(AccessDenied, match=f"{SIGNER.address} is not among the relayers that client {CLIENT} allows"):
        await bench.submitter.submit(batch(receive(1)))
    bench.host.refuses_update = None
    assert await bench.outcomes(batch(receive(1))) == [Outcome.DELIVERED]


@pytest.mark.parametrize("code", [("poa-evm", 17), ("client", 3), ("ibc", 8), ("sdk", 111222)])
async def test_a_refused_update_rejects_what_stands_behind_it_for_now(bench: Bench, code: Code) -> None:
    bench.host.refuses_update = code
    name = f"{code[0]}/{code[1]}"
    receipt = await bench.submitter.submit(batch(receive(1), receive(2)))
    assert [(result.code, result.retryable) for result in receipt.results] == [(name, True)] * 2
    with pytest.raises(LedgerRefused, match=name):
        await bench.submitter.submit(batch())
    assert bench.chain.executed == []


async def test_an_update_alone(bench: Bench) -> None:
    receipt = await bench.submitter.submit(batch())
    assert receipt.results == ()
    assert len(receipt.transactions) == 1


async def test_batches_are_split_by_bytes(bench: Bench) -> None:
    bench = make_bench(TransactionLimits(maximum_bytes=20_000))
    receipt = await bench.submitter.submit(batch(*(receive(each, size=3_000) for each in range(1, 11))))
    assert [result.outcome for result in receipt.results] == [Outcome.DELIVERED] * 10
    assert [len(each.body.messages) for each in bench.chain.executed] == [5, 5, 3]
    assert len({bench.chain.blocks[each.hash].height for each in bench.chain.executed}) == 1
    assert all(len(each.raw) <= 20_000 for each in bench.chain.executed)


async def test_the_chains_blocks_bound_a_transaction_too(bench: Bench) -> None:
    bench.chain.parameters = {"max_bytes": "20000", "max_gas": "-1"}
    await bench.submitter.submit(batch(*(receive(each, size=3_000) for each in range(1, 11))))
    assert all(len(each.raw) <= 20_000 for each in bench.chain.executed)


async def test_a_message_that_fits_no_transaction(bench: Bench) -> None:
    bench = make_bench(TransactionLimits(maximum_bytes=20_000))
    receipt = await bench.submitter.submit(batch(receive(1), receive(2, size=30_000)))
    assert [result.code for result in receipt.results] == ["", "MESSAGE_TOO_LARGE"]
    assert not receipt.results[1].retryable


async def test_batches_are_split_by_gas(bench: Bench) -> None:
    bench.chain.parameters = {"max_bytes": "-1", "max_gas": str(5 * GAS_PER_MESSAGE * 13 // 8)}
    assert await bench.outcomes(batch(*map(receive, range(1, 9)))) == [Outcome.DELIVERED] * 8
    assert all(each.info.fee.gas_limit <= 65_000 for each in bench.chain.executed)
    assert sum(len(each.body.messages) for each in bench.chain.executed) == 9


async def test_a_guess_that_is_too_low_is_found_before_it_costs(bench: Bench) -> None:
    await bench.submitter.submit(batch(*map(receive, range(1, 11))))
    bench.chain.gas_per_message *= 100
    assert await bench.outcomes(batch(*map(receive, range(11, 21)))) == [Outcome.DELIVERED] * 10
    assert len(bench.chain.simulations) == 2
    assert len(bench.chain.executed) == 2


async def test_a_message_that_turns_bad_in_the_block_is_found_afterwards(bench: Bench) -> None:
    def turn_bad() -> None:
        bench.host.refuses = {2: ("channelv2", 9)}

    bench.clock.alarms.append((bench.clock.time + 0.05, turn_bad))
    receipt = await bench.submitter.submit(batch(receive(1), receive(2), receive(3)))
    assert [result.code for result in receipt.results] == ["", "channelv2/9", ""]
    assert [result.outcome for result in receipt.results][::2] == [Outcome.DELIVERED] * 2
    # The failed one is paid for and told of too.
    assert len(receipt.transactions) == 2


async def test_messages_that_fail_only_together_go_apart(bench: Bench) -> None:
    counted = bench.host.receive
    seen: list[int] = []

    def at_most_two(message: any_.Any) -> object:
        seen.append(1)
        return counted(message) if len(seen) <= 2 else ("channelv2", 2)

    run = bench.chain._run

    def run_anew(messages: object) -> object:
        seen.clear()
        return run(messages)

    bench.chain._run = run_anew
    bench.chain.rules["/ibc.core.channel.v2.MsgRecvPacket"] = at_most_two
    assert await bench.outcomes(batch(*map(receive, range(1, 9)))) == [Outcome.DELIVERED] * 8


async def test_a_pool_that_takes_no_large_transactions_gets_smaller_ones(bench: Bench) -> None:
    take = bench.chain.broadcast_sync

    async def only_small(raw: bytes) -> object:
        if len(raw) > 150_000:
            raise NodeRefused("broadcast_tx_sync", -32_603, "Tx too large")
        return await take(raw)

    bench.chain.broadcast_sync = only_small
    large = batch(*(receive(each, size=100_000) for each in range(1, 5)))
    with pytest.raises(TransactionLost, match="Tx too large"):
        await bench.submitter.submit(large)
    assert await bench.outcomes(large) == [Outcome.DELIVERED] * 4


async def test_a_node_that_takes_no_large_requests_gets_smaller_ones(bench: Bench) -> None:
    ask = bench.chain.abci_query

    async def only_short(path: str, data: bytes, **more: object) -> object:
        if len(data) > 150_000:
            raise NodeRefused("abci_query", -32_600, "http: request body too large")
        return await ask(path, data, **more)

    bench.chain.abci_query = only_short
    large = batch(*(receive(each, size=100_000) for each in range(1, 5)))
    with pytest.raises(NodeRefused):
        await bench.submitter.submit(large)
    assert await bench.outcomes(large) == [Outcome.DELIVERED] * 4


async def test_no_transaction_is_too_long_to_be_simulated_by_a_node_as_it_is_installed(bench: Bench) -> None:
    simulated: list[int] = []
    ask = bench.chain.abci_query

    async def note(path: str, data: bytes, **more: object) -> object:
        simulated.append(len(data.hex()))
        return await ask(path, data, **more)

    bench.chain.abci_query = note
    assert set(await bench.outcomes(batch(*(receive(each, size=30_000) for each in range(1, 34))))) == {Outcome.DELIVERED}
    assert max(simulated) < 1_000_000


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_answers_that_do_not_fit_the_messages_are_not_believed(bench: Bench, count: int) -> None:
    run = bench.chain._run
    bench.chain._run = lambda messages: (run(messages) * 2)[:count]
    with pytest.raises(MalformedAnswer, match=rf"{count} answers to 2 messages"):
        await bench.submitter.submit(batch(receive(1)))


@pytest.mark.parametrize(
    ("least", "error", "words"),
    [
        ("0.025000000000000000stake", FeeCapExceeded, "asks 0.025 stake for a unit of gas, the configuration offers 0.001"),
        ("0.5uatom,0.1uosmo", ConfigurationError, "takes fees in uatom, uosmo, not in stake; change fees.gas_price"),
    ],
)
async def test_no_quote_at_a_price_that_the_node_does_not_take(
    bench: Bench, least: str, error: type[Exception], words: str
) -> None:
    """The fault: a simulation takes any fee, so check and the dry run said that all is well."""
    bench.chain.least_gas_prices = least
    with pytest.raises(error, match=words):
        await bench.submitter.quote(batch(receive(1)))


@pytest.mark.parametrize("least", ["", "0.000000000000000000stake", "0.001stake", "1uatom,0.0005stake", "no price"])
async def test_a_quote_at_a_price_that_the_node_takes(bench: Bench, least: str) -> None:
    bench.chain.least_gas_prices = least
    assert (await bench.submitter.quote(batch(receive(1)))).transactions == 1


async def test_a_quote_prices_what_would_go_and_sends_nothing(bench: Bench) -> None:
    bench.host.done, bench.host.refuses = {1}, {3: ("channelv2", 9)}
    asked = batch(*map(receive, range(1, 5)))
    quote = await bench.submitter.quote(asked)
    assert (quote.transactions, quote.price) == (1, Fraction(1, 1_000))
    assert 3 * GAS_PER_MESSAGE < quote.gas < 10 * GAS_PER_MESSAGE
    assert quote.fee == -(-quote.gas // 1_000)
    assert [None if each is None else (each.outcome, each.code) for each in quote.refusals] == [
        (Outcome.REDUNDANT, ""),
        None,
        (Outcome.REFUSED, "channelv2/9"),
        None,
    ]
    assert (bench.chain.broadcasts, bench.chain.account.coins) == (0, 1_000_000)
    receipt = await bench.submitter.submit(asked)
    assert receipt.fee <= quote.fee


async def test_a_quote_of_an_update_alone_and_of_nothing_that_goes(bench: Bench) -> None:
    quote = await bench.submitter.quote(batch())
    assert (quote.transactions, quote.refusals) == (1, ())
    bench.host.refuses = {1: ("channelv2", 9)}
    quote = await bench.submitter.quote(batch(receive(1)))
    assert (quote.transactions, quote.gas, quote.fee) == (0, 0, 0)
    bench.host.refuses_update = ("poa-evm", 17)
    with pytest.raises(LedgerRefused, match="poa-evm/17"):
        await bench.submitter.quote(batch())
    assert bench.chain.broadcasts == 0


@pytest.mark.parametrize("together", [1, 2, 3])
@pytest.mark.parametrize(
    ("step", "code", "words"),
    [
        ("_simulate", ("sdk", 11), "query-gas-limit"),
        ("_check", ("sdk", 20), "pool of transactions is full"),
        ("_check", ("sdk", 21), "transaction_bytes"),
        ("_check", ("sdk", 41), "transaction_gas"),
        ("_simulate", ("sdk", 32), "another process uses the account"),
        ("_check", ("sdk", 32), "another process uses the account"),
    ],
)
async def test_what_a_node_or_the_chain_bounds_blames_no_packet(
    bench: Bench, step: str, code: Code, words: str, together: int
) -> None:
    """The fault: packets that were sound walked into quarantine, because a node's limit counted as their refusal."""
    sound = getattr(bench.chain, step)
    setattr(bench.chain, step, lambda _: code)
    messages = [receive(number) for number in range(1, together + 1)]
    with pytest.raises(LedgerUnavailable, match=words):
        await bench.submitter.submit(batch(*messages))
    assert bench.chain.executed == []
    setattr(bench.chain, step, sound)
    assert await bench.outcomes(batch(*messages)) == [Outcome.DELIVERED] * together


async def test_a_node_that_is_down_is_told_as_such(bench: Bench) -> None:
    bench.chain.is_down = True
    with pytest.raises(LedgerUnavailable):
        await bench.submitter.submit(batch(receive(1)))
    bench.chain.is_down = False
    assert await bench.outcomes(batch(receive(1))) == [Outcome.DELIVERED]
