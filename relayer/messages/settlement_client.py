"""The port SettlementService in messages of interledger.settlement.v1, for every ledger that answers with them.

A ledger adds how a message travels (execute, ask, find); what is sent and how answers are read is the same for all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from google.protobuf.message import Message

from relayer.encoding.mapping import Mapping
from relayer.errors import InvalidInput, InvariantBroken, LedgerUnavailable
from relayer.facts.codec import FactAnswer
from relayer.facts.proving import FactsRequest
from relayer.facts.signing import checked_identity
from relayer.messages.settlement import POSITION, STATEMENT, netting_from_message, scope_to_message
from relayer.messages.signed_facts import answers_from_message, request_to_message
from relayer.ports.settlement import IssuingRights, NettingInput
from relayer.settlement.log import command_to_message, record_mapping
from relayer.settlement.model.acts import LogHead, UnitKey
from relayer.settlement.model.commands import Command
from relayer.settlement.model.cycles import Cycle
from relayer.settlement.model.disputes import Dispute
from relayer.settlement.model.issuers import ContractInForce, IssuerInForce, MandateInForce
from relayer.settlement.model.liabilities import Liability, Position
from relayer.settlement.model.news import WaitingNews
from relayer.settlement.model.parties import AgreementInForce, ConsentInForce, Party
from relayer.settlement.model.payments import Payment
from relayer.settlement.rules.eligible import Scope
from relayer.settlement.statement import Statement
from relayer.wire.interledger.settlement.v1 import (
    acts_pb2,
    cycles_pb2,
    facts_pb2,
    liabilities_pb2,
    log_pb2,
    parties_pb2,
    payments_pb2,
    statements_pb2,
)
from relayer.wire.interledger.settlement.v1 import service_pb2 as service

_M = TypeVar("_M", bound=Message)
_T = TypeVar("_T")


class SettlementClient(ABC):
    """See relayer.ports.settlement.SettlementService."""

    @property
    @abstractmethod
    def _answerer(self) -> str:
        """How errors name who answers."""

    @abstractmethod
    async def _execute(self, request: log_pb2.Command) -> acts_pb2.LogHead:
        """Sends a command."""

    @abstractmethod
    async def _record(self, request: facts_pb2.RecordFactsRequest) -> facts_pb2.RecordFactsResponse:
        """Sends facts."""

    @abstractmethod
    async def _ask(self, verb: str, subject: str, request: Message, answer: type[_M]) -> _M:
        """Sends a query. `verb` and `subject` are the name of the service's method: Get Payment, List Payments."""

    @abstractmethod
    async def _find(self, subject: str, request: Message, answer: type[_M]) -> _M | None:
        """The same for Get; None if the ledger has no such record."""

    async def execute(self, command: Command) -> LogHead:
        """A repeat gets the first result. Raises LedgerRefused, AccessDenied."""
        head = await self._execute(command_to_message(command))
        return LogHead(head.sequence, head.head_hash)

    async def record_facts(self, request: FactsRequest) -> Sequence[FactAnswer]:
        """One answer for each fact. Raises LedgerRefused for a request that is refused as a whole, AccessDenied."""
        response = await self._record(request_to_message(request))
        with self._strictly():
            answers = answers_from_message(response)
            if len(answers) != len(request.facts):
                raise InvalidInput(f"{len(answers)} answers for {len(request.facts)} facts")
        return answers

    async def identity(self) -> bytes:
        """What issuers sign for."""
        response = await self._ask("Get", "Identity", service.GetIdentityRequest(), service.GetIdentityResponse)
        with self._strictly():
            return checked_identity(response.identity)

    async def liability(self, liability_id: bytes) -> Liability | None:
        """By its own id."""
        request = service.GetLiabilityRequest(liability_id=liability_id)
        return self._one(Liability, await self._find("Liability", request, liabilities_pb2.Liability))

    async def liability_of_fact(self, fact_id: bytes) -> Liability | None:
        """By its fact's id."""
        request = service.GetLiabilityRequest(fact_id=fact_id)
        return self._one(Liability, await self._find("Liability", request, liabilities_pb2.Liability))

    async def liabilities(self, *, after_sequence: int, limit: int) -> Sequence[Liability]:
        """In the order of their sequences."""
        request = service.ListLiabilitiesRequest(after_sequence=after_sequence, limit=limit)
        response = await self._ask("List", "Liabilities", request, service.ListLiabilitiesResponse)
        return self._all(record_mapping(Liability), response.liabilities)

    async def parties(self) -> Sequence[Party]:
        """In the order of their OCPI ids."""
        response = await self._ask("List", "Parties", service.ListPartiesRequest(), service.ListPartiesResponse)
        return self._all(record_mapping(Party), response.parties)

    async def agreements(self) -> Sequence[AgreementInForce]:
        """In the order of their ids."""
        request = service.ListAgreementsRequest()
        response = await self._ask("List", "Agreements", request, service.ListAgreementsResponse)
        return self._all(record_mapping(AgreementInForce), response.agreements)

    async def issuing_rights(self) -> IssuingRights:
        """Who may issue facts for whom."""
        response = await self._ask("List", "Issuers", service.ListIssuersRequest(), service.ListIssuersResponse)
        return IssuingRights(
            issuers=tuple(self._all(record_mapping(IssuerInForce), response.issuers)),
            mandates=tuple(self._all(record_mapping(MandateInForce), response.mandates)),
            contracts=tuple(self._all(record_mapping(ContractInForce), response.contracts)),
        )

    async def consent(self, party_id: bytes) -> ConsentInForce | None:
        """What the party last said about novation."""
        request = service.GetConsentRequest(party_id=party_id)
        return self._one(ConsentInForce, await self._find("Consent", request, parties_pb2.ConsentInForce))

    async def positions(self) -> Sequence[Position]:
        """What each party owes and is owed per currency."""
        response = await self._ask("List", "Positions", service.ListPositionsRequest(), service.ListPositionsResponse)
        return self._all(POSITION, response.positions)

    async def netting_input(self, scope: Scope) -> NettingInput:
        """The debts of the scope as they are now."""
        response = await self._ask("Get", "Netting", scope_to_message(scope), service.GetNettingResponse)
        with self._strictly():
            return netting_from_message(response, scope.unit)

    async def payment(self, payment_id: str) -> Payment | None:
        """By its id."""
        request = service.GetPaymentRequest(payment_id=payment_id)
        return self._one(Payment, await self._find("Payment", request, payments_pb2.Payment))

    async def payments(self, *, after_id: str, limit: int) -> Sequence[Payment]:
        """In the order of their ids."""
        request = service.ListPaymentsRequest(after_id=after_id, limit=limit)
        response = await self._ask("List", "Payments", request, service.ListPaymentsResponse)
        return self._all(record_mapping(Payment), response.payments)

    async def disputes(self, *, after_id: str, limit: int) -> Sequence[Dispute]:
        """In the order of their ids."""
        request = service.ListDisputesRequest(after_id=after_id, limit=limit)
        response = await self._ask("List", "Disputes", request, service.ListDisputesResponse)
        return self._all(record_mapping(Dispute), response.disputes)

    async def waiting_news(self, *, after: tuple[str, bytes], limit: int) -> Sequence[WaitingNews]:
        """In the order of client and fact."""
        request = service.ListWaitingNewsRequest(after_client_id=after[0], after_fact_id=after[1], limit=limit)
        response = await self._ask("List", "WaitingNews", request, service.ListWaitingNewsResponse)
        return self._all(record_mapping(WaitingNews), response.news)

    async def cycles(self, *, after_id: str, limit: int) -> Sequence[Cycle]:
        """Summaries, in the order of their ids."""
        request = service.ListCyclesRequest(after_id=after_id, limit=limit)
        response = await self._ask("List", "Cycles", request, service.ListCyclesResponse)
        return self._all(record_mapping(Cycle), response.cycles)

    async def cycle(self, cycle_id: str) -> Cycle | None:
        """Complete."""
        request = service.GetCycleRequest(cycle_id=cycle_id)
        return self._one(Cycle, await self._find("Cycle", request, cycles_pb2.Cycle))

    async def statement(self, party_id: bytes, unit: UnitKey, *, since_seconds: int, until_seconds: int) -> Statement:
        """By block time."""
        request = service.GetStatementRequest(
            party_id=party_id,
            currency=unit.currency,
            exponent=unit.exponent,
            since_seconds=since_seconds,
            until_seconds=until_seconds,
        )
        response = await self._ask("Get", "Statement", request, statements_pb2.Statement)
        with self._strictly():
            return STATEMENT.from_message(response)

    def _one(self, kind: type[_T], message: Message | None) -> _T | None:
        with self._strictly():
            return None if message is None else record_mapping(kind).from_message(message)

    def _all(self, form: Mapping[_T], messages: Sequence[Any]) -> list[_T]:
        with self._strictly():
            return [form.from_message(each) for each in messages]

    @contextmanager
    def _strictly(self) -> Iterator[None]:
        try:
            yield
        except (InvalidInput, InvariantBroken) as error:
            raise LedgerUnavailable(
                f"{self._answerer} answers what the settlement service does not allow ({error}); use a ledger and a relayer "
                "of the same version"
            ) from error
