"""Asking every part of the way that packets take, for /healthz and /metrics: each ledger and light client, the authorities.

It uses the relayer's own connections, so that what it finds is what the relayer finds, and it changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from functools import partial

from relayer.app.clock import SteadyClock
from relayer.app.ledgers import FullLedger
from relayer.app.vouchers import who
from relayer.core.channels import Route
from relayer.core.ids import ClientId, LedgerId
from relayer.engine.runner import RunBlocking
from relayer.errors import AuthoritiesUnavailable, ClientUnusable, FundsInsufficient, LedgerUnavailable, RelayerError
from relayer.journal.statistics import JournalStatistics
from relayer.ports.capabilities import Checked, Priced, RotatesVouchers, Vouched, VouchedByClient, capability
from relayer.ports.ledger import ClientCondition, SubmissionBatch, client_reference
from relayer.ports.prover import ClientReference
from relayer.service.remembered import Remembered
from relayer.service.report import Figures, ProbeResult, WalletReport

_PATIENCE_SECONDS = 5.0
_QUICKLY_SECONDS = 1.0
_SIGNING_SECONDS = 30.0
"""Authorities change what they sign for when they are started; each question asks all of them."""
_SILENT = "no answer within"

_Follower = tuple[FullLedger, ClientId]
"""A light client, and its host."""


class Probe:
    """Over the ledgers of a running relayer."""

    def __init__(
        self,
        routes: Sequence[Route],
        ledgers: Mapping[LedgerId, FullLedger],
        statistics: JournalStatistics,
        *,
        blocking: RunBlocking,
        stopping: Mapping[LedgerId, Checked] | None = None,
    ) -> None:
        """`stopping`: those of the ledgers that may stop to make blocks though they answer."""
        self._stopping = dict(stopping or {})
        self._ledgers = ledgers
        self._clients = list(dict.fromkeys((route.source, route.source_client) for route in routes))
        self._paying = dict(self._clients)
        self._followers = _followers(routes, ledgers)
        self._signing = dict(self._signers(routes))
        self._statistics = statistics
        self._blocking = blocking

    async def look(self) -> ProbeResult:
        """All at once; what does not answer in time is a reason as well."""
        found = await asyncio.gather(*(_in_time(what, call) for what, call in self._questions()))
        return ProbeResult(
            checked=tuple(words for words, is_good in found if is_good),
            reasons=tuple(words for words, is_good in found if not is_good),
        )

    async def stopped(self) -> tuple[str, ...]:
        """Why ledgers that answer make no blocks; empty for those that do. One that is slow to say is left out."""
        found = await asyncio.gather(*(_in_time(what, call, _QUICKLY_SECONDS) for what, call in self._own_checks()))
        return tuple(words for words, is_good in found if not is_good and _SILENT not in words)

    async def figures(self) -> Figures:
        """What is not available now is left out."""
        try:
            journal = await self._blocking(self._statistics.figures)
        except RelayerError:
            journal = None
        priced = {name: capability(ledger, Priced) for name, ledger in self._ledgers.items()}
        asked = (_balance(name, ledger) for name, ledger in priced.items() if ledger is not None)
        found = await asyncio.gather(*asked)
        return Figures(journal=journal, wallets=tuple(each for each in found if each is not None))

    def _questions(self) -> Iterator[tuple[str, Awaitable[str]]]:
        for name, ledger in self._ledgers.items():
            yield f"ledger {name}", _height(ledger)
            vouched = capability(ledger, Vouched)
            if vouched is not None:
                yield f"authorities of {name}", _vouching(ledger, vouched, self._followers.get(name, ()))
        yield from self._own_checks()
        for name, client in self._clients:
            yield f"client {client} of ledger {name}", _condition(self._ledgers[name], client)
        for name, client in self._paying.items():
            priced = capability(self._ledgers[name], Priced)
            if priced is not None:
                yield f"account on {name}", _payable(priced, client)
        for what, signing in self._signing.items():
            yield what, signing()

    def _signers(self, routes: Sequence[Route]) -> Iterator[tuple[str, Remembered[str]]]:
        """Updates of the client at a destination are made of the source's headers."""
        for route in routes:
            source, host = self._ledgers[route.source], self._ledgers[route.destination]
            vouched = capability(source, VouchedByClient)
            if vouched is not None:
                what = f"authorities of {route.source} for {route.destination_client} on {route.destination}"
                serving = partial(_serving, vouched, host, route.destination_client)
                yield what, Remembered(serving, seconds=_SIGNING_SECONDS, clock=SteadyClock())

    def _own_checks(self) -> Iterator[tuple[str, Awaitable[str]]]:
        for name, ledger in self._stopping.items():
            yield f"ledger {name} itself", _own_check(ledger)


