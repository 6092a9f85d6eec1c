"""Head and packet facts of a Cosmos chain: out of recorded answers of a real node, and out of what a node may make up."""

from __future__ import annotations

import asyncio
import json
from hashlib import sha256

import pytest

from relayer.core.commitment import packet_commitment
from relayer.core.events import (
    AcknowledgementWritten,
    PacketAcknowledged,
    PacketCommitted,
    PacketPassedOver,
    PacketTimedOut,
    ReceiptWritten,
    ReportedPassedOver,
)
from relayer.core.ids import ClientId, Height, LedgerId, TimestampSeconds
from relayer.core.ids import Sequence as PacketSequence
from relayer.core.packet import Packet
from relayer.errors import HeightPruned, LedgerUnavailable, NotFinal
from relayer.ledgers.cosmos.chain_view import ChainView
from relayer.ledgers.cosmos.errors import MalformedAnswer
from relayer.ledgers.cosmos.events import packet_facts, parse_block_results
from relayer.ledgers.cosmos.light_blocks import LightBlocks
from relayer.ledgers.cosmos.rpc import CometRpc
from relayer.messages.packets import encode_packet
from relayer.proofs.comet import NANOSECONDS
from relayer.testing.factories import a_payload
from relayer.wire.cosmos_protos import channel_packet
from tests.support.comet_chain import CometChain
from tests.support.comet_node import BlockResults, CometNode, NodeError, encode
from tests.support.paths import VECTORS

LEDGER = LedgerId("settlement")
START = 1_800_000_000
RECORDED = json.loads((VECTORS / "comet_rpc.json").read_text())


def a_packet(sequence: int = 1) -> Packet:
    return Packet(
        sequence=PacketSequence(sequence),
        source_client=ClientId("client-0"),
        destination_client=ClientId("poa-evm-0"),
        timeout_timestamp=TimestampSeconds(START + 600),
        payloads=(a_payload(),),
    )


def an_event(kind: str, packet: Packet | None = None, *, answer: bytes | None = None, **changes: str | None):
    packet = packet or a_packet()
    attributes: dict[str, str | None] = {
        "packet_source_client": packet.source_client,
        "packet_dest_client": packet.destination_client,
        "packet_sequence": str(packet.sequence),
        "packet_timeout_timestamp": str(packet.timeout_timestamp),
        "encoded_packet_hex": encode_packet(packet).hex(),
        "msg_index": "0",
    }
    if kind == "write_acknowledgement":
        acknowledgement = channel_packet.Acknowledgement(app_acknowledgements=[answer or b"answer"])
        attributes["encoded_acknowledgement_hex"] = acknowledgement.SerializeToString().hex()
    attributes |= changes
    return {
        "type": kind,
        "attributes": [{"key": key, "value": value} for key, value in attributes.items() if value is not None],
    }


def transaction(*events, code: int = 0):
    return {"code": code, "gas_used": "1", "events": list(events) or None}


@pytest.fixture
async def node():
    chain = CometChain(time=START * NANOSECONDS)
    for number in range(1, 120):
        chain.seal((START + number) * NANOSECONDS)
    async with CometNode(chain) as made:
        yield made


@pytest.fixture
async def view(node):
    rpc = CometRpc([node.url], chain_id=node.chain.chain_id)
    yield ChainView(rpc, LightBlocks(rpc, chain_id=node.chain.chain_id), ledger=LEDGER)
    await rpc.close()


class TestRecorded:
    def test_events_of_a_real_block_are_read(self) -> None:
        block = parse_block_results(RECORDED["block_results"], block=RECORDED["number"])
        decoded = packet_facts(LEDGER, block, ["HASH"])
        assert decoded.left_out == ()
        assert [type(fact) for fact in decoded.facts] == [ReceiptWritten, AcknowledgementWritten] * 2
        assert [fact.packet.sequence for fact in decoded.facts] == [1, 1, 2, 2]
        assert {fact.height for fact in decoded.facts} == {RECORDED["number"] + 1}

    async def test_transactions_are_named_as_the_node_names_them(self, node, view) -> None:
        number = RECORDED["number"]
        node.overrides["block_results"] = lambda params: {**RECORDED["block_results"], "height": params["height"]}
        node.overrides["block"] = lambda _: RECORDED["block"]
        facts = await view.events(after=Height(number), until=Height(number + 1))
        (found,) = RECORDED["tx_search"]["txs"]
        assert {fact.transaction for fact in facts} == {found["hash"]}


