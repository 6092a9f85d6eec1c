"""From what people call a thing to the thing on the settlement ledger: by its id, or by a beginning that fits it alone."""

from __future__ import annotations

from relayer.business.naming import HASH_DIGITS, hash_prefix, one_hash, one_of, one_party
from relayer.business.paging import all_cycles, all_disputes, all_liabilities, all_payments
from relayer.business.settling import OPERATOR_NAME, Desk
from relayer.errors import InvalidInput
from relayer.ports.settlement import BindsAccounts, SettlementService
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.disputes import Dispute
from relayer.settlement.model.liabilities import Liability
from relayer.settlement.model.payments import Payment

# Each raises InvalidInput, with the names that are near or with all that begin like this.


def party_of(at: Desk, name: str) -> bytes:
    """A registered party by its OCPI id, its name, or a beginning that fits it alone."""
    return one_party(name, at.names, at.titles)


def acting(at: Desk, name: str | None) -> bytes:
    """A registered party's id; without a name, or by `operator`, the operator."""
    return OPERATOR if name in {None, OPERATOR_NAME} else party_of(at, str(name))


def account_named(at: Desk, text: str) -> str:
    """An account that acts for a party. A chain knows accounts by addresses, which it checks itself; other ledgers by
    tokens, whose names begin with the party's."""
    if isinstance(at.service, BindsAccounts):
        return text
    party, slash, rest = text.partition("/")
    return f"{at.name(party_of(at, party))}{slash}{rest}"


async def cycle_named(service: SettlementService, text: str) -> str:
    """A cycle's id."""
    if await service.cycle(text) is not None:
        return text
    known = [each.plan.cycle_id for each in await all_cycles(service)]
    return one_of("cycle", text, known, "relayer settlement cycles")


async def payment_named(service: SettlementService, text: str) -> Payment:
    """A payment."""
    found = await service.payment(text)
    if found is None:
        known = {each.order.payment_id: each for each in await all_payments(service)}
        found = known[one_of("payment", text, known, "relayer settlement payments")]
    return found


async def dispute_named(service: SettlementService, text: str) -> Dispute:
    """A dispute."""
    known = {each.claim.dispute_id: each for each in await all_disputes(service)}
    return known[one_of("dispute", text, known, "relayer settlement disputes")]


async def liability_named(service: SettlementService, text: str) -> Liability:
    """The liability of a fact."""
    digits = hash_prefix("fact id", text)
    if len(digits) == HASH_DIGITS:
        found = await service.liability_of_fact(bytes.fromhex(digits))
        if found is None:
            raise InvalidInput(
                f"fact {text[:80]} has no liability on this ledger; `relayer settlement liabilities` lists them"
            )
        return found
    known = {each.fact_id: each for each in await all_liabilities(service)}
    return known[one_hash("fact", text, known, "relayer settlement liabilities")]
