"""A light client type that nothing else knows works everywhere once it is registered: on a host, in status, in evidence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from relayer.app.evidence import Life, ProvingEnd, gather, trust_of
from relayer.core.commitment import PathKind, commitment_path
from relayer.core.events import AcknowledgementWritten
from relayer.core.ids import ClientId, Height, LedgerId, TimestampSeconds
from relayer.core.packet import Packet
from relayer.errors import ClientUnusable, ConfigurationError, LedgerRefused, LedgerUnavailable
from relayer.evidence.codec import encode_evidence
from relayer.evidence.errors import EvidenceRefused, Flaw, TrustRefused
from relayer.evidence.model import Ending
from relayer.evidence.trust import Trust, decode_trust, encode_trust
from relayer.evidence.verify import verify_file
from relayer.ledgers.cosmos.client_view import ClientView
from relayer.ledgers.cosmos.rpc import CometRpc
from relayer.ledgers.embedded.chain.verify import verify
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ledgers.remote.ledger import RemoteLedger
from relayer.ledgers.served.access import Reads
from relayer.light_clients.known import KNOWN
from relayer.ports.ledger import (
    ClientCondition,
    MessageResult,
    Outcome,
    PacketMessage,
    ReceivePacket,
    SubmissionBatch,
    TimeoutPacket,
    client_reference,
)
from relayer.ports.prover import ClientMessage, ClientTerms
from relayer.proofs.comet import NANOSECONDS
from relayer.testing.clock import ManualClock
from relayer.testing.factories import a_payload
from relayer.testing.simulated import SimulatedLedger
from relayer.testing.simulated_client import SimulatedHeader, decode_header, encode_header
from relayer.wire.cosmos_protos import any_
from relayer.wire.cosmos_sdk_protos import client_query, client_v2_query
from tests.support.comet_chain import CometChain
from tests.support.comet_node import CometNode, encode
from tests.support.embedded import EchoApplication, embedded_ledger
from tests.support.served import ledger_server
from tests.support.toy_light_client import MISBEHAVIOUR_TYPE_URL, Toy, encode_misbehaviour

WITH_TOY = KNOWN.adding(Toy())
DAY = 86_400
TERMS = ClientTerms(trusting_period_seconds=14 * DAY, max_clock_drift_seconds=60)
MINE = ClientId("simulated-0")


@dataclass(slots=True)
class Pair:
    """An embedded ledger that follows a simulated one by the toy type."""

    clock: ManualClock
    host: EmbeddedLedger
    toy: SimulatedLedger
    theirs: ClientId

    def ends(self) -> tuple[ProvingEnd, ProvingEnd]:
        """The toy ledger and its client, the host and its client."""
        return ProvingEnd(ledger=self.toy, client=self.theirs), ProvingEnd(ledger=self.host, client=MINE)

    async def update(self) -> ClientMessage:
        status = await self.host.client_status(MINE)
        head = await self.toy.head()
        reference = client_reference(self.host, MINE)
        return await self.toy.client_update(reference, trusted=status.latest_height, target=head.height)

    async def submit(self, message: PacketMessage | None, update: ClientMessage | None) -> tuple[MessageResult, ...]:
        messages = () if message is None else (message,)
        return (await self.host.submit(SubmissionBatch(client_id=MINE, update=update, messages=messages))).results

    def sent_by_toy(self) -> Packet:
        return self.toy.send_packet(self.theirs, a_payload(), TimestampSeconds(int(self.clock.now()) + 600))

    async def receive(self, packet: Packet) -> ReceivePacket:
        path = commitment_path(packet.source_client, PathKind.COMMITMENT, packet.sequence)
        (proof,) = await self.toy.prove([path], at=(await self.toy.head()).height)
        return ReceivePacket(packet=packet, proof=proof)

    async def condition(self) -> ClientCondition:
        return (await self.host.client_status(MINE)).condition

    async def pass_time(self, seconds: int) -> None:
        self.clock.advance(seconds)
        await self.host.advance()


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    clock = ManualClock()
    host = embedded_ledger(
        tmp_path, clock, light_clients=WITH_TOY, applications={"settlement": EchoApplication(), "facts": EchoApplication()}
    )
    toy = SimulatedLedger(LedgerId("toy"), clock)
    await host.connect()
    creation = await toy.initial_client(TERMS)
    mine = await host.create_client(creation, counterparty_client_id=None, counterparty_merkle_prefix=())
    assert mine == MINE
    # A simulated ledger hosts its own type alone; what it follows plays no part here.
    theirs = await toy.create_client(creation, counterparty_client_id=mine, counterparty_merkle_prefix=(b"",))
    await host.register_counterparty(mine, counterparty_client_id=theirs, counterparty_merkle_prefix=(b"",))
    yield Pair(clock, host, toy, theirs)
    await host.close()


async def test_a_host_without_the_type_refuses_the_client(tmp_path: Path) -> None:
    clock = ManualClock()
    host = embedded_ledger(tmp_path, clock)
    await host.connect()
    creation = await SimulatedLedger(LedgerId("toy"), clock).initial_client(TERMS)
    with pytest.raises(LedgerRefused, match="no client type"):
        await host.create_client(creation, counterparty_client_id=None, counterparty_merkle_prefix=())
    await host.close()


async def test_the_status_tells_whom_the_client_follows_in_process_and_served(pair: Pair, tmp_path: Path) -> None:
    status = await pair.host.client_status(MINE)
    assert (status.condition, status.client_type) == (ClientCondition.ACTIVE, "simulated")
    assert (status.counterparty_chain_id, status.counterparty_client_id) == (pair.toy.chain_id, pair.theirs)
    assert (status.latest_height, status.trusting_period_seconds) == (1, 14 * DAY)
    server = ledger_server(pair.host, tmp_path / "ledger.sock", reads=Reads.OPEN)
    await server.start()
    address = f"unix:{tmp_path / 'ledger.sock'}"
    remote = RemoteLedger(ledger_id=LedgerId("settlement"), address=address, chain_id="settlement-1", clock=pair.clock)
    assert await remote.client_status(MINE) == status
    await remote.close()
    await server.stop()


async def test_a_packet_is_received_with_a_toy_proof_and_a_bad_one_is_refused(pair: Pair) -> None:
    message = await pair.receive(pair.sent_by_toy())
    bad = replace(message, proof=replace(message.proof, value=message.proof.value + b" "))
    (refused,) = await pair.submit(bad, await pair.update())
    assert (refused.outcome, refused.code) == (Outcome.REFUSED, "commitment/2")
    (received,) = await pair.submit(message, None)
    assert received.outcome is Outcome.DELIVERED
    assert (await pair.host.client_status(MINE)).latest_height == message.proof.height


async def test_a_packet_times_out_by_the_toys_proof_of_absence(pair: Pair) -> None:
    timeout = TimestampSeconds(int(pair.clock.now()) + 60)
    sequence = await pair.host.send_packet(MINE, a_payload(), timeout_timestamp=timeout, signer="anyone")
    packet = Packet(
        sequence=sequence,
        source_client=MINE,
        destination_client=pair.theirs,
        timeout_timestamp=timeout,
        payloads=(a_payload(),),
    )
    await pair.pass_time(61)
    update = await pair.update()
    path = commitment_path(packet.destination_client, PathKind.RECEIPT, packet.sequence)
    (proof,) = await pair.toy.prove([path], at=update.height)
    (result,) = await pair.submit(TimeoutPacket(packet=packet, proof=proof), update)
    assert result.outcome is Outcome.DELIVERED


def two_headers(pair: Pair, update: ClientMessage) -> tuple[SimulatedHeader, SimulatedHeader]:
    header = decode_header(update.value)
    return header, replace(header, root="another")


async def test_misbehaviour_freezes_and_the_operator_recovers(pair: Pair) -> None:
    pair.sent_by_toy()
    update = await pair.update()
    same = ClientMessage(
        type_url=MISBEHAVIOUR_TYPE_URL,
        value=encode_misbehaviour(*two_headers(pair, update)[:1] * 2),
        height=update.height,
    )
    with pytest.raises(LedgerRefused, match="no_misbehaviour"):
        await pair.submit(None, same)
    evidence = encode_misbehaviour(*two_headers(pair, update))
    await pair.submit(None, ClientMessage(type_url=MISBEHAVIOUR_TYPE_URL, value=evidence, height=update.height))
    assert await pair.condition() is ClientCondition.FROZEN
    with pytest.raises(ClientUnusable):
        await pair.submit(None, update)
    await pair.host.recover_client(MINE, await pair.toy.initial_client(TERMS))
    assert await pair.condition() is ClientCondition.ACTIVE


async def test_a_contradicting_update_freezes(pair: Pair) -> None:
    pair.sent_by_toy()
    update = await pair.update()
    _, other = two_headers(pair, update)
    await pair.submit(None, update)
    await pair.submit(None, replace(update, value=encode_header(other)))
    assert await pair.condition() is ClientCondition.FROZEN


@pytest.mark.parametrize("value", [b"", b"nonsense", b"\0" * 40])
async def test_foreign_bytes_are_refused(pair: Pair, value: bytes) -> None:
    update = ClientMessage(type_url="/simulated.Header", value=value, height=Height(2))
    with pytest.raises(LedgerRefused):
        await pair.submit(None, update)


async def test_a_client_that_is_not_updated_expires(pair: Pair) -> None:
    await pair.pass_time(14 * DAY)
    assert await pair.condition() is ClientCondition.EXPIRED
    with pytest.raises(ClientUnusable):
        await pair.submit(None, await pair.update())


async def test_expired_heights_are_dropped(pair: Pair) -> None:
    for _ in range(4):
        pair.sent_by_toy()
        await pair.submit(None, await pair.update())
        await pair.pass_time(6 * DAY)
    stored = await pair.host.session.run(
        lambda chain: chain.machine.clients.client(chain.query(now=pair.host.session.now()), MINE).store.heights(limit=10)
    )
    assert 1 not in stored
    assert await pair.condition() is ClientCondition.ACTIVE


async def test_a_replay_of_the_file_leads_to_the_same(pair: Pair, tmp_path: Path) -> None:
    pair.sent_by_toy()
    update = await pair.update()
    await pair.submit(None, update)
    evidence = encode_misbehaviour(*two_headers(pair, update))
    await pair.submit(None, ClientMessage(type_url=MISBEHAVIOUR_TYPE_URL, value=evidence, height=update.height))
    head = await pair.host.head()
    await pair.host.close()
    assert verify(tmp_path, light_clients=WITH_TOY).height == head.height


async def evidence_of_a_packet(pair: Pair) -> tuple[bytes, Trust]:
    packet = pair.sent_by_toy()
    await pair.submit(await pair.receive(packet), await pair.update())
    toy, host = pair.ends()
    head = await pair.host.head()
    events = await pair.host.events(after=Height(0), until=head.height)
    answer = next(event for event in events if isinstance(event, AcknowledgementWritten))
    committed_at = (await pair.toy.head()).height
    life = Life(packet=packet, committed_at=committed_at, answer=answer, has_expired=False, cleared_at=None)
    evidence, verdict = await gather(life, source=toy, destination=host, light_clients=WITH_TOY)
    assert verdict.ending is Ending.ANSWERED
    with pytest.raises(ConfigurationError, match="unknown type of light client"):
        await gather(life, source=toy, destination=host)
    return encode_evidence(evidence), await trust_of(toy, host, WITH_TOY)


async def test_evidence_of_a_toy_ledger_is_verified_by_whoever_knows_the_type(pair: Pair) -> None:
    evidence, trust = await evidence_of_a_packet(pair)
    read = decode_trust(encode_trust(trust), WITH_TOY.trust_readers)
    assert read == trust
    assert verify_file(evidence, read).ending is Ending.ANSWERED
    with pytest.raises(TrustRefused, match="'poa-evm' or '07-tendermint'"):
        decode_trust(encode_trust(trust), KNOWN.trust_readers)


async def test_evidence_of_another_toy_ledger_is_refused(pair: Pair) -> None:
    evidence, trust = await evidence_of_a_packet(pair)
    one, other = trust.ends
    foreign = Trust(ends=(replace(one, ledger=replace(one.ledger, chain_id="simulated-other")), other))
    with pytest.raises(EvidenceRefused) as refused:
        verify_file(evidence, foreign)
    assert refused.value.flaw is Flaw.OTHER_LEDGER


async def test_a_chain_shows_a_client_of_the_type(pair: Pair) -> None:
    creation = await pair.toy.initial_client(TERMS)
    answers = {
        "ClientState": client_query.QueryClientStateResponse(
            client_state=any_.Any(type_url=creation.client_state_type_url, value=creation.client_state)
        ),
        "ClientStatus": client_query.QueryClientStatusResponse(status="Active"),
        "ConsensusState": client_query.QueryConsensusStateResponse(
            consensus_state=any_.Any(type_url=creation.consensus_state_type_url, value=creation.consensus_state)
        ),
    }
    async with CometNode(CometChain(time=int(pair.clock.now()) * NANOSECONDS)) as node:
        for name, message in answers.items():
            found = {"code": 0, "height": "9", "value": encode(message.SerializeToString())}
            node.queries[f"/ibc.core.client.v1.Query/{name}"] = lambda _, found=found: found
        paired = client_v2_query.QueryCounterpartyInfoResponse()
        found = {"code": 0, "height": "9", "value": encode(paired.SerializeToString())}
        node.queries["/ibc.core.client.v2.Query/CounterpartyInfo"] = lambda _: found
        rpc = CometRpc([node.url], chain_id=node.chain.chain_id)
        status = await ClientView(rpc, WITH_TOY).status(MINE)
        assert (status.client_type, status.counterparty_chain_id) == ("simulated", pair.toy.chain_id)
        assert (status.latest_height, status.latest_timestamp) == (creation.height, (await pair.toy.head()).timestamp)
        with pytest.raises(LedgerUnavailable, match="poa-evm or 07-tendermint"):
            await ClientView(rpc).status(MINE)
        await rpc.close()