class TestHead:
    async def test_the_head_is_the_newest_header(self, node, view) -> None:
        head = await view.head()
        newest = node.chain.signed(Height(120)).header
        assert (head.height, head.timestamp, head.hash) == (120, START + 119, newest.hash())

    async def test_it_never_goes_back(self, node, view) -> None:
        first = await view.head()
        node.lag = 3
        assert await view.head() == first

    async def test_it_never_goes_back_when_several_ask_at_a_time(self, node, view) -> None:
        heads = []

        async def ask() -> None:
            heads.append((await view.head()).height)

        for lag in (9, 3, 6, 0, 8):
            node.lag = lag
            await asyncio.gather(*(ask() for _ in range(3)))
        assert heads == sorted(heads)
        assert heads[-1] == 120

    async def test_a_header_without_enough_votes_is_no_head(self, node, view) -> None:
        answer = node._commit({"height": "120"})
        for entry in answer["signed_header"]["commit"]["signatures"]:
            entry["signature"] = encode(bytes(63) + b"\1")
        node.overrides["commit"] = lambda _: answer
        with pytest.raises(MalformedAnswer, match="does not verify"):
            await view.head()
        del node.overrides["commit"]
        assert (await view.head()).height == 120

    async def test_another_header_than_asked_for_is_no_head(self, node, view) -> None:
        answer = node._commit({"height": "119"})
        node.overrides["commit"] = lambda _: answer
        with pytest.raises(MalformedAnswer, match="gave header 119 when asked for 120"):
            await view.head()


