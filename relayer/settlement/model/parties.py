"""Parties, accounts that act for them no more, agreements, consent to novation, and the cut-off of periods."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from relayer.facts.ways import Way
from relayer.settlement.model.acts import Request
from relayer.settlement.netting.modes import NettingMode

ALL_MODES = tuple(NettingMode)
"""What an agreement allows unless it says otherwise. Mode HUB needs the parties' consent as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A business partner. `party_id` is keccak256 of `ocpi_id`."""

    party_id: bytes
    ocpi_id: str
    name: str
    lei: str
    """ISO 17442 code, or empty."""
    vat_id: str
    """VAT identification number, or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyTerms:
    """One currency of an agreement."""

    currency: str
    """ISO 4217, three letters."""
    exponent: int
    """Digits after the point that amounts are stated in."""
    open_limit: int | None
    """Most that may be open from debtor to creditor in minor units; None: no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """`debtor` has agreed to settle what it owes to `creditor`. The other direction is an agreement of its own."""

    agreement_id: str
    creditor: bytes
    debtor: bytes
    currencies: tuple[CurrencyTerms, ...]
    netting_modes: tuple[NettingMode, ...] = ALL_MODES
    """The modes in which these debts may be netted, in the order of the enumeration."""
    ways: tuple[Way, ...] = (Way.INTERLEDGER,)
    """The ways by which its facts may come, in the order of the enumeration."""

    def terms(self, currency: bytes, exponent: int) -> CurrencyTerms | None:
        """The terms of a fact's currency, or None if the agreement does not hold it with this exponent."""
        for terms in self.currencies:
            if terms.currency.encode() == currency and terms.exponent == exponent:
                return terms
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementInForce:
    """The terms in force between a pair, and the log entry that set them."""

    agreement: Agreement
    sequence: int


class Consent(StrEnum):
    """Whether a party agrees that its debts are replaced by others (novation), which mode HUB needs."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentInForce:
    """What a party last said about novation, and the log entry that recorded it."""

    party: bytes
    consent: Consent
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterParty(Request):
    """Adds a party; only the operator may. The same particulars again are answered with the first reference."""

    party: Party


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAgreement(Request):
    """Sets the terms of one debtor towards one creditor; only the operator may."""

    agreement: Agreement
    replaces: int
    """Log entry of the terms in force that these replace; 0: the pair has none. SUPERSEDED if others are in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePeriod(Request):
    """Moves the cut-off forward (unix seconds); only the operator may."""

    cut_off_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetConsent(Request):
    """A party agrees to novation, or takes that back for cycles that are not proposed yet."""

    party: bytes
    consent: Consent
    replaces: int
    """Log entry of the consent in force that this replaces; 0: none. SUPERSEDED if another is in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeAccount(Request):
    """An account acts for no party from this entry on, for good; only the operator may say so."""

    account: str
    """How the ledger knows who delivers commands: an address of a chain, or the name of a token such as DE*KCS/2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyRegistered:
    """A party joined the ledger."""

    party: Party


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRecorded:
    """A pair of parties agreed to settle, or changed its terms."""

    agreement: Agreement
    replaces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodClosed:
    """Facts whose service ended at or before the cut-off are refused from now on."""

    cut_off_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentSet:
    """A party agreed to novation or took it back."""

    party: bytes
    consent: Consent
    replaces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRevoked:
    """The account acts for no party any more; what it did before stays."""

    account: str


PartyCommand = RegisterParty | RecordAgreement | ClosePeriod | SetConsent | RevokeAccount
PartyEvent = PartyRegistered | AgreementRecorded | PeriodClosed | ConsentSet | AccountRevoked
