"""A ledger in memory that obeys the rules of an IBC v2 host: the ledger, prover and set-up ports in one object.

It keeps commitments, receipts and acknowledgements under their real paths and every height's state, seals a block per change
and one when time has passed. Faults are injected from outside; the rules themselves never bend.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from relayer.codes.ibc import IbcCode, Remedy
from relayer.core.commitment import (
    COSMOS_RECEIPT,
    CommitmentPath,
    PathKind,
    acknowledgement_commitment,
    commitment_path,
    packet_commitment,
)
from relayer.core.events import (
    AcknowledgementWritten,
    LedgerFact,
    PacketAcknowledged,
    PacketCommitted,
    PacketTimedOut,
    ReceiptWritten,
    ReportedPassedOver,
)
from relayer.core.ids import ClientId, Height, LedgerId, TimestampSeconds
from relayer.core.ids import Sequence as PacketSequence
from relayer.core.packet import Acknowledgement, Packet, Payload
from relayer.errors import (
    AuthoritiesUnavailable,
    ClientUnusable,
    ClientUpdateRefused,
    HeightPruned,
    InvalidInput,
    LedgerUnavailable,
    NotFinal,
    WrongLedger,
)
from relayer.ports.clock import Clock
from relayer.ports.ledger import (
    AcknowledgePacket,
    ClientCondition,
    ClientStatus,
    Head,
    MessageResult,
    Outcome,
    PacketMessage,
    ReceivePacket,
    SubmissionBatch,
    SubmissionReceipt,
    TimeoutPacket,
)
from relayer.ports.prover import ClientCreation, ClientMessage, ClientReference, ClientTerms, Proof
from relayer.testing.simulated_chain import SimulatedChain
from relayer.testing.simulated_client import (
    SimulatedClient,
    SimulatedRefusal,
    creation,
    encode_header,
    encode_proof,
)

Application = Callable[[Packet], Acknowledgement | None]
"""Answers a packet; None: it answers later, by write_acknowledgement."""


def echo(packet: Packet) -> Acknowledgement:
    """The hash of the payload."""
    return Acknowledgement(app_acknowledgements=(sha256(packet.payload.value).digest(),))


class SimulatedLedger(SimulatedChain):
    """`expected_chain_id` plays the operator's configuration: connect compares it with what the node serves."""

    merkle_prefix: tuple[bytes, ...] = (b"",)

    def __init__(
        self,
        ledger_id: LedgerId,
        clock: Clock,
        *,
        application: Application = echo,
        heartbeat_seconds: int = 5,
        expected_chain_id: str | None = None,
    ) -> None:
        super().__init__(ledger_id, clock, heartbeat_seconds=heartbeat_seconds)
        self.submissions: list[SubmissionBatch] = []
        self.delivered: list[tuple[str, Packet]] = []
        self._application = application
        self._expected_chain_id = expected_chain_id
        self._clients: dict[ClientId, SimulatedClient] = {}
        self._sequences: dict[ClientId, int] = {}

    # The ledger port.

    async def connect(self) -> None:
        await self._answer()
        if self._expected_chain_id not in (None, self.chain_id):
            raise WrongLedger(f"ledger {self.ledger_id}: the node serves {self.chain_id}, not {self._expected_chain_id}")

    async def head(self) -> Head:
        await self._answer()
        self._heartbeat()
        return self._heads[-1]

    async def events(self, *, after: Height, until: Height) -> Sequence[LedgerFact]:
        await self._answer()
        if until > len(self._heads):
            raise NotFinal(f"ledger {self.ledger_id}: height {until} is not final, the newest is {len(self._heads)}")
        facts = [*self._facts_between(after, until), *self._invented(after, until)]
        lost = min(self.faults.facts_lost, len(facts))
        self.faults.facts_lost -= lost
        return facts[lost:]

    async def client_status(self, client: ClientId) -> ClientStatus:
        await self._answer()
        known = self._clients.get(client)
        if known is None:
            return ClientStatus(client_id=client, condition=ClientCondition.UNKNOWN)
        return known.status(self._now())

    async def stores_consensus_state(self, client: ClientId, *, height: Height, consensus_state: bytes) -> bool:
        await self._answer()
        header = self._clients[client].headers.get(height) if client in self._clients else None
        return header is not None and encode_header(header) == consensus_state

    async def submit(self, batch: SubmissionBatch) -> SubmissionReceipt:
        await self._answer()
        if self.faults.submissions_lost:
            self.faults.submissions_lost -= 1
            raise LedgerUnavailable(f"ledger {self.ledger_id}: the submission was lost on its way")
        if self.faults.receipts_invented:
            self.faults.receipts_invented -= 1
            return SubmissionReceipt(results=(MessageResult(outcome=Outcome.DELIVERED),) * len(batch.messages))
        receipt = self._execute(batch)
        if self.faults.outcomes_unknown:
            self.faults.outcomes_unknown -= 1
            raise LedgerUnavailable(f"ledger {self.ledger_id}: no answer; the outcome is unknown")
        return receipt

    # The prover port.

    async def initial_client(self, terms: ClientTerms, *, at: Height | None = None) -> ClientCreation:
        await self._answer()
        return creation(self._header(self._final(at)), terms)

    async def first_header(self, height: Height) -> ClientMessage:
        await self._answer()
        return self._header_message(self._final(height))

    async def client_update(self, client: ClientReference, *, trusted: Height, target: Height) -> ClientMessage:
        del client
        await self._answer()
        if self.faults.authorities_down:
            raise AuthoritiesUnavailable(f"ledger {self.ledger_id}: 0 of 2 authorities answered")
        if target <= len(self._heads) < target + self.faults.authorities_behind:
            raise AuthoritiesUnavailable(f"ledger {self.ledger_id}: 0 of 2 authorities have seen height {target}")
        if target > len(self._heads) or trusted >= target:
            raise NotFinal(f"ledger {self.ledger_id}: no header leads from {trusted} to {target}")
        if self.faults.longest_step:
            target = min(target, Height(trusted + self.faults.longest_step))
        return self._header_message(target)

    async def vouched_height(self, client: ClientReference, *, target: Height) -> Height:
        del client
        await self._answer()
        return min(target, Height(max(len(self._heads) - self.faults.authorities_behind, 0)))

    async def prove(self, paths: Sequence[CommitmentPath], *, at: Height) -> Sequence[Proof]:
        await self._answer()
        if at > len(self._heads):
            raise NotFinal(f"ledger {self.ledger_id}: height {at} is not final, the newest is {len(self._heads)}")
        if at < self.faults.pruned_below:
            raise HeightPruned(f"ledger {self.ledger_id}: the state of height {at} is gone")
        header = self._header(at)
        return [encode_proof(header, path, self._read(path, at)) for path in paths]

    # The set-up port.

    async def create_client(
        self,
        creation: ClientCreation,
        *,
        counterparty_client_id: str | None,
        counterparty_merkle_prefix: Sequence[bytes],
    ) -> ClientId:
        await self._answer()
        client = SimulatedClient.created(ClientId(f"simulated-{len(self._clients)}"), creation)
        self._clients[client.client_id] = client
        if counterparty_client_id is not None:
            client.counterparty_client_id, client.merkle_prefix = counterparty_client_id, tuple(counterparty_merkle_prefix)
        self._seal()
        return client.client_id

    async def register_counterparty(
        self, client: ClientId, *, counterparty_client_id: ClientId, counterparty_merkle_prefix: Sequence[bytes]
    ) -> None:
        await self._answer()
        known = self._clients.get(client)
        if known is None:
            raise InvalidInput(f"ledger {self.ledger_id}: there is no client {client}")
        if known.counterparty_client_id not in ("", counterparty_client_id):
            raise InvalidInput(f"ledger {self.ledger_id}: client {client} is paired with {known.counterparty_client_id}")
        known.counterparty_client_id = counterparty_client_id
        known.merkle_prefix = tuple(counterparty_merkle_prefix)
        self._seal()

    async def recover_client(self, client: ClientId, start: ClientCreation) -> None:
        await self._answer()
        known = self._clients[client]
        if known.condition(self._now()) is ClientCondition.ACTIVE:
            raise InvalidInput(f"ledger {self.ledger_id}: client {client} is active")
        recovered = SimulatedClient.created(client, start)
        recovered.counterparty_client_id, recovered.merkle_prefix = known.counterparty_client_id, known.merkle_prefix
        self._clients[client] = recovered
        self._seal()

    # What applications do, for tests.

    def send_packet(self, client: ClientId, payload: Payload, timeout: TimestampSeconds) -> Packet:
        """Commits a packet in a block of its own. Raises SimulatedRefusal if it is late already."""
        packet = self._commit(client, payload, timeout)
        self._seal()
        return packet

    def _commit(self, client: ClientId, payload: Payload, timeout: TimestampSeconds) -> Packet:
        """In the block that is being made."""
        if timeout <= self._now():
            raise SimulatedRefusal(IbcCode.TIMEOUT_ELAPSED)
        sequence = PacketSequence(self._sequences.get(client, 0) + 1)
        packet = Packet(
            sequence=sequence,
            source_client=client,
            destination_client=ClientId(self._clients[client].counterparty_client_id),
            timeout_timestamp=timeout,
            payloads=(payload,),
        )
        self._sequences[client] = sequence
        self._write(commitment_path(client, PathKind.COMMITMENT, sequence), packet_commitment(packet))
        self._tell_of(PacketCommitted, packet)
        return packet

    def send_unreadable(self, client: ClientId) -> None:
        """A packet that a real ledger's adapter cannot read, in a block of its own; it takes a sequence like any other."""
        sequence = PacketSequence(self._sequences.get(client, 0) + 1)
        self._sequences[client] = sequence
        height, transaction = self._next()
        commitment = sha256(b"unreadable").digest()
        self._write(commitment_path(client, PathKind.COMMITMENT, sequence), commitment)
        self._tell(
            ReportedPassedOver(
                ledger=self.ledger_id,
                height=height,
                transaction=transaction,
                source_client=client,
                sequence=sequence,
                code="unreadable",
                reason="a payload of 600000 bytes",
                commitment=commitment,
            )
        )
        self._seal()

    def write_acknowledgement(self, packet: Packet, acknowledgement: Acknowledgement) -> None:
        """The late answer of an application, in a block of its own."""
        self._answer_packet(packet, acknowledgement)
        self._seal()

    def freeze(self, client: ClientId) -> None:
        """As misbehaviour would."""
        self._clients[client].frozen = True

    # Rules of the host.

    async def _answer(self) -> None:
        if self.faults.delay_seconds:
            await self._clock.sleep(self.faults.delay_seconds)
        if self.faults.down:
            raise LedgerUnavailable(f"ledger {self.ledger_id}: no node answers")

    def _execute(self, batch: SubmissionBatch) -> SubmissionReceipt:
        self.submissions.append(batch)
        _, transaction = self._next()
        results = self._results(batch)
        self._seal()
        return SubmissionReceipt(results=results, transactions=(transaction,), gas=21_000 * (1 + len(batch.messages)))

    def _results(self, batch: SubmissionBatch) -> tuple[MessageResult, ...]:
        client = self._clients.get(batch.client_id)
        if client is None:
            raise ClientUnusable(f"ledger {self.ledger_id} has no client {batch.client_id} ({IbcCode.CLIENT_NOT_FOUND})")
        if batch.update is not None:
            try:
                client.update(batch.update, self._now())
            except SimulatedRefusal as refusal:
                self._require_usable(refusal)
                detail = "the client update was refused"
                refused = MessageResult(outcome=Outcome.REFUSED, code=str(refusal), detail=detail, retryable=True)
                if not batch.messages:
                    raise ClientUpdateRefused(f"ledger {self.ledger_id}: {refusal}") from refusal
                return tuple(refused for _ in batch.messages)
        return tuple(self._result(client, message) for message in batch.messages)

    def _result(self, client: SimulatedClient, message: PacketMessage) -> MessageResult:
        if self.faults.refusals:
            code, retryable = self.faults.refusals.pop(0)
            return _refused(code, retryable=retryable)
        try:
            match message:
                case ReceivePacket():
                    outcome = self._receive(client, message)
                case AcknowledgePacket():
                    outcome = self._acknowledge(client, message)
                case TimeoutPacket():
                    outcome = self._time_out(client, message)
        except SimulatedRefusal as refusal:
            self._require_usable(refusal)
            return _refused(str(refusal), retryable=refusal.code.retryable)
        return MessageResult(outcome=outcome)

    def _require_usable(self, refusal: SimulatedRefusal) -> None:
        """Raises ClientUnusable for what every message to the client would meet."""
        if refusal.code.remedy is Remedy.CLIENT:
            raise ClientUnusable(f"ledger {self.ledger_id}: the client refuses with {refusal}")

    def _receive(self, client: SimulatedClient, message: ReceivePacket) -> Outcome:
        packet = message.packet
        client.require_pair(packet.destination_client, packet.source_client)
        receipt = commitment_path(packet.destination_client, PathKind.RECEIPT, packet.sequence)
        if self._read(receipt) is not None:
            return Outcome.REDUNDANT
        if self._now() >= packet.timeout_timestamp:
            raise SimulatedRefusal(IbcCode.TIMEOUT_ELAPSED)
        path = commitment_path(packet.source_client, PathKind.COMMITMENT, packet.sequence)
        client.verify(message.proof, path, packet_commitment(packet), self._now())
        self._write(receipt, COSMOS_RECEIPT)
        self._tell_of(ReceiptWritten, packet)
        self.delivered.append(("receive", packet))
        acknowledgement = self._application(packet)
        if acknowledgement is not None:
            self._answer_packet(packet, acknowledgement)
        return Outcome.DELIVERED

    def _acknowledge(self, client: SimulatedClient, message: AcknowledgePacket) -> Outcome:
        packet = message.packet
        if not self._is_committed(client, packet):
            return Outcome.REDUNDANT
        path = commitment_path(packet.destination_client, PathKind.ACKNOWLEDGEMENT, packet.sequence)
        client.verify(message.proof, path, acknowledgement_commitment(message.acknowledgement), self._now())
        self._end("acknowledge", packet)
        self._tell_of(PacketAcknowledged, packet)
        return Outcome.DELIVERED

    def _time_out(self, client: SimulatedClient, message: TimeoutPacket) -> Outcome:
        packet = message.packet
        if not self._is_committed(client, packet):
            return Outcome.REDUNDANT
        path = commitment_path(packet.destination_client, PathKind.RECEIPT, packet.sequence)
        header = client.verify(message.proof, path, None, self._now())
        if header.timestamp < packet.timeout_timestamp:
            raise SimulatedRefusal(IbcCode.TIMEOUT_NOT_REACHED)
        self._end("timeout", packet)
        self._tell_of(PacketTimedOut, packet)
        return Outcome.DELIVERED

    def _is_committed(self, client: SimulatedClient, packet: Packet) -> bool:
        client.require_pair(packet.source_client, packet.destination_client)
        stored = self._read(commitment_path(packet.source_client, PathKind.COMMITMENT, packet.sequence))
        if stored is not None and stored != packet_commitment(packet):
            raise SimulatedRefusal(IbcCode.INVALID_PACKET)
        return stored is not None

    def _end(self, verb: str, packet: Packet) -> None:
        self._write(commitment_path(packet.source_client, PathKind.COMMITMENT, packet.sequence), None)
        self.delivered.append((verb, packet))

    def _answer_packet(self, packet: Packet, acknowledgement: Acknowledgement) -> None:
        path = commitment_path(packet.destination_client, PathKind.ACKNOWLEDGEMENT, packet.sequence)
        self._write(path, acknowledgement_commitment(acknowledgement))
        height, transaction = self._next()
        self._tell(
            AcknowledgementWritten(
                ledger=self.ledger_id,
                height=height,
                transaction=transaction,
                packet=packet,
                acknowledgement=acknowledgement,
            )
        )


def _refused(code: str, *, retryable: bool) -> MessageResult:
    detail = f"the ledger's rules refused the message: {code}"
    return MessageResult(outcome=Outcome.REFUSED, code=code, detail=detail, retryable=retryable)
