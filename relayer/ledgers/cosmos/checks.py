"""What `relayer check` looks at on a chain beside its nodes: the account that pays."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from relayer.errors import RelayerError
from relayer.ledgers.cosmos.fees import FeePolicy
from relayer.ledgers.cosmos.transactions import AccountSender
from relayer.ports.capabilities import CheckLine


async def account_line(connect: Callable[[], Awaitable[None]], sender: AccountSender, fees: FeePolicy) -> CheckLine:
    """Whether the chain knows the account, and what it has of the coin that pays fees."""
    try:
        await connect()
        await sender.reader.view()
        balance = await sender.reader.balance(fees.denomination)
    except RelayerError as error:
        return CheckLine(subject="account", found="cannot be looked at", remedy=str(error))
    remedy = "" if balance or not fees.price else f"send coins to {sender.address}, it pays the fees"
    return CheckLine(subject="account", found=f"{sender.address} has {balance} {fees.denomination}", remedy=remedy)
