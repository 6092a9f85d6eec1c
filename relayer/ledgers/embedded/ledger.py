"""The embedded ledger behind the ports Ledger, Prover and ClientHost, in this process. Business verbs: business.py."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path

from relayer.codes.ibc import Remedy, remedy_of
from relayer.core.commitment import CommitmentPath
from relayer.core.events import PacketFact
from relayer.core.ids import ClientId, Height, LedgerId, TimestampSeconds
from relayer.core.ids import Sequence as PacketSequence
from relayer.core.packet import Payload
from relayer.errors import ClientUnusable, ConfigurationError, LedgerError, LimitExceeded
from relayer.ledgers.embedded.chain import tendermint_messages
from relayer.ledgers.embedded.chain.block_clock import MAXIMUM_STEP_SECONDS, REMEDY
from relayer.ledgers.embedded.chain.blocks import SealedBlock
from relayer.ledgers.embedded.chain.chain import Chain
from relayer.ledgers.embedded.chain.client_view import (
    client_state,
    client_status,
    is_paired_with,
    stores_consensus_state,
)
from relayer.ledgers.embedded.chain.machine import Result
from relayer.ledgers.embedded.chain.operators import OperatorKey
from relayer.ledgers.embedded.chain.session import Session, refusal
from relayer.ledgers.embedded.forwarding_service import EmbeddedForwarding
from relayer.ledgers.embedded.host.applications import Application
from relayer.ledgers.embedded.host.context import OPERATOR
from relayer.ledgers.embedded.host.transactions import (
    BindPort,
    ChangeValidators,
    ConfirmTime,
    CreateClient,
    RecoverClient,
    RegisterCounterparty,
    SendPacket,
    Transaction,
    UpdateClient,
    encode_transaction,
)
from relayer.ledgers.embedded.settlement.client_ports import bound_to, port_of
from relayer.ledgers.embedded.settlement_service import EmbeddedSettlement
from relayer.light_clients.known import KNOWN
from relayer.light_clients.registry import LightClients
from relayer.ports.capabilities import CheckLine
from relayer.ports.clock import Clock
from relayer.ports.ledger import ClientStatus, Head, MessageResult, Outcome, SubmissionBatch, SubmissionReceipt
from relayer.ports.prover import ClientCreation, ClientMessage, ClientReference, ClientTerms, Proof
from relayer.proofs.comet import NANOSECONDS, ValidatorSet
from relayer.wire.cosmos_protos import channel_tx, client_tx

MERKLE_PREFIX = (b"ibc", b"")
SOFTWARE = "interledger-settlement-relayer embedded ledger"
MAXIMUM_PATHS = 1000
CONFIRMED_WITHIN_SECONDS = 600
"""How far the machine's clock may be from the time that an operator states."""


