"""Who may issue facts for whom, on both ledgers: an issuer is removed, a mandate is granted or revoked. And who may act for
a party on the settlement ledger: an account is revoked.

An end is recorded first where facts are minted, because only then is it known which one was the last, and then where they
settle. A repeat after an interruption goes on where it stopped.
"""

from __future__ import annotations

from dataclasses import dataclass

from relayer.business.looking_up import account_named
from relayer.business.settling import Desk
from relayer.errors import InvalidInput
from relayer.ports.facts import FactRegistry
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.issuers import (
    GrantMandate,
    Issuer,
    IssuerInForce,
    IssuingState,
    MandateInForce,
    RemoveIssuer,
    RevokeMandate,
)
from relayer.settlement.model.parties import RevokeAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What no longer issues. `last_sequence`: of the last fact that counts."""

    last_sequence: int
    sequence: int
    """Entry in the settlement ledger's log."""


async def issuer_on(desk: Desk, issuer: Issuer) -> IssuerInForce:
    """Raises InvalidInput if the account belongs to no party there."""
    rights = await desk.service.issuing_rights()
    for each in rights.issuers:
        if each.issuer == issuer:
            return each
    raise InvalidInput(
        f"issuer {issuer} belongs to no party of this ledger; `relayer settlement issuers` lists those that do"
    )


async def mandate_on(desk: Desk, creditor: bytes, issuer: Issuer) -> MandateInForce | None:
    """What the creditor last said about the issuer; None: nothing yet."""
    rights = await desk.service.issuing_rights()
    return next((each for each in rights.mandates if (each.creditor, each.issuer) == (creditor, issuer)), None)


async def remove_issuer(registry: FactRegistry, desk: Desk, issuer: Issuer, *, actor: bytes) -> Ended:
    """For good, on both ledgers. What the issuer minted before still counts, whenever it arrives."""
    found = await issuer_on(desk, issuer)
    with desk.sending():
        last = await registry.remove_issuer(issuer.account)
    if found.state is IssuingState.ENDED:
        return Ended(last_sequence=found.last_sequence, sequence=found.sequence)
    head = await desk.execute(RemoveIssuer(request_id="", actor=actor, issuer=issuer, last_sequence=last))
    return Ended(last_sequence=last, sequence=head.sequence)


async def grant_mandate(registry: FactRegistry, desk: Desk, creditor: bytes, issuer: Issuer, *, actor: bytes) -> int:
    """Lets an issuer of another party issue the creditor's facts. The log entry that says so."""
    said = await mandate_on(desk, creditor, issuer)
    if said is None or said.state is IssuingState.ENDED:
        replaces = said.sequence if said else 0
        command = GrantMandate(request_id="", actor=actor, creditor=creditor, issuer=issuer, replaces=replaces)
        sequence = (await desk.execute(command)).sequence
    else:
        sequence = said.sequence
    with desk.sending():
        await registry.grant_mandate(creditor, issuer.account)
    return sequence


async def revoke_mandate(registry: FactRegistry, desk: Desk, creditor: bytes, issuer: Issuer, *, actor: bytes) -> Ended:
    """Raises InvalidInput if the creditor never gave one."""
    said = await mandate_on(desk, creditor, issuer)
    if said is None:
        raise InvalidInput(f"issuer {issuer} has no mandate of this creditor; `relayer settlement issuers` lists mandates")
    with desk.sending():
        last = await registry.revoke_mandate(creditor, issuer.account)
    if said.state is IssuingState.ENDED:
        return Ended(last_sequence=said.last_sequence, sequence=said.sequence)
    command = RevokeMandate(
        request_id="", actor=actor, creditor=creditor, issuer=issuer, last_sequence=last, replaces=said.sequence
    )
    return Ended(last_sequence=last, sequence=(await desk.execute(command)).sequence)


async def revoke_account(desk: Desk, account: str, *, dry_run: bool) -> int | None:
    """For good. The log entry that says so; None after a dry run. Raises InvalidInput for a name of no party."""
    account = account_named(desk, account)
    if dry_run:
        return None
    return (await desk.execute(RevokeAccount(request_id="", actor=OPERATOR, account=account))).sequence
