"""The two ends of a channel behind their ports, connected, for what people and tools do beside the relayer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from relayer.app import evm
from relayer.app.ledgers import Rights, connected, make_settlement
from relayer.app.selection import Selection
from relayer.business.naming import named_parties
from relayer.business.reconciling import BothLedgers, ChannelBooks
from relayer.business.settling import Desk
from relayer.keystore import LocalAccount
from relayer.ledgers.evm.facts_contract import FactsContract
from relayer.ports.sending import Sending
from relayer.ports.settlement import SettlementService


@asynccontextmanager
async def open_settlement(selection: Selection, *, rights: Rights = Rights.RELAYER) -> AsyncIterator[SettlementService]:
    """The settlement ledger's business verbs. Raises ConfigurationError, LedgerError."""
    settlement = make_settlement(selection.settlement_end.ledger, selection.settlement_ledger, rights=rights)
    async with connected(settlement.ledger):
        yield settlement.service


@asynccontextmanager
async def desk(
    selection: Selection, *, rights: Rights = Rights.RELAYER, sending: Sending = nullcontext
) -> AsyncIterator[Desk]:
    """The same, with the names of its parties, which errors give as well. `sending` is entered around each command."""
    async with open_settlement(selection, rights=rights) as service:
        at = await Desk.at(service, sending=sending)
        with named_parties(at.names):
            yield at


@asynccontextmanager
async def open_facts(selection: Selection, account: LocalAccount | None = None) -> AsyncIterator[FactsContract]:
    """The facts of the contract ledger, acted on by `account`, or by the configured one. Raises ConfigurationError."""
    async with evm.open_facts(selection.contract_end.ledger, selection.contract_ledger, account) as facts:
        yield facts


@asynccontextmanager
async def channel_books(selection: Selection) -> AsyncIterator[ChannelBooks]:
    """Both ends, for reading."""
    async with open_facts(selection) as facts, open_settlement(selection) as service:
        yield ChannelBooks(facts=facts, settlement=service, settlement_chain_id=selection.settlement_ledger.chain_id)


async def read_both(selection: Selection) -> BothLedgers:
    """What both ends store now."""
    async with channel_books(selection) as books:
        return await books.read()
