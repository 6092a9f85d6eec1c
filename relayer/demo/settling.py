"""The demo settles: a dispute, a netting cycle that another party checks, payments by way of a bank, news to the facts.

A member disputes and verifies with a token of its own, the verification in a process of its own. It must never tell a fact
anything: news reach the contract ledger as packets that the relayers carry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from relayer.app.clock import now_seconds
from relayer.app.ends import desk
from relayer.app.ledgers import Rights, connected, make_ledger
from relayer.app.selection import Selection, select
from relayer.business.banking import Imported, judge_notification, payments_to_export, record_evidence
from relayer.business.settling import SOLVERS, Desk, compare, payments_of, propose
from relayer.commands.accounts_file import read_accounts
from relayer.commands.output import money
from relayer.demo.bank import execute
from relayer.devnet.layout import CHANNEL, MEMBER
from relayer.devnet.network import Network, Progress
from relayer.devnet.operators import Business, Watch
from relayer.devnet.processes import DevnetFailed
from relayer.examples.consortium import CLEARED_CENTS, CONTESTED_CENTS, EUR, PUBLISHED, is_contested, published_debts
from relayer.facts.schema import Fact, party_id
from relayer.iso20022.pain001 import TransferBatch, export_pain001
from relayer.ports.settlement import NettingInput
from relayer.settlement.model.acts import OPERATOR, UnitKey
from relayer.settlement.model.cycles import CommitCycle
from relayer.settlement.model.disputes import OpenDispute, ReleaseDispute
from relayer.settlement.model.liabilities import Position
from relayer.settlement.model.payments import InstructPayment
from relayer.settlement.netting.modes import NettingMode, NettingResult, summarise
from relayer.settlement.rules.eligible import Scope

CYCLE_ID = "demo-cycle-1"
DISPUTE_ID = "demo-dispute-1"
NETTING_COLUMNS = ("", "still owed", "debts", "cleared")
_SOLVER = SOLVERS["built-in"]
_BLOCK_TIME_LAG_SECONDS = 5
"""A cut-off must not lie after the ledger's block time, which may be that far behind the clock."""
_HOLD_SECONDS = 86_400

Figures = Mapping[str, tuple[int, int]]
"""Way of netting: cents still owed, and number of debts."""
ShowFigures = Callable[[Figures], None]


