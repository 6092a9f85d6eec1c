"""The business verbs of a chain's settlement application (port SettlementService): commands as transactions of this account,
questions as queries of the newest state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, assert_never

from google.protobuf.message import Message

from relayer.core.ids import ClientId
from relayer.errors import AccessDenied, InvalidInput, InvariantBroken, LedgerRefused, LedgerUnavailable
from relayer.ledgers.cosmos.commander import Commander
from relayer.ledgers.cosmos.questions import ask, find
from relayer.ledgers.cosmos.refusals import Known
from relayer.ledgers.cosmos.rpc import CometRpc
from relayer.messages import clearing_records as records
from relayer.messages import settlement_records as codec
from relayer.messages.netting import netting_from_message, netting_to_request
from relayer.messages.settlement_commands import clearing_to_message
from relayer.ports.settlement import NettingInput
from relayer.settlement.clearing.commands import ClearingCommand
from relayer.settlement.clearing.eligible import Scope
from relayer.settlement.clearing.values import Cycle, Dispute, Payment, UnitKey
from relayer.settlement.commands import OperatorCommand
from relayer.settlement.model import Agreement, Liability, LogHead, Party, Position
from relayer.settlement.statement import Statement
from relayer.wire.interledger.settlement.chain.v1 import query_pb2 as chain_query
from relayer.wire.interledger.settlement.chain.v1 import tx_pb2 as chain_tx
from relayer.wire.interledger.settlement.v1 import settlement_pb2 as wire

_QUERY = "/interledger.settlement.chain.v1.Query"
_M = TypeVar("_M", bound=Message)


class CosmosSettlement:
    """`commander` signs the commands; questions cost nothing."""

    def __init__(self, rpc: CometRpc, commander: Commander, *, chain_id: str) -> None:
        self._rpc = rpc
        self._commander = commander
        self._chain_id = chain_id

    async def execute(self, command: OperatorCommand) -> LogHead:
        """Raises LedgerRefused, and AccessDenied unless the account is one of the chain's settlement operators."""
        request = codec.command_to_message(command)
        operator = self._commander.address
        match request:
            case wire.RegisterPartyRequest():
                message: Message = chain_tx.MsgRegisterParty(
                    operator=operator, request_id=request.request_id, party=request.party
                )
                answer: type[Any] = chain_tx.MsgRegisterPartyResponse
            case wire.RecordAgreementRequest():
                message = chain_tx.MsgRecordAgreement(
                    operator=operator, request_id=request.request_id, agreement=request.agreement
                )
                answer = chain_tx.MsgRecordAgreementResponse
            case wire.ClosePeriodRequest():
                message = chain_tx.MsgClosePeriod(
                    operator=operator, request_id=request.request_id, cut_off_seconds=request.cut_off_seconds
                )
                answer = chain_tx.MsgClosePeriodResponse
            case _:
                assert_never(request)
        return await self._head(message, answer, what=f"command {command.request_id}")

    async def clear(self, command: ClearingCommand) -> LogHead:
        """Raises LedgerRefused, and AccessDenied unless the account is an operator's or bound to the acting party."""
        message = chain_tx.MsgClear(sender=self._commander.address, request=clearing_to_message(command))
        return await self._head(message, chain_tx.MsgClearResponse, what=f"command {command.request_id}")

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
        """Whether facts through a client become liabilities; the others are refused for good."""
        response = await self._ask(
            "TrustedClients", chain_query.QueryTrustedClientsRequest(), chain_query.QueryTrustedClientsResponse
        )
        return client in response.client_ids

    async def bind_account(self, account: str, party_id: bytes) -> None:
        """Lets `account` (bech32) act for a party. A repeat is a success. Raises AccessDenied, LedgerRefused."""
        message = chain_tx.MsgBindAccount(operator=self._commander.address, account=account, party_id=party_id)
        await self._send(message, chain_tx.MsgBindAccountResponse, what=f"binding of account {account}")

    async def liability(self, liability_id: bytes) -> Liability | None:
        return await self._find_liability(wire.GetLiabilityRequest(liability_id=liability_id))

    async def liability_of_fact(self, fact_id: bytes) -> Liability | None:
        return await self._find_liability(wire.GetLiabilityRequest(fact_id=fact_id))

    async def liabilities(self, *, after_sequence: int, limit: int) -> Sequence[Liability]:
        request = wire.ListLiabilitiesRequest(after_sequence=after_sequence, limit=limit)
        response = await self._ask("Liabilities", request, wire.ListLiabilitiesResponse)
        with self._strictly():
            return list(map(codec.liability_from_message, response.liabilities))

    async def parties(self) -> Sequence[Party]:
        response = await self._ask("Parties", wire.ListPartiesRequest(), wire.ListPartiesResponse)
        return list(map(codec.party_from_message, response.parties))

    async def agreements(self) -> Sequence[Agreement]:
        """In order of their ids."""
        response = await self._ask("Agreements", chain_query.QueryAgreementsRequest(), chain_query.QueryAgreementsResponse)
        with self._strictly():
            return list(map(codec.agreement_from_message, response.agreements))

    async def positions(self) -> Sequence[Position]:
        response = await self._ask("Positions", wire.ListPositionsRequest(), wire.ListPositionsResponse)
        with self._strictly():
            return list(map(codec.position_from_message, response.positions))

    async def netting_input(self, scope: Scope) -> NettingInput:
        response = await self._ask("Netting", netting_to_request(scope), wire.GetNettingResponse)
        with self._strictly():
            return netting_from_message(response, scope.unit)

    async def payment(self, payment_id: str) -> Payment | None:
        found = await self._find("Payment", wire.GetPaymentRequest(payment_id=payment_id), wire.Payment)
        with self._strictly():
            return None if found is None else records.payment_from_message(found)

    async def payments(self, *, after_id: str, limit: int) -> Sequence[Payment]:
        request = wire.ListPaymentsRequest(after_id=after_id, limit=limit)
        response = await self._ask("Payments", request, wire.ListPaymentsResponse)
        with self._strictly():
            return list(map(records.payment_from_message, response.payments))

    async def disputes(self, *, after_id: str, limit: int) -> Sequence[Dispute]:
        request = wire.ListDisputesRequest(after_id=after_id, limit=limit)
        response = await self._ask("Disputes", request, wire.ListDisputesResponse)
        with self._strictly():
            return list(map(records.dispute_from_message, response.disputes))

    async def cycles(self, *, after_id: str, limit: int) -> Sequence[Cycle]:
        request = wire.ListCyclesRequest(after_id=after_id, limit=limit)
        response = await self._ask("Cycles", request, wire.ListCyclesResponse)
        with self._strictly():
            return list(map(records.cycle_from_message, response.cycles))

    async def cycle(self, cycle_id: str) -> Cycle | None:
        found = await self._find("Cycle", wire.GetCycleRequest(cycle_id=cycle_id), wire.Cycle)
        with self._strictly():
            return None if found is None else records.cycle_from_message(found)

    async def statement(self, party_id: bytes, unit: UnitKey, *, since_seconds: int, until_seconds: int) -> Statement:
        request = wire.GetStatementRequest(
            party_id=party_id,
            currency=unit.currency,
            exponent=unit.exponent,
            since_seconds=since_seconds,
            until_seconds=until_seconds,
        )
        response = await self._ask("Statement", request, wire.Statement)
        with self._strictly():
            return records.statement_from_message(response)

    async def _head(self, message: Message, answer: type[Any], *, what: str) -> LogHead:
        response = await self._send(message, answer, what=what)
        return LogHead(response.sequence, response.head_hash)

    async def _send(self, message: Message, answer: type[_M], *, what: str) -> _M:
        try:
            return await self._commander.execute(message, answer, what=what)
        except LedgerRefused as error:
            if error.code != Known.UNAUTHORISED.code:
                raise
            raise AccessDenied(
                f"{what}: account {self._commander.address} has no right to it on chain {self._chain_id} ({error.message}); "
                "use an account of its settlement operators"
            ) from error

    async def _ask(self, method: str, request: Message, answer: type[_M]) -> _M:
        return await ask(self._rpc, f"{_QUERY}/{method}", request, answer)

    async def _find(self, method: str, request: Message, answer: type[_M]) -> _M | None:
        return await find(self._rpc, f"{_QUERY}/{method}", request, answer)

    async def _find_liability(self, request: wire.GetLiabilityRequest) -> Liability | None:
        found = await self._find("Liability", request, wire.Liability)
        with self._strictly():
            return None if found is None else codec.liability_from_message(found)

    @contextmanager
    def _strictly(self) -> Iterator[None]:
        try:
            yield
        except (InvalidInput, InvariantBroken) as error:
            raise LedgerUnavailable(
                f"chain {self._chain_id} answers what its settlement application does not allow ({error}); "
                "use a node and a relayer of the same version"
            ) from error
