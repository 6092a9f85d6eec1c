"""Parties, their issuers and agreements on both ledgers, from one description. Applying it again changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from enum import StrEnum

from relayer.business.naming import with_names
from relayer.business.settling import request_id_of
from relayer.errors import ConfigurationError, LedgerRefused
from relayer.facts.schema import party_id
from relayer.facts.ways import Way
from relayer.ports.facts import FactRegistry
from relayer.ports.sending import Sending
from relayer.ports.settlement import BindsAccounts, SettlementService
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.commands import Command
from relayer.settlement.model.issuers import BindIssuer, Issuer, IssuingState
from relayer.settlement.model.parties import Agreement, CurrencyTerms, Party, RecordAgreement, RegisterParty
from relayer.settlement.netting.modes import NettingMode

_AT_ONCE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyEntry:
    """One operator. `account`: 20 bytes, holds its tokens on the contract ledger. `issuer`: whether it issues its facts.

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
    """`debtor` settles with `creditor` in these currencies and netting modes; its facts may come by these ways."""

    creditor: str
    debtor: str
    currencies: tuple[CurrencyTerms, ...]
    netting_modes: tuple[NettingMode, ...]
    ways: tuple[Way, ...] = (Way.INTERLEDGER,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Everything to be applied."""

    parties: tuple[PartyEntry, ...]
    agreements: tuple[AgreementEntry, ...]

    @property
    def names(self) -> Mapping[bytes, str]:
        """Everyone who is named, by party id."""
        named = [party.ocpi_id for party in self.parties]
        named += [name for each in self.agreements for name in (each.debtor, each.creditor)]
        return {party_id(name): name for name in named}

    @property
    def on_contracts(self) -> tuple[PartyEntry, ...]:
        """The parties that have an account on the contract ledger."""
        return tuple(party for party in self.parties if party.account is not None)


class Applied(StrEnum):
    """What became of a party or an agreement."""

    UNCHANGED = "unchanged"
    """In force as described; nothing was sent."""
    RECORDED = "recorded"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationOutcome:
    """One party or agreement of a register. `refusal` is the ledger's, if it refused."""

    subject: str
    applied: Applied
    refusal: LedgerRefused | None = None


async def register_on_settlement(
    service: SettlementService, register: Register, *, contract_chain_id: int, sending: Sending = nullcontext
) -> tuple[RegistrationOutcome, ...]:
    """Sends what is not in force yet. Needs the settlement ledger's token or operator account. Issuers are accounts of the
    contract ledger with this EIP-155 id. `sending` is entered around each step."""
    outcomes: list[RegistrationOutcome] = []
    names = {party.party_id: party.ocpi_id for party in await service.parties()} | dict(register.names)
    for commands in (
        await _party_commands(service, register),
        await _agreement_commands(service, register),
        await _issuer_commands(service, register, contract_chain_id),
    ):
        for start in range(0, len(commands), _AT_ONCE):
            # Commands that do not depend on each other, a bounded number at a time: a chain takes them into one block.
            part = commands[start : start + _AT_ONCE]
            outcomes += await _together(_apply(service, subject, command, names, sending) for subject, command in part)
    refused = {each.subject for each in outcomes if each.applied is Applied.REFUSED}
    await _bind_accounts(service, [party for party in register.parties if _subject(party) not in refused], sending)
    return tuple(outcomes)


async def register_on_contracts(
    registry: FactRegistry, parties: Sequence[PartyEntry], *, sending: Sending = nullcontext
) -> None:
    """Parties that have an account there. Needs the account that owns the contract."""
    for party in parties:
        assert party.account is not None
        with sending():
            await registry.register_party(party.ocpi_id, party.account, lei=party.lei, vat_id=party.vat_id)
            if party.issuer:
                await registry.add_issuer(party.account, party_id(party.ocpi_id))


async def _bind_accounts(service: SettlementService, parties: Sequence[PartyEntry], sending: Sending) -> None:
    for party in parties:
        if party.settlement_account is None:
            continue
        if not isinstance(service, BindsAccounts):
            raise ConfigurationError(
                f"party {party.ocpi_id} names a settlement_account, which only a chain knows; remove it, and give the party "
                "a token with party_tokens in ledger.yaml"
            )
        with sending():
            await service.bind_account(party.settlement_account, party_id(party.ocpi_id))


async def _together(calls: Iterable[Awaitable[RegistrationOutcome]]) -> list[RegistrationOutcome]:
    """All of them end, whatever becomes of one; then the first error is raised."""
    outcomes = []
    for result in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
        outcomes.append(result)
    return outcomes


async def _apply(
    service: SettlementService, subject: str, command: Command | None, names: Mapping[bytes, str], sending: Sending
) -> RegistrationOutcome:
    if command is None:
        return RegistrationOutcome(subject=subject, applied=Applied.UNCHANGED)
    try:
        with sending():
            await service.execute(replace(command, request_id=request_id_of(command)))
    except LedgerRefused as refused:
        refusal = LedgerRefused(refused.code, with_names(refused.message, names))
        return RegistrationOutcome(subject=subject, applied=Applied.REFUSED, refusal=refusal)
    return RegistrationOutcome(subject=subject, applied=Applied.RECORDED)


async def _party_commands(service: SettlementService, register: Register) -> Sequence[tuple[str, Command | None]]:
    """None: the party is registered as described."""
    known = {party.party_id: party for party in await service.parties()}
    found: list[tuple[str, Command | None]] = []
    for entry in register.parties:
        party = Party(
            party_id=party_id(entry.ocpi_id), ocpi_id=entry.ocpi_id, name=entry.name, lei=entry.lei, vat_id=entry.vat_id
        )
        command = None if known.get(party.party_id) == party else RegisterParty(request_id="", actor=OPERATOR, party=party)
        found.append((_subject(entry), command))
    return found


async def _agreement_commands(service: SettlementService, register: Register) -> Sequence[tuple[str, Command | None]]:
    """None: these terms are in force. A change names the entry that it replaces, so going back to earlier terms is one."""
    in_force = {(each.agreement.creditor, each.agreement.debtor): each for each in await service.agreements()}
    found: list[tuple[str, Command | None]] = []
    for entry in register.agreements:
        agreement = Agreement(
            agreement_id=f"{entry.debtor}>{entry.creditor}",
            creditor=party_id(entry.creditor),
            debtor=party_id(entry.debtor),
            currencies=entry.currencies,
            netting_modes=entry.netting_modes,
            ways=entry.ways,
        )
        before = in_force.get((agreement.creditor, agreement.debtor))
        command = RecordAgreement(
            request_id="", actor=OPERATOR, agreement=agreement, replaces=before.sequence if before else 0
        )
        unchanged = before is not None and before.agreement == agreement
        found.append((f"agreement {agreement.agreement_id}", None if unchanged else command))
    return found


async def _issuer_commands(
    service: SettlementService, register: Register, chain_id: int
) -> Sequence[tuple[str, Command | None]]:
    """None: it is the party's issuer. An account of another party, or one that was removed, is for the ledger to refuse."""
    rights = await service.issuing_rights()
    active = {(each.issuer, each.party) for each in rights.issuers if each.state is IssuingState.ACTIVE}
    found: list[tuple[str, Command | None]] = []
    for entry in register.on_contracts:
        if not entry.issuer:
            continue
        assert entry.account is not None
        issuer, party = Issuer(chain_id, entry.account), party_id(entry.ocpi_id)
        unchanged = (issuer, party) in active
        command = None if unchanged else BindIssuer(request_id="", actor=OPERATOR, issuer=issuer, party=party)
        found.append((f"issuer of {entry.ocpi_id}", command))
    return found


def _subject(party: PartyEntry) -> str:
    return f"party {party.ocpi_id}"
