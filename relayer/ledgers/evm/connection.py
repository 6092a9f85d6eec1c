"""What a ledger is reached with: options, and one account's connection that the adapter and the set-up verbs share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from relayer.errors import ConfigurationError
from relayer.keystore import LocalAccount
from relayer.ledgers.evm.deployer import Deployer
from relayer.ledgers.evm.fees import FeePolicy
from relayer.ledgers.evm.finality import FinalityRule, LatestIsFinal
from relayer.ledgers.evm.node import EvmNode
from relayer.ledgers.evm.rpc import JsonRpc
from relayer.ledgers.evm.transactions import AccountSender, ResubmissionTimes
from relayer.ports.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionOptions:
    """`endpoints`: http(s) addresses for requests, the preferred one first, and ws(s) addresses for hints of new heads."""

    chain_id: int
    endpoints: tuple[str, ...]
    fees: FeePolicy
    finality: FinalityRule = LatestIsFinal()
    patience: ResubmissionTimes = field(default_factory=ResubmissionTimes)
    request_timeout_seconds: float = 60.0

    @property
    def request_urls(self) -> tuple[str, ...]:
        """Where JSON-RPC requests go. Raises ConfigurationError if there is none."""
        urls = tuple(url for url in self.endpoints if url.startswith(("http://", "https://")))
        if not urls:
            raise ConfigurationError("endpoints: one http:// or https:// address is needed; ws:// gives hints alone")
        return urls

    @property
    def hint_urls(self) -> tuple[str, ...]:
        """Where new heads are announced; may be empty."""
        return tuple(url for url in self.endpoints if url.startswith(("ws://", "wss://")))


class EvmConnection:
    """Nodes and one account. `close` ends it; nothing is opened before the first call."""

    def __init__(self, options: ConnectionOptions, account: LocalAccount, clock: Clock) -> None:
        self.options = options
        self.clock = clock
        self.rpc = JsonRpc(options.request_urls, chain_id=options.chain_id, timeout_seconds=options.request_timeout_seconds)
        self.node = EvmNode(self.rpc, options.finality)
        self.sender = AccountSender(
            self.node, account, chain_id=options.chain_id, fees=options.fees, clock=clock, patience=options.patience
        )
        self.deployer = Deployer(self.node, self.sender, clock=clock)

    async def close(self) -> None:
        """Closes all connections."""
        await self.rpc.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
