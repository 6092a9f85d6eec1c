"""The commands that let one account issue facts for several parties, as an operator sends them."""

from __future__ import annotations

from relayer.facts.schema import party_id
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.commands import Command
from relayer.settlement.model.issuers import BindIssuer, GrantMandate, Issuer
from relayer.testing.factories import BUSINESS_CHAIN_ID, ISSUER

FACTORY_ISSUER = Issuer(BUSINESS_CHAIN_ID, ISSUER)
"""Issues every fact of relayer.testing.factories."""


def issuing_for(first: str, *others: str, issuer: Issuer = FACTORY_ISSUER) -> list[Command]:
    """Binds the account to the first party and gives it the mandate of the others, all of which are registered already."""
    binding = BindIssuer(request_id=f"issuer {issuer}", actor=OPERATOR, issuer=issuer, party=party_id(first))
    mandates = [
        GrantMandate(request_id=f"mandate {each}", actor=OPERATOR, creditor=party_id(each), issuer=issuer, replaces=0)
        for each in others
    ]
    return [binding, *mandates]
