"""A star in one process: two EVM ledgers, an embedded hub, and two embedded settlement ledgers behind it, with real headers
and proofs on every leg. Nothing relays by itself: a test says what is carried, so it also says what is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from relayer.core.commitment import PathKind, acknowledgement_commitment, commitment_path
from relayer.core.events import AcknowledgementWritten, PacketCommitted, PacketFact
from relayer.core.ids import ClientId, Height, TimestampSeconds
from relayer.core.packet import Acknowledgement, Packet, Payload
from relayer.facts.codec import (
    FactAnswer,
    FactPacketData,
    decode_answers,
    encode_packet_data,
    fact_hash,
    fact_id,
)
from relayer.facts.schema import Fact, party_id
from relayer.forwarding.model import Route, SetRoute
from relayer.ledgers.embedded.forwarding.store import PREFIX
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ports.ledger import (
    AcknowledgePacket,
    Outcome,
    PacketMessage,
    ReceivePacket,
    SubmissionBatch,
    TimeoutPacket,
    client_reference,
)
from relayer.ports.prover import ClientTerms
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.issuers import Issuer
from relayer.settlement.model.parties import Agreement, CurrencyTerms, Party, RecordAgreement, RegisterParty
from relayer.testing.clock import ManualClock
from relayer.testing.factories import CONTRACT, ISSUER, a_fact, a_payload
from tests.support.embedded import embedded_ledger
from tests.support.evm_counterparty import CLIENT_ID, EvmCounterparty
from tests.support.issuing import issuing_for

TERMS = ClientTerms(trusting_period_seconds=10 * 24 * 60 * 60, max_clock_drift_seconds=15)
MARGIN = 60
CHAINS = {"a": 1337, "b": 1338}
FAR = ("north", "south")


class Star:
    """Ledgers by name: `a` and `b` have facts, `north` and `south` settle. `clients` by (host, followed)."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.folder = folder
        self.evm = {name: EvmCounterparty(self.clock, chain_id=number) for name, number in CHAINS.items()}
        self.hub = embedded_ledger(folder / "hub", self.clock, name="hub")
        self.far = {name: embedded_ledger(folder / name, self.clock, name=name) for name in FAR}
        self.clients: dict[tuple[str, str], ClientId] = {}

    @property
    def now(self) -> int:
        return int(self.clock.now())

    async def set_up(self, *, quota: int = 4, origin_quota: int = 3) -> None:
        await self.hub.connect()
        for name, evm in self.evm.items():
            client = await self.hub.create_client(
                await evm.initial_client(TERMS), counterparty_client_id=None, counterparty_merkle_prefix=()
            )
            await self.hub.register_counterparty(
                client, counterparty_client_id=CLIENT_ID, counterparty_merkle_prefix=evm.merkle_prefix
            )
            self.clients["hub", name] = client
        for name, ledger in self.far.items():
            await ledger.connect()
            await self.pair("hub", self.hub, name, ledger)
            await ledger.trust_chains(self.clients[name, "hub"], sorted(map(str, CHAINS.values())))
            await open_books(ledger)
            await self.route(f"{name}-1", name, quota=quota, origin_quota=origin_quota)
            for origin, chain_id in CHAINS.items():
                await self.route(str(chain_id), origin, through=name)

    async def pair(self, one: str, first: EmbeddedLedger, other: str, second: EmbeddedLedger) -> None:
        """A client of each on the other."""
        for name, host, followed_name, followed in ((one, first, other, second), (other, second, one, first)):
            self.clients[name, followed_name] = await host.create_client(
                await followed.initial_client(TERMS), counterparty_client_id=None, counterparty_merkle_prefix=()
            )
        for name, host, followed_name, followed in ((one, first, other, second), (other, second, one, first)):
            await host.register_counterparty(
                self.clients[name, followed_name],
                counterparty_client_id=self.clients[followed_name, name],
                counterparty_merkle_prefix=followed.merkle_prefix,
            )

    async def route(
        self, destination: str, to: str, *, through: str = "", quota: int = 4, origin_quota: int = 3, margin: int = MARGIN
    ) -> None:
        origin = self.clients["hub", through] if through else ""
        route = Route(
            destination=destination,
            origin_client=origin,
            client_id=self.clients["hub", to],
            quota=quota,
            origin_quota=origin_quota,
            margin_seconds=margin,
        )
        await self.hub.forwarding.change(SetRoute(route=route))

    def send(self, origin: str, payload: Payload, *, seconds: int = 3600) -> Packet:
        """An EVM ledger commits a packet for the hub."""
        evm = self.evm[origin]
        packet = Packet(
            sequence=evm.next_sequence(),
            source_client=CLIENT_ID,
            destination_client=self.clients["hub", origin],
            timeout_timestamp=TimestampSeconds(self.now + seconds),
            payloads=(payload,),
        )
        evm.commit(packet)
        return packet

    async def receive(self, origin: str, *packets: Packet) -> None:
        """The hub gets packets of an EVM ledger."""
        evm = self.evm[origin]
        height = evm.seal()
        paths = [commitment_path(each.source_client, PathKind.COMMITMENT, each.sequence) for each in packets]
        proofs = await evm.prove(paths, at=height)
        messages = [ReceivePacket(packet=each, proof=proof) for each, proof in zip(packets, proofs, strict=True)]
        await self._submit(self.hub, self.clients["hub", origin], evm, height, messages)

    async def carry(self, source: str, target: str, *packets: Packet) -> None:
        """A packet from one embedded ledger to the next."""
        await self._carry(source, target, packets, PathKind.COMMITMENT)

    async def bring_back(self, source: str, target: str, *packets: Packet) -> None:
        """The acknowledgement of a packet that `target` received, to `source`."""
        await self._carry(target, source, packets, PathKind.ACKNOWLEDGEMENT)

    async def time_out(self, source: str, target: str, *packets: Packet) -> None:
        """The proof that `target` received nothing, to `source`."""
        await self.ledger(target).advance()
        await self._carry(target, source, packets, PathKind.RECEIPT)

    async def answer_evm(self, origin: str, packet: Packet, value: bytes) -> None:
        """An EVM ledger's answer to a packet of the hub."""
        evm = self.evm[origin]
        acknowledgement = Acknowledgement(app_acknowledgements=(value,))
        path = commitment_path(packet.destination_client, PathKind.ACKNOWLEDGEMENT, packet.sequence)
        evm.write(path, acknowledgement_commitment(acknowledgement))
        height = evm.seal()
        (proof,) = await evm.prove([path], at=height)
        message = AcknowledgePacket(packet=packet, acknowledgement=acknowledgement, proof=proof)
        await self._submit(self.hub, self.clients["hub", origin], evm, height, [message])

    async def _carry(self, source: str, target: str, packets: Sequence[Packet], kind: PathKind) -> None:
        here, there = self.ledger(source), self.ledger(target)
        height = (await here.head()).height
        messages: list[PacketMessage] = []
        for packet in packets:
            client = packet.source_client if kind is PathKind.COMMITMENT else packet.destination_client
            (proof,) = await here.prove([commitment_path(client, kind, packet.sequence)], at=height)
            match kind:
                case PathKind.COMMITMENT:
                    messages.append(ReceivePacket(packet=packet, proof=proof))
                case PathKind.ACKNOWLEDGEMENT:
                    written = await self.written(source, packet)
                    assert written is not None
                    messages.append(AcknowledgePacket(packet=packet, acknowledgement=written, proof=proof))
                case _:
                    messages.append(TimeoutPacket(packet=packet, proof=proof))
        await self._submit(there, self.clients[target, source], here, height, messages)

    async def _submit(self, host, client, followed, height: Height, messages: Sequence[PacketMessage]) -> None:
        status = await host.client_status(client)
        update = await followed.client_update(client_reference(host, client), trusted=status.latest_height, target=height)
        update_or_none = None if status.latest_height >= height else update
        receipt = await host.submit(SubmissionBatch(client_id=client, update=update_or_none, messages=tuple(messages)))
        assert [each.outcome for each in receipt.results] == [Outcome.DELIVERED] * len(messages), receipt

    def ledger(self, name: str) -> EmbeddedLedger:
        return self.hub if name == "hub" else self.far[name]

    async def events(self, name: str) -> Sequence[PacketFact]:
        ledger = self.ledger(name)
        return await ledger.events(after=Height(0), until=(await ledger.head()).height)

    async def sent(self, name: str, to: str) -> list[Packet]:
        """Packets that a ledger has sent to another, in their order."""
        client = self.clients[name, to]
        events = await self.events(name)
        return [each.packet for each in events if isinstance(each, PacketCommitted) and each.packet.source_client == client]

    async def written(self, name: str, packet: Packet) -> Acknowledgement | None:
        """What a ledger has answered to a packet."""
        for event in await self.events(name):
            if isinstance(event, AcknowledgementWritten) and event.packet == packet:
                return event.acknowledgement
        return None

    async def answers(self, packet: Packet) -> tuple[FactAnswer, ...] | None:
        """What the hub has answered to the facts of an EVM ledger; None: nothing yet."""
        written = await self.written("hub", packet)
        return None if written is None else decode_answers(written.app_acknowledgement)

    async def keys(self) -> set[bytes]:
        """Of the hub's store: everything but what IBC itself keeps."""

        def read(chain) -> set[bytes]:
            store = chain.query(now=self.hub.session.now()).store
            found: set[bytes] = set()
            for prefix in (PREFIX, b"asyncPackets/"):
                key = store.above(prefix)
                while key is not None and key.startswith(prefix):
                    found.add(key)
                    key = store.above(key + b"\x00")
            return found

        return await self.hub.session.run(read)

    async def close(self) -> None:
        for ledger in (self.hub, *self.far.values()):
            await ledger.close()


