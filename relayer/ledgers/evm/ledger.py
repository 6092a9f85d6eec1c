"""The EVM ledger as the engine sees it: ports Ledger, Prover and ClientHost over one router.

Composition alone: watching, proving, submitting and set-up each have their own module, and none of them knows the others.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from relayer.core.commitment import CommitmentPath
from relayer.core.events import LedgerFact
from relayer.core.ids import ClientId, Height, LedgerId
from relayer.errors import ConfigurationError, InvalidInput, LedgerUnavailable
from relayer.keystore import LocalAccount
from relayer.ledgers.evm.authorities import AuthorityQuorum
from relayer.ledgers.evm.authority_endpoint import AuthorityEndpoint
from relayer.ledgers.evm.chain_view import ChainView
from relayer.ledgers.evm.checks import EvmChecks
from relayer.ledgers.evm.clients import RouterClients
from relayer.ledgers.evm.comet_abi import light_client_code, recover_call
from relayer.ledgers.evm.comet_codec import CometCodec
from relayer.ledgers.evm.connection import ConnectionOptions, EvmConnection
from relayer.ledgers.evm.naming import named
from relayer.ledgers.evm.prover import EvmProver, engine_in_force
from relayer.ledgers.evm.router_check import require_router
from relayer.ledgers.evm.submitter import Submitter
from relayer.ledgers.nodes.websocket import Subscription, lasting_notices
from relayer.ports.capabilities import CheckLine, NamedVouchers, Voucher, Vouching
from relayer.ports.clock import Clock
from relayer.ports.ledger import ClientCondition, ClientStatus, Head, Quote, SubmissionBatch, SubmissionReceipt
from relayer.ports.prover import ClientCreation, ClientMessage, ClientReference, ClientTerms, Proof
from relayer.proofs.client import ClientIdentity
from relayer.proofs.comet.client_types import CLIENT_TYPE
from relayer.proofs.errors import ProofError
from relayer.proofs.evm_address import checksum_address

_NEW_HEADS = Subscription("eth_subscribe", ["newHeads"])


@dataclass(frozen=True, slots=True, kw_only=True)
class EvmLedgerOptions:
    """One EVM ledger as configured. `router` is 20 bytes; authorities vouch for its block hashes."""

    ledger_id: LedgerId
    connection: ConnectionOptions
    router: bytes
    authorities: tuple[AuthorityEndpoint, ...]
    threshold: int
    rotating: tuple[AuthorityEndpoint, ...] = ()
    authority_timeout_seconds: float = 15.0
    blocks_per_query: int = 2_000
    gas_limit: int | None = None
    """Most gas of one transaction; None: four fifths of the block's limit."""


