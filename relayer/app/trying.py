"""What `relayer check` tries without sending anything: an update of a light client, with header, signatures and price.

It finds what looking at the parts cannot: authorities that do not sign for the client, a fee policy that the ledger does not
take, an account without the right to update, or without the money.
"""

from __future__ import annotations

from relayer.app.ledgers import FullLedger
from relayer.app.vouchers import entry, who
from relayer.errors import NoPriceYet, RelayerError
from relayer.ports.capabilities import (
    CheckLine,
    Priced,
    RotatesVouchers,
    Vouched,
    VouchedByClient,
    Voucher,
    capability,
)
from relayer.ports.ledger import ClientStatus, SubmissionBatch, client_reference
from relayer.ports.prover import ClientReference
from relayer.ports.vouching import signable


async def update_line(subject: str, host: FullLedger, followed: FullLedger, status: ClientStatus) -> CheckLine:
    """`status`: of the active client on `host` that follows `followed`."""
    try:
        return await _tried(subject, host, followed, status)
    except NoPriceYet as error:
        return CheckLine(subject=subject, found=f"an update of {status.client_id} can be proven; {error}")
    except RelayerError as error:
        return CheckLine(subject=subject, found=f"no update of {status.client_id} would pass", remedy=str(error))


async def _tried(subject: str, host: FullLedger, followed: FullLedger, status: ClientStatus) -> CheckLine:
    head = await followed.head()
    update, found = None, f"{status.client_id} knows the newest header of {followed.ledger_id}"
    reference = client_reference(host, status.client_id, status)
    target = await signable(followed, reference, head.height) if head.height > status.latest_height else head.height
    if target < head.height:
        found = f"{status.client_id} knows what enough of those who vouch for {followed.ledger_id} have seen, {target}"
    if target > status.latest_height:
        update = await followed.client_update(reference, trusted=status.latest_height, target=target)
        found = f"an update of {status.client_id} to height {update.height} would pass"
    priced = capability(host, Priced)
    if priced is None:
        return CheckLine(subject=subject, found=found)
    # Without an update the quote still asks for the price of gas.
    quote = await priced.quote(SubmissionBatch(client_id=status.client_id, update=update, messages=()))
    balance = await priced.balance()
    price = f"{quote.gas} gas at {float(quote.price):g} each" if update is not None else f"gas costs {float(quote.price):g}"
    short = "" if balance >= quote.fee else f"send the account funds: it has {balance}, an update may cost {quote.fee}"
    return CheckLine(subject=subject, found=f"{found}; {price}", remedy=short)


def named_line(subject: str, host: FullLedger, followed: FullLedger, status: ClientStatus) -> CheckLine | None:
    """Whether the configuration names exactly those whom the client on `host` trusts; None where none are configured."""
    rotating = capability(followed, RotatesVouchers)
    if rotating is None:
        return None
    change = rotating.named_for(client_reference(host, status.client_id, status)).change
    if not change:
        return CheckLine(subject=subject, found=f"exactly those whom {status.client_id} trusts")
    return CheckLine(subject=subject, found=f"others than {status.client_id} trusts since its rotation", remedy=change)


async def vouching_line(subject: str, host: FullLedger, followed: FullLedger, status: ClientStatus) -> CheckLine | None:
    """Whether all who vouch for `followed` sign for the client on `host`; None where no client is named."""
    vouched, client = capability(followed, VouchedByClient), status.client_id
    if vouched is None:
        return None
    reference = client_reference(host, client, status)
    missing = await vouched.not_serving(reference)
    if not missing:
        return CheckLine(subject=subject, found=f"all who vouch for it sign for {client}")
    # Whoever does not answer at all is found elsewhere, and needs another remedy.
    silent = {each.name for each in await _vouchers(followed, reference) if each.error}
    unaware = [each for each in missing if each.name not in silent]
    found = f"not all who vouch for it sign for {client}: {who(missing)}"
    if not unaware:
        return CheckLine(subject=subject, found=found, remedy="start those that do not answer")
    words = f"add {entry(reference)} to `clients` in the authority.yaml of {', '.join(each.name for each in unaware)}"
    return CheckLine(subject=subject, found=found, remedy=f"{words}, and start them again")


async def _vouchers(followed: FullLedger, reference: ClientReference) -> tuple[Voucher, ...]:
    rotating, answering = capability(followed, RotatesVouchers), capability(followed, Vouched)
    if rotating is not None:
        return (await rotating.vouching_for(reference)).vouchers
    return () if answering is None else (await answering.vouching()).vouchers
