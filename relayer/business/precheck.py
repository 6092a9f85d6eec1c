"""What the settlement ledger would answer to facts about parties, issuers and agreements, before they are issued for good.

Only what its records show: the ledger decides again when a fact arrives, and terms may have changed until then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from relayer.business.naming import near_names
from relayer.facts.schema import party_id
from relayer.ports.settlement import SettlementService
from relayer.settlement.model.issuers import Issuer, IssuingState


@dataclass(frozen=True, slots=True, kw_only=True)
class FactTerms:
    """What a fact says about who owes whom in which currency. Parties by their OCPI ids."""

    creditor: str
    debtor: str
    currency: str
    exponent: int


async def objections(service: SettlementService, drafts: Sequence[FactTerms], issuer: Issuer) -> list[str]:
    """One line for each fact of `issuer` that would be rejected, with its place from 0; empty if none would. Raises
    LedgerError."""
    names = {party.party_id: party.ocpi_id for party in await service.parties()}
    agreements = {(each.agreement.creditor, each.agreement.debtor): each.agreement for each in await service.agreements()}
    rights = await service.issuing_rights()
    owners = {each.party for each in rights.issuers if each.issuer == issuer and each.state is IssuingState.ACTIVE}
    mandates = {each.creditor for each in rights.mandates if each.issuer == issuer and each.state is IssuingState.ACTIVE}
    creditors = owners | mandates if owners else set()
    found = []
    for place, draft in enumerate(drafts):
        creditor, debtor = party_id(draft.creditor), party_id(draft.debtor)
        unknown = [name for name, key in ((draft.creditor, creditor), (draft.debtor, debtor)) if key not in names]
        agreement = agreements.get((creditor, debtor))
        if unknown:
            found += [f"{place}: party {name} is not registered{near_names(name, names.values())}" for name in unknown]
        elif creditor == debtor:
            found.append(f"{place}: {draft.creditor} is both creditor and debtor")
        elif creditor not in creditors:
            found.append(
                f"{place}: account 0x{issuer.account.hex()} may not issue for {draft.creditor}; use its issuer, or grant a "
                "mandate with `relayer settlement mandate`"
            )
        elif agreement is None:
            found.append(f"{place}: {draft.debtor} has no agreement to settle with {draft.creditor}")
        elif agreement.terms(draft.currency.encode(), draft.exponent) is None:
            agreed = ", ".join(f"{each.currency} with {each.exponent} digits" for each in agreement.currencies)
            found.append(
                f"{place}: the agreement of {draft.debtor} with {draft.creditor} covers {agreed}, "
                f"not {draft.currency} with {draft.exponent}"
            )
    return found
