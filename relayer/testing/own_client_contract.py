"""What a relayer finds out about a ledger by a light client of its own: a pytest class for every ledger's bench."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from relayer.core.commitment import CommitmentPath, PathKind, commitment_path, packet_commitment
from relayer.core.events import PacketAcknowledged, PacketCommitted
from relayer.core.ids import Height
from relayer.core.packet import Packet
from relayer.engine.links import LedgerLink
from relayer.engine.own_client import NOTHING, OwnClient, Question
from relayer.errors import ClientUpdateRefused
from relayer.light_clients.known import KNOWN
from relayer.ports.prover import ClientCreation, ClientMessage, ClientReference, ClientTerms, Proof, Prover
from relayer.testing.ledger_contract import LedgerBench, acknowledges, deliver, flipped, pytest, send, told
from relayer.testing.simulated_kind import kind_of as simulated_kind


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
            # Where its first state is taken on faith, no header is needed yet.
            assert await own.look_up([slot], since=Height(1)) == list(slot.values)
        await bench.pass_time(1)
        fact = await told(bench.subject, PacketCommitted, await send(bench.subject, bench))
        with pytest.raises(ClientUpdateRefused):
            await own.look_up([slot], since=fact.height)


@dataclass(frozen=True, slots=True)
class _Altered:
    """A prover whose node lies in one way."""

    prover: Prover
    paths: Callable[[Sequence[CommitmentPath]], Sequence[CommitmentPath]] = list
    header: Callable[[bytes], bytes] = bytes

    async def initial_client(self, terms: ClientTerms, *, at: Height | None = None) -> ClientCreation:
        return await self.prover.initial_client(terms, at=at)

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
