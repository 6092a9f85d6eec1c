"""interledger.adapter.v1 over any ledger that has the ports: one call of a port each.

What a ledger does not offer is answered with UNIMPLEMENTED, and not listed by Describe.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol, TypeVar

import grpc

from relayer.core.commitment import CommitmentPath
from relayer.core.ids import ClientId, Height
from relayer.errors import InvalidInput, LimitExceeded
from relayer.ledgers.served.answering import Context, answering
from relayer.messages import capabilities as capability_codec
from relayer.messages import ledger as codec
from relayer.ports.capabilities import (
    BindsPorts,
    Checked,
    PairsAtCreation,
    Priced,
    TrustsChains,
    TrustsClients,
    Vouched,
    capability,
)
from relayer.ports.ledger import ClientHost, Ledger
from relayer.ports.prover import ClientReference, ClientTerms, Prover
from relayer.wire.interledger.adapter.v1 import adapter_pb2 as wire
from relayer.wire.interledger.adapter.v1 import adapter_pb2_grpc

MAXIMUM_PATH_BYTES = 256
MAXIMUM_EVENT_BYTES = 16 * 1024 * 1024
"""Of several heights in one answer; a single height is always answered."""


FOR_OPERATOR = frozenset(
    f"/{wire.DESCRIPTOR.services_by_name['LedgerAdapter'].full_name}/{call}"
    for call in (
        "CreateClient",
        "RegisterCounterparty",
        "RecoverClient",
        "TrustClient",
        "DistrustClient",
        "BindClientPort",
        "TrustClientChains",
    )
)
"""Full names of the calls that need the operator's token."""

_C = TypeVar("_C")


class ServedLedger(Ledger, Prover, ClientHost, Protocol):
    """A ledger with what the service reports about it beyond the ports."""

    @property
    def revision(self) -> int:
        """ICS-2 revision of its heights; 0 if it has none."""
        ...

    @property
    def software(self) -> str:
        """For people."""
        ...

    async def event_bytes(self, *, after: Height, until: Height) -> int:
        """About how large the events of these heights are."""
        ...

    async def client_state(self, client: ClientId) -> tuple[str, bytes]:
        """Type URL and protobuf bytes of a light client's own state; both empty for a client that does not exist."""
        ...


