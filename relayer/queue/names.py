"""Subjects and streams of the broker, and the events' types. All begin with one prefix, so that one right covers them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from relayer.errors import InvalidInput

RECORD_FACTS = "interledger.settlement.v1.RecordFacts"
"""Type of an event that asks for facts to be recorded; its data are the message of that name's request."""
FACTS_ANSWERED = "interledger.settlement.v1.FactsAnswered"
"""Type of the event that answers it."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OTHER = re.compile(r"[^A-Za-z0-9_-]")
_SUBJECT = re.compile(r"[!-)+\-/-=?-~]+(\.[!-)+\-/-=?-~]+)+")
"""Tokens of printable ASCII without wildcards: the broker would never store anything under another one."""
_MAXIMUM_SUBJECT = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What one settlement ledger's queue uses of a broker that serves others as well. `prefix`: letters, digits, - and _."""

    prefix: str = "interledger"

    def __post_init__(self) -> None:
        if not _TOKEN.fullmatch(self.prefix):
            raise InvalidInput(f"queue: the prefix {self.prefix[:80]!r} is not 1 to 64 letters, digits, - and _")

    @property
    def facts(self) -> str:
        """Subject of everything that asks for facts to be recorded; producers put their system's name at the end."""
        return f"{self.prefix}.facts.>"

    @property
    def answers(self) -> str:
        """Subject of all answers."""
        return f"{self.prefix}.answers.>"

    @property
    def dead_letters(self) -> str:
        """Subject of what could not be recorded."""
        return f"{self.prefix}.dead-letters"

    @property
    def identity(self) -> str:
        """Where consumers say which ledger an issuer has to sign for."""
        return f"{self.prefix}.identity"

    @property
    def facts_stream(self) -> str:
        """Messages stay in it until a consumer has acknowledged them."""
        return f"{self.prefix}-facts"

    @property
    def answers_stream(self) -> str:
        """Answers stay in it for a bounded time."""
        return f"{self.prefix}-answers"

    @property
    def dead_letters_stream(self) -> str:
        """Dead letters stay in it until a person has driven or dropped them."""
        return f"{self.prefix}-dead-letters"

    @property
    def consumer(self) -> str:
        """The durable consumer that all consumers share."""
        return f"{self.prefix}-settlement"

    def facts_of(self, system: str) -> str:
        """Where a system's facts are published."""
        return f"{self.prefix}.facts.{subject_token(system)}"

    def answers_to(self, system: str) -> str:
        """Where answers go unless the event names another place."""
        return f"{self.prefix}.answers.{subject_token(system)}"

    def may_answer(self, subject: str) -> bool:
        """Whether an event may ask for its answer there. Elsewhere, a producer could make consumers write what it likes."""
        is_subject = len(subject) <= _MAXIMUM_SUBJECT and _SUBJECT.fullmatch(subject) is not None
        return is_subject and subject.startswith((f"{self.prefix}.answers.", "_INBOX."))


def subject_token(text: str) -> str:
    """`text` as one token of a subject; empty text is `_`."""
    return _OTHER.sub("_", text)[:64] or "_"
