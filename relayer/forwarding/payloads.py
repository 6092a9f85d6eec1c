"""What a hub reads of a payload, and what it answers: always in the form in which the payload's own receiver would answer.

A payload is sent on as it came, byte for byte. Everything that can become of it is an answer that its sender can read: for
each fact a code, which says whether the fact may be sent again, and for each update of news likewise.
"""

from __future__ import annotations

from relayer.codes.facts import RETURNED_CODES, FactCode, FactStatus
from relayer.codes.news import StatusAnswer
from relayer.errors import InvalidInput
from relayer.facts.codec import (
    FACT_VERSION,
    FactAnswer,
    decode_answers,
    decode_packet_data,
    encode_answers,
    fact_ids_in,
)
from relayer.facts.status_codec import (
    STATUS_VERSION,
    decode_status_answers,
    decode_status_packet,
    encode_status_answers,
)
from relayer.forwarding.model import Incoming

_NOTHING = bytes(32)


def read_incoming(version: str, value: bytes, *, in_client: str, timeout: int) -> Incoming:
    """What a payload of version ``fact-1`` or ``status-1`` says about where it goes. Raises InvalidInput for other bytes."""
    if version == FACT_VERSION:
        data = decode_packet_data(value)
        return Incoming(in_client=in_client, timeout=timeout, destination=data.destination, origin=str(data.chain_id))
    if version == STATUS_VERSION:
        news = decode_status_packet(value)
        return Incoming(in_client=in_client, timeout=timeout, destination=str(news.chain_id), origin="")
    raise InvalidInput(f"a payload of version {version!r}: expected {FACT_VERSION} or {STATUS_VERSION}")


def answer_all(version: str, value: bytes, code: FactCode) -> bytes:
    """The acknowledgement that answers everything in a payload with one code. It names no ledger's log."""
    if version == FACT_VERSION:
        answer = FactAnswer(status=FactStatus.REJECTED, liability_id=_NOTHING, sequence=0, head_hash=_NOTHING, code=code)
        return encode_answers([answer] * len(fact_ids_in(value)))
    news = StatusAnswer.RETURNED if code in RETURNED_CODES else StatusAnswer.REFUSED
    return encode_status_answers([news] * len(decode_status_packet(value).updates))


def far_answer(version: str, value: bytes, acknowledgement: bytes) -> bytes:
    """The far ledger's acknowledgement, unchanged if the sender can read it. The universal error, and everything else that
    is not one answer for each fact or update, is FAR_REFUSED for each."""
    return (
        acknowledgement
        if _is_readable(version, value, acknowledgement)
        else answer_all(version, value, FactCode.FAR_REFUSED)
    )


def _is_readable(version: str, value: bytes, acknowledgement: bytes) -> bool:
    try:
        if version == FACT_VERSION:
            return len(decode_answers(acknowledgement)) == len(fact_ids_in(value))
        return len(decode_status_answers(acknowledgement)) == len(decode_status_packet(value).updates)
    except InvalidInput:
        return False
