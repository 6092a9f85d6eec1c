"""What the commands of a queue print."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """How far a queue is. `waiting`: messages that no consumer has taken; `taken`: those that one works on or has given
    back; `answers`: those that the broker still keeps."""

    waiting: int
    taken: int
    answers: int
    dead_letters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterView:
    """A message that was not recorded, and why. `event_id` is empty in a message that cannot be read."""

    number: int
    at: str
    code: str
    reason: str
    subject: str
    attempts: int
    event_id: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDeadLetter:
    """A dead letter with what was sent: the body as text, or in base 64."""

    letter: DeadLetterView
    headers: dict[str, str]
    body: str
    body_base64: str
