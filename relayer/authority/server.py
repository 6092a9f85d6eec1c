"""The authority as a gRPC service, with health and reflection. It must never disclose more than the protocol requires."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc

from relayer.authority.admission import Admission
from relayer.authority.attestor import Attestor
from relayer.authority.errors import ClientNotServed, ContradictingHash, StoreUnusable, TooManyCalls
from relayer.errors import InvalidInput, LedgerError, NotFinal, RelayerError
from relayer.grpc_server import RunningService, start_service
from relayer.logs import Log
from relayer.proofs.client import ClientIdentity
from relayer.recurrence import Recurrence
from relayer.transport import Certificate
from relayer.turns import host_of
from relayer.wire.interledger.authority.v1 import authority_pb2, authority_pb2_grpc

_MAXIMUM_REQUEST_BYTES = 4_096
_SERVICE = authority_pb2.DESCRIPTOR.services_by_name["Authority"].full_name
_Context = grpc.aio.ServicerContext[Any, Any]
_STATUS_CODES: tuple[tuple[type[RelayerError], grpc.StatusCode], ...] = (
    (ClientNotServed, grpc.StatusCode.PERMISSION_DENIED),
    (NotFinal, grpc.StatusCode.FAILED_PRECONDITION),
    (ContradictingHash, grpc.StatusCode.ABORTED),
    (InvalidInput, grpc.StatusCode.INVALID_ARGUMENT),
    (TooManyCalls, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (StoreUnusable, grpc.StatusCode.INTERNAL),
    (LedgerError, grpc.StatusCode.UNAVAILABLE),
)
"""The first match applies, so children come before their parents."""
_log = Log(__name__)


async def start(
    attestor: Attestor,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    certificate: Certificate | None = None,
    token: str | None = None,
) -> RunningService:
    """Starts listening. `token`: what every caller must present. Raises ConfigurationError when the port is taken."""
    return await start_service(
        _SERVICE,
        lambda server: authority_pb2_grpc.add_AuthorityServicer_to_server(_Servicer(attestor), server),  # type: ignore[no-untyped-call]
        whose="authority",
        host=host,
        port=port,
        certificate=certificate,
        token=token,
        maximum_request_bytes=_MAXIMUM_REQUEST_BYTES,
    )


class _Servicer(authority_pb2_grpc.AuthorityServicer):
    def __init__(self, attestor: Attestor) -> None:
        self._attestor = attestor
        self._admission = Admission()
        self._recurrence = Recurrence()

    async def Describe(  # noqa: N802  (the name is the protocol's)
        self, request: authority_pb2.DescribeRequest, context: _Context
    ) -> authority_pb2.DescribeResponse:
        del request
        try:
            async with self._admission.turn(host_of(str(context.peer()))):
                final_height = await self._attestor.final_height()
        except RelayerError as error:
            await context.abort(_status(error), str(error))
        clients = sorted(self._attestor.clients, key=lambda client: (client.host_chain_id, client.client_id))
        return authority_pb2.DescribeResponse(
            address=self._attestor.address,
            chain_id=self._attestor.chain_id,
            final_height=final_height,
            clients=[
                authority_pb2.ServedClient(
                    host_chain_id=client.host_chain_id, host_genesis=client.host_genesis, client_id=client.client_id
                )
                for client in clients
            ],
        )

    async def Attest(  # noqa: N802  (the name is the protocol's)
        self, request: authority_pb2.AttestRequest, context: _Context
    ) -> authority_pb2.AttestResponse:
        client = ClientIdentity(
            host_chain_id=request.client.host_chain_id,
            host_genesis=request.client.host_genesis,
            client_id=request.client.client_id,
        )
        try:
            self._attestor.require_served(chain_id=request.chain_id, client=client, number=request.number)
            async with self._admission.turn(host_of(str(context.peer()))):
                signed = await self._attestor.attest(chain_id=request.chain_id, client=client, number=request.number)
        except TooManyCalls as error:
            await context.abort(_status(error), str(error))
        except RelayerError as error:
            self._note_refusal(error, number=request.number, client=client)
            await context.abort(_status(error), str(error))
        if self._recurrence.ended(_served(client)):
            _log.info("signing_again", number=request.number, client=client.client_id)
        # A block is signed for every client and every relayer that asks; one line tells its hash.
        log = _log.info if signed.is_first else _log.debug
        log("signed", number=request.number, client=client.client_id, block_hash=signed.block_hash.hex())
        return authority_pb2.AttestResponse(block_hash=signed.block_hash, signature=signed.signature)

    def _note_refusal(self, error: RelayerError, *, number: int, client: ClientIdentity) -> None:
        """A relayer asks again and again while the node is behind: a reason is logged once, then at growing intervals.

        Names that are not served are a caller's invention, so they share one course.
        """
        subject = None if isinstance(error, ClientNotServed) else _served(client)
        unlogged = self._recurrence.met(subject, type(error).__name__, asyncio.get_running_loop().time())
        if unlogged is not None:
            _log.warning("not signed", number=number, client=client.client_id, reason=str(error), not_logged=unlogged)


def _served(client: ClientIdentity) -> tuple[str, str]:
    """As it is configured: the first block may be whatever a caller says."""
    return client.host_chain_id, client.client_id


def _status(error: RelayerError) -> grpc.StatusCode:
    """The codes of the protocol's comments; any other error means that the node cannot be queried."""
    return next((code for kind, code in _STATUS_CODES if isinstance(error, kind)), grpc.StatusCode.UNKNOWN)