class EvmLedger:
    """One router on one EVM ledger. `connect` before use, `close` after."""

    def __init__(self, options: EvmLedgerOptions, account: LocalAccount, clock: Clock) -> None:
        """Raises ConfigurationError; opens nothing."""
        self._options = options
        self._clock = clock
        connection = EvmConnection(options.connection, account, clock)
        self._connection = connection
        node, router, chain_id = connection.node, options.router, options.connection.chain_id
        try:
            self._quorum = AuthorityQuorum(
                options.authorities,
                rotating=options.rotating,
                threshold=options.threshold,
                chain_id=chain_id,
                timeout_seconds=options.authority_timeout_seconds,
            )
        except ProofError as error:
            raise ConfigurationError(f"authorities of ledger {options.ledger_id}: {error}") from error
        self._clients = RouterClients(node, router=router)
        self._view = ChainView(node, ledger=options.ledger_id, router=router, blocks_per_query=options.blocks_per_query)
        self._prover = EvmProver(node, self._view, self._quorum, chain_id=chain_id, router=router)
        self._checks = EvmChecks(
            connection=options.connection,
            account=lambda: account,
            authorities=options.authorities,
            threshold=options.threshold,
            authority_timeout_seconds=options.authority_timeout_seconds,
            clock=clock,
            router=router,
            facts=None,
            clients=(),
        )
        codec = CometCodec(node, self._clients)
        self._submitter = Submitter(node, connection.sender, codec, router=router, gas_limit=options.gas_limit, clock=clock)

    @property
    def ledger_id(self) -> LedgerId:
        return self._options.ledger_id

    @property
    def chain_id(self) -> str:
        return str(self._options.connection.chain_id)

    @property
    def genesis_hash(self) -> bytes:
        """Empty: the router's light client binds nothing to its host."""
        return b""

    @property
    def merkle_prefix(self) -> tuple[bytes, ...]:
        return (b"",)

    @property
    def account(self) -> bytes:
        """20 bytes: who pays for submissions."""
        return self._connection.sender.address

    async def connect(self) -> None:
        """Checks every node's chain id and the contract at the router's address. Raises WrongLedger, LedgerUnavailable."""
        await self._connection.rpc.check_endpoints()
        await require_router(self._connection.node, self._options.router)

    async def close(self) -> None:
        await self._quorum.close()
        await self._connection.close()

    async def balance(self) -> int:
        """What the submitting account has, in wei."""
        return await self._connection.node.balance(self.account)

    async def head(self) -> Head:
        block = await self._view.head()
        return Head(height=block.number, timestamp=block.timestamp, hash=block.hash)

    def head_hints(self) -> AsyncIterator[None]:
        """Hints of all websocket addresses in turn; ends at once if none is configured, and the engine polls."""
        return lasting_notices(self._options.connection.hint_urls, _NEW_HEADS, self._clock)

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

    async def vouching(self) -> Vouching:
        return await self._quorum.vouching()

    async def not_serving(self, client: ClientReference) -> tuple[Voucher, ...]:
        identity = ClientIdentity(
            host_chain_id=client.host_chain_id, host_genesis=client.host_genesis, client_id=client.client_id
        )
        return await self._quorum.not_serving(identity, engine_in_force(client))

    async def vouching_for(self, client: ClientReference) -> Vouching:
        return await self._quorum.vouching(engine_in_force(client))

    def named_for(self, client: ClientReference) -> NamedVouchers:
        trusted, quorum = engine_in_force(client), self._quorum
        if trusted is None:
            return NamedVouchers()
        return named(trusted, members=quorum.engine, rotating=quorum.rotating, ledger=self.ledger_id)

    async def vouched_height(self, client: ClientReference, *, target: Height) -> Height:
        return Height(await self._quorum.signable(target=target, engine=engine_in_force(client)))

    def checks(self) -> AsyncIterator[CheckLine]:
        return self._checks.checks()

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
        """Deploys a CometBFT light client that this account owns, and adds it to the router under its next id."""
        contract = await self.deploy_client(
            creation,
            counterparty_client_id=counterparty_client_id or "",
            counterparty_merkle_prefix=counterparty_merkle_prefix,
        )
        return await self.add_client(
            contract,
            counterparty_client_id=counterparty_client_id or "",
            counterparty_merkle_prefix=counterparty_merkle_prefix,
        )

    async def deploy_client(
        self, creation: ClientCreation, *, counterparty_client_id: str, counterparty_merkle_prefix: Sequence[bytes]
    ) -> str:
        """This account owns the light client."""
        if creation.client_type != CLIENT_TYPE:
            raise ConfigurationError(
                f"an EVM router has no light client of type {creation.client_type!r}; it can follow CometBFT ledgers"
            )
        if not counterparty_client_id:
            raise ConfigurationError(
                "an EVM router pairs a client when it is added: create the counterparty's client first and name it"
            )
        try:
            code = light_client_code(
                client_state=creation.client_state, consensus_state=creation.consensus_state, owner=self.account
            )
        except (ProofError, InvalidInput) as error:
            raise ConfigurationError(f"light client of the counterparty: {error}") from error
        deployer, pairing = self._connection.deployer, (ClientId(counterparty_client_id), counterparty_merkle_prefix)
        await self._clients.rehearse_add(deployer, counterparty=pairing[0], prefix=pairing[1])
        address, _ = await deployer.deploy(code, "deployment of the light client")
        return checksum_address(address)

    async def deployed_client(self, contract: str) -> ClientStatus:
        unnamed = ClientId("")
        try:
            return await self._clients.status_of_contract(bytes.fromhex(contract[2:]), unnamed)
        except LedgerUnavailable:
            return ClientStatus(client_id=unnamed, condition=ClientCondition.UNKNOWN)

    async def add_client(
        self, contract: str, *, counterparty_client_id: str, counterparty_merkle_prefix: Sequence[bytes]
    ) -> ClientId:
        return await self._clients.add(
            self._connection.deployer,
            bytes.fromhex(contract[2:]),
            counterparty=ClientId(counterparty_client_id),
            prefix=counterparty_merkle_prefix,
        )

    async def next_client_id(self) -> ClientId:
        return await self._clients.next_client_id()

    async def register_counterparty(
        self, client: ClientId, *, counterparty_client_id: ClientId, counterparty_merkle_prefix: Sequence[bytes]
    ) -> None:
        """A router pairs at creation; this only confirms that the pair is the one asked for."""
        await self._clients.require_counterparty(
            client, counterparty=counterparty_client_id, prefix=counterparty_merkle_prefix
        )

    async def recover_client(self, client: ClientId, start: ClientCreation) -> None:
        """This account must own the light client: it does if it opened the channel. Raises Reverted otherwise."""
        address = await self._clients.address(client)
        if address is None:
            raise ConfigurationError(f"the router knows no client {client}; open the channel first")
        try:
            calldata = recover_call(client_state=start.client_state, consensus_state=start.consensus_state)
        except (ProofError, InvalidInput) as error:
            raise ConfigurationError(f"light client of the counterparty: {error}") from error
        await self._connection.deployer.call(address, calldata, f"recovery of client {client}")
