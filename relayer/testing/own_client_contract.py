"""What a relayer finds out about a ledger by a light client of its own: a pytest class for every ledger's bench."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from relayer.core.commitment import CommitmentPath, PathKind, commitment_path, packet_commitment
from relayer.core.events import PacketAcknowledged, PacketCommitted
from relayer.core.ids import ClientId, Height
from relayer.core.packet import Packet
from relayer.engine.links import LedgerLink
from relayer.engine.own_client import NOTHING, OwnClient, Question
from relayer.errors import ClientUpdateRefused
from relayer.light_clients.known import KNOWN
from relayer.ports.prover import ClientCreation, ClientMessage, ClientReference, ClientTerms, Proof, Prover
from relayer.testing.ledger_contract import LedgerBench, acknowledges, deliver, flipped, pytest, receives, send, told
from relayer.testing.simulated_kind import kind_of as simulated_kind
from relayer.wire.cosmos_protos import tendermint_client

TERMS = ClientTerms(trusting_period_seconds=14 * 86_400, max_clock_drift_seconds=30)


class OwnClientSuite:
    """A node's word about the end of a packet is believed only with this."""

    async def test_it_tells_an_ended_packet_from_an_open_one(self, bench: LedgerBench) -> None:
        """What a node reports of a packet's end is believed only with this."""
        ended, is_open = await send(bench.subject, bench), await send(bench.subject, bench)
        await deliver(bench.subject, bench.counterparty, [ended])
        await bench.subject.ledger.submit(await acknowledges(bench.counterparty, bench.subject, ended))
        fact = await told(bench.subject, PacketAcknowledged, ended)
        slots = [_slot(ended), _slot(is_open)]
        own = _own_client(bench, bench.subject.prover)
        assert await own.look_up(slots, since=fact.height) == [NOTHING, packet_commitment(is_open)]
        swapped = _own_client(bench, _Altered(bench.subject.prover, paths=lambda paths: paths[::-1]))
        assert set(await swapped.look_up(slots, since=fact.height)) == {None}

    async def test_it_believes_no_changed_header(self, bench: LedgerBench) -> None:
        own = _own_client(bench, _Altered(bench.subject.prover, header=flipped))
        slot = _slot(await send(bench.subject, bench))
        with suppress(ClientUpdateRefused):
            # Where it starts from a state that was verified before, no header is needed for one without the packet.
            assert await own.look_up([slot], since=Height(1)) in ([NOTHING], list(slot.values))
        await bench.pass_time(1)
        fact = await told(bench.subject, PacketCommitted, await send(bench.subject, bench))
        with pytest.raises(ClientUpdateRefused):
            await own.look_up([slot], since=fact.height)

    async def test_a_client_tells_which_consensus_states_it_has_stored(self, bench: LedgerBench) -> None:
        host, client = bench.subject.ledger, bench.subject.client
        await host.submit(await receives(bench.counterparty, bench.subject, [await send(bench.counterparty, bench)]))
        await bench.pass_time(1)
        await send(bench.counterparty, bench)
        height = (await host.client_status(client)).latest_height
        newest = (await bench.counterparty.ledger.head()).height
        stored, later = [
            (await bench.counterparty.prover.initial_client(TERMS, at=each)).consensus_state for each in (height, newest)
        ]
        assert await host.stores_consensus_state(client, height=height, consensus_state=stored)
        assert not await host.stores_consensus_state(client, height=height, consensus_state=later)
        assert not await host.stores_consensus_state(client, height=height, consensus_state=b"no state")
        assert not await host.stores_consensus_state(client, height=Height(newest + 1), consensus_state=stored)
        unknown = ClientId("unknown-client-99")
        assert not await host.stores_consensus_state(unknown, height=height, consensus_state=stored)


class FirstStateSuite:
    """For ledgers whose headers name the next signers: a light client in memory starts from what the counterparty's
    light client has verified, and from nothing that the ledger's own node makes up."""

    async def test_a_node_that_lies_at_the_start_is_believed_nothing(self, bench: LedgerBench) -> None:
        """Its first state is one under which it could prove whatever it likes."""
        await bench.pass_time(1)
        slot = _slot(await send(bench.subject, bench))
        lying = _own_client(bench, _Altered(bench.subject.prover, first=_of_another_ledger))
        with pytest.raises(ClientUpdateRefused, match="has not verified"):
            await lying.look_up([slot], since=Height(1))
        honest = _own_client(bench, bench.subject.prover)
        assert await honest.look_up([slot], since=await _height(bench)) == list(slot.values)

    async def test_it_starts_below_the_head_and_is_led_on_by_headers(self, bench: LedgerBench) -> None:
        asked: list[Height | None] = []

        async def noted(prover: Prover, terms: ClientTerms, at: Height | None) -> ClientCreation:
            asked.append(at)
            return await prover.initial_client(terms, at=at)

        await bench.pass_time(1)
        slot = _slot(await send(bench.subject, bench))
        own = _own_client(bench, _Altered(bench.subject.prover, first=noted))
        known = (await bench.counterparty.ledger.client_status(bench.counterparty.client)).latest_height
        assert await own.look_up([slot], since=await _height(bench)) == list(slot.values)
        assert asked == [known]


First = Callable[[Prover, ClientTerms, Height | None], Awaitable[ClientCreation]]


async def _as_it_is(prover: Prover, terms: ClientTerms, at: Height | None) -> ClientCreation:
    return await prover.initial_client(terms, at=at)


async def _of_another_ledger(prover: Prover, terms: ClientTerms, at: Height | None) -> ClientCreation:
    """A fork of the node's own: everything is as asked for, with another root."""
    true = await prover.initial_client(terms, at=at)
    state = tendermint_client.ConsensusState.FromString(true.consensus_state)
    state.root.hash = bytes(32)
    return replace(true, consensus_state=state.SerializeToString())


async def _height(bench: LedgerBench) -> Height:
    return (await bench.subject.ledger.head()).height


@dataclass(frozen=True, slots=True)
class _Altered:
    """A prover whose node lies in one way."""

    prover: Prover
    paths: Callable[[Sequence[CommitmentPath]], Sequence[CommitmentPath]] = list
    header: Callable[[bytes], bytes] = bytes
    first: First = _as_it_is

    async def initial_client(self, terms: ClientTerms, *, at: Height | None = None) -> ClientCreation:
        return await self.first(self.prover, terms, at)

    async def first_header(self, height: Height) -> ClientMessage:
        return await self.prover.first_header(height)

    async def client_update(self, client: ClientReference, *, trusted: Height, target: Height) -> ClientMessage:
        message = await self.prover.client_update(client, trusted=trusted, target=target)
        return replace(message, value=self.header(message.value))

    async def prove(self, paths: Sequence[CommitmentPath], *, at: Height) -> Sequence[Proof]:
        return await self.prover.prove(self.paths(paths), at=at)


def _own_client(bench: LedgerBench, prover: Prover) -> OwnClient:
    followed = LedgerLink(ledger=bench.subject.ledger, prover=prover)
    host = LedgerLink(ledger=bench.counterparty.ledger, prover=bench.counterparty.prover)
    return OwnClient(followed, host, bench.counterparty.client, lambda name: KNOWN.of_type(name) or simulated_kind(name))


def _slot(packet: Packet) -> Question:
    path = commitment_path(packet.source_client, PathKind.COMMITMENT, packet.sequence)
    return Question(path=path, values=(packet_commitment(packet),))
