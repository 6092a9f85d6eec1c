"""Dead letters: messages that a person has to look at. They are listed, shown, driven again, or dropped."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import nats.errors
import nats.js.errors

from relayer.errors import InvalidInput
from relayer.queue.broker import Broker, lower
from relayer.queue.errors import BrokerUnavailable
from relayer.queue.events import Message

_OWN = ("dead-letter-", "nats-")
"""Headers that the message did not have when it was published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message with the reason why it is not recorded. `number`: its place in the stream."""

    number: int
    at: str
    """When it was buried: a moment in UTC, RFC 3339."""
    code: str
    reason: str
    subject: str
    attempts: int
    message: Message

    @property
    def event_id(self) -> str:
        """As the producer gave it; empty in a message that is no binary CloudEvent."""
        return self.message.headers.get("ce-id", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetters:
    """Of one queue. All raise BrokerUnavailable."""

    broker: Broker

    async def all(self, *, after: int = 0) -> AsyncIterator[DeadLetter]:
        """Those with a number above `after`, oldest first."""
        number = after
        while (letter := await self._next(number + 1)) is not None:
            number = letter.number
            yield letter

    async def get(self, number: int) -> DeadLetter:
        """Raises InvalidInput if there is none with this number."""
        letter = await self._next(number)
        if letter is None or letter.number != number:
            raise InvalidInput(
                f"there is no dead letter {number}; `relayer queue dead-letters list` shows those that there are"
            )
        return letter

    async def drive(self, letter: DeadLetter) -> None:
        """Publishes the message where it was published first, then removes the letter. Killed in between, it is there twice,
        which the ledger answers with the same reference."""
        headers = {name: value for name, value in letter.message.headers.items() if not name.startswith(_OWN)}
        await self.broker.publish(letter.subject, Message(headers=headers, body=letter.message.body))
        await self.drop(letter)

    async def drop(self, letter: DeadLetter) -> None:
        """For good."""
        try:
            await self.broker.jetstream.delete_msg(self.broker.names.dead_letters_stream, letter.number)
        except nats.js.errors.NotFoundError:
            return
        except (nats.errors.Error, OSError, TimeoutError) as error:
            raise BrokerUnavailable(f"removing dead letter {letter.number}: {error}") from error

    async def _next(self, number: int) -> DeadLetter | None:
        names = self.broker.names
        try:
            found: Any = await self.broker.jetstream.get_msg(
                names.dead_letters_stream, seq=number, subject=names.dead_letters, next=True
            )
        except nats.js.errors.NotFoundError:
            return None
        except (nats.errors.Error, OSError, TimeoutError) as error:
            raise BrokerUnavailable(f"reading dead letters: {error}") from error
        headers = lower(found.headers or {})
        return DeadLetter(
            number=found.seq or 0,
            at=str(found.time or ""),
            code=headers.get("dead-letter-code", ""),
            reason=headers.get("dead-letter-reason", ""),
            subject=headers.get("dead-letter-subject", ""),
            attempts=_number(headers.get("dead-letter-attempts", "")),
            message=Message(headers=headers, body=found.data or b""),
        )


def _number(text: str) -> int:
    """0 in a letter that somebody else has put there."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
