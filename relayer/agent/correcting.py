"""Corrections: what an event became is compared with what it becomes by the rules of now, and the difference is recorded.

Nothing that is settled is rated again by itself. A correction is asked for, and is made of facts of its own: a credit note
for what was too much, an extra claim for what was too little. Their ids follow from the event's place and the next free
number, and what was settled is read from the settlement ledger, so a repeat finds nothing left to correct.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from relayer.agent.agent import SettlementAgent
from relayer.agent.claiming import Decoded, object_id
from relayer.agent.store import AgentStore
from relayer.agent.values import ClaimState, NewClaim, StoredEvent
from relayer.codes.facts import FactCategory, FactKind
from relayer.errors import InvalidInput
from relayer.facts.codec import fact_id
from relayer.facts.schema import party_id
from relayer.rating.activity import CORRECTION_NUMBERS, Activity
from relayer.rating.documents import document_bytes, fact_of
from relayer.rating.rate import Claim, rate
from relayer.settlement.model.liabilities import Liability

_FORM = "interledger.correction.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One fact of a correction. `related`: the fact that a credit note takes from."""

    claim: Claim
    related: bytes
    settled: int
    """Gross of the pair before."""
    rated: int
    """Gross of the pair by the rules of now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settled:
    liability: Liability
    number: int

    @property
    def pair(self) -> tuple[bytes, bytes, str]:
        return self.liability.creditor, self.liability.debtor, self.liability.currency

    @property
    def claimed(self) -> int:
        return self.liability.amount - self.liability.credited


async def corrections(agent: SettlementAgent, event: StoredEvent) -> list[Correction]:
    """Facts that make the event's settlement what the rules of now give; empty: it is. Raises InvalidInput where facts
    cannot do it, ActivityRefused where the rules of now refuse the event."""
    known = await agent.store.in_thread(lambda store: store.claims_of(event.id))
    if any(each.state is ClaimState.WAITING for each in known):
        raise InvalidInput("claims of this event are still on their way; let the agent pull, then correct it")
    decoded = _decoded(agent, event)
    claims = rate(agent.rules, decoded.rule, decoded.activity)
    settled, free = await _on_ledger(agent, decoded.activity)
    wanted: dict[tuple[bytes, bytes, str], list[Claim]] = {}
    for claim in claims:
        wanted.setdefault((party_id(claim.creditor), party_id(claim.debtor), claim.currency), []).append(claim)
    made: list[Correction] = []
    for pair in sorted({*wanted, *(each.pair for each in settled)}):
        before = [each for each in settled if each.pair == pair]
        claimed, rated = sum(each.claimed for each in before), sum(each.net + each.tax for each in wanted.get(pair, ()))
        if claimed > rated:
            made += _credits(agent, before, claimed, rated, free)
        elif claimed < rated:
            made.append(_extra(wanted[pair], claimed, rated, free))
    return made


async def record(agent: SettlementAgent, event: StoredEvent, made: Sequence[Correction]) -> None:
    """Puts the facts of a correction on their way; the next pull delivers them."""
    decoded = _decoded(agent, event)
    activity = decoded.activity
    claims = []
    for each in made:
        document = document_bytes(_document(agent, decoded, each))
        fact = fact_of(each.claim, activity, issuer=agent.issuer, document=document, related=each.related)
        claims.append(
            NewClaim(
                fact=fact,
                number=each.claim.number,
                rules=agent.rules.digest,
                object_id=object_id(decoded.rule, activity),
                document=document,
            )
        )

    def stored(store: AgentStore) -> None:
        store.add_corrections(event.id, event.event.contract, claims)
        if event.code is not None:
            store.rerate(event, ())

    await agent.store.in_thread(stored)


def _decoded(agent: SettlementAgent, event: StoredEvent) -> Decoded:
    decoded = agent.claiming.decode(event.event)
    if decoded is None:
        raise InvalidInput("no rule applies to the event any more; keep a rule for it while it is corrected")
    return decoded


async def _on_ledger(agent: SettlementAgent, activity: Activity) -> tuple[list[_Settled], list[int]]:
    """What the event became, and which numbers of corrections are free. The ledger says so, whatever the database has."""
    settled: list[_Settled] = []
    free: list[int] = []
    for number in range(CORRECTION_NUMBERS.stop):
        place = activity.place
        key = fact_id(place.chain_id, place.contract, agent.issuer, place.sequence(number))
        liability = await agent.recorder.liability_of_fact(key)
        if liability is not None and liability.kind is not FactKind.CREDIT_NOTE:
            settled.append(_Settled(liability=liability, number=number))
        if liability is None and number in CORRECTION_NUMBERS and await agent.store.in_thread(partial(_is_free, fact=key)):
            free.append(number)
    return settled, free


def _is_free(store: AgentStore, *, fact: bytes) -> bool:
    return store.claim(fact) is None


def _credits(
    agent: SettlementAgent, before: Sequence[_Settled], claimed: int, rated: int, free: list[int]
) -> list[Correction]:
    """Of the newest claims first."""
    names = {party_id(name): name for mapping in agent.rules.parties.values() for name in mapping.values()}
    for rule in agent.rules.events:
        for made_by in rule.claims:
            names |= {party_id(party): party for party in (made_by.creditor, made_by.debtor) if isinstance(party, str)}
    left, made = claimed - rated, []
    for each in sorted(before, key=lambda found: found.number, reverse=True):
        liability = each.liability
        amount = min(left, liability.free)
        if amount == 0:
            continue
        if liability.creditor not in names or liability.debtor not in names:
            raise InvalidInput("a party of what was settled is not in the rule file any more; keep it while it is corrected")
        left -= amount
        claim = Claim(
            number=_next(free),
            kind=FactKind.CREDIT_NOTE,
            category=FactCategory.CREDIT,
            creditor=names[liability.creditor],
            debtor=names[liability.debtor],
            currency=liability.currency,
            exponent=liability.exponent,
            lines=(),
            total=amount,
            net=amount,
            tax=0,
            service_end=liability.service_end,
            due_date=liability.due_date,
        )
        made.append(Correction(claim=claim, related=liability.fact_id, settled=claimed, rated=rated))
    if left:
        raise InvalidInput(
            f"{left} minor units too much were claimed and are not open any more: they were paid, netted, or a dispute "
            "holds them; agree on paying them back"
        )
    return made


def _extra(claims: Sequence[Claim], claimed: int, rated: int, free: list[int]) -> Correction:
    """One claim for the difference, with the part of tax that the new claims have."""
    difference, tax_of_all = rated - claimed, sum(each.tax for each in claims)
    tax = difference * tax_of_all // rated
    claim = replace(claims[0], number=_next(free), lines=(), total=difference - tax, net=difference - tax, tax=tax)
    return Correction(claim=claim, related=bytes(32), settled=claimed, rated=rated)


def _next(free: list[int]) -> int:
    if not free:
        raise InvalidInput(f"the event was corrected {len(CORRECTION_NUMBERS)} times, and a place has no more numbers")
    return free.pop(0)


def _document(agent: SettlementAgent, decoded: Decoded, correction: Correction) -> dict[str, Any]:
    place, claim = decoded.activity.place, correction.claim
    return {
        "form": _FORM,
        "rules": {"name": agent.rules.name, "hash": f"0x{agent.rules.digest.hex()}", "rule": decoded.rule.name},
        "event": {"contract": f"0x{place.contract.hex()}", "transaction": str(place), "block": str(place.block)},
        "number": str(claim.number),
        "corrects": f"0x{correction.related.hex()}",
        "settled": str(correction.settled),
        "rated": str(correction.rated),
        "net": str(claim.net),
        "tax": str(claim.tax),
    }
