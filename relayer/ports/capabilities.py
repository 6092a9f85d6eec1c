"""What a ledger may offer beyond the ports that every ledger has, each as one Protocol.

A ledger is never asked for its class: `capability(ledger, Priced)` is the ledger as `Priced`, or None. A ledger that learns
what it offers only once it is connected, such as one behind an adapter, says so by `offers`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

from relayer.core.ids import ClientId, Height
from relayer.errors import AuthoritiesUnavailable
from relayer.ports.ledger import ClientStatus, Quote, SubmissionBatch
from relayer.ports.prover import ClientCreation, ClientReference

_C = TypeVar("_C")


@runtime_checkable
class DeclaresCapabilities(Protocol):
    """A ledger whose class has more methods than the ledger behind it serves."""

    def offers(self, kind: type) -> bool:
        """Whether a capability, one of the Protocols of this module, can be used."""
        ...


def capability(ledger: object, kind: type[_C]) -> _C | None:
    """`ledger` as `kind`, one of the Protocols of this module, or None if it does not offer that."""
    if not isinstance(ledger, kind):
        return None
    if isinstance(ledger, DeclaresCapabilities) and not ledger.offers(kind):
        return None
    return ledger


@runtime_checkable
class Priced(Protocol):
    """A ledger whose submissions are paid from an account."""

    async def balance(self) -> int:
        """The account's balance, in the smallest unit."""
        ...

    async def quote(self, batch: SubmissionBatch) -> Quote:
        """Simulates the submission against the newest state and prices it; sends nothing. Raises as `submit`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """One who vouches for headers. `error` says why it cannot be counted on now; it is empty if it can."""

    name: str
    """As the light clients know it, for example a 0x address."""
    endpoint: str
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouching:
    """Who vouches for a ledger's headers, and how many of them are needed."""

    threshold: int
    vouchers: tuple[Voucher, ...]

    def require_enough(self) -> None:
        """Raises AuthoritiesUnavailable, naming each one's reason, if fewer than the threshold answer."""
        failed = [each for each in self.vouchers if each.error]
        answering = len(self.vouchers) - len(failed)
        if answering < self.threshold:
            raise AuthoritiesUnavailable(
                f"{answering} of {len(self.vouchers)} authorities answer, {self.threshold} are needed; "
                + "; ".join(f"{each.name} at {each.endpoint}: {each.error}" for each in failed)
            )


@runtime_checkable
class Vouched(Protocol):
    """A ledger whose headers need signatures of parties other than its own node."""

    async def vouching(self) -> Vouching:
        """Asks each of them who it is."""
        ...


