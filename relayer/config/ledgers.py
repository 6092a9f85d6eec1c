"""The ledgers section of relayer.yaml: how each ledger is reached, what it calls final, and who pays its fees."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from relayer.config.fields import (
    AccountSettings,
    Address,
    Endpoint,
    FilePath,
    Finality,
    HostPort,
    LedgerAddress,
    Secret,
    Section,
)

_GAS_PRICE = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})?)[a-zA-Z][a-zA-Z0-9/:._-]{2,127}", re.ASCII)
_BECH32_PREFIX = re.compile(r"[a-z][a-z0-9]{0,31}", re.ASCII)

StartHeight = Annotated[int, Field(ge=0, lt=2**63)]
"""Nothing at or below this height is read: the height at which a router older than the channel was deployed."""
DeploymentHeight = Annotated[int, Field(ge=1, lt=2**63)]


class _Watched(Section):
    """What every ledger has: the height above which it is read."""

    start_height: StartHeight = 0

    @property
    def read_above(self) -> int:
        """Nothing at or below this height is read."""
        return self.start_height


class Fees(Section):
    """What transactions may cost. `cap_wei` bounds the price of one unit of gas, whatever the ledger asks.

    A transaction that is in no block after `raise_after_seconds` is replaced at a higher price, up to the cap.
    """

    policy: Literal["legacy", "eip1559", "zero"] = "eip1559"
    cap_wei: int | None = Field(default=None, ge=1)
    tip_wei: int | None = Field(default=None, ge=0)
    raise_after_seconds: Annotated[int, Field(ge=1, le=3_600)] = 30

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.policy == "zero" and (self.cap_wei is not None or self.tip_wei is not None):
            raise ValueError("has the zero-price policy, which takes neither cap_wei nor tip_wei; remove them")
        if self.policy != "zero" and self.cap_wei is None:
            raise ValueError(f"has the policy {self.policy} without cap_wei; set the highest price of a unit of gas in wei")
        if self.policy == "legacy" and self.tip_wei is not None:
            raise ValueError("has the legacy policy, which takes no tip_wei; remove it")
        return self


class AuthorityMember(Section):
    """One key that vouches for block hashes, and the address of its process."""

    address: Address
    endpoint: HostPort
    tls: FilePath | None = None
    """PEM of who signed the authority's certificate; None: it listens without TLS."""
    token: Secret | None = None
    """What the authority asks of its callers."""

    @model_validator(mode="after")
    def _private(self) -> Self:
        if self.token is not None and self.tls is None:
            raise ValueError(
                "has a token without tls; a token never crosses a plain port, so name the certificate authority of the "
                "member's TLS certificate as tls"
            )
        return self


class Authorities(Section):
    """Who vouches for the block hashes of a ledger without seals: `threshold` of `members`."""

    threshold: int = Field(ge=1)
    members: Annotated[tuple[AuthorityMember, ...], Field(min_length=1, max_length=100)]
    rotating: Annotated[tuple[AuthorityMember, ...], Field(max_length=100)] = ()
    """Those that light clients name during a rotation beside the members: they come, or they leave."""
    request_timeout_seconds: Annotated[int, Field(ge=1, le=300)] = 5

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.threshold > len(self.members):
            raise ValueError(f"needs {self.threshold} signatures of {len(self.members)} members; lower the threshold")
        for name in ("address", "endpoint"):
            values = [getattr(member, name) for member in (*self.members, *self.rotating)]
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"names the {name} {twice[0]} twice; each member needs its own")
        return self


class EvmLedgerSettings(_Watched):
    """An EVM ledger with an IBC v2 router. `router` and `facts` may be omitted until `channel open` has deployed them.

    `deployed_at_height`: the block in which the router was deployed; nothing of its packets is older.
    """

    type: Literal["evm"]
    chain_id: int = Field(ge=1, lt=2**64)
    endpoints: Annotated[tuple[Endpoint, ...], Field(min_length=1, max_length=16)]
    router: Address | None = None
    facts: Address | None = None
    deployed_at_height: DeploymentHeight | None = None
    finality: Finality = "finalized"
    account: AccountSettings
    fees: Fees
    authorities: Authorities
    request_timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 20

    @model_validator(mode="after")
    def _asks_by_http(self) -> Self:
        if not any(endpoint.startswith("http") for endpoint in self.endpoints):
            raise ValueError("has no http:// or https:// endpoint; a websocket alone only gives hints of new heads")
        return self

    @property
    def read_above(self) -> int:
        """As configured, or from the block in which the router was deployed."""
        return max(self.start_height, (self.deployed_at_height or 1) - 1)


