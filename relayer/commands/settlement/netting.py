"""`relayer settlement net`, `verify`, `commit`, `abort`, `cycles`: netting cycles as people see them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from relayer.app.clock import now_seconds
from relayer.business.looking_up import acting, cycle_named
from relayer.business.paging import all_cycles
from relayer.business.settling import (
    SOLVERS,
    Desk,
    compare,
    propose,
    read_cycle,
    verify_cycle,
)
from relayer.commands.form import OutputForm
from relayer.commands.output import done, money, say, show_json, show_table, write_file
from relayer.commands.progress import at_work
from relayer.commands.reporting import show_change
from relayer.commands.settlement.desk import NOTHING_CHANGED, open_desk
from relayer.errors import InvalidInput
from relayer.ports.settlement import NettingInput
from relayer.settlement.model.cycles import AbortCycle, CommitCycle, Cycle, CycleState
from relayer.settlement.netting.debts import Debt, PartyId
from relayer.settlement.netting.drawing import draw
from relayer.settlement.netting.modes import NettingMode, NettingResult, remaining, summarise
from relayer.settlement.rules.cycles import can_be
from relayer.settlement.rules.eligible import Scope
from relayer.views.netting import CycleView, NettingView

_PROPOSAL_SECONDS = 86_400
_HINT = "`--solver ortools` is faster on some large networks; it needs the extra `solver`"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class NettingRequest:
    """Arguments of `settlement net`."""

    cycle_id: str
    mode: str
    currency: str
    exponent: int | None
    cut_off_seconds: int
    value_date_seconds: int
    solver: str
    picture: Path | None
    actor: str | None
    dry_run: bool


def net(config: Path, channel: str | None, request: NettingRequest, form: OutputForm) -> None:
    """`settlement net`."""
    asyncio.run(_net(config, channel, request, form))


def verify(config: Path, channel: str | None, cycle_id: str, *, actor: str | None, dry_run: bool) -> None:
    """`settlement verify`."""

    async def run() -> None:
        async with open_desk(config, channel, dry_run=dry_run) as at:
            by, name = acting(at, actor), await cycle_named(at.service, cycle_id)
            if dry_run:
                cycle, _ = await _show_step(at, name, CycleState.VERIFIED)
                say(f"cycle {name}: {len(cycle.plan.debts)} debts and the proof checked here")
                return
            cycle, _ = await verify_cycle(at, name, actor=by)
            done(f"cycle {name}: {len(cycle.plan.debts)} debts and the proof checked here; verified on the ledger")

    asyncio.run(run())


def commit(config: Path, channel: str | None, cycle_id: str, *, actor: str | None, dry_run: bool) -> None:
    """`settlement commit`."""

    async def run() -> None:
        async with open_desk(config, channel, dry_run=dry_run) as at:
            by, name = acting(at, actor), await cycle_named(at.service, cycle_id)
            if dry_run:
                await _show_step(at, name, CycleState.COMMITTED)
                return
            head = await at.execute(CommitCycle(request_id="", actor=by, cycle_id=name))
            done(f"cycle {name}: committed, settlement sequence {head.sequence}")

    asyncio.run(run())


def abort(config: Path, channel: str | None, cycle_id: str, *, actor: str | None, dry_run: bool) -> None:
    """`settlement abort`."""

    async def run() -> None:
        async with open_desk(config, channel, dry_run=dry_run) as at:
            by, name = acting(at, actor), await cycle_named(at.service, cycle_id)
            if dry_run:
                await _show_step(at, name, CycleState.ABORTED)
                return
            await at.execute(AbortCycle(request_id="", actor=by, cycle_id=name))
            done(f"cycle {name}: aborted; what it held is free again")

    asyncio.run(run())


def show_cycles(config: Path, channel: str | None, form: OutputForm) -> None:
    """`settlement cycles`."""

    async def read() -> tuple[list[Cycle], Desk]:
        async with open_desk(config, channel, dry_run=True) as at:
            return await all_cycles(at.service), at

    cycles, at = asyncio.run(read())
    if form is OutputForm.JSON:
        show_json([CycleView.of(each, at.name) for each in cycles])
        return
    columns = ("cycle", "mode", "state", "gross", "still owed", "currency", "proposed by", "verified by")
    rows = [
        (
            each.plan.cycle_id,
            each.plan.mode.value.lower(),
            each.state.value,
            money(each.plan.gross, each.plan.exponent),
            money(each.plan.remaining, each.plan.exponent),
            each.plan.currency,
            at.name(each.proposer),
            "" if each.verifier is None else at.name(each.verifier),
        )
        for each in cycles
    ]
    show_table(f"{len(cycles)} cycles", columns, rows, right=("gross", "still owed"))


async def _net(config: Path, channel: str | None, request: NettingRequest, form: OutputForm) -> None:
    mode, solver = _named(NettingMode.__members__, "mode", request.mode.upper()), _named(SOLVERS, "solver", request.solver)
    async with open_desk(config, channel, dry_run=request.dry_run) as at:
        acting(at, request.actor)
        scope = Scope(
            unit=await at.unit(request.currency, request.exponent),
            cut_off_seconds=request.cut_off_seconds,
            value_date_seconds=request.value_date_seconds,
            mode=mode,
        )
        found = await at.service.netting_input(scope)
        work = f"netting {len(found.network.amounts):,} debts of {len(found.network.parties):,} parties"
        hint = "" if solver is SOLVERS["ortools"] else _HINT
        with at_work(work, hint=hint):
            results = compare(found, solver=solver)
        _show(at, found, results, mode, form)
        if request.picture is not None:
            picture = draw(results[mode], names={PartyId(key): name for key, name in at.names.items()})
            write_file(request.picture, picture, replace=True)
            say(f"wrote {request.picture}")
        if request.dry_run:
            say(NOTHING_CHANGED)
            return
        with at_work(work, hint=hint):
            await propose(
                at,
                cycle_id=request.cycle_id,
                mode=mode,
                scope=scope,
                actor=acting(at, request.actor),
                expires_at_seconds=now_seconds() + _PROPOSAL_SECONDS,
                solver=solver,
            )
        verification = f"relayer settlement verify {request.cycle_id} --as PARTY"
        say(f"cycle {request.cycle_id}: proposed; another party runs `{verification}`")


async def _show_step(at: Desk, cycle_id: str, target: CycleState) -> tuple[Cycle, NettingResult]:
    """The cycle as it is and as it would become; its proof is checked here. Amounts are those that take part."""
    cycle, result = await read_cycle(at, cycle_id)
    if not can_be(cycle, target):
        raise InvalidInput(f"cycle {cycle_id} is {cycle.state}; it cannot be {target}")
    plan, summary = cycle.plan, summarise(result)
    before, after = (plan.gross, summary.debts_before), (plan.remaining, summary.debts_after)
    steps = ((cycle.state, before), (target, after if target is CycleState.COMMITTED else before))
    old, new = (
        {"cycle": state.value, "owed": money(owed, plan.exponent), "debts": str(debts)} for state, (owed, debts) in steps
    )
    show_change(f"cycle {cycle_id}, {plan.currency}", old, new)
    say(NOTHING_CHANGED)
    return cycle, result


def _show(
    at: Desk, found: NettingInput, results: Mapping[NettingMode, NettingResult], mode: NettingMode, form: OutputForm
) -> None:
    left = remaining(results[mode])
    if form is OutputForm.JSON:
        show_json(NettingView.of(found, results, left, at.name))
        return
    unit = found.network.unit
    gross = found.network.gross
    rows = [("gross", money(gross, unit.exponent), str(len(found.network.amounts)), "")]
    for each in map(summarise, results.values()):
        share = f"{each.cleared_basis_points // 100}.{each.cleared_basis_points % 100:02d} %"
        rows.append((each.mode.value.lower(), money(each.remaining, unit.exponent), str(each.debts_after), share))
    title = f"{found.liabilities} liabilities, {unit.currency}"
    show_table(title, ("", "still owed", "debts", "cleared"), rows, right=("still owed", "debts", "cleared"))
    show_table(
        f"positions before and after ({mode.value.lower()})",
        ("party", "payable", "receivable", "payable after", "receivable after", "net"),
        [
            (at.name(party), *(money(value, unit.exponent) for value in values))
            for party, values in _positions(found, left).items()
        ],
        right=("payable", "receivable", "payable after", "receivable after", "net"),
    )
    show_table(
        "what is left to be paid",
        ("debtor", "creditor", "amount"),
        [(at.name(each.debtor), at.name(each.creditor), money(each.amount, unit.exponent)) for each in left],
        right=("amount",),
    )


def _positions(found: NettingInput, left: tuple[Debt, ...]) -> dict[bytes, tuple[int, int, int, int, int]]:
    """Per party: payable and receivable before, both after, and net, which stays."""
    sums = {party: [0, 0, 0, 0] for party in found.network.parties}
    for start, debts in ((0, found.network.debts()), (2, iter(left))):
        for debt in debts:
            sums[debt.debtor][start] += debt.amount
            sums[debt.creditor][start + 1] += debt.amount
    return {party: (*_four(values), values[1] - values[0]) for party, values in sums.items()}


def _four(values: list[int]) -> tuple[int, int, int, int]:
    one, two, three, four = values
    return one, two, three, four


def _named(known: Mapping[str, _T], what: str, name: str) -> _T:
    if name not in known:
        raise InvalidInput(f"{what} {name.lower()!r}: expected one of {', '.join(known).lower()}")
    return known[name]
