"""Parties, issuers and agreements on both ledgers, from one description. Applying it again changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from relayer.errors import ConfigurationError
from relayer.facts.schema import party_id
from relayer.ports.facts import FactRegistry
from relayer.ports.settlement import BindsAccounts, SettlementService
from relayer.settlement.commands import OperatorCommand, RecordAgreement, RegisterParty
from relayer.settlement.model import Agreement, CurrencyTerms, Party
from relayer.settlement.netting.modes import NettingMode

_AT_ONCE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyEntry:
    """One operator. `account`: 20 bytes, holds its tokens on the contract ledger. `issuer`: whether it may issue facts.

    `settlement_account` may act for it on a settlement ledger that is a chain.
    """

    ocpi_id: str
    name: str
    lei: str
    vat_id: str
    account: bytes | None
    issuer: bool
    settlement_account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementEntry:
    """`debtor` settles with `creditor` in these currencies and netting modes."""

    creditor: str
    debtor: str
    currencies: tuple[CurrencyTerms, ...]
    netting_modes: tuple[NettingMode, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Everything to be applied."""

    parties: tuple[PartyEntry, ...]
    agreements: tuple[AgreementEntry, ...]

    @property
    def on_contracts(self) -> tuple[PartyEntry, ...]:
        """The parties that have an account on the contract ledger."""
        return tuple(party for party in self.parties if party.account is not None)


async def register_on_settlement(service: SettlementService, register: Register) -> None:
    """Needs the settlement ledger's token or operator account."""
    for part in _parts(register):
        await _together(service.execute(command) for command in part)
    await _bind_accounts(service, register.parties)


async def register_on_contracts(registry: FactRegistry, parties: Sequence[PartyEntry]) -> None:
    """Parties that have an account there. Needs the account that owns the contract."""
    for party in parties:
        assert party.account is not None
        await registry.register_party(party.ocpi_id, party.account, lei=party.lei, vat_id=party.vat_id)
        if party.issuer:
            await registry.add_issuer(party.account)


async def _bind_accounts(service: SettlementService, parties: Sequence[PartyEntry]) -> None:
    for party in parties:
        if party.settlement_account is None:
            continue
        if not isinstance(service, BindsAccounts):
            raise ConfigurationError(
                f"party {party.ocpi_id} names a settlement_account, which only a chain knows; remove it, and give the party "
                "a token with party_tokens in ledger.yaml"
            )
        await service.bind_account(party.settlement_account, party_id(party.ocpi_id))


def _parts(register: Register) -> Iterator[Sequence[OperatorCommand]]:
    """What does not depend on each other, a bounded number at a time: a chain takes them into one block."""
    for commands in _commands(register):
        yield from (commands[start : start + _AT_ONCE] for start in range(0, len(commands), _AT_ONCE))


async def _together(calls: Iterable[Awaitable[object]]) -> None:
    """All of them end, whatever becomes of one; then the first error is raised."""
    for result in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result


def _commands(register: Register) -> tuple[Sequence[OperatorCommand], Sequence[OperatorCommand]]:
    """First parties, then agreements.

    Request ids follow from the content, so a repeat is answered with the first result and a change is a new request.
    """
    parties: list[OperatorCommand] = []
    agreements: list[OperatorCommand] = []
    for entry in register.parties:
        party = Party(
            party_id=party_id(entry.ocpi_id), ocpi_id=entry.ocpi_id, name=entry.name, lei=entry.lei, vat_id=entry.vat_id
        )
        parties.append(RegisterParty(request_id=_request("party", repr(party)), party=party))
    for each in register.agreements:
        agreement = Agreement(
            agreement_id=f"{each.debtor}>{each.creditor}",
            creditor=party_id(each.creditor),
            debtor=party_id(each.debtor),
            currencies=each.currencies,
            netting_modes=each.netting_modes,
        )
        agreements.append(RecordAgreement(request_id=_request("agreement", repr(agreement)), agreement=agreement))
    return parties, agreements


def _request(what: str, content: str) -> str:
    return f"{what}-{sha256(content.encode()).hexdigest()[:32]}"
