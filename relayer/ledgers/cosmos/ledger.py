"""A chain of the Cosmos SDK as the engine sees it: ports Ledger, Prover and ClientHost over CometBFT's JSON-RPC.

Composition alone: watching, proving, submitting and set-up each have their own module, and none of them knows the others.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from relayer.core.commitment import CommitmentPath
from relayer.core.events import LedgerFact
from relayer.core.ids import ClientId, Height, LedgerId
from relayer.errors import ConfigurationError
from relayer.keystore import LocalAccount
from relayer.ledgers.cosmos.account import CosmosAccount
from relayer.ledgers.cosmos.chain_view import ChainView
from relayer.ledgers.cosmos.checks import account_line
from relayer.ledgers.cosmos.client_host import CosmosClientHost
from relayer.ledgers.cosmos.client_view import ClientView
from relayer.ledgers.cosmos.commander import Commander
from relayer.ledgers.cosmos.endpoints import EndpointOptions
from relayer.ledgers.cosmos.fees import FeePolicy
from relayer.ledgers.cosmos.forwarding import CosmosForwarding
from relayer.ledgers.cosmos.hints import NEW_BLOCKS, websocket_of
from relayer.ledgers.cosmos.light_blocks import LightBlocks
from relayer.ledgers.cosmos.limits import TransactionLimits
from relayer.ledgers.cosmos.prover import MERKLE_PREFIX, CosmosProver
from relayer.ledgers.cosmos.recording import FactRecorder
from relayer.ledgers.cosmos.rpc import CometRpc
from relayer.ledgers.cosmos.settlement import CosmosSettlement
from relayer.ledgers.cosmos.submitter import Submitter
from relayer.ledgers.cosmos.transactions import AccountSender, ResubmissionTimes
from relayer.ledgers.nodes.websocket import lasting_notices
from relayer.ports.capabilities import CheckLine
from relayer.ports.clock import Clock
from relayer.ports.ledger import ClientStatus, Head, Quote, SubmissionBatch, SubmissionReceipt
from relayer.ports.prover import ClientCreation, ClientMessage, ClientReference, ClientTerms, Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class CosmosLedgerOptions:
    """One chain as configured. `endpoints`: http(s) addresses of CometBFT's JSON-RPC, the preferred one first; the
    websocket of the same address gives hints of new blocks. `prefix` is that of the chain's bech32 addresses."""

    ledger_id: LedgerId
    chain_id: str
    endpoints: tuple[str, ...]
    prefix: str
    fees: FeePolicy
    limits: TransactionLimits = field(default_factory=TransactionLimits)
    patience: ResubmissionTimes = field(default_factory=ResubmissionTimes)
    requests: EndpointOptions = field(default_factory=EndpointOptions)


