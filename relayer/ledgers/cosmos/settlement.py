"""The business verbs of a chain's settlement application (port SettlementService): commands as transactions of this account,
queries of the newest state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from google.protobuf.message import Message

from relayer.core.ids import ClientId, parse_port
from relayer.errors import InvalidInput, LedgerRefused, WrongLedger
from relayer.facts.words import WORD
from relayer.ledgers.cosmos.commander import Commander, execute_as_operator
from relayer.ledgers.cosmos.errors import MalformedAnswer
from relayer.ledgers.cosmos.questions import ask, find
from relayer.ledgers.cosmos.recording import FactRecorder
from relayer.ledgers.cosmos.rpc import CometRpc
from relayer.ledgers.nodes.errors import printable
from relayer.messages.settlement_client import SettlementClient
from relayer.wire.interledger.settlement.chain.v1 import query_pb2 as chain_query
from relayer.wire.interledger.settlement.chain.v1 import tx_pb2 as chain_tx
from relayer.wire.interledger.settlement.v1 import acts_pb2, facts_pb2, log_pb2

_QUERY = "/interledger.settlement.chain.v1.Query"
_M = TypeVar("_M", bound=Message)


class CosmosSettlement(SettlementClient):
    """`commander` signs the commands, `recorder` what records facts; queries cost nothing."""

    def __init__(self, rpc: CometRpc, commander: Commander, recorder: FactRecorder, *, chain_id: str) -> None:
        self._rpc = rpc
        self._commander = commander
        self._recorder = recorder
        self._chain_id = chain_id

    async def identity(self) -> bytes:
        """What issuers sign for. Raises WrongLedger for that of another chain: a signature for it would count there."""
        identity = await super().identity()
        named = identity[WORD:].decode()
        if named != self._chain_id:
            raise WrongLedger(
                f"a node of chain {self._chain_id} answers with the identity of {printable(named)!r}, where signatures for "
                "it would count; use another node"
            )
        return identity

    async def trust_client(self, client: ClientId) -> None:
        """Lets facts through a client become liabilities. A repeat is a success. Raises AccessDenied, LedgerRefused."""
        if await self.trusts_client(client):
            return
        message = chain_tx.MsgTrustClient(operator=self._commander.address, client_id=client)
        await self._send(message, chain_tx.MsgTrustClientResponse, what=f"trust in client {client}")

    async def distrust_client(self, client: ClientId) -> None:
        """Refuses facts through a client from now on. A repeat is a success. Raises AccessDenied, LedgerRefused."""
        if not await self.trusts_client(client):
            return
        message = chain_tx.MsgDistrustClient(operator=self._commander.address, client_id=client)
        await self._send(message, chain_tx.MsgDistrustClientResponse, what=f"distrust of client {client}")

    async def trusts_client(self, client: ClientId) -> bool:
        """Whether facts through a client become liabilities; facts through other clients are refused permanently."""
        return bool(await self.trusted_chains(client))

    async def trust_chains(self, client: ClientId, chains: Sequence[str]) -> None:
        """See TrustsChains. Raises AccessDenied, LedgerRefused."""
        if not chains:
            raise LedgerRefused("chains", f"client {client}: name the chains that it may speak for; `distrust` it for none")
        if await self.trusted_chains(client) == tuple(chains):
            return
        message = chain_tx.MsgTrustClient(operator=self._commander.address, client_id=client, chains=chains)
        await self._send(message, chain_tx.MsgTrustClientResponse, what=f"trust in client {client}")

    async def trusted_chains(self, client: ClientId) -> tuple[str, ...]:
        """Whose facts through a client become liabilities; none: no operator trusts it."""
        response = await self._ask(
            "List", "TrustedClients", chain_query.QueryTrustedClientsRequest(), chain_query.QueryTrustedClientsResponse
        )
        return next((tuple(trusted.chains) for trusted in response.clients if trusted.client_id == client), ())

    async def bind_port(self, client: ClientId, port: str) -> None:
        """See BindsPorts. Raises AccessDenied, LedgerRefused."""
        found = await self._port(client)
        if found.is_bound and found.port == port:
            return
        message = chain_tx.MsgBindPort(operator=self._commander.address, client_id=client, port=port)
        await self._send(message, chain_tx.MsgBindPortResponse, what=f"binding of client {client} to port {port}")

    async def bound_port(self, client: ClientId) -> str:
        """From where facts through a client are taken."""
        try:
            return parse_port((await self._port(client)).port)
        except InvalidInput as error:
            raise MalformedAnswer(f"chain {self._chain_id}: {error}") from error

    async def _port(self, client: ClientId) -> chain_query.QueryBoundPortResponse:
        request = chain_query.QueryBoundPortRequest(client_id=client)
        return await self._ask("Get", "BoundPort", request, chain_query.QueryBoundPortResponse)

    async def bind_account(self, account: str, party_id: bytes) -> None:
        """Lets `account` (bech32) act for a party. A repeat is a success. Raises AccessDenied, LedgerRefused."""
        message = chain_tx.MsgBindAccount(operator=self._commander.address, account=account, party_id=party_id)
        await self._send(message, chain_tx.MsgBindAccountResponse, what=f"binding of account {account}")

    @property
    def _answerer(self) -> str:
        return f"chain {self._chain_id}"

    async def _execute(self, request: log_pb2.Command) -> acts_pb2.LogHead:
        """Raises AccessDenied unless the account is an operator's or bound to the acting party."""
        message = chain_tx.MsgExecute(sender=self._commander.address, command=request)
        response = await self._send(message, chain_tx.MsgExecuteResponse, what=f"command {request.request_id}")
        return response.head

    async def _record(self, request: facts_pb2.RecordFactsRequest) -> facts_pb2.RecordFactsResponse:
        """Any account that pays for it may."""
        return await self._recorder.record(request)

    async def _ask(self, verb: str, subject: str, request: Message, answer: type[_M]) -> _M:
        del verb  # A chain's queries are named by what they ask for.
        return await ask(self._rpc, f"{_QUERY}/{subject}", request, answer)

    async def _find(self, subject: str, request: Message, answer: type[_M]) -> _M | None:
        return await find(self._rpc, f"{_QUERY}/{subject}", request, answer)

    async def _send(self, message: Message, answer: type[_M], *, what: str) -> _M:
        return await execute_as_operator(self._commander, message, answer, what=what, chain_id=self._chain_id)