class EmbeddedLedger:
    """See the ports. `connect` opens the folder and starts the heartbeat, `close` gives it back."""

    def __init__(
        self,
        *,
        ledger_id: LedgerId,
        folder: Path,
        chain_id: str,
        keys: Iterable[OperatorKey],
        clock: Clock,
        heartbeat_seconds: float | None = 5.0,
        maximum_step_seconds: float = MAXIMUM_STEP_SECONDS,
        light_clients: LightClients = KNOWN,
        applications: Mapping[str, Application] | None = None,
    ) -> None:
        """`heartbeat_seconds` None: time passes only with submissions and advance(). `applications` are added to the
        settlement application by port; `light_clients`: the types of clients that it can host. `maximum_step_seconds`: how
        far block time may run ahead of the time that has passed before an operator must confirm the clock."""
        self._ledger_id = ledger_id
        self._chain_id = chain_id
        self.session = Session(
            folder=folder,
            keys=keys,
            clock=clock,
            chain_id=chain_id,
            heartbeat_seconds=heartbeat_seconds,
            maximum_step_seconds=maximum_step_seconds,
            light_clients=light_clients,
            applications=applications,
        )

        self.settlement = EmbeddedSettlement(self.session)
        self.forwarding = EmbeddedForwarding(self.session)

    @property
    def ledger_id(self) -> LedgerId:
        return self._ledger_id

    @property
    def chain_id(self) -> str:
        return self._chain_id

    @property
    def genesis_hash(self) -> bytes:
        return self.session.genesis_hash

    @property
    def merkle_prefix(self) -> tuple[bytes, ...]:
        return MERKLE_PREFIX

    @property
    def revision(self) -> int:
        """ICS-2 revision of the chain id."""
        return self.session.revision

    @property
    def software(self) -> str:
        """As the adapter service describes it."""
        return SOFTWARE

    async def event_bytes(self, *, after: Height, until: Height) -> int:
        """How large the events of these heights are as they are stored."""
        return await self.session.run(lambda chain: chain.state.events.size(after=after, until=until))

    async def client_state(self, client: ClientId) -> tuple[str, bytes]:
        """Type URL and protobuf bytes of a client's state; both empty for a client that does not exist."""
        now = self.session.now()
        return await self.session.run(lambda chain: client_state(chain, client, now=now))

    async def connect(self) -> None:
        """Raises LedgerLocked, LedgerMissing, LedgerCorrupt, WrongLedger or QuorumMissing."""
        await self.session.open()

    async def close(self) -> None:
        await self.session.close()

    async def head(self) -> Head:
        return await self.session.run(lambda chain: _head(chain.head))

    def head_hints(self) -> AsyncIterator[None]:
        return self.session.new_heads()

    async def events(self, *, after: Height, until: Height) -> Sequence[PacketFact]:
        """Raises NotFinal if `until` is above the newest height."""

        def read(chain: Chain) -> Sequence[PacketFact]:
            if until > 0:
                chain.block_at(until)
            return chain.state.events.read(self._ledger_id, after=after, until=until)

        return await self.session.run(read)

    async def client_status(self, client: ClientId) -> ClientStatus:
        now = self.session.now()
        return await self.session.run(lambda chain: client_status(chain, client, now=now))

    async def stores_consensus_state(self, client: ClientId, *, height: Height, consensus_state: bytes) -> bool:
        now = self.session.now()
        return await self.session.run(
            lambda chain: stores_consensus_state(chain, client, height=height, consensus_state=consensus_state, now=now)
        )

    async def submit(self, batch: SubmissionBatch) -> SubmissionReceipt:
        """One block for the whole batch. Raises LimitExceeded for a batch that is too large, ClientUnusable if the light
        client serves no message until its owner acts, LedgerRefused for a refused lone client update."""
        transactions: list[Transaction] = []
        if batch.update is not None:
            update = batch.update
            transactions.append(UpdateClient(client_id=batch.client_id, type_url=update.type_url, value=update.value))
        transactions.extend(batch.messages)
        results = await self.session.deliver(transactions)
        updated = results.pop(0) if batch.update is not None else None
        for each in results if batch.messages or updated is None else [updated]:
            if each.refused and remedy_of(each.code_text) is Remedy.CLIENT:
                raise ClientUnusable(f"client {batch.client_id} refuses with {each.code_text}: {each.detail}")
        if updated is not None and updated.refused and not batch.messages:
            raise refusal(updated)
        return SubmissionReceipt(
            results=tuple(_message_result(each, updated) for each in results),
            transactions=tuple(each.transaction for each in results),
        )

    async def initial_client(self, terms: ClientTerms, *, at: Height | None = None) -> ClientCreation:
        return await self.session.run(lambda chain: tendermint_messages.initial_client(chain, terms, at=at))

    async def first_header(self, height: Height) -> ClientMessage:
        return await self.session.run(lambda chain: tendermint_messages.first_header(chain, height))

    async def client_update(self, client: ClientReference, *, trusted: Height, target: Height) -> ClientMessage:
        """Anyone may have the header: it is signed for every client alike."""
        del client
        return await self.session.run(lambda chain: tendermint_messages.client_update(chain, trusted=trusted, target=target))

    async def prove(self, paths: Sequence[CommitmentPath], *, at: Height) -> Sequence[Proof]:
        """Raises NotFinal for a height that is not sealed, LimitExceeded for more than 1000 paths."""
        if len(paths) > MAXIMUM_PATHS:
            raise LimitExceeded(f"{len(paths)} proofs at once: ask for at most {MAXIMUM_PATHS}")

        def build(chain: Chain) -> Sequence[Proof]:
            return [Proof(value=chain.prove(path, at=at), height=at, revision=chain.revision) for path in paths]

        return await self.session.run(build)

    async def create_client(
        self, creation: ClientCreation, *, counterparty_client_id: str | None, counterparty_merkle_prefix: Sequence[bytes]
    ) -> ClientId:
        """The pairing is separate here: register_counterparty. Raises LedgerRefused."""
        del counterparty_client_id, counterparty_merkle_prefix
        message = CreateClient(
            client_state_type_url=creation.client_state_type_url,
            client_state=creation.client_state,
            consensus_state_type_url=creation.consensus_state_type_url,
            consensus_state=creation.consensus_state,
            signer=OPERATOR,
        )
        result = await self.session.execute(message)
        return ClientId(client_tx.MsgCreateClientResponse.FromString(result.data).client_id)

    async def register_counterparty(
        self, client: ClientId, *, counterparty_client_id: ClientId, counterparty_merkle_prefix: Sequence[bytes]
    ) -> None:
        """Raises LedgerRefused for another pairing than the stored one."""
        message = RegisterCounterparty(
            client_id=client,
            counterparty_client_id=counterparty_client_id,
            counterparty_merkle_prefix=tuple(counterparty_merkle_prefix),
            signer=OPERATOR,
        )
        now = self.session.now()
        if not await self.session.run(lambda chain: is_paired_with(chain, message, now=now)):
            await self.session.execute(message)

    async def bind_port(self, client: ClientId, port: str) -> None:
        """See BindsPorts. Raises LedgerRefused."""
        now = self.session.now()
        if await self.session.run(lambda chain: bound_to(chain.query(now=now), client)) != port:
            await self.session.execute(BindPort(client_id=client, port=port))

    async def bound_port(self, client: ClientId) -> str:
        """See BindsPorts."""
        now = self.session.now()
        return await self.session.run(lambda chain: port_of(chain.query(now=now), client))

    async def trust_chains(self, client: ClientId, chains: Sequence[str]) -> None:
        """See TrustsChains. Raises LedgerRefused."""
        await self.forwarding.trust_chains(client, chains)

    async def trusted_chains(self, client: ClientId) -> tuple[str, ...]:
        """See TrustsChains."""
        return await self.forwarding.trusted_chains(client)

    async def recover_client(self, client: ClientId, start: ClientCreation) -> None:
        """By way of a substitute, as ibc-go recovers. Raises LedgerRefused."""
        substitute = await self.create_client(start, counterparty_client_id=None, counterparty_merkle_prefix=())
        await self.session.execute(RecoverClient(subject=client, substitute=substitute))

    async def validators(self) -> ValidatorSet:
        """The set that signs the next block."""
        return await self.session.run(lambda chain: chain.blocks.validators(chain.head.header.height + 1))

    async def change_validators(self, validators: ValidatorSet) -> Height:
        """Hands block production to another set, whose keys this process must hold. Returns the first height it signs."""
        await self.session.execute(ChangeValidators(validators=validators))
        return Height((await self.head()).height + 1)

    async def send_packet(
        self, source_client: ClientId, payload: Payload, *, timeout_timestamp: TimestampSeconds, signer: str
    ) -> PacketSequence:
        """ICS-4 v2 send packet; the application of the source port decides. Raises LedgerRefused."""
        result = await self.session.execute(
            SendPacket(source_client=source_client, timeout_timestamp=timeout_timestamp, payload=payload, signer=signer)
        )
        return PacketSequence(channel_tx.MsgSendPacketResponse.FromString(result.data).sequence)

    async def advance(self) -> Head:
        """Seals an empty block at once. Raises ClockUnconfirmed."""
        now = self.session.block_time()
        return _head(await self.session.write(lambda chain: chain.advance(now=now)))

    async def checks(self) -> AsyncIterator[CheckLine]:
        """The clock, which block times follow."""
        try:
            newest = (await self.session.run(lambda chain: chain.head)).header.time
        except LedgerError as error:
            yield CheckLine(subject="clock", found="cannot be looked at", remedy=str(error))
            return
        clock = self.session.block_clock
        ahead, behind = clock.ahead(newest), clock.behind(newest)
        if ahead:
            yield CheckLine(subject="clock", found=f"no block is made: {ahead}", remedy=REMEDY)
        elif behind:
            yield CheckLine(subject="clock", found=behind, remedy="set the clock of the ledger's machine")
        else:
            yield CheckLine(subject="clock", found="agrees with the newest block")

    async def confirm_time(self, stated_seconds: TimestampSeconds) -> Head:
        """Records the operator's word and lets block time jump to what the clock says.

        Raises ConfigurationError if there is nothing to confirm, or the clock and the operator differ by minutes.
        """
        clock = self.session.block_clock
        wall = clock.wall()
        differs = abs(wall // NANOSECONDS - stated_seconds)
        if differs > CONFIRMED_WITHIN_SECONDS:
            raise ConfigurationError(
                f"the machine's clock and the time that you state differ by {differs} seconds; set the clock first"
            )

        def work(chain: Chain) -> SealedBlock:
            if not clock.ahead(chain.head.header.time):
                raise ConfigurationError("the clock is believed already: there is nothing to confirm; start the ledger")
            message = ConfirmTime(height=Height(chain.head.header.height + 1), stated_seconds=stated_seconds)
            chain.deliver([encode_transaction(message)], now=wall)
            clock.start(chain.head.header.time)
            return chain.head

        return _head(await self.session.write(work))


def _head(block: SealedBlock) -> Head:
    header = block.header
    return Head(height=Height(header.height), timestamp=TimestampSeconds(header.time // NANOSECONDS), hash=block.hash)


def _message_result(result: Result, update: Result | None) -> MessageResult:
    if not result.refused:
        return MessageResult(outcome=Outcome.REDUNDANT if result.redundant else Outcome.DELIVERED)
    detail = result.detail
    if update is not None and update.refused:
        detail += f"; the client update before it was refused: {update.detail} ({update.code_text})"
    return MessageResult(outcome=Outcome.REFUSED, code=result.code_text, detail=detail, retryable=result.retryable)