class EmbeddedLedgerSettings(_Watched):
    """The settlement ledger inside this process; `settings` is the ledger.yaml that `ledger init` wrote."""

    type: Literal["embedded"]
    settings: FilePath
    chain_id: str = Field(min_length=1, max_length=50)


class RemoteLedgerSettings(_Watched):
    """A ledger behind the gRPC adapter service, such as `relayer ledger serve`."""

    type: Literal["remote"]
    address: LedgerAddress
    chain_id: str = Field(min_length=1, max_length=50)
    token: Secret | None = None
    tls: FilePath | None = None
    """PEM of who signed the ledger's certificate; None: a socket, or a port without TLS, over which no token is sent."""

    @model_validator(mode="after")
    def _private(self) -> Self:
        if self.token is not None and self.tls is None and not self.address.startswith("unix:"):
            raise ValueError(
                "has a token and a plain port, where another user's process may listen while the ledger is down; name its "
                "socket (unix:PATH), or the certificate authority of its TLS certificate as tls"
            )
        return self


class ChainFees(Section):
    """What transactions of a Cosmos SDK chain cost: a fixed price per unit of gas, as ``0.025stake``.

    `cap` is the most that one transaction may cost, in that coin; a zero price needs no cap.
    """

    gas_price: str
    cap: Annotated[int, Field(ge=1, lt=2**63)] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        match = _GAS_PRICE.fullmatch(self.gas_price)
        if match is None:
            raise ValueError("has an invalid gas_price; write a number and a coin, such as 0.025stake or 0stake")
        if self.cap is None and match[1].strip("0."):
            raise ValueError(f"has the gas_price {self.gas_price} without cap; set the most that one transaction may cost")
        return self


class CosmosLedgerSettings(_Watched):
    """A Cosmos SDK chain with stock ibc-go, the light client `poa-evm` and the settlement application.

    `account` relays. `business_account` signs what needs rights on the chain: set-up and business commands; if it is
    omitted, `account` signs those too.
    """

    type: Literal["cosmos"]
    chain_id: str = Field(min_length=1, max_length=50)
    endpoints: Annotated[tuple[Endpoint, ...], Field(min_length=1, max_length=16)]
    bech32_prefix: str = "cosmos"
    account: AccountSettings
    business_account: AccountSettings | None = None
    fees: ChainFees
    transaction_bytes: Annotated[int, Field(ge=65_536, le=20_000_000)] = 1_000_000
    """Largest transaction: what the pools of the chain's nodes take (max_tx_bytes)."""
    transaction_gas: Annotated[int, Field(ge=1_000_000, lt=2**62)] | None = None
    """Most gas that one transaction may ask for; None: four fifths of what a block may take."""
    request_timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 15
    opened_above_height: DeploymentHeight | None = None
    """The newest height when the first of the channels was opened: nothing of them is at or below it."""

    @property
    def read_above(self) -> int:
        """As configured, or from where the channels begin."""
        return max(self.start_height, self.opened_above_height or 0)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if any(not endpoint.startswith("http") for endpoint in self.endpoints):
            raise ValueError(
                "has an endpoint that is not http:// or https://; name the node's RPC (usually port 26657), "
                "hints of new blocks come over a websocket of the same address"
            )
        if not _BECH32_PREFIX.fullmatch(self.bech32_prefix):
            raise ValueError("has an invalid bech32_prefix; write the prefix of the chain's addresses, such as cosmos")
        return self


SettlementLedgerSettings = EmbeddedLedgerSettings | RemoteLedgerSettings | CosmosLedgerSettings
"""Every kind of settlement ledger."""
LedgerSettings = Annotated[EvmLedgerSettings | SettlementLedgerSettings, Field(discriminator="type")]
"""One entry of `ledgers`, told apart by its `type`."""