async def _in_time(what: str, call: Awaitable[str], seconds: float | None = None) -> tuple[str, bool]:
    patience = _PATIENCE_SECONDS if seconds is None else seconds
    try:
        return f"{what}: {await asyncio.wait_for(call, patience)}", True
    except TimeoutError:
        return f"{what}: {_SILENT} {patience:.0f} seconds", False
    except RelayerError as error:
        return f"{what}: {error}", False


async def _height(ledger: FullLedger) -> str:
    return f"height {(await ledger.head()).height}"


async def _own_check(ledger: Checked) -> str:
    """Raises LedgerUnavailable with the remedy for the first part that needs attention."""
    lines = [line async for line in ledger.checks()]
    for line in lines:
        if not line.good:
            raise LedgerUnavailable(f"{line.subject}: {line.found}; {line.remedy}")
    return "; ".join(f"{line.subject} {line.found}" for line in lines)


def _followers(routes: Sequence[Route], ledgers: Mapping[LedgerId, FullLedger]) -> dict[LedgerId, tuple[_Follower, ...]]:
    found: dict[LedgerId, dict[_Follower, None]] = {}
    for route in routes:
        found.setdefault(route.source, {})[ledgers[route.destination], route.destination_client] = None
    return {name: tuple(each) for name, each in found.items()}


async def _vouching(ledger: FullLedger, vouched: Vouched, followers: Sequence[_Follower]) -> str:
    """Of those whom each light client trusts, which a rotation may have replaced; else of those who are configured."""
    rotating = capability(ledger, RotatesVouchers)
    if rotating is None or not followers:
        (await vouched.vouching()).require_enough()
    else:
        for host, client in followers:
            (await rotating.vouching_for(await _reference(host, client))).require_enough()
    return "enough answer"


async def _reference(host: FullLedger, client: ClientId) -> ClientReference:
    """With the client's state, unless its host does not tell it now: that is a reason of its own."""
    try:
        status = await asyncio.wait_for(host.client_status(client), _QUICKLY_SECONDS)
    except (TimeoutError, RelayerError):
        status = None
    return client_reference(host, client, status)


async def _serving(ledger: VouchedByClient, host: FullLedger, client: ClientId) -> str:
    """Raises AuthoritiesUnavailable if too few sign for the client, even if they answer."""
    reference = await _reference(host, client)
    missing = await ledger.not_serving(reference)
    vouched, rotating = capability(ledger, Vouched), capability(ledger, RotatesVouchers)
    if missing and vouched is not None:
        vouching = await (vouched.vouching() if rotating is None else rotating.vouching_for(reference))
        signing = len(vouching.vouchers) - len(missing)
        if signing < vouching.threshold:
            raise AuthoritiesUnavailable(
                f"{signing} of {len(vouching.vouchers)} sign for the client, {vouching.threshold} are needed; "
                f"{who(missing)}; `relayer check` says what to add to their authority.yaml"
            )
    return "enough sign for it"


async def _payable(ledger: Priced, client: ClientId) -> str:
    """Raises ConfigurationError for a fee policy that the ledger does not take, FundsInsufficient for an empty account."""
    quote = await ledger.quote(SubmissionBatch(client_id=client, update=None, messages=()))
    balance = await ledger.balance()
    if quote.price and not balance:
        raise FundsInsufficient("the account is empty and gas is not free; send it funds")
    return f"gas costs {float(quote.price):g}"


async def _condition(ledger: FullLedger, client: ClientId) -> str:
    status = await ledger.client_status(client)
    if status.condition is not ClientCondition.ACTIVE:
        raise ClientUnusable(f"it is {status.condition}; `relayer check` says what to do")
    return f"active, at height {status.latest_height}"


async def _balance(name: LedgerId, ledger: Priced) -> WalletReport | None:
    try:
        return WalletReport(ledger=name, balance=await asyncio.wait_for(ledger.balance(), _PATIENCE_SECONDS))
    except (TimeoutError, RelayerError):
        return None
