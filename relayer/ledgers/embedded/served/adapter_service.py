"""interledger.adapter.v1 over an embedded ledger: one call of the port each."""

from __future__ import annotations

from collections.abc import AsyncIterator

from relayer.core.commitment import CommitmentPath
from relayer.core.ids import ClientId, Height
from relayer.errors import InvalidInput, LimitExceeded
from relayer.ledgers.embedded.chain.client_view import client_state
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ledgers.embedded.served.serving import Context, answering
from relayer.messages import ledger as codec
from relayer.ports.prover import ClientReference, ClientTerms
from relayer.wire.interledger.adapter.v1 import adapter_pb2 as wire
from relayer.wire.interledger.adapter.v1 import adapter_pb2_grpc

SOFTWARE = "interledger-settlement-relayer embedded ledger"
MAXIMUM_PATH_BYTES = 256
MAXIMUM_EVENT_BYTES = 16 * 1024 * 1024
"""Of several heights in one answer; a single height is always answered."""


class AdapterService(adapter_pb2_grpc.LedgerAdapterServicer):
    """See adapter.proto. Method names are those of the service."""

    def __init__(self, ledger: EmbeddedLedger) -> None:
        self._ledger = ledger

    async def Describe(self, request: wire.DescribeRequest, context: Context) -> wire.DescribeResponse:  # noqa: N802
        del request
        async with answering(context):
            return wire.DescribeResponse(
                chain_id=self._ledger.chain_id,
                revision=self._ledger.session.revision,
                merkle_prefix=list(self._ledger.merkle_prefix),
                software=SOFTWARE,
            )

    async def GetHead(self, request: wire.HeadRequest, context: Context) -> wire.Head:  # noqa: N802
        del request
        async with answering(context):
            return codec.head_to_message(await self._ledger.head())

    async def WatchHeads(self, request: wire.HeadRequest, context: Context) -> AsyncIterator[wire.Head]:  # noqa: N802
        del request
        async with answering(context):
            hints = self._ledger.head_hints()
            yield codec.head_to_message(await self._ledger.head())
            async for _ in hints:
                yield codec.head_to_message(await self._ledger.head())

    async def ListEvents(self, request: wire.EventsRequest, context: Context) -> wire.EventsResponse:  # noqa: N802
        after, until = Height(request.after), Height(request.until)
        async with answering(context):
            size = await self._ledger.session.run(lambda chain: chain.state.events.size(after=after, until=until))
            if until - after > 1 and size > MAXIMUM_EVENT_BYTES:
                raise LimitExceeded(f"the events of heights {after} to {until} are too many at once; ask for fewer heights")
            events = await self._ledger.events(after=after, until=until)
            return wire.EventsResponse(events=list(map(codec.event_to_message, events)))

    async def GetClientStatus(self, request: wire.ClientStatusRequest, context: Context) -> wire.ClientStatus:  # noqa: N802
        client = ClientId(request.client_id)
        async with answering(context):
            status = await self._ledger.client_status(client)
            now = self._ledger.session.now()
            type_url, state = await self._ledger.session.run(lambda chain: client_state(chain, client, now=now))
            return codec.status_to_message(status, type_url=type_url, state=state)

    async def Submit(self, request: wire.SubmitRequest, context: Context) -> wire.SubmitResponse:  # noqa: N802
        async with answering(context):
            receipt = await self._ledger.submit(codec.batch_from_message(request))
            return codec.receipt_to_message(receipt)

    async def MakeClientUpdate(self, request: wire.ClientUpdateRequest, context: Context) -> wire.ClientMessage:  # noqa: N802
        client = ClientReference(host_chain_id=request.host_chain_id, client_id=ClientId(request.client_id))
        async with answering(context):
            message = await self._ledger.client_update(
                client, trusted=Height(request.trusted), target=Height(request.target)
            )
            return codec.client_message_to_message(message)

    async def Prove(self, request: wire.ProveRequest, context: Context) -> wire.ProveResponse:  # noqa: N802
        async with answering(context):
            if any(not 1 <= len(path) <= MAXIMUM_PATH_BYTES for path in request.paths):
                raise InvalidInput(f"a path has 1 to {MAXIMUM_PATH_BYTES} bytes")
            proofs = await self._ledger.prove(list(map(CommitmentPath, request.paths)), at=Height(request.at))
            return wire.ProveResponse(proofs=list(map(codec.proof_to_message, proofs)))

    async def MakeInitialClient(self, request: wire.InitialClientRequest, context: Context) -> wire.ClientCreation:  # noqa: N802
        terms = ClientTerms(
            trusting_period_seconds=request.trusting_period_seconds,
            max_clock_drift_seconds=request.max_clock_drift_seconds,
        )
        async with answering(context):
            return codec.creation_to_message(await self._ledger.initial_client(terms))

    async def CreateClient(self, request: wire.ClientCreation, context: Context) -> wire.CreateClientResponse:  # noqa: N802
        async with answering(context):
            client = await self._ledger.create_client(
                codec.creation_from_message(request), counterparty_client_id=None, counterparty_merkle_prefix=()
            )
            return wire.CreateClientResponse(client_id=client)

    async def RegisterCounterparty(  # noqa: N802
        self, request: wire.RegisterCounterpartyRequest, context: Context
    ) -> wire.RegisterCounterpartyResponse:
        async with answering(context):
            await self._ledger.register_counterparty(
                ClientId(request.client_id),
                counterparty_client_id=ClientId(request.counterparty_client_id),
                counterparty_merkle_prefix=tuple(request.counterparty_merkle_prefix),
            )
            return wire.RegisterCounterpartyResponse()

    async def RecoverClient(  # noqa: N802
        self, request: wire.RecoverClientRequest, context: Context
    ) -> wire.RecoverClientResponse:
        async with answering(context):
            await self._ledger.recover_client(ClientId(request.client_id), codec.creation_from_message(request.start))
            return wire.RecoverClientResponse()
