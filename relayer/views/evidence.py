"""What `relayer verify` found in a file of evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from relayer.codes.facts import FactStatus
from relayer.errors import InvalidInput
from relayer.evidence.errors import EvidenceRefused
from relayer.evidence.model import Verdict
from relayer.facts.codec import FACT_VERSION, PORT, FactAnswer, decode_answers, decode_packet_data
from relayer.facts.schema import Fact
from relayer.views.values import Hex, hex_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenClaim:
    """One claim, and the header that proves it. `timestamp`: unix seconds, as the header has it."""

    claim: str
    chain_id: str
    height: int
    timestamp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedFact:
    """A fact that the packet carries: `accepted`, the code of its refusal, or `none` without an answer."""

    fact_id: Hex
    answer: str
    liability_id: Hex | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedHop:
    """One hop of a forwarded packet's way, proven by itself."""

    ending: str
    sequence: int
    source_client: str
    destination_client: str
    statements: tuple[ProvenClaim, ...]
    facts: tuple[CarriedFact, ...]

    @classmethod
    def of(cls, verdict: Verdict) -> VerifiedHop:
        """From the verdict over one packet."""
        packet = verdict.packet
        return cls(
            ending=verdict.ending.value,
            sequence=packet.sequence,
            source_client=packet.source_client,
            destination_client=packet.destination_client,
            statements=tuple(
                ProvenClaim(claim=each.claim.value, chain_id=each.chain_id, height=each.height, timestamp=each.timestamp)
                for each in verdict.proven
            ),
            facts=tuple(_carried(fact, answer) for fact, answer in facts_of(verdict)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedEvidence:
    """The evidence holds. The first hop's values, and `onward`: the further hops, if the packet was forwarded."""

    proven: Literal[True] = True
    ending: str
    sequence: int
    source_client: str
    destination_client: str
    statements: tuple[ProvenClaim, ...]
    facts: tuple[CarriedFact, ...]
    onward: tuple[VerifiedHop, ...]

    @classmethod
    def of(cls, hops: Sequence[Verdict]) -> VerifiedEvidence:
        """From the verdicts over a file, at least one."""
        first, *others = map(VerifiedHop.of, hops)
        return cls(
            ending=first.ending,
            sequence=first.sequence,
            source_client=first.source_client,
            destination_client=first.destination_client,
            statements=first.statements,
            facts=first.facts,
            onward=tuple(others),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedEvidence:
    """The evidence proves nothing."""

    proven: Literal[False] = False
    flaw: str
    reason: str

    @classmethod
    def of(cls, refused: EvidenceRefused) -> RefusedEvidence:
        """From the error that verification raised."""
        return cls(flaw=refused.flaw.value, reason=str(refused))


def facts_of(verdict: Verdict) -> list[tuple[Fact, FactAnswer | None]]:
    """What a packet of business facts carried, each with its answer; empty for any other packet."""
    payload = verdict.packet.payload
    if (payload.destination_port, payload.version) != (PORT, FACT_VERSION):
        return []
    try:
        facts = decode_packet_data(payload.value).facts
        answers = () if verdict.acknowledgement is None else decode_answers(verdict.acknowledgement.app_acknowledgement)
    except InvalidInput:
        return []
    return [(fact, answers[index] if index < len(answers) else None) for index, fact in enumerate(facts)]


def _carried(fact: Fact, answer: FactAnswer | None) -> CarriedFact:
    if answer is None:
        return CarriedFact(fact_id=hex_of(fact.fact_id), answer="none", liability_id=None)
    if answer.status is FactStatus.REJECTED:
        return CarriedFact(fact_id=hex_of(fact.fact_id), answer=answer.code.name.lower(), liability_id=None)
    return CarriedFact(fact_id=hex_of(fact.fact_id), answer="accepted", liability_id=hex_of(answer.liability_id))
