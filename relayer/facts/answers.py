"""What an acknowledgement says of each thing that its packet carries: facts on the way out, news on the way back.

A packet is acknowledged also if its business is refused. Whoever looks at packets must see the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from relayer.codes.facts import FactCode, FactStatus
from relayer.codes.news import StatusAnswer
from relayer.core.commitment import UNIVERSAL_ERROR_ACKNOWLEDGEMENT
from relayer.core.packet import Acknowledgement, Packet
from relayer.errors import InvalidInput
from relayer.facts.codec import FACT_VERSION, PORT, decode_answers, fact_ids_in
from relayer.facts.status_codec import STATUS_VERSION, decode_status_answers, decode_status_packet

_FINE = frozenset({StatusAnswer.APPLIED, StatusAnswer.STALE})
"""News that is older than what a fact shows already is not a refusal."""

_CODE_NAMES = {code: code.name.lower() for code in FactCode}

_Told = tuple[str, bool]
"""A code in lower case, and whether what was asked for is accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to one fact, or to one update about it. `code`: in lower case, `ok` if a fact was recorded."""

    fact_id: bytes
    code: str
    accepted: bool


def answers_in(packet: Packet, acknowledgement: Acknowledgement) -> tuple[Answer, ...]:
    """In the order of the packet; empty for a packet of another application, or one that cannot be read."""
    payload = packet.payload
    # A facts contract may have any port. The settlement application has this one on every ledger.
    if (payload.source_port if payload.version == STATUS_VERSION else payload.destination_port) != PORT:
        return ()
    return _answers(payload.version, payload.value, acknowledgement.app_acknowledgement)


@lru_cache(maxsize=256)
def _answers(version: str, value: bytes, told: bytes) -> tuple[Answer, ...]:
    """Remembered, since the journal and the log ask for the same answers one after the other."""
    try:
        if version == FACT_VERSION:
            return _paired(fact_ids_in(value), told, _told_of_facts)
        if version == STATUS_VERSION:
            return _paired([update.fact_id for update in decode_status_packet(value).updates], told, _told_of_news)
    except InvalidInput:
        return ()
    return ()


def _paired(fact_ids: Sequence[bytes], told: bytes, decode: Callable[[bytes], list[_Told]]) -> tuple[Answer, ...]:
    """One answer for each id; the same refusal for all if the acknowledgement is an error, or not as many answers."""
    if told == UNIVERSAL_ERROR_ACKNOWLEDGEMENT:
        return _all_refused(fact_ids, FactCode.UNIVERSAL_ERROR)
    try:
        answers = decode(told)
    except InvalidInput:
        return _all_refused(fact_ids, FactCode.UNREADABLE)
    if len(answers) != len(fact_ids):
        return _all_refused(fact_ids, FactCode.UNREADABLE)
    return tuple(
        Answer(fact_id=fact_id, code=code, accepted=accepted)
        for fact_id, (code, accepted) in zip(fact_ids, answers, strict=True)
    )


def _told_of_facts(told: bytes) -> list[_Told]:
    return [(_CODE_NAMES[answer.code], answer.status is FactStatus.ACCEPTED) for answer in decode_answers(told)]


def _told_of_news(told: bytes) -> list[_Told]:
    return [(answer.name.lower(), answer in _FINE) for answer in decode_status_answers(told)]


def _all_refused(fact_ids: Sequence[bytes], code: FactCode) -> tuple[Answer, ...]:
    return tuple(Answer(fact_id=fact_id, code=code.name.lower(), accepted=False) for fact_id in fact_ids)