class CosmosLedger:
    """One chain, acted on by one account. `connect` before use, `close` after."""

    def __init__(self, options: CosmosLedgerOptions, account: LocalAccount, clock: Clock) -> None:
        """Raises ConfigurationError; opens nothing."""
        if not options.endpoints or not all(url.startswith(("http://", "https://")) for url in options.endpoints):
            raise ConfigurationError(
                f"endpoints of ledger {options.ledger_id}: expected http:// or https:// addresses of a node's RPC, "
                "such as http://127.0.0.1:26657; the websocket of the same address is found by itself"
            )
        self._options = options
        self._clock = clock
        self._genesis_hash = b""
        self._rpc = CometRpc(options.endpoints, chain_id=options.chain_id, options=options.requests)
        signer = CosmosAccount(account, prefix=options.prefix)
        self._sender = AccountSender(
            self._rpc, signer, chain_id=options.chain_id, fees=options.fees, clock=clock, patience=options.patience
        )
        self._submitter = Submitter(self._rpc, self._sender, limits=options.limits)
        commander = Commander(self._sender)
        self._clients = ClientView(self._rpc)
        self._host = CosmosClientHost(self._rpc, self._clients, commander, prefix=options.prefix)
        recorder = FactRecorder(self._rpc, self._sender, limits=options.limits)
        self.settlement = CosmosSettlement(self._rpc, commander, recorder, chain_id=options.chain_id)
        self.forwarding = CosmosForwarding(self._rpc, commander, chain_id=options.chain_id)
        blocks = LightBlocks(self._rpc, chain_id=options.chain_id)
        self._view = ChainView(self._rpc, blocks, ledger=options.ledger_id)
        self._prover = CosmosProver(self._rpc, self._view, blocks, chain_id=options.chain_id)

    @property
    def ledger_id(self) -> LedgerId:
        return self._options.ledger_id

    @property
    def chain_id(self) -> str:
        return self._options.chain_id

    @property
    def genesis_hash(self) -> bytes:
        return self._genesis_hash

    @property
    def merkle_prefix(self) -> tuple[bytes, ...]:
        return MERKLE_PREFIX

    @property
    def account(self) -> str:
        """Who pays for submissions, in bech32."""
        return self._sender.address

    async def connect(self) -> None:
        """Compares every node's chain id and the chain's address prefix. Raises WrongLedger, LedgerUnavailable."""
        await self._rpc.check_endpoints()
        await self._sender.reader.check_prefix()
        self._genesis_hash = await self._clients.first_block_hash()

    async def close(self) -> None:
        await self._rpc.close()

    async def balance(self) -> int:
        """What the submitting account has of the coin that pays fees."""
        return await self._sender.reader.balance(self._options.fees.denomination)

    async def checks(self) -> AsyncIterator[CheckLine]:
        """The account that pays."""
        yield await account_line(self.connect, self._sender, self._options.fees)

    async def trust_client(self, client: ClientId) -> None:
        await self.settlement.trust_client(client)

    async def distrust_client(self, client: ClientId) -> None:
        await self.settlement.distrust_client(client)

    async def trusts_client(self, client: ClientId) -> bool:
        return await self.settlement.trusts_client(client)

    async def trust_chains(self, client: ClientId, chains: Sequence[str]) -> None:
        await self.settlement.trust_chains(client, chains)

    async def trusted_chains(self, client: ClientId) -> tuple[str, ...]:
        return await self.settlement.trusted_chains(client)

    async def bind_port(self, client: ClientId, port: str) -> None:
        await self.settlement.bind_port(client, port)

    async def bound_port(self, client: ClientId) -> str:
        return await self.settlement.bound_port(client)

    async def head(self) -> Head:
        return await self._view.head()

    def head_hints(self) -> AsyncIterator[None]:
        """Hints of all nodes' websockets in turn."""
        return lasting_notices([websocket_of(url) for url in self._options.endpoints], NEW_BLOCKS, self._clock)

    async def events(self, *, after: Height, until: Height) -> Sequence[LedgerFact]:
        return await self._view.events(after=after, until=until)

    async def client_status(self, client: ClientId) -> ClientStatus:
        return await self._clients.status(client)

    async def stores_consensus_state(self, client: ClientId, *, height: Height, consensus_state: bytes) -> bool:
        return await self._clients.stores_consensus_state(client, height=height, consensus_state=consensus_state)

    async def submit(self, batch: SubmissionBatch) -> SubmissionReceipt:
        return await self._submitter.submit(batch)

    async def quote(self, batch: SubmissionBatch) -> Quote:
        return await self._submitter.quote(batch)

    async def initial_client(self, terms: ClientTerms, *, at: Height | None = None) -> ClientCreation:
        return await self._prover.initial_client(terms, at=at)

    async def first_header(self, height: Height) -> ClientMessage:
        return await self._prover.first_header(height)

    async def client_update(self, client: ClientReference, *, trusted: Height, target: Height) -> ClientMessage:
        return await self._prover.client_update(client, trusted=trusted, target=target)

    async def prove(self, paths: Sequence[CommitmentPath], *, at: Height) -> Sequence[Proof]:
        return await self._prover.prove(paths, at=at)

    async def create_client(
        self, creation: ClientCreation, *, counterparty_client_id: str | None, counterparty_merkle_prefix: Sequence[bytes]
    ) -> ClientId:
        """The pairing is separate here: register_counterparty. Raises LedgerRefused."""
        del counterparty_client_id, counterparty_merkle_prefix
        return await self._host.create_client(creation)

    async def register_counterparty(
        self, client: ClientId, *, counterparty_client_id: ClientId, counterparty_merkle_prefix: Sequence[bytes]
    ) -> None:
        """Raises LedgerRefused for a different pairing than the stored one, AccessDenied for a client of another account."""
        await self._host.register_counterparty(
            client, counterparty_client_id=counterparty_client_id, counterparty_merkle_prefix=counterparty_merkle_prefix
        )

    async def recover_client(self, client: ClientId, start: ClientCreation) -> None:
        """Only the chain's authority can: raises AccessDenied that says what it must do."""
        await self._host.recover_client(client, start)
