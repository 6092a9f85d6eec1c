"""The business verbs of the embedded ledger, in process (port SettlementService)."""

from __future__ import annotations

from collections.abc import Sequence

from relayer.codes.limits import MAXIMUM_LISTED
from relayer.ledgers.embedded.chain.chain import Chain
from relayer.ledgers.embedded.chain.session import Session
from relayer.ports.settlement import NettingInput
from relayer.settlement.clearing.commands import ClearingCommand
from relayer.settlement.clearing.eligible import Scope, eligible_claims, network_of
from relayer.settlement.clearing.values import Consent, Cycle, Dispute, Payment, UnitKey
from relayer.settlement.commands import OperatorCommand
from relayer.settlement.model import Agreement, Liability, LogHead, Party, Position
from relayer.settlement.statement import Statement, make_statement
from relayer.wire.interledger.settlement.v1 import settlement_pb2


class EmbeddedSettlement:
    """Reads are of the newest block. Raises LedgerRefused with codespace ``settlement`` for a broken rule."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def execute(self, command: OperatorCommand) -> LogHead:
        """A repeat gets the first result."""
        return await self._execute(command)

    async def clear(self, command: ClearingCommand) -> LogHead:
        """The same, for debts that stand."""
        return await self._execute(command)

    async def _execute(self, command: OperatorCommand | ClearingCommand) -> LogHead:
        result = await self._session.execute(command)
        response = settlement_pb2.CommandResponse.FromString(result.data)
        return LogHead(response.sequence, response.head_hash)

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

    async def agreements(self) -> Sequence[Agreement]:
        """In order of their ids."""
        return await self._session.run(lambda chain: chain.state.settlement.agreements())

    async def positions(self) -> Sequence[Position]:
        return await self._session.run(lambda chain: chain.state.settlement.positions())

    async def netting_input(self, scope: Scope) -> NettingInput:
        """Raises NettingRefused for debts that no cycle can be about."""

        def read(chain: Chain) -> NettingInput:
            tables = chain.state.settlement
            claims = eligible_claims(tables, scope)
            return NettingInput(
                network=network_of(claims, scope.unit),
                consenting=frozenset(party for party, said in tables.consents().items() if said is Consent.GIVEN),
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

    async def statement(self, party_id: bytes, unit: UnitKey, *, since_seconds: int, until_seconds: int) -> Statement:
        """Raises LimitExceeded for a party with too many movements."""
        movements = await self._session.run(lambda chain: chain.state.settlement.movements(party_id, unit))
        return make_statement(party_id, unit, since_seconds=since_seconds, until_seconds=until_seconds, movements=movements)