@dataclass(slots=True)
class Settled:
    """What was settled. `before` are the positions before anything was; `wrong` is everything that did not add up."""

    contested: Fact
    before: Sequence[Position] = ()
    payments: Sequence[InstructPayment] = ()
    wrong: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Settlement:
    """The operator's and the member's desk at the settlement ledger, and what came of it."""

    network: Network
    operator: Desk
    member: Desk
    scope: Scope
    tell: Progress
    result: Settled

    async def run(self, show: ShowFigures) -> Settled:
        """Ends with nothing open. Raises DevnetFailed, LedgerError, NettingRefused or BankMessageRefused."""
        self.result.before = await self.operator.service.positions()
        show(await self._compare())
        await self._dispute(self.result.contested)
        await self._net()
        expires = now_seconds() + _HOLD_SECONDS
        await self._pay(CYCLE_ID, await payments_of(self.operator, CYCLE_ID, expires_at_seconds=expires, actor=OPERATOR))
        await self._pay(DISPUTE_ID, [await self._withdraw(self.result.contested)])
        return self.result

    async def _compare(self) -> Figures:
        found = await self.operator.service.netting_input(self.scope)
        owed = {(debt.debtor, debt.creditor): debt.amount for debt in found.network.debts()}
        figures = figures_of(found, compare(found, solver=_SOLVER))
        self._expect(
            (owed == published_debts(), "the open debts are not those that had to come out"),
            (figures == PUBLISHED, f"netting should leave {PUBLISHED}, not {figures}"),
        )
        return figures

    async def _dispute(self, contested: Fact) -> None:
        await self.member.execute(
            OpenDispute(
                request_id="",
                actor=party_id(MEMBER),
                dispute_id=DISPUTE_ID,
                fact_id=contested.fact_id,
                amount=CONTESTED_CENTS,
                reason="charged twice, says the meter",
                deadline_seconds=now_seconds() + _HOLD_SECONDS,
            )
        )
        self.tell(f"{MEMBER} disputes {_eur(CONTESTED_CENTS)}; that is held, the rest goes on")

    async def _net(self) -> None:
        result = await propose(
            self.operator,
            cycle_id=CYCLE_ID,
            mode=NettingMode.CYCLE,
            scope=self.scope,
            actor=OPERATOR,
            expires_at_seconds=now_seconds() + _HOLD_SECONDS,
            solver=_SOLVER,
        )
        figures = summarise(result)
        self._expect(
            (figures.gross == PUBLISHED["gross"][0] - CONTESTED_CENTS, "the cycle is not about everything that is not held"),
            (figures.cleared == CLEARED_CENTS, "the cycle does not clear what it should"),
        )
        arguments = (
            "settlement",
            "verify",
            CYCLE_ID,
            "--config",
            self.network.layout.member_configuration.name,
            "--as",
            MEMBER,
        )
        checked = await asyncio.to_thread(self.network.run, *arguments)
        if checked.status != 0:
            raise DevnetFailed(
                f"`relayer {' '.join(arguments)}` ended with status {checked.status}:\n{checked.words.strip()}"
            )
        self.tell(f"process of {MEMBER}: {checked.words.strip()}")
        await self.operator.execute(CommitCycle(request_id="", actor=OPERATOR, cycle_id=CYCLE_ID))
        cleared, gross = _eur(figures.cleared), _eur(figures.gross)
        self.tell(f"cycle committed: {cleared} of {gross} cleared, {_eur(figures.remaining)} left to be paid")

    async def _withdraw(self, contested: Fact) -> InstructPayment:
        """The dispute ends after the cycle, so its debt is paid for itself."""
        await self.member.execute(ReleaseDispute(request_id="", actor=party_id(MEMBER), dispute_id=DISPUTE_ID))
        self.tell(f"{MEMBER} withdraws the dispute: {_eur(CONTESTED_CENTS)} is owed again, too late for the cycle")
        return InstructPayment(
            request_id="",
            actor=OPERATOR,
            payment_id=f"{DISPUTE_ID}-paid",
            debtor=contested.debtor,
            creditor=contested.creditor,
            currency=EUR[0],
            exponent=EUR[1],
            amount=CONTESTED_CENTS,
            cycle_id="",
            expires_at_seconds=now_seconds() + _HOLD_SECONDS,
        )

    async def _pay(self, name: str, payments: Sequence[InstructPayment]) -> None:
        """Through files alone, as with a real bank."""
        service, folder = self.operator.service, self.network.layout.folder
        for each in payments:
            await self.operator.execute(each)
        accounts = read_accounts(self.network.layout.accounts)
        now = now_seconds()
        order = TransferBatch(message_id=name, initiator="Consortium", created_at=now, execute_at=now)
        path = folder / f"{name}.pain001.xml"
        path.write_bytes(export_pain001(order, await payments_to_export(service, debtor=None, cycle_id=None), accounts))
        notifications = execute(path.read_bytes(), at_seconds=now)
        final = 0
        for number, content in enumerate(notifications):
            (folder / f"{name}-{number}.camt054.xml").write_bytes(content)
            told = await judge_notification(service, content, accounts, now_seconds=now_seconds())
            imported = await record_evidence(service, told)
            final += imported.final
            self.result.wrong.extend(_refusals(imported))
        self._expect((final == len(payments), "not every payment is final"))
        self.result.payments = [*self.result.payments, *payments]
        paid = _eur(sum(each.amount for each in payments))
        self.tell(f"{path.name} handed to a bank; bank notifications: {len(notifications)}; final payments: {final}, {paid}")

    def _expect(self, *rules: tuple[bool, str]) -> None:
        self.result.wrong.extend(words for holds, words in rules if not holds)


async def settle(network: Network, business: Business, selection: Selection, tell: Progress, show: ShowFigures) -> Settled:
    """Ends when the contract ledger has answered all news."""
    async with AsyncExitStack() as stack:
        operator = await stack.enter_async_context(desk(selection, rights=Rights.OPERATOR))
        own = select(network.layout.member_configuration, CHANNEL)
        member = await stack.enter_async_context(desk(own, rights=Rights.OPERATOR))
        scope = Scope(
            unit=UnitKey(*EUR),
            cut_off_seconds=now_seconds() - _BLOCK_TIME_LAG_SECONDS,
            value_date_seconds=max(fact.due_date for _, fact in business.issued),
        )
        (contested,) = (fact for draft, fact in business.issued if is_contested(draft))
        at = Settlement(network, operator, member, scope, tell, Settled(contested))
        settled = await at.run(show)
        ledger = make_ledger(selection.settlement_end.ledger, selection.settlement_ledger)
        news = Watch(await stack.enter_async_context(connected(ledger)))
        await news.until(
            lambda: bool(news.sent) and news.sent.keys() <= news.acknowledged,
            "the contract ledger's answers to news of liabilities",
        )
        tell(f"{len(news.sent)} packets of news proven to the contract ledger and answered")
        return settled


def figures_of(found: NettingInput, results: Mapping[NettingMode, NettingResult]) -> Figures:
    """Before anything is set off, and after each way of doing so."""
    gross = {"gross": (found.network.gross, len(found.network.amounts))}
    summaries = map(summarise, results.values())
    return gross | {each.mode.value.lower(): (each.remaining, each.debts_after) for each in summaries}


def netting_rows(figures: Figures) -> Iterator[Sequence[str]]:
    """Side by side."""
    gross, _ = figures["gross"]
    for name, (owed, debts) in figures.items():
        yield name, _amount(owed), str(debts), _amount(gross - owed)


def _refusals(imported: Imported) -> Iterator[str]:
    return (f"the bank's word on {each.payment_id} was refused: {each.detail}" for each in imported.findings if each.code)


def _amount(cents: int) -> str:
    return money(cents, EUR[1])


def _eur(cents: int) -> str:
    return f"{_amount(cents)} {EUR[0]}"
