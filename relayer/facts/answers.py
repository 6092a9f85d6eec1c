"""What an acknowledgement says of each thing that its packet carries: facts on the way out, news on the way back.

A packet is acknowledged also if its business is refused. Whoever looks at packets must see the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from relayer.codes.facts import FactCode, FactStatus
from relayer.codes.news import StatusAnswer
from relayer.core.commitment import UNIVERSAL_ERROR_ACKNOWLEDGEMENT
from relayer.core.packet import Acknowledgement, Packet
from relayer.errors import InvalidInput
from relayer.facts.codec import FACT_VERSION, PORT, FactAnswer, decode_answers, decode_packet_data
from relayer.facts.status_codec import STATUS_VERSION, decode_status_answers, decode_status_packet

_FINE = frozenset({StatusAnswer.APPLIED, StatusAnswer.STALE})
"""News that is older than what a fact shows already is not a refusal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to one fact, or to one update about it. `code`: in lower case, `ok` if a fact was recorded."""

    fact_id: bytes
    code: str
    accepted: bool


def answers_in(packet: Packet, acknowledgement: Acknowledgement) -> tuple[Answer, ...]:
    """In the order of the packet; empty for a packet of another application, or one that cannot be read."""
    payload = packet.payload
    if payload.destination_port != PORT:
        return ()
    return _answers(payload.version, payload.value, acknowledgement.app_acknowledgement)


@lru_cache(maxsize=256)
def _answers(version: str, value: bytes, told: bytes) -> tuple[Answer, ...]:
    """Remembered, since the journal and the log ask for the same answers one after the other."""
    try:
        if version == FACT_VERSION:
            return _of_facts([fact.fact_id for fact in decode_packet_data(value).facts], told)
        if version == STATUS_VERSION:
            return _of_news([update.fact_id for update in decode_status_packet(value).updates], told)
    except InvalidInput:
        return ()
    return ()


def _of_facts(fact_ids: Sequence[bytes], told: bytes) -> tuple[Answer, ...]:
    if told == UNIVERSAL_ERROR_ACKNOWLEDGEMENT:
        return _all_refused(fact_ids, FactCode.UNIVERSAL_ERROR)
    try:
        answers = decode_answers(told)
    except InvalidInput:
        return _all_refused(fact_ids, FactCode.UNREADABLE)
    if len(answers) != len(fact_ids):
        return _all_refused(fact_ids, FactCode.UNREADABLE)
    return tuple(_of_fact(fact_id, answer) for fact_id, answer in zip(fact_ids, answers, strict=True))


def _of_fact(fact_id: bytes, answer: FactAnswer) -> Answer:
    return Answer(fact_id=fact_id, code=answer.code.name.lower(), accepted=answer.status is FactStatus.ACCEPTED)


def _of_news(fact_ids: Sequence[bytes], told: bytes) -> tuple[Answer, ...]:
    if told == UNIVERSAL_ERROR_ACKNOWLEDGEMENT:
        return _all_refused(fact_ids, FactCode.UNIVERSAL_ERROR)
    try:
        answers = decode_status_answers(told)
    except InvalidInput:
        return _all_refused(fact_ids, FactCode.UNREADABLE)
    if len(answers) != len(fact_ids):
        return _all_refused(fact_ids, FactCode.UNREADABLE)
    return tuple(
        Answer(fact_id=fact_id, code=answer.name.lower(), accepted=answer in _FINE)
        for fact_id, answer in zip(fact_ids, answers, strict=True)
    )


def _all_refused(fact_ids: Sequence[bytes], code: FactCode) -> tuple[Answer, ...]:
    return tuple(Answer(fact_id=fact_id, code=code.name.lower(), accepted=False) for fact_id in fact_ids)
