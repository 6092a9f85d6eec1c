"""An authority with faults, behind the real protocol: it has a real key, and uses it as no authority should.

It keeps no record of what it signed, so it must never stand for a real one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from enum import Enum
from typing import Any, Self

import grpc
from eth_account.signers.local import LocalAccount

from relayer.authority.source import BlockSource
from relayer.proofs.client import ClientIdentity
from relayer.proofs.keccak import keccak256
from relayer.proofs.poa_evm.attestation import authority_digest, sign_digest
from relayer.wire.interledger.authority.v1 import authority_pb2, authority_pb2_grpc

_Context = grpc.aio.ServicerContext[Any, Any]


class AuthorityFault(Enum):
    """What is wrong with it."""

    NONE = "none"
    SLOW = "slow"
    """Honest, after `delay_seconds`."""
    SILENT = "silent"
    LIES = "lies"
    """Signs a hash that no block has."""
    FORGES = "forges"
    """Gives the right hash under a signature of something else."""
    CONTRADICTS = "contradicts"
    """Signs the block of `fork` (or a lie) and the one of its ledger by turns, whoever asks."""


class FaultyAuthority(authority_pb2_grpc.AuthorityServicer):
    """Serves every light client. `asked` counts requests by block number."""

    def __init__(
        self, account: LocalAccount, source: BlockSource, *, chain_id: int, fork: BlockSource | None = None
    ) -> None:
        self.fault = AuthorityFault.NONE
        self.delay_seconds = 1.0
        self.asked: Counter[int] = Counter()
        self._turns: Counter[int] = Counter()
        self._account = account
        self._source = source
        self._fork = fork
        self._chain_id = chain_id
        self._server: grpc.aio.Server | None = None
        self._port = 0

    @property
    def target(self) -> str:
        """Where it listens, as host:port."""
        return f"127.0.0.1:{self._port}"

    @property
    def address(self) -> str:
        """Checksummed."""
        return str(self._account.address)

    async def __aenter__(self) -> Self:
        self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        authority_pb2_grpc.add_AuthorityServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]
        self._port = self._server.add_insecure_port(f"127.0.0.1:{self._port}")
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.die()

    async def die(self) -> None:
        """Nothing listens any more."""
        server, self._server = self._server, None
        if server is not None:
            await server.stop(None)

    async def Attest(  # noqa: N802  (the name is the protocol's)
        self, request: authority_pb2.AttestRequest, context: _Context
    ) -> authority_pb2.AttestResponse:
        """Signs, or fails as `fault` says."""
        self.asked[request.number] += 1
        if request.number > await self._source.final_height():
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not final yet")
        truth = await self._source.block_hash(request.number)
        match self.fault:
            case AuthorityFault.NONE:
                return self._signed(request, truth)
            case AuthorityFault.SLOW:
                await asyncio.sleep(self.delay_seconds)
                return self._signed(request, truth)
            case AuthorityFault.SILENT:
                await asyncio.Event().wait()
            case AuthorityFault.LIES:
                return self._signed(request, keccak256(truth))
            case AuthorityFault.FORGES:
                forged = self._signed(request, keccak256(truth))
                return authority_pb2.AttestResponse(block_hash=truth, signature=forged.signature)
            case AuthorityFault.CONTRADICTS:
                other = keccak256(truth) if self._fork is None else await self._fork.block_hash(request.number)
                self._turns[request.number] += 1
                return self._signed(request, other if self._turns[request.number] % 2 else truth)
        raise AssertionError

    def _signed(self, request: authority_pb2.AttestRequest, block_hash: bytes) -> authority_pb2.AttestResponse:
        identity = ClientIdentity(
            host_chain_id=request.client.host_chain_id,
            host_genesis=request.client.host_genesis,
            client_id=request.client.client_id,
        )
        digest = authority_digest(chain_id=self._chain_id, identity=identity, number=request.number, block_hash=block_hash)
        return authority_pb2.AttestResponse(block_hash=block_hash, signature=sign_digest(bytes(self._account.key), digest))