async def open_books(ledger: EmbeddedLedger) -> None:
    """Two parties, terms both ways, and one issuer of both origins."""
    for name in ("DE*NBM", "DE*KCS"):
        party = Party(party_id=party_id(name), ocpi_id=name, name=name, lei="", vat_id="")
        await ledger.settlement.execute(RegisterParty(request_id=name, party=party, actor=OPERATOR))
    for name, debtor, creditor in (("there", "DE*NBM", "DE*KCS"), ("back", "DE*KCS", "DE*NBM")):
        terms = (CurrencyTerms(currency="EUR", exponent=2, open_limit=None),)
        agreement = Agreement(agreement_id=name, creditor=party_id(creditor), debtor=party_id(debtor), currencies=terms)
        await ledger.settlement.execute(RecordAgreement(request_id=name, agreement=agreement, actor=OPERATOR, replaces=0))
    for chain_id in CHAINS.values():
        for command in issuing_for("DE*KCS", "DE*NBM", issuer=Issuer(chain_id, ISSUER)):
            await ledger.settlement.execute(replace(command, request_id=f"{command.request_id} of {chain_id}"))


def a_fact_of(origin: str, number: int = 1, *, net: int = 1_000) -> Fact:
    """A trip of 10.00 EUR on an EVM ledger."""
    return replace(a_fact(number, net=net), tax=0, fact_id=fact_id(CHAINS[origin], CONTRACT, ISSUER, number))


def facts_for(destination: str, *facts: Fact, origin: str = "a", chain_id: int | None = None) -> Payload:
    """The payload that BusinessFacts sends, with a destination."""
    listed = facts or (a_fact_of(origin),)
    data = FactPacketData(
        chain_id=CHAINS[origin] if chain_id is None else chain_id,
        contract=CONTRACT,
        issuer=ISSUER,
        destination=destination,
        facts=listed,
        fact_hashes=tuple(map(fact_hash, listed)),
    )
    return replace(a_payload(), value=encode_packet_data(data))
