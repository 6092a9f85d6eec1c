"""Collects the signatures of k of n authorities over a block hash, in parallel, from slow, dead and lying ones alike.

The hash is the one that our own node shows; an authority that names another is counted as disagreeing. Every signature is
verified before it counts, so a light client never sees a bad one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import grpc

from relayer.errors import AuthoritiesUnavailable
from relayer.proofs.attestation import ClientIdentity, authority_digest, recover_signer
from relayer.proofs.errors import ProofError
from relayer.proofs.seal_engine import AuthorityEngine
from relayer.wire.interledger.authority.v1 import authority_pb2, authority_pb2_grpc

_RETRY_PAUSE_SECONDS = 0.1
_MAXIMUM_ANSWER_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityEndpoint:
    """One authority: its 20-byte address and where it listens, as host:port."""

    address: bytes
    target: str


@dataclass(frozen=True, slots=True)
class _Refused(Exception):
    reason: str


class AuthorityQuorum:
    """The configured authorities of one ledger. Safe for concurrent use; `close` ends its connections."""

    def __init__(
        self,
        endpoints: Sequence[AuthorityEndpoint],
        *,
        threshold: int,
        chain_id: int,
        timeout_seconds: float = 15.0,
    ) -> None:
        """Raises ClientRefused for a threshold or a set that no light client accepts."""
        self.engine = AuthorityEngine(threshold=threshold, authorities=tuple(sorted(each.address for each in endpoints)))
        self.engine.check()
        self._endpoints = tuple(endpoints)
        self._chain_id = chain_id
        self._timeout = timeout_seconds
        self._channels: dict[str, grpc.aio.Channel] = {}

    async def close(self) -> None:
        channels, self._channels = self._channels, {}
        for channel in channels.values():
            await channel.close(None)

    async def collect(self, identity: ClientIdentity, *, number: int, block_hash: bytes) -> tuple[bytes, ...]:
        """As many verified signatures as the threshold needs. Raises AuthoritiesUnavailable, naming each one's reason."""
        digest = authority_digest(chain_id=self._chain_id, identity=identity, number=number, block_hash=block_hash)
        request = authority_pb2.AttestRequest(
            chain_id=self._chain_id,
            client=authority_pb2.ServedClient(host_chain_id=identity.host_chain_id, client_id=identity.client_id),
            number=number,
        )
        tasks = {
            asyncio.create_task(self._ask(endpoint, request, block_hash, digest)): endpoint for endpoint in self._endpoints
        }
        signatures: list[bytes] = []
        reasons: list[str] = []
        pending: set[asyncio.Task[bytes]] = set(tasks)
        try:
            while pending and len(signatures) < self.engine.threshold:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    try:
                        signatures.append(task.result())
                    except _Refused as refusal:
                        endpoint = tasks[task]
                        reasons.append(f"0x{endpoint.address.hex()} at {endpoint.target}: {refusal.reason}")
        finally:
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)
        if len(signatures) < self.engine.threshold:
            raise AuthoritiesUnavailable(
                f"block {number}: {len(signatures)} of the {self.engine.threshold} signatures that are needed; "
                + "; ".join(sorted(reasons))
            )
        return tuple(signatures[: self.engine.threshold])

    async def _ask(
        self, endpoint: AuthorityEndpoint, request: authority_pb2.AttestRequest, block_hash: bytes, digest: bytes
    ) -> bytes:
        """One verified signature. While the authority's node is behind ours it is asked again."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout
        while True:
            left = deadline - loop.time()
            try:
                answer = await self._stub(endpoint).Attest(request, timeout=max(left, 0.001))
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.FAILED_PRECONDITION or left <= _RETRY_PAUSE_SECONDS:
                    raise _Refused(f"{error.code().name}: {error.details()}") from error
                await asyncio.sleep(_RETRY_PAUSE_SECONDS)
                continue
            return _verified(answer, endpoint, block_hash, digest)

    def _stub(self, endpoint: AuthorityEndpoint) -> authority_pb2_grpc.AuthorityStub:
        channel = self._channels.get(endpoint.target)
        if channel is None:
            options = [
                ("grpc.max_receive_message_length", _MAXIMUM_ANSWER_BYTES),
                # An authority that was down must be found soon after it is back.
                ("grpc.max_reconnect_backoff_ms", 2_000),
                ("grpc.enable_http_proxy", 0),
            ]
            channel = grpc.aio.insecure_channel(endpoint.target, options=options)
            self._channels[endpoint.target] = channel
        return authority_pb2_grpc.AuthorityStub(channel)  # type: ignore[no-untyped-call]


def _verified(answer: authority_pb2.AttestResponse, endpoint: AuthorityEndpoint, block_hash: bytes, digest: bytes) -> bytes:
    if answer.block_hash != block_hash:
        raise _Refused(
            f"signs hash {answer.block_hash.hex()[:64]}, our node has {block_hash.hex()}; one of the two nodes is on a fork"
        )
    try:
        signer = recover_signer(digest, answer.signature)
    except ProofError as error:
        raise _Refused(f"gives a bad signature ({error})") from error
    if signer != endpoint.address:
        raise _Refused(f"signs as 0x{signer.hex()}, so it is not the configured authority")
    return bytes(answer.signature)
