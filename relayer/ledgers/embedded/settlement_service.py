"""The business verbs of the embedded ledger, in process (port SettlementService)."""

from __future__ import annotations

from collections.abc import Sequence

from relayer.codes.limits import MAXIMUM_LISTED
from relayer.errors import AccessDenied
from relayer.facts.codec import FactAnswer
from relayer.facts.proving import FactsRequest
from relayer.facts.signing import ledger_identity
from relayer.ledgers.embedded.chain.chain import Chain
from relayer.ledgers.embedded.chain.session import Session
from relayer.ledgers.embedded.settlement.news_queue import waiting_news
from relayer.messages.signed_facts import answers_from_message
from relayer.ports.settlement import IssuingRights, NettingInput
from relayer.settlement.model.acts import LogHead, UnitKey
from relayer.settlement.model.commands import Command
from relayer.settlement.model.cycles import Cycle
from relayer.settlement.model.disputes import Dispute
from relayer.settlement.model.liabilities import Liability, Position
from relayer.settlement.model.news import WaitingNews
from relayer.settlement.model.parties import AgreementInForce, Consent, ConsentInForce, Party
from relayer.settlement.model.payments import Payment
from relayer.settlement.rules.eligible import Scope, eligible_claims, network_of
from relayer.settlement.statement import Statement, make_statement
from relayer.wire.interledger.settlement.v1 import acts_pb2, facts_pb2


class EmbeddedSettlement:
    """Reads are of the newest block. Raises LedgerRefused with codespace ``settlement`` for a broken rule."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def execute(self, command: Command, *, account: str | None = None) -> LogHead:
        """A repeat gets the first result. Raises AccessDenied for an account that was revoked; None: the operator's."""
        result = await self._session.execute(command, check=lambda chain: _require_in_force(chain, account))
        head = acts_pb2.LogHead.FromString(result.data)
        return LogHead(head.sequence, head.head_hash)

    async def record_facts(self, request: FactsRequest, *, account: str | None = None) -> Sequence[FactAnswer]:
        """All of them in one block. Raises AccessDenied as execute does."""
        result = await self._session.execute(request, check=lambda chain: _require_in_force(chain, account))
        return answers_from_message(facts_pb2.RecordFactsResponse.FromString(result.data))

    async def identity(self) -> bytes:
        return await self._session.run(lambda chain: ledger_identity(chain.chain_id, chain.genesis_hash))

    async def liability(self, liability_id: bytes) -> Liability | None:
        return await self._session.run(lambda chain: chain.state.settlement.liability(liability_id))

    async def liability_of_fact(self, fact_id: bytes) -> Liability | None:
        return await self._session.run(lambda chain: chain.state.settlement.liability_of_fact(fact_id))

    async def liabilities(self, *, after_sequence: int, limit: int) -> Sequence[Liability]:
        return await self._session.run(
            lambda chain: chain.state.settlement.liabilities(after_sequence=after_sequence, limit=limit)
        )

    async def parties(self) -> Sequence[Party]:
        return await self._session.run(lambda chain: chain.state.settlement.parties())

    async def agreements(self) -> Sequence[AgreementInForce]:
        """In order of their ids."""
        return await self._session.run(lambda chain: chain.state.settlement.agreements())

    async def issuing_rights(self) -> IssuingRights:
        """Of the newest block."""

        def read(chain: Chain) -> IssuingRights:
            tables = chain.state.settlement
            return IssuingRights(
                issuers=tuple(tables.issuers()), mandates=tuple(tables.mandates()), contracts=tuple(tables.contracts())
            )

        return await self._session.run(read)

    async def consent(self, party_id: bytes) -> ConsentInForce | None:
        return await self._session.run(lambda chain: chain.state.settlement.consent(party_id))

    async def positions(self) -> Sequence[Position]:
        return await self._session.run(lambda chain: chain.state.settlement.positions())

    async def netting_input(self, scope: Scope) -> NettingInput:
        """Raises NettingRefused for debts that no cycle can be about."""

        def read(chain: Chain) -> NettingInput:
            tables = chain.state.settlement
            claims = eligible_claims(tables, scope)
            return NettingInput(
                network=network_of(claims, scope.unit),
                consenting=frozenset(said.party for said in tables.consents() if said.consent is Consent.GIVEN),
                liabilities=len(claims),
                running_cycle_id=tables.unit_cycles(scope.unit).running,
            )

        return await self._session.run(read)

    async def payment(self, payment_id: str) -> Payment | None:
        return await self._session.run(lambda chain: chain.state.settlement.payment(payment_id))

    async def payments(self, *, after_id: str, limit: int) -> Sequence[Payment]:
        return await self._session.run(
            lambda chain: chain.state.settlement.payments(after=after_id, limit=min(limit, MAXIMUM_LISTED))
        )

    async def disputes(self, *, after_id: str, limit: int) -> Sequence[Dispute]:
        return await self._session.run(
            lambda chain: chain.state.settlement.disputes(after=after_id, limit=min(limit, MAXIMUM_LISTED))
        )

    async def cycles(self, *, after_id: str, limit: int) -> Sequence[Cycle]:
        return await self._session.run(
            lambda chain: chain.state.settlement.cycles(after=after_id, limit=min(limit, MAXIMUM_LISTED))
        )

    async def cycle(self, cycle_id: str) -> Cycle | None:
        return await self._session.run(lambda chain: chain.state.settlement.cycle(cycle_id))

    async def waiting_news(self, *, after: tuple[str, bytes], limit: int) -> Sequence[WaitingNews]:
        now = self._session.now()
        return await self._session.run(
            lambda chain: waiting_news(chain.query(now=now), after=after, limit=min(limit, MAXIMUM_LISTED))
        )

    async def statement(self, party_id: bytes, unit: UnitKey, *, since_seconds: int, until_seconds: int) -> Statement:
        """Raises LimitExceeded for a party with too many movements."""
        movements = await self._session.run(lambda chain: chain.state.settlement.movements(party_id, unit))
        return make_statement(party_id, unit, since_seconds=since_seconds, until_seconds=until_seconds, movements=movements)


def _require_in_force(chain: Chain, account: str | None) -> None:
    """Raises AccessDenied for an account that was revoked; None: the operator's."""
    revoked = None if account is None else chain.state.settlement.revocation(account)
    if account is not None and revoked is not None:
        raise AccessDenied(
            f"account {account} was revoked by entry {revoked.sequence} of the log; act with another token, under a "
            f"name of its own in party_tokens such as {account.partition('/')[0]}/2"
        )
