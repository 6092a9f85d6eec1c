"""The ports Ledger, Prover and ClientHost over interledger.adapter.v1, with every capability that the far ledger offers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

import grpc

from relayer.core.commitment import CommitmentPath
from relayer.core.events import LedgerFact
from relayer.core.ids import ClientId, Height, LedgerId, parse_client_id, parse_port
from relayer.encoding.decimal_text import number
from relayer.errors import InvalidInput, LedgerUnavailable, LimitExceeded, RelayerError, WrongLedger
from relayer.ledgers.nodes.ranges import RangeReader
from relayer.ledgers.remote.connection import Connection
from relayer.messages import capabilities as capability_codec
from relayer.messages import ledger as codec
from relayer.messages.statuses import AnswerTooLate
from relayer.ports.capabilities import CheckLine, Vouching
from relayer.ports.clock import Clock
from relayer.ports.ledger import ClientStatus, Head, Quote, SubmissionBatch, SubmissionReceipt
from relayer.ports.prover import ClientCreation, ClientMessage, ClientReference, ClientTerms, Proof
from relayer.wire.interledger.adapter.v1 import adapter_pb2 as wire
from relayer.wire.interledger.adapter.v1 import adapter_pb2_grpc

if TYPE_CHECKING:
    from relayer.ledgers.remote.forwarding import RemoteForwarding
    from relayer.ledgers.remote.settlement import RemoteSettlement

_RECONNECT_SECONDS = 1.0
_HEIGHTS_AT_ONCE = 100_000


class RemoteLedger:
    """A ledger at `address`. Foreign answers are decoded strictly; what breaks a rule is LedgerUnavailable, as a node that
    answers nonsense is as useless as one that is silent."""

    def __init__(
        self,
        *,
        ledger_id: LedgerId,
        address: str,
        chain_id: str,
        clock: Clock,
        token: str | None = None,
        authority: bytes | None = None,
        may_set_up: bool = True,
        request_timeout_seconds: float = 30.0,
    ) -> None:
        """`address`: ``unix:PATH`` or ``host:port``; `authority`: PEM of who signed its certificate, None: without TLS.

        `token` goes with every call, and opens set-up and business verbs if `may_set_up`.

        Raises ConfigurationError for a token that others could be handed."""
        self._ledger_id = ledger_id
        self._chain_id = chain_id
        self._clock = clock
        self._merkle_prefix: tuple[bytes, ...] = ()
        self._genesis_hash = b""
        self._offered: frozenset[type] = frozenset()
        self._connection = Connection(
            name=ledger_id,
            address=address,
            token=token,
            request_timeout_seconds=request_timeout_seconds,
            authority=authority,
            may_set_up=may_set_up,
        )
        self._reader = RangeReader(
            self._events, most=_HEIGHTS_AT_ONCE, too_much=lambda error: isinstance(error, LimitExceeded | AnswerTooLate)
        )

    @cached_property
    def settlement(self) -> RemoteSettlement:
        """The business verbs. Their values and rules are loaded for who asks for them: a relayer never does."""
        from relayer.ledgers.remote.settlement import RemoteSettlement

        return RemoteSettlement(self._connection)

    @cached_property
    def forwarding(self) -> RemoteForwarding:
        """The route table of a hub."""
        from relayer.ledgers.remote.forwarding import RemoteForwarding

        return RemoteForwarding(self._connection)

    @property
    def ledger_id(self) -> LedgerId:
        return self._ledger_id

    @property
    def chain_id(self) -> str:
        return self._chain_id

    @property
    def genesis_hash(self) -> bytes:
        return self._genesis_hash

    @property
    def merkle_prefix(self) -> tuple[bytes, ...]:
        return self._merkle_prefix

    async def connect(self) -> None:
        """Raises WrongLedger if another chain is served there."""
        described = await self._connection.call(self._stub.Describe, wire.DescribeRequest())
        if described.chain_id != self._chain_id:
            raise WrongLedger(
                f"ledger {self._connection.name} is {described.chain_id!r}, the configuration says {self._chain_id!r}; "
                "correct the address or the chain id"
            )
        self._merkle_prefix = tuple(described.merkle_prefix)
        self._genesis_hash = described.genesis_hash
        self._offered = capability_codec.capabilities_from_message(described.capabilities)

    def offers(self, kind: type) -> bool:
        """What the ledger behind the adapter listed when this was connected."""
        return kind in self._offered

    async def close(self) -> None:
        await self._connection.close()

    async def head(self) -> Head:
        return codec.head_from_message(await self._connection.call(self._stub.GetHead, wire.HeadRequest()))

    async def head_hints(self) -> AsyncIterator[None]:
        """One per head that the service streams; a broken stream is opened again after a pause, and hinted at too."""
        while True:
            try:
                async for _ in self._stub.WatchHeads(wire.HeadRequest(), metadata=self._connection.metadata):
                    yield
            except grpc.aio.AioRpcError:
                await self._clock.sleep(_RECONNECT_SECONDS)
                yield

    async def events(self, *, after: Height, until: Height) -> Sequence[LedgerFact]:
        """Asks for less at once where one answer would be too large, or takes too long."""
        return await self._reader.all(after + 1, until)

    async def _events(self, first: int, last: int) -> Sequence[LedgerFact]:
        request = wire.EventsRequest(after=first - 1, until=last)
        response = await self._connection.call(self._stub.ListEvents, request)
        with self._strictly():
            return [codec.event_from_message(self._ledger_id, event) for event in response.events]

    async def client_status(self, client: ClientId) -> ClientStatus:
        request = wire.ClientStatusRequest(client_id=client)
        response = await self._connection.call(self._stub.GetClientStatus, request)
        with self._strictly():
            return codec.status_from_message(response)

    async def stores_consensus_state(self, client: ClientId, *, height: Height, consensus_state: bytes) -> bool:
        request = wire.StoresConsensusStateRequest(client_id=client, height=height, consensus_state=consensus_state)
        response = await self._connection.call(self._stub.StoresConsensusState, request)
        return bool(response.stores)

    async def submit(self, batch: SubmissionBatch) -> SubmissionReceipt:
        response = await self._connection.call(self._stub.Submit, codec.batch_to_message(batch))
        with self._strictly():
            receipt = codec.receipt_from_message(response)
            if len(receipt.results) != len(batch.messages):
                raise InvalidInput(f"{len(receipt.results)} results for {len(batch.messages)} messages")
            return receipt

    async def balance(self) -> int:
        response = await self._connection.call(self._stub.GetBalance, wire.BalanceRequest())
        with self._strictly():
            return number("balance", response.balance)

    async def quote(self, batch: SubmissionBatch) -> Quote:
        response = await self._connection.call(self._stub.QuoteSubmission, codec.batch_to_message(batch))
        with self._strictly():
            quote = capability_codec.quote_from_message(response)
            if len(quote.refusals) != len(batch.messages):
                raise InvalidInput(f"{len(quote.refusals)} quoted for {len(batch.messages)} messages")
            return quote

    async def vouching(self) -> Vouching:
        response = await self._connection.call(self._stub.GetVouching, wire.VouchingRequest())
        with self._strictly():
            return capability_codec.vouching_from_message(response)

    async def checks(self) -> AsyncIterator[CheckLine]:
        """The far ledger's own; that it does not answer is a line as well."""
        try:
            response = await self._connection.call(self._stub.Check, wire.CheckRequest())
        except RelayerError as error:
            yield CheckLine(subject="adapter", found="its checks cannot be asked for", remedy=str(error))
            return
        for line in response.lines:
            yield capability_codec.check_line_from_message(line)

    async def trust_client(self, client: ClientId) -> None:
        """Needs the operator's token."""
        await self._connection.guarded_call(self._stub.TrustClient, wire.ClientTrustRequest(client_id=client))

    async def distrust_client(self, client: ClientId) -> None:
        """Needs the operator's token."""
        await self._connection.guarded_call(self._stub.DistrustClient, wire.ClientTrustRequest(client_id=client))

    async def trusts_client(self, client: ClientId) -> bool:
        """Whether the far ledger takes facts through the client."""
        response = await self._connection.call(self._stub.GetClientTrust, wire.ClientTrustRequest(client_id=client))
        trusted: bool = response.trusted
        return trusted

    async def bind_port(self, client: ClientId, port: str) -> None:
        """Needs the operator's token."""
        request = wire.BindClientPortRequest(client_id=client, port=port)
        await self._connection.guarded_call(self._stub.BindClientPort, request)

    async def bound_port(self, client: ClientId) -> str:
        """From where the far ledger takes facts through the client."""
        response = await self._connection.call(self._stub.GetClientPort, wire.ClientPortRequest(client_id=client))
        with self._strictly():
            return parse_port(response.port)

    async def trust_chains(self, client: ClientId, chains: Sequence[str]) -> None:
        """Needs the operator's token."""
        request = wire.TrustClientChainsRequest(client_id=client, chains=chains)
        await self._connection.guarded_call(self._stub.TrustClientChains, request)

    async def trusted_chains(self, client: ClientId) -> tuple[str, ...]:
        """Of which chains the far ledger takes facts through the client."""
        response = await self._connection.call(self._stub.GetClientChains, wire.ClientChainsRequest(client_id=client))
        return tuple(response.chains)

    async def next_client_id(self) -> ClientId:
        response = await self._connection.call(self._stub.GetNextClientId, wire.NextClientIdRequest())
        with self._strictly():
            return parse_client_id(response.client_id)

    async def initial_client(self, terms: ClientTerms, *, at: Height | None = None) -> ClientCreation:
        request = wire.InitialClientRequest(
            trusting_period_seconds=terms.trusting_period_seconds,
            max_clock_drift_seconds=terms.max_clock_drift_seconds,
            height=at or 0,
        )
        return codec.creation_from_message(await self._connection.call(self._stub.MakeInitialClient, request))

    async def first_header(self, height: Height) -> ClientMessage:
        request = wire.FirstHeaderRequest(height=height)
        return codec.client_message_from_message(await self._connection.call(self._stub.GetFirstHeader, request))

    async def client_update(self, client: ClientReference, *, trusted: Height, target: Height) -> ClientMessage:
        request = wire.ClientUpdateRequest(
            trusted=trusted,
            target=target,
            host_chain_id=client.host_chain_id,
            host_genesis=client.host_genesis,
            client_id=client.client_id,
            client_state=client.client_state,
        )
        return codec.client_message_from_message(await self._connection.call(self._stub.MakeClientUpdate, request))

    async def prove(self, paths: Sequence[CommitmentPath], *, at: Height) -> Sequence[Proof]:
        response = await self._connection.call(self._stub.Prove, wire.ProveRequest(paths=list(paths), at=at))
        with self._strictly():
            if len(response.proofs) != len(paths):
                raise InvalidInput(f"{len(response.proofs)} proofs for {len(paths)} paths")
            return list(map(codec.proof_from_message, response.proofs))

    async def create_client(
        self, creation: ClientCreation, *, counterparty_client_id: str | None, counterparty_merkle_prefix: Sequence[bytes]
    ) -> ClientId:
        """Where the far ledger does not pair at creation, the pairing follows with register_counterparty."""
        request = wire.CreateClientRequest(
            creation=codec.creation_to_message(creation),
            counterparty_client_id=counterparty_client_id or "",
            counterparty_merkle_prefix=list(counterparty_merkle_prefix),
        )
        response = await self._connection.guarded_call(self._stub.CreateClient, request)
        with self._strictly():
            return parse_client_id(response.client_id)

    async def register_counterparty(
        self, client: ClientId, *, counterparty_client_id: ClientId, counterparty_merkle_prefix: Sequence[bytes]
    ) -> None:
        request = wire.RegisterCounterpartyRequest(
            client_id=client,
            counterparty_client_id=counterparty_client_id,
            counterparty_merkle_prefix=list(counterparty_merkle_prefix),
        )
        await self._connection.guarded_call(self._stub.RegisterCounterparty, request)

    async def recover_client(self, client: ClientId, start: ClientCreation) -> None:
        request = wire.RecoverClientRequest(client_id=client, start=codec.creation_to_message(start))
        await self._connection.guarded_call(self._stub.RecoverClient, request)

    @property
    def _stub(self) -> adapter_pb2_grpc.LedgerAdapterStub:
        return adapter_pb2_grpc.LedgerAdapterStub(self._connection.channel)  # type: ignore[no-untyped-call]

    @contextmanager
    def _strictly(self) -> Iterator[None]:
        try:
            yield
        except InvalidInput as error:
            raise LedgerUnavailable(
                f"ledger {self._connection.name} answers what the adapter service does not allow ({error}); "
                "use a service of the same version"
            ) from error