class AdapterService(adapter_pb2_grpc.LedgerAdapterServicer):
    """See adapter.proto. Method names are those of the service."""

    def __init__(self, ledger: ServedLedger) -> None:
        """`ledger` is connected and closed by the caller."""
        self._ledger = ledger

    async def Describe(self, request: wire.DescribeRequest, context: Context) -> wire.DescribeResponse:  # noqa: N802
        del request
        async with answering(context):
            return wire.DescribeResponse(
                chain_id=self._ledger.chain_id,
                genesis_hash=self._ledger.genesis_hash,
                revision=self._ledger.revision,
                merkle_prefix=list(self._ledger.merkle_prefix),
                software=self._ledger.software,
                capabilities=capability_codec.capabilities_to_message(self._ledger),
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
            size = await self._ledger.event_bytes(after=after, until=until)
            if until - after > 1 and size > MAXIMUM_EVENT_BYTES:
                raise LimitExceeded(f"the events of heights {after} to {until} are too many at once; ask for fewer heights")
            events = await self._ledger.events(after=after, until=until)
            return wire.EventsResponse(events=list(map(codec.event_to_message, events)))

    async def GetClientStatus(self, request: wire.ClientStatusRequest, context: Context) -> wire.ClientStatus:  # noqa: N802
        client = ClientId(request.client_id)
        async with answering(context):
            status = await self._ledger.client_status(client)
            type_url, state = await self._ledger.client_state(client)
            return codec.status_to_message(status, type_url=type_url, state=state)

    async def StoresConsensusState(  # noqa: N802
        self, request: wire.StoresConsensusStateRequest, context: Context
    ) -> wire.StoresConsensusStateResponse:
        async with answering(context):
            stores = await self._ledger.stores_consensus_state(
                ClientId(request.client_id), height=Height(request.height), consensus_state=request.consensus_state
            )
            return wire.StoresConsensusStateResponse(stores=stores)

    async def Submit(self, request: wire.SubmitRequest, context: Context) -> wire.SubmitResponse:  # noqa: N802
        async with answering(context):
            receipt = await self._ledger.submit(codec.batch_from_message(request))
            return codec.receipt_to_message(receipt)

    async def MakeClientUpdate(self, request: wire.ClientUpdateRequest, context: Context) -> wire.ClientMessage:  # noqa: N802
        client = ClientReference(
            host_chain_id=request.host_chain_id,
            host_genesis=request.host_genesis,
            client_id=ClientId(request.client_id),
            client_state=request.client_state,
        )
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
            at = Height(request.height) if request.height else None
            return codec.creation_to_message(await self._ledger.initial_client(terms, at=at))

    async def GetFirstHeader(self, request: wire.FirstHeaderRequest, context: Context) -> wire.ClientMessage:  # noqa: N802
        async with answering(context):
            return codec.client_message_to_message(await self._ledger.first_header(Height(request.height)))

    async def CreateClient(self, request: wire.CreateClientRequest, context: Context) -> wire.CreateClientResponse:  # noqa: N802
        async with answering(context):
            client = await self._ledger.create_client(
                codec.creation_from_message(request.creation),
                counterparty_client_id=request.counterparty_client_id or None,
                counterparty_merkle_prefix=tuple(request.counterparty_merkle_prefix),
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

    async def GetBalance(self, request: wire.BalanceRequest, context: Context) -> wire.BalanceResponse:  # noqa: N802
        del request
        priced = await self._offered(Priced, context)
        async with answering(context):
            return wire.BalanceResponse(balance=str(await priced.balance()))

    async def QuoteSubmission(self, request: wire.SubmitRequest, context: Context) -> wire.QuoteResponse:  # noqa: N802
        priced = await self._offered(Priced, context)
        async with answering(context):
            return capability_codec.quote_to_message(await priced.quote(codec.batch_from_message(request)))

    async def GetVouching(self, request: wire.VouchingRequest, context: Context) -> wire.Vouching:  # noqa: N802
        del request
        vouched = await self._offered(Vouched, context)
        async with answering(context):
            return capability_codec.vouching_to_message(await vouched.vouching())

    async def Check(self, request: wire.CheckRequest, context: Context) -> wire.CheckResponse:  # noqa: N802
        del request
        checked = await self._offered(Checked, context)
        async with answering(context):
            lines = [capability_codec.check_line_to_message(line) async for line in checked.checks()]
            return wire.CheckResponse(lines=lines)

    async def GetClientTrust(self, request: wire.ClientTrustRequest, context: Context) -> wire.ClientTrust:  # noqa: N802
        trusting = await self._offered(TrustsClients, context)
        async with answering(context):
            return wire.ClientTrust(trusted=await trusting.trusts_client(ClientId(request.client_id)))

    async def TrustClient(self, request: wire.ClientTrustRequest, context: Context) -> wire.ClientTrust:  # noqa: N802
        trusting = await self._offered(TrustsClients, context)
        async with answering(context):
            await trusting.trust_client(ClientId(request.client_id))
            return wire.ClientTrust(trusted=True)

    async def DistrustClient(self, request: wire.ClientTrustRequest, context: Context) -> wire.ClientTrust:  # noqa: N802
        trusting = await self._offered(TrustsClients, context)
        async with answering(context):
            await trusting.distrust_client(ClientId(request.client_id))
            return wire.ClientTrust(trusted=False)

    async def GetClientPort(self, request: wire.ClientPortRequest, context: Context) -> wire.ClientPort:  # noqa: N802
        binding = await self._offered(BindsPorts, context)
        async with answering(context):
            return wire.ClientPort(port=await binding.bound_port(ClientId(request.client_id)))

    async def BindClientPort(self, request: wire.BindClientPortRequest, context: Context) -> wire.ClientPort:  # noqa: N802
        binding = await self._offered(BindsPorts, context)
        async with answering(context):
            await binding.bind_port(ClientId(request.client_id), request.port)
            return wire.ClientPort(port=request.port)

    async def GetClientChains(self, request: wire.ClientChainsRequest, context: Context) -> wire.ClientChains:  # noqa: N802
        trusting = await self._offered(TrustsChains, context)
        async with answering(context):
            return wire.ClientChains(chains=await trusting.trusted_chains(ClientId(request.client_id)))

    async def TrustClientChains(  # noqa: N802
        self, request: wire.TrustClientChainsRequest, context: Context
    ) -> wire.ClientChains:
        trusting = await self._offered(TrustsChains, context)
        async with answering(context):
            await trusting.trust_chains(ClientId(request.client_id), tuple(request.chains))
            return wire.ClientChains(chains=request.chains)

    async def GetNextClientId(self, request: wire.NextClientIdRequest, context: Context) -> wire.NextClientId:  # noqa: N802
        del request
        pairing = await self._offered(PairsAtCreation, context)
        async with answering(context):
            return wire.NextClientId(client_id=await pairing.next_client_id())

    async def _offered(self, kind: type[_C], context: Context) -> _C:
        found = capability(self._ledger, kind)
        if found is None:
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, f"this ledger is not {kind.__name__}; see Describe")
        assert found is not None
        return found
