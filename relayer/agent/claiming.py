"""From a log to claims: which rule applies, what it makes of the event, and why it makes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from relayer.agent.ports import EventLog, EventSource
from relayer.agent.values import AgentCode, NewClaim, NewEvent, Refusal
from relayer.codes.limits import MAXIMUM_OBJECT_ID_BYTES
from relayer.errors import InvalidInput
from relayer.facts.words import keccak256
from relayer.ledgers.evm.minted import FACT_MINTED, minted_fact
from relayer.rating.activity import Activity, Place, value_text
from relayer.rating.documents import document_bytes, document_of, fact_of
from relayer.rating.rate import applies, rate
from relayer.rating.refusals import ActivityRefused, RatingCode
from relayer.rating.rules import Contract, EventRule, RuleFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """An event with the rule that applies to it."""

    rule: EventRule
    activity: Activity


class Claiming:
    """The rules of one file, for one issuer."""

    def __init__(self, rules: RuleFile, source: EventSource, *, issuer: bytes) -> None:
        self.rules = rules
        self._source = source
        self.issuer = issuer
        self.is_proven: Callable[[bytes], bool] = lambda _contract: False
        """Whether facts of a contract come with proofs, which need no issuer's key."""
        self._contracts = {each.address: each for each in rules.contracts.values()}
        self._by_topic: dict[tuple[bytes, bytes], list[EventRule]] = {}
        for rule in rules.events:
            self._by_topic.setdefault((rules.contracts[rule.contract].address, rule.event.topic), []).append(rule)

    def topics(self, contract: Contract) -> list[bytes]:
        """First topics of the events that matter."""
        if contract.is_facts:
            return [FACT_MINTED]
        return [topic for address, topic in self._by_topic if address == contract.address]

    def claims(self, event: NewEvent) -> Sequence[NewClaim] | Refusal | None:
        """None: no rule applies, so the event is passed over."""
        contract = self._contracts.get(event.contract)
        if contract is None:
            return None
        try:
            if contract.is_facts:
                return self._minted(event)
            decoded = self.decode(event)
            return None if decoded is None else self.rated(decoded)
        except ActivityRefused as error:
            return Refusal(code=error.code.value, detail=str(error))

    def decode(self, event: NewEvent) -> Decoded | None:
        """None: no rule applies. Raises ActivityRefused if the log does not fit the ABI."""
        for rule in self._by_topic.get((event.contract, event.topics[0]), ()):
            log = EventLog(
                topics=event.topics,
                data=event.data,
                block=event.block,
                block_hash=event.block_hash,
                index=event.log_index,
                transaction=event.transaction,
            )
            fields = self._source.decode(rule.event, log)
            activity = Activity(
                place=place_of(event, chain_id=self.rules.chain_id), event=rule.event.signature, fields=fields
            )
            if applies(rule, activity):
                return Decoded(rule=rule, activity=activity)
        return None

    def rated(self, decoded: Decoded) -> list[NewClaim]:
        """Raises ActivityRefused."""
        rule, activity = decoded.rule, decoded.activity
        made = []
        for claim in rate(self.rules, rule, activity):
            document = document_bytes(document_of(self.rules, rule.name, activity, claim))
            fact = fact_of(claim, activity, issuer=self.issuer, document=document)
            made.append(
                NewClaim(
                    fact=fact,
                    number=claim.number,
                    rules=self.rules.digest,
                    object_id=object_id(rule, activity),
                    document=document,
                )
            )
        return made

    def _minted(self, event: NewEvent) -> Sequence[NewClaim] | Refusal:
        """A fact of a BusinessFacts contract, as it is: proofs count, or its issuer's own signature."""
        try:
            issuer, fact = minted_fact(event.data)
        except InvalidInput as error:
            return Refusal(code=RatingCode.EVENT_MALFORMED.value, detail=str(error))
        if issuer != self.issuer and not self.is_proven(event.contract):
            return Refusal(
                code=AgentCode.OTHER_ISSUER.value,
                detail=f"0x{issuer.hex()} issued the fact, and this agent signs as 0x{self.issuer.hex()}; it travels in a "
                "packet, or is pulled by an agent that has the issuer's key",
            )
        return [NewClaim(fact=fact, number=0, rules=b"", object_id=fact.fact_id.hex(), document=b"")]


def place_of(event: NewEvent, *, chain_id: int) -> Place:
    """Where it is on the contract ledger."""
    return Place(
        chain_id=chain_id,
        contract=event.contract,
        block=event.block,
        block_hash=event.block_hash,
        block_time=event.block_time,
        transaction=event.transaction,
        log_index=event.log_index,
    )


def object_id(rule: EventRule, activity: Activity) -> str:
    """At most 64 bytes: the field that names the business object, or its hash if it is longer; else the transaction."""
    if rule.object_field is None:
        return activity.place.transaction.hex()
    value = activity.fields[rule.object_field]
    text = value.hex() if isinstance(value, bytes) else value_text(value)
    return text if len(text.encode()) <= MAXIMUM_OBJECT_ID_BYTES else keccak256(text.encode()).hex()
