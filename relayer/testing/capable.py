"""A simulated ledger that offers every capability: an account, authorities, trust in clients, checks of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from copy import copy, deepcopy
from dataclasses import replace
from fractions import Fraction
from typing import Any

from relayer.core.ids import ClientId, Height
from relayer.errors import LedgerRefused
from relayer.facts.codec import PORT
from relayer.ports.capabilities import CheckLine, Voucher, Vouching
from relayer.ports.ledger import Quote, SubmissionBatch, SubmissionReceipt
from relayer.ports.prover import ClientReference
from relayer.testing.simulated import SimulatedLedger

PRICE = Fraction(5_000_000_001, 2)
"""Of one gas, in the smallest unit."""


class CapableLedger(SimulatedLedger):
    """See the Protocols of relayer.ports.capabilities. Its account begins with more than 64 bits can count."""

    revision = 0
    software = "simulated ledger"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._balance = 10**24
        self._trusted: set[ClientId] = set()
        self._bound: dict[ClientId, str] = {}
        self._chains: dict[ClientId, tuple[str, ...]] = {}

    async def submit(self, batch: SubmissionBatch) -> SubmissionReceipt:
        """As any simulated ledger, and paid for."""
        receipt = await super().submit(batch)
        fee = _fee(receipt.gas)
        self._balance -= fee
        return replace(receipt, fee=fee)

    async def balance(self) -> int:
        """What the account has left."""
        await self._answer()
        return self._balance

    async def quote(self, batch: SubmissionBatch) -> Quote:
        """Executes the batch on a copy of the ledger."""
        await self._answer()
        receipt = await SimulatedLedger.submit(self._copied(), batch)
        gas = receipt.gas * 6 // 5
        refusals = tuple(result if result.code else None for result in receipt.results)
        return Quote(transactions=1, gas=gas, price=PRICE, fee=_fee(gas), refusals=refusals)

    async def vouching(self) -> Vouching:
        """Two of three, unless the authorities are down."""
        await self._answer()
        error = "UNAVAILABLE" if self.faults.authorities_down else ""
        vouchers = tuple(Voucher(name=f"authority {each}", endpoint=f"host:{each}", error=error) for each in (1, 2, 3))
        return Vouching(threshold=2, vouchers=vouchers)

    async def not_serving(self, client: ClientReference) -> tuple[Voucher, ...]:
        """None of its authorities has a client in its configuration."""
        del client
        vouchers = (await self.vouching()).vouchers
        return tuple(replace(each, error=each.error or "does not serve the client") for each in vouchers)

    async def checks(self) -> AsyncIterator[CheckLine]:
        """The account."""
        remedy = "" if self._balance > 0 else "send funds to it"
        yield CheckLine(subject="account", found=f"has {self._balance}", remedy=remedy)

    async def trust_client(self, client: ClientId) -> None:
        """See TrustsClients."""
        self._trusted.add(client)

    async def distrust_client(self, client: ClientId) -> None:
        """See TrustsClients."""
        self._trusted.discard(client)

    async def trusts_client(self, client: ClientId) -> bool:
        """See TrustsClients."""
        return client in self._trusted

    async def bind_port(self, client: ClientId, port: str) -> None:
        """See BindsPorts."""
        if self._bound.setdefault(client, port) != port:
            raise LedgerRefused("port_bound", f"{client} is bound to port {self._bound[client]} for good")

    async def bound_port(self, client: ClientId) -> str:
        """See BindsPorts."""
        await self._answer()
        return self._bound.get(client, PORT)

    async def trust_chains(self, client: ClientId, chains: Sequence[str]) -> None:
        """See TrustsChains."""
        if not chains or list(chains) != sorted(set(chains), key=int):
            raise LedgerRefused("chains", f"{client} may speak for {chains}: expected some, ascending and each once")
        self._chains[client] = tuple(chains)

    async def trusted_chains(self, client: ClientId) -> Sequence[str]:
        """See TrustsChains."""
        await self._answer()
        return self._chains.get(client, ())

    async def next_client_id(self) -> ClientId:
        """See PairsAtCreation."""
        return ClientId(f"simulated-{len(self._clients)}")

    async def event_bytes(self, *, after: Height, until: Height) -> int:
        """Roughly; for the adapter service."""
        return 1_000 * len(self._facts_between(after, until))

    async def client_state(self, client: ClientId) -> tuple[str, bytes]:
        """Its clients have no state of their own in protobuf; for the adapter service."""
        del client
        return "", b""

    def _copied(self) -> CapableLedger:
        trial = copy(self)
        own = ("faults", "_clients", "_store", "_facts", "_heads")
        vars(trial).update({name: deepcopy(getattr(self, name)) for name in own}, submissions=[], delivered=[], _hints={})
        return trial


def _fee(gas: int) -> int:
    return -(-gas * PRICE.numerator // PRICE.denominator)
