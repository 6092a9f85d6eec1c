"""What a queue says of facts, for reconciliation: the answers that it keeps, and its dead letters.

A message that waits is on its way and not looked at. A dead letter is: nothing tries it any more until a person drives or
drops it. One that cannot be read names no fact and is left to `relayer queue dead-letters`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from relayer.business.facts import terms_of
from relayer.business.liability_index import LiabilityIndex, Origins
from relayer.business.reconcile import ComparedFact, Finding, Source, Standing
from relayer.codes.facts import FactStatus
from relayer.errors import InvalidInput
from relayer.facts.codec import fact_hash
from relayer.queue.broker import Broker
from relayer.queue.dead_letters import DeadLetter, DeadLetters
from relayer.queue.events import AnsweredFact, Message, read_answered_facts, read_facts

_REJECTED = "rejected"
"""The letter's code if the ledger has answered each of its facts."""


@dataclass(slots=True, kw_only=True)
class QueueBooks:
    """See relayer.business.books.Books. `ledger`: chain id of the settlement ledger; answers of others are passed over."""

    broker: Broker
    name: str
    ledger: str
    source: Source = Source.QUEUED
    origins: Sequence[Origins] = ()
    """Others push as well, and answers are kept for a week: a liability without one is no difference."""
    _letters: dict[bytes, int] = field(default_factory=dict)

    async def newest_reference(self) -> int:
        """Of all answers that are kept."""
        newest = 0
        async for message in self.broker.kept_answers():
            newest = max(newest, *(each.answer.sequence for each in self._accepted(message)), 0)
        return newest

    async def pages(self, index: LiabilityIndex) -> AsyncIterator[Sequence[ComparedFact]]:
        """Answers first, each message a page."""
        async for message in self.broker.kept_answers():
            page = [_referenced(each) for each in self._accepted(message)]
            if page:
                twins = index.twins([each.fact_id for each in page])
                yield [replace(each, faults=(Finding.OBJECT_TWICE,)) if each.fact_id in twins else each for each in page]
        async for letter in DeadLetters(broker=self.broker).all():
            page = [each for each in _set_aside(letter) if not _was_answered(letter, each, index)]
            self._letters |= {each.fact_id: letter.number for each in page}
            if page:
                yield page

    async def again(self, facts: Sequence[bytes]) -> Mapping[bytes, ComparedFact]:
        """A letter that is not there any more was driven or dropped meanwhile."""
        letters, found = DeadLetters(broker=self.broker), {}
        for fact_id, number in self._letters.items():
            if fact_id not in facts:
                continue
            try:
                await letters.get(number)
            except InvalidInput:
                found[fact_id] = _nothing(fact_id, Standing.TRAVELLING)
        return found

    def _accepted(self, message: Message) -> Iterator[AnsweredFact]:
        try:
            answered = read_answered_facts(message)
        except InvalidInput:
            return  # whoever may publish may put anything there
        yield from (each for each in answered if each.ledger == self.ledger and each.answer.status is FactStatus.ACCEPTED)


def _referenced(answered: AnsweredFact) -> ComparedFact:
    answer = answered.answer
    return replace(
        _nothing(answered.fact_id, Standing.REFERENCED),
        liability_id=answer.liability_id,
        settlement_sequence=answer.sequence,
        head_hash=answer.head_hash,
        name=answered.event_id,
    )


def _set_aside(letter: DeadLetter) -> Iterator[ComparedFact]:
    try:
        request = read_facts(letter.message).request
    except InvalidInput:
        return
    objects: Sequence[str | None] = request.object_ids or (None,) * len(request.facts)
    for fact, object_id in zip(request.facts, objects, strict=True):
        yield replace(
            _nothing(fact.fact_id, Standing.SET_ASIDE),
            fact_hash=fact_hash(fact),
            terms=terms_of(fact),
            object_id=object_id,
            name=str(letter.number),
        )


def _was_answered(letter: DeadLetter, fact: ComparedFact, index: LiabilityIndex) -> bool:
    """Whether the fact is one of a letter whose other facts were rejected."""
    recorded = index.of_facts([fact.fact_id]).get(fact.fact_id, ())
    return letter.code == _REJECTED and any(each.fact_hash == fact.fact_hash for each in recorded)


def _nothing(fact_id: bytes, standing: Standing) -> ComparedFact:
    return ComparedFact(fact_id=fact_id, fact_hash=None, standing=standing, liability_id=b"", settlement_sequence=0)
