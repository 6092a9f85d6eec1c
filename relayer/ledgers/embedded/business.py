"""The business verbs of the embedded ledger, in process (port SettlementService)."""

from __future__ import annotations

from collections.abc import Sequence

from relayer.ledgers.embedded.session import Session
from relayer.settlement.commands import OperatorCommand
from relayer.settlement.model import Agreement, Liability, LogHead, Party, Position
from relayer.wire.interledger.settlement.v1 import settlement_pb2


class EmbeddedSettlement:
    """Reads are of the newest block. Raises LedgerRefused with codespace ``settlement`` for a broken rule."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def execute(self, command: OperatorCommand) -> LogHead:
        """A repeat gets the first result."""
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