class TestEvents:
    async def test_every_kind_of_fact_at_the_height_that_proves_it(self, node, view) -> None:
        kinds = ["send_packet", "recv_packet", "write_acknowledgement", "acknowledge_packet", "timeout_packet"]
        node.results[7] = BlockResults(
            transactions=[b"one", b"two"],
            results=[transaction(), transaction(*(an_event(kind) for kind in kinds))],
        )
        facts = await view.events(after=Height(0), until=Height(120))
        assert [type(fact) for fact in facts] == [
            PacketCommitted,
            ReceiptWritten,
            AcknowledgementWritten,
            PacketAcknowledged,
            PacketTimedOut,
        ]
        assert {(fact.ledger, fact.height, fact.packet) for fact in facts} == {(LEDGER, 8, a_packet())}
        assert {fact.transaction for fact in facts} == {sha256(b"two").hexdigest().upper()}
        assert isinstance(facts[2], AcknowledgementWritten)
        assert facts[2].acknowledgement.app_acknowledgement == b"answer"

    async def test_the_edges_of_a_range(self, node, view) -> None:
        node.results[7] = BlockResults(transactions=[b"one"], results=[transaction(an_event("send_packet"))])
        assert await view.events(after=Height(6), until=Height(7)) == []
        assert len(await view.events(after=Height(7), until=Height(8))) == 1
        assert await view.events(after=Height(8), until=Height(9)) == []
        assert await view.events(after=Height(8), until=Height(8)) == ()

    async def test_modules_send_and_answer_without_a_transaction(self, node, view) -> None:
        begin, end = (
            an_event("send_packet", a_packet(1), mode="BeginBlock"),
            an_event("write_acknowledgement", a_packet(3), mode="EndBlock"),
        )
        node.results[7] = BlockResults(
            transactions=[b"one"],
            results=[transaction(an_event("send_packet", a_packet(2)))],
            finalize_block_events=[end, begin],
        )
        facts = await view.events(after=Height(7), until=Height(8))
        assert [(fact.packet.sequence, fact.transaction) for fact in facts] == [
            (1, "block/7"),
            (2, sha256(b"one").hexdigest().upper()),
            (3, "block/7"),
        ]

    async def test_transactions_are_read_only_where_they_are_needed(self, node, view) -> None:
        node.results[7] = BlockResults(finalize_block_events=[an_event("send_packet")])
        node.results[8] = BlockResults(transactions=[b"one"], results=[transaction()])
        assert len(await view.events(after=Height(0), until=Height(120))) == 1
        assert "block" not in node.calls

    async def test_a_failed_transaction_did_nothing(self, node, view) -> None:
        node.results[7] = BlockResults(transactions=[b"one"], results=[transaction(an_event("send_packet"), code=5)])
        assert await view.events(after=Height(7), until=Height(8)) == []

    async def test_events_of_v1_channels_and_other_kinds_are_passed_over(self, node, view) -> None:
        v1 = {"type": "send_packet", "attributes": [{"key": "packet_src_channel", "value": "channel-0"}]}
        other = {"type": "transfer", "attributes": [{"key": "packet_source_client", "value": "client-0"}]}
        node.results[7] = BlockResults(transactions=[b"one"], results=[transaction(v1, other)])
        assert await view.events(after=Height(7), until=Height(8)) == []

    @pytest.mark.parametrize(
        "changes",
        [
            {"encoded_packet_hex": "zz"},
            {"encoded_packet_hex": "0a"},
            {"encoded_packet_hex": None},
            {"packet_source_client": "client-1"},
            {"packet_source_client": "client", "encoded_packet_hex": "0a"},
            {"packet_dest_client": "poa-evm-1"},
            {"packet_sequence": "2"},
            {"packet_sequence": "01"},
            {"packet_timeout_timestamp": "1"},
        ],
    )
    async def test_an_event_that_does_not_decode_is_left_out_alone(self, node, view, changes) -> None:
        events = [an_event("send_packet", **changes), an_event("send_packet")]
        node.results[7] = BlockResults(transactions=[b"one"], results=[transaction(*events)])
        facts = await view.events(after=Height(7), until=Height(8))
        assert len([fact for fact in facts if isinstance(fact, PacketCommitted)]) == 1

    async def test_a_strangers_packet_that_cannot_be_read_is_noted_with_its_sequence(self, node, view) -> None:
        event = an_event("send_packet", packet_sequence="7", encoded_packet_hex="0a" * 600_000)
        node.results[7] = BlockResults(transactions=[b"one"], results=[transaction(event)])
        (fact,) = await view.events(after=Height(7), until=Height(8))
        assert isinstance(fact, PacketPassedOver)
        assert (fact.source_client, fact.sequence, fact.code) == (a_packet().source_client, 7, "unreadable")

    async def test_what_the_chain_stored_of_such_a_packet_is_noted_for_its_proof(self, node, view) -> None:
        message = encode_packet(a_packet())
        event = an_event("send_packet", packet_sequence="7", encoded_packet_hex=message.hex())
        node.results[7] = BlockResults(transactions=[b"one"], results=[transaction(event)])
        (fact,) = await view.events(after=Height(7), until=Height(8))
        assert isinstance(fact, ReportedPassedOver)
        assert fact.commitment == packet_commitment(a_packet())

    @pytest.mark.parametrize("answer", ["", "0a00", "0a01aa0a01bb", "zz", "1200"])
    async def test_an_acknowledgement_of_another_form_is_left_out(self, node, view, answer) -> None:
        event = an_event("write_acknowledgement", encoded_acknowledgement_hex=answer)
        node.results[7] = BlockResults(transactions=[b"one"], results=[transaction(event)])
        assert await view.events(after=Height(7), until=Height(8)) == []

    async def test_an_attribute_with_two_values_is_refused(self, node, view) -> None:
        event = an_event("send_packet")
        event["attributes"].append({"key": "packet_sequence", "value": "9"})
        node.results[7] = BlockResults(transactions=[b"one"], results=[transaction(event)])
        with pytest.raises(MalformedAnswer, match="twice"):
            await view.events(after=Height(7), until=Height(8))

    async def test_a_block_with_other_transactions_than_results_is_refused(self, node, view) -> None:
        node.results[7] = BlockResults(transactions=[], results=[transaction(an_event("send_packet"))])
        with pytest.raises(MalformedAnswer, match="0 transactions with 1 results"):
            await view.events(after=Height(7), until=Height(8))

    async def test_results_of_another_block_are_refused(self, node, view) -> None:
        node.overrides["block_results"] = lambda _: {"height": "3", "txs_results": None}
        with pytest.raises(MalformedAnswer, match="gave block 3 when asked for 7"):
            await view.events(after=Height(7), until=Height(8))

    async def test_nothing_is_told_above_the_head(self, view) -> None:
        with pytest.raises(NotFinal, match="121"):
            await view.events(after=Height(0), until=Height(121))

    async def test_pruned_blocks_have_a_name_and_a_cure(self, node, view) -> None:
        node.earliest = 50
        with pytest.raises(HeightPruned, match=r"nothing below height 50.*min-retain-blocks.*set start_height: 50 for this"):
            await view.events(after=Height(0), until=Height(120))
        assert await view.events(after=Height(50), until=Height(120)) == []

    async def test_a_node_that_lost_a_block_it_should_have_is_unavailable(self, node, view) -> None:
        def lost(_):
            raise NodeError("could not find results")

        node.overrides["block_results"] = lost
        with pytest.raises(LedgerUnavailable, match="could not find"):
            await view.events(after=Height(7), until=Height(8))

    async def test_a_node_that_keeps_no_results_is_named_with_its_cure(self, node, view) -> None:
        """informalsystems/hermes#3634, polkachu/cosmos-validators#63: the relayer waits, and nothing says for what."""

        def lost(_):
            raise NodeError("node is not persisting finalize block responses")

        node.overrides["block_results"] = lost
        with pytest.raises(LedgerUnavailable, match=r"not persisting finalize block responses.*discard_abci_responses"):
            await view.events(after=Height(7), until=Height(8))

    async def test_results_that_are_there_a_moment_later_are_read_then(self, node, view) -> None:
        """cosmos/relayer#1037: the newest height is announced before its results can be queried."""
        answered = node._block_results
        questions: list[int] = []

        def late(params):
            questions.append(1)
            if len(questions) == 1:
                raise NodeError("could not find results for height #119")
            return answered(params)

        node.overrides["block_results"] = late
        with pytest.raises(LedgerUnavailable, match="could not find results for height"):
            await view.events(after=Height(119), until=Height(120))
        assert await view.events(after=Height(119), until=Height(120)) == []
