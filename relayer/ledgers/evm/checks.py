"""What `relayer check` looks at on an EVM ledger beside the router: the account that pays, and each authority.

It needs no router, so it serves a ledger whose contracts are not deployed yet; where they are, it says who owns them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import grpc

from relayer.errors import RelayerError
from relayer.facts.codec import PORT
from relayer.keystore import LocalAccount
from relayer.ledgers.evm.authority_endpoint import AuthorityEndpoint
from relayer.ledgers.evm.connection import ConnectionOptions, EvmConnection
from relayer.ledgers.evm.facts_port import port_line
from relayer.ledgers.evm.fees import ZeroPrice
from relayer.ledgers.evm.ownership import ownership_lines
from relayer.ports.capabilities import CheckLine
from relayer.ports.clock import Clock
from relayer.proofs.evm_address import checksum_address
from relayer.wire.interledger.authority.v1 import authority_pb2, authority_pb2_grpc


@dataclass(frozen=True, slots=True, kw_only=True)
class EvmChecks:
    """Implements Checked. `account` opens the key; what it raises becomes a line."""

    connection: ConnectionOptions
    account: Callable[[], LocalAccount]
    authorities: tuple[AuthorityEndpoint, ...]
    threshold: int
    authority_timeout_seconds: float
    clock: Clock
    router: bytes | None
    facts: bytes | None
    clients: tuple[str, ...]
    port: str = PORT
    """Of the facts, as the configuration has it."""

    async def checks(self) -> AsyncIterator[CheckLine]:
        """The account, the price of gas, each authority, and whether the authorities suffice."""
        yield await self._account_line()
        yield await self._fees_line()
        async for line in self._ownership_lines():
            yield line
        good = 0
        for authority in self.authorities:
            line = await self._authority_line(authority)
            good += line.good
            yield line
        yield CheckLine(
            subject="authorities",
            found=f"{good} of {len(self.authorities)} answer, {self.threshold} are needed",
            remedy=""
            if good >= self.threshold
            else "start more of the authorities, or nothing can be proven to light clients that trust them",
        )

    async def _account_line(self) -> CheckLine:
        try:
            async with EvmConnection(self.connection, self.account(), self.clock) as connection:
                await connection.rpc.check_endpoints()
                address = connection.sender.address
                balance = await connection.node.balance(address)
        except RelayerError as error:
            return CheckLine(subject="account", found="cannot be looked at", remedy=str(error))
        name = checksum_address(address)
        is_free = isinstance(self.connection.fees, ZeroPrice)
        remedy = "" if balance or is_free else f"send funds to {name}, it pays the fees"
        return CheckLine(subject="account", found=f"{name} has {balance} wei", remedy=remedy)

    async def _fees_line(self) -> CheckLine:
        try:
            async with EvmConnection(self.connection, self.account(), self.clock) as connection:
                price = (await connection.sender.offer()).price
        except RelayerError as error:
            return CheckLine(subject="fees", found="no transaction can be priced", remedy=str(error))
        return CheckLine(subject="fees", found=f"a transaction would offer {price} wei per gas")

    async def _ownership_lines(self) -> AsyncIterator[CheckLine]:
        if self.router is None:
            return
        try:
            async with EvmConnection(self.connection, self.account(), self.clock) as connection:
                async for line in ownership_lines(
                    connection.node,
                    account=connection.sender.address,
                    router=self.router,
                    facts=self.facts,
                    clients=self.clients,
                ):
                    yield line
                if self.facts is not None:
                    yield await port_line(connection.node, router=self.router, facts=self.facts, expected=self.port)
        except RelayerError as error:
            yield CheckLine(subject="owners", found="cannot be looked at", remedy=str(error))

    async def _authority_line(self, authority: AuthorityEndpoint) -> CheckLine:
        subject = f"authority {authority.target}"
        async with authority.channel() as channel:
            stub = authority_pb2_grpc.AuthorityStub(channel)  # type: ignore[no-untyped-call]
            try:
                told = await stub.Describe(
                    authority_pb2.DescribeRequest(), timeout=self.authority_timeout_seconds, metadata=authority.metadata
                )
            except grpc.aio.AioRpcError as error:
                remedy = f"is `relayer authority serve` running there? ({error.code().name}: {error.details()})"
                if error.code() is grpc.StatusCode.UNAUTHENTICATED:
                    remedy = f"name its access token as `token` of the member ({error.details()})"
                return CheckLine(subject=subject, found="does not answer", remedy=remedy)
        return CheckLine(subject=subject, found=_described(told), remedy=self._mistaken(authority, told))

    def _mistaken(self, authority: AuthorityEndpoint, told: authority_pb2.DescribeResponse) -> str:
        """What to do about an authority that is not the configured one; empty if it is."""
        if told.address != authority.address:
            return f"the configuration says {checksum_address(authority.address)}; correct one of the two"
        if told.chain_id != self.connection.chain_id:
            return f"it follows another chain than {self.connection.chain_id}; correct one"
        return ""


def _described(told: authority_pb2.DescribeResponse) -> str:
    served = ", ".join(f"{client.client_id} on {client.host_chain_id}" for client in told.clients)
    return f"0x{told.address.hex()} of chain {told.chain_id}, final to {told.final_height}, serves {served or 'no client'}"
