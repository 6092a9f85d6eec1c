"""Business facts on the contract ledger, with the settlement ledger's reference."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.codes.facts import FactCode, FactKind, FactStatus
from relayer.facts.codec import FactAnswer
from relayer.ports.facts import FactRecord, MintedFact
from relayer.views.values import Hex, MinorUnits, hex_of


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredFact:
    """What became of one signed fact. `code`: ok, or why not; duplicate: it was recorded before, and this is its first
    reference. A rejected fact has no liability: null."""

    fact_id: Hex
    accepted: bool
    code: str
    liability_id: Hex | None
    sequence: int | None
    head_hash: Hex

    @classmethod
    def of(cls, fact_id: bytes, answer: FactAnswer) -> DeliveredFact:
        """From the ledger's answer."""
        accepted = answer.status is FactStatus.ACCEPTED
        return cls(
            fact_id=hex_of(fact_id),
            accepted=accepted,
            code=answer.code.name.lower(),
            liability_id=hex_of(answer.liability_id) if accepted else None,
            sequence=answer.sequence if accepted else None,
            head_hash=hex_of(answer.head_hash),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FactView:
    """One fact. What the settlement ledger has not said is null; `open` is what was open at the newest news."""

    fact_id: Hex
    fact_hash: Hex
    issuer: Hex
    issuer_sequence: int
    kind: str
    creditor: Hex
    debtor: Hex
    currency: str
    exponent: int
    net: MinorUnits
    tax: MinorUnits
    state: str
    code: str
    packet_sequence: int
    ledger: str
    liability_id: Hex | None
    settlement_sequence: int | None
    news_sequence: int | None
    open: MinorUnits | None

    @classmethod
    def of(cls, minted: MintedFact, record: FactRecord) -> FactView:
        """From the minted fact and what the contract stores for it."""
        fact = minted.fact
        return cls(
            fact_id=hex_of(fact.fact_id),
            fact_hash=hex_of(record.fact_hash),
            issuer=hex_of(minted.issuer),
            issuer_sequence=fact.issuer_sequence,
            kind=kind_name(fact.kind),
            creditor=hex_of(fact.creditor),
            debtor=hex_of(fact.debtor),
            currency=fact.currency.decode("ascii", "replace"),
            exponent=fact.exponent,
            net=str(fact.net),
            tax=str(fact.tax),
            state=record.state.name.lower(),
            code=code_name(record.code),
            packet_sequence=record.packet_sequence,
            ledger=record.ledger_id,
            liability_id=hex_of(record.liability_id) if any(record.liability_id) else None,
            settlement_sequence=record.settlement_sequence or None,
            news_sequence=record.news_sequence or None,
            open=str(record.open) if record.news_sequence else None,
        )

    @property
    def gross(self) -> int:
        """Net and tax, in minor units."""
        return int(self.net) + int(self.tax)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFacts:
    """A packet, and the ids of the facts that it carries."""

    packet: str
    facts: tuple[Hex, ...]


def kind_name(kind: int) -> str:
    """In lower case; the number of a kind that this version does not know."""
    return FactKind(kind).name.lower() if kind in list(FactKind) else str(kind)


def code_name(code: int) -> str:
    """The settlement ledger's answer in words; empty for OK."""
    if code == FactCode.OK:
        return ""
    return FactCode(code).name.lower() if code in list(FactCode) else str(code)
