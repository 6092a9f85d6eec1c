"""Whose request it is, and how much each may ask: tokens, claims per second, requests and streams at the same time."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil

from relayer.errors import ConfigurationError
from relayer.push.service.problems import Problem, ProblemCode
from relayer.turns import FairTurns, Total

MAXIMUM_BODY_BYTES = 1 << 20
"""One request of 1,000 signed facts is smaller."""
WORKING_REQUESTS = 256
"""Of all systems at the same time."""
WAITING_REQUESTS = 4_096


class Tokens:
    """One token for each system. Every comparison takes the same time, whoever asks."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        """`tokens` by system. Raises ConfigurationError if two share one."""
        if len(set(tokens.values())) != len(tokens):
            raise ConfigurationError("two systems of the push service have the same token; give each one of its own")
        self._expected = {system: f"Bearer {token}".encode() for system, token in tokens.items()}

    def system_of(self, values: Sequence[str | bytes]) -> str:
        """Whose token the values of `authorization` are. Raises Problem unless there is one value, and it is known."""
        given = [value if isinstance(value, bytes) else value.encode() for value in values]
        if len(given) == 1:
            matching = [system for system, expected in self._expected.items() if hmac.compare_digest(given[0], expected)]
            if matching:
                return matching[0]
        raise Problem(ProblemCode.NO_TOKEN, "the service needs the token of a system: Authorization: Bearer <token>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of one system."""

    claims_per_second: float = 2_000.0
    """Over time; one request of signed facts may be ahead of it, and the next one waits for that."""
    requests: int = 32
    """At the same time."""
    streams: int = 8
    """That are open, of claims that are watched."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


@dataclass(slots=True, kw_only=True)
class Rates:
    """Claims per second of each system: a bucket that may be overdrawn once, and is filled as time passes."""

    limits: Limits
    clock: Callable[[], float]
    """Monotonic seconds."""
    _buckets: dict[str, _Bucket] = field(default_factory=dict)

    def take(self, system: str, claims: int) -> None:
        """Raises Problem if the system sent too many before."""
        now, rate = self.clock(), self.limits.claims_per_second
        full = max(rate, 1.0)
        bucket = self._buckets.setdefault(system, _Bucket(full, now))
        bucket.left, bucket.at = min(full, bucket.left + (now - bucket.at) * rate), now
        if bucket.left < 1:
            seconds = max(1, ceil((1 - bucket.left) / rate))
            raise Problem(
                ProblemCode.TOO_MANY,
                f"system {system!r} sends more than {rate:g} claims in a second; send again after {seconds} s",
                retry_after=seconds,
            )
        bucket.left -= claims


@dataclass(slots=True, kw_only=True)
class Places:
    """Requests or streams of each system that are under way."""

    each: int
    refusal: Callable[[str, int], Problem]
    """For a system that has so many already."""
    _taken: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def place(self, system: str) -> Iterator[None]:
        """Raises Problem if the system has too many already."""
        if self._taken[system] >= self.each:
            raise self.refusal(system, self.each)
        self._taken[system] += 1
        try:
            yield
        finally:
            self._taken[system] -= 1


def request_places(limits: Limits) -> Places:
    """For requests."""
    return Places(each=limits.requests, refusal=_too_many_requests)


def stream_places(limits: Limits) -> Places:
    """For streams."""
    return Places(each=limits.streams, refusal=_too_many_streams)


def _too_many_requests(system: str, each: int) -> Problem:
    words = f"system {system!r} has {each} requests under way; send again when one has ended"
    return Problem(ProblemCode.TOO_MANY, words, retry_after=1)


def _too_many_streams(system: str, each: int) -> Problem:
    words = f"system {system!r} watches in {each} streams already; close one, or ask for the claims now and then"
    return Problem(ProblemCode.TOO_MANY, words, retry_after=1)


class Turns(FairTurns[str]):
    """Requests that are worked on: what all systems together have in memory is bounded, and they take turns for it."""

    def __init__(self, *, working: int = WORKING_REQUESTS, waiting: int = WAITING_REQUESTS) -> None:
        super().__init__(working=Total(working), waiting=Total(waiting), refusal=_too_busy)


def _too_busy(_: str) -> Problem:
    return Problem(ProblemCode.TOO_MANY, "too many requests of all systems wait already; send again later", retry_after=1)