@runtime_checkable
class VouchedByClient(Protocol):
    """A ledger whose vouchers sign for the light clients in their configuration, and for no other."""

    async def not_serving(self, client: ClientReference) -> tuple[Voucher, ...]:
        """Those who do not sign for the client; `error` says why. Raises nothing: who does not answer is among them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedVouchers:
    """How the configuration names those whom a light client trusts, which a rotation may have replaced."""

    unknown: tuple[str, ...] = ()
    """Those that the configuration does not name at all, so that they cannot be asked."""
    change: str = ""
    """What to write into the configuration; empty if it names exactly these."""


@runtime_checkable
class RotatesVouchers(Protocol):
    """A ledger whose vouchers are configured, while a light client may have others by a rotation: those count for it."""

    async def vouching_for(self, client: ClientReference) -> Vouching:
        """Asks each of those whom the client trusts who it is."""
        ...

    def named_for(self, client: ClientReference) -> NamedVouchers:
        """Compares the configuration with whom the client trusts; nothing to do if its state is not known."""
        ...


@runtime_checkable
class VouchedUpTo(Protocol):
    """A ledger whose vouchers look at nodes of their own, which may be behind ours."""

    async def vouched_height(self, client: ClientReference, *, target: Height) -> Height:
        """The newest height up to `target` whose header enough of those whom the client trusts can sign now, as they say
        themselves; `target` if they do not say. It may be below what the client knows."""
        ...


@runtime_checkable
class TrustsClients(Protocol):
    """A ledger where anyone may create a light client, so that facts count only through the clients that an operator trusts.

    Raises AccessDenied without the operator's rights, LedgerRefused, LedgerUnavailable.
    """

    async def trust_client(self, client: ClientId) -> None:
        """Lets facts through a client become liabilities. A repeat is a success."""
        ...

    async def distrust_client(self, client: ClientId) -> None:
        """Facts through a client are refused from now on. A repeat is a success."""
        ...

    async def trusts_client(self, client: ClientId) -> bool:
        """Whether facts through a client become liabilities."""
        ...


@runtime_checkable
class BindsPorts(Protocol):
    """A settlement ledger that takes facts through a light client from one port of the counterparty alone, and sends the
    news of them there. The port is the settlement application's own unless an operator binds the client to another one.

    Raises AccessDenied without the operator's rights, LedgerRefused, LedgerUnavailable.
    """

    async def bind_port(self, client: ClientId, port: str) -> None:
        """For good: a binding to another port is refused, and so is one after facts came. A repeat is a success."""
        ...

    async def bound_port(self, client: ClientId) -> str:
        """From where facts through the client are taken."""
        ...


@runtime_checkable
class TrustsChains(Protocol):
    """A settlement ledger where an operator says of which chains facts through a client may come. Until then that is the
    chain which the client follows; a client of a hub may speak for those behind it that are listed, never for all.

    Raises AccessDenied without the operator's rights, LedgerRefused, LedgerUnavailable.
    """

    async def trust_chains(self, client: ClientId, chains: Sequence[str]) -> None:
        """In the place of what was said before: EIP-155 ids, decimal, ascending by value, at least one. A repeat is a
        success."""
        ...

    async def trusted_chains(self, client: ClientId) -> Sequence[str]:
        """What the client may speak for; nothing, if there is no such client."""
        ...


@runtime_checkable
class PairsAtCreation(Protocol):
    """A host that pairs a light client when it creates it and never again: the counterparty's client id is needed then."""

    async def next_client_id(self) -> ClientId:
        """The id of the client that is created next, unless somebody else creates one before."""
        ...


@runtime_checkable
class DeploysClients(Protocol):
    """A host where a light client is a contract, paid for before the router is asked to take it.

    `create_client` does both; whoever keeps what was deployed pays once, however often the second step is refused.
    """

    async def deploy_client(
        self, creation: ClientCreation, *, counterparty_client_id: str, counterparty_merkle_prefix: Sequence[bytes]
    ) -> str:
        """The new contract's address. A refusal of `add_client` that can be foreseen comes before anything is paid. Raises
        as `create_client`."""
        ...

    async def deployed_client(self, contract: str) -> ClientStatus:
        """What a deployed contract follows; UNKNOWN if it is not a light client. Its id and counterparty are empty."""
        ...

    async def add_client(
        self, contract: str, *, counterparty_client_id: str, counterparty_merkle_prefix: Sequence[bytes]
    ) -> ClientId:
        """Gives a deployed contract its id. Raises as `create_client`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One thing that was looked at. `remedy` says what to do; it is empty if all is well."""

    subject: str
    found: str
    remedy: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing needs to be done."""
        return not self.remedy


@runtime_checkable
class Checked(Protocol):
    """A ledger with parts of its own that `relayer check` looks at: an account, authorities."""

    def checks(self) -> AsyncIterator[CheckLine]:
        """Looks at each part and changes nothing; may be called before `connect`. Raises nothing: what fails is a line.

        Subjects do not name the ledger.
        """
        ...


CAPABILITIES: tuple[type, ...] = (Priced, Vouched, TrustsClients, BindsPorts, TrustsChains, PairsAtCreation, Checked)
"""All of them. Each has a suite in relayer.testing.capability_contract and a number in the adapter service."""
