"""settlement.json: parties and agreements as an operator writes them. Strict, like every other file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from relayer.business.register import AgreementEntry, PartyEntry, Register
from relayer.commands.fact_file import read_strictly
from relayer.config.fields import Address, Section
from relayer.facts.schema import party_id
from relayer.facts.ways import ALL_WAYS
from relayer.settlement.model.parties import ALL_MODES, CurrencyTerms


class _Party(Section):
    id: str
    name: str = Field(min_length=1, max_length=100)
    lei: str = Field(default="", pattern=r"^([A-Z0-9]{20})?$")
    vat_id: str = Field(default="", max_length=20)
    account: Address | None = None
    issuer: bool = False
    settlement_account: str | None = Field(default=None, min_length=1, max_length=120)


class _Currency(Section):
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    exponent: int = Field(ge=0, le=18)
    open_limit: Annotated[int, Field(ge=0, lt=2**128)] | None = None


class _Agreement(Section):
    creditor: str
    debtor: str
    currencies: Annotated[tuple[_Currency, ...], Field(min_length=1, max_length=100)]
    netting_modes: Annotated[frozenset[Literal["bilateral", "cycle", "hub"]], Field(min_length=1)] | None = None
    ways: Annotated[frozenset[Literal["interledger", "pushed", "pulled", "pulled-proven"]], Field(min_length=1)] = frozenset(
        {"interledger"}
    )


class _File(Section):
    parties: Annotated[tuple[_Party, ...], Field(max_length=10_000)] = ()
    agreements: Annotated[tuple[_Agreement, ...], Field(max_length=100_000)] = ()


def read_register(path: Path) -> Register:
    """Raises InvalidInput with every problem."""
    file = read_strictly(path, _File.model_validate_json)
    names = [party.id for party in file.parties]
    names += [name for agreement in file.agreements for name in (agreement.creditor, agreement.debtor)]
    for name in names:
        party_id(name)
    return Register(
        parties=tuple(
            PartyEntry(
                ocpi_id=party.id,
                name=party.name,
                lei=party.lei,
                vat_id=party.vat_id,
                account=None if party.account is None else bytes.fromhex(party.account.removeprefix("0x")),
                issuer=party.issuer,
                settlement_account=party.settlement_account,
            )
            for party in file.parties
        ),
        agreements=tuple(
            AgreementEntry(
                creditor=each.creditor,
                debtor=each.debtor,
                currencies=tuple(
                    CurrencyTerms(currency=one.currency, exponent=one.exponent, open_limit=one.open_limit)
                    for one in each.currencies
                ),
                ways=tuple(way for way in ALL_WAYS if way.value in each.ways),
                netting_modes=tuple(
                    mode for mode in ALL_MODES if each.netting_modes is None or mode.value.lower() in each.netting_modes
                ),
            )
            for each in file.agreements
        ),
    )
