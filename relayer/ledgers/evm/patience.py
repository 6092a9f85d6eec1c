"""When an authority is asked again that does not sign yet: soon at first, then less and less often, until it signs.

A node that is a moment behind ours costs a moment; one that stays behind costs few questions, however many blocks there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import grpc

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 10.0
_BEHIND = grpc.StatusCode.FAILED_PRECONDITION
_BUSY = grpc.StatusCode.RESOURCE_EXHAUSTED


@dataclass(slots=True)
class Patience:
    """About one authority. Time is an input, in seconds."""

    reason: str = ""
    _pause: float = 0.0
    _not_before: float = 0.0
    _from_number: int = 0
    """Blocks below this one may be final there."""

    def pause(self, number: int, now: float) -> float:
        """How long to wait before it is asked for this block."""
        return max(self._not_before - now, 0.0) if number >= self._from_number else 0.0

    def refused(self, code: grpc.StatusCode, reason: str, *, number: int, now: float) -> bool:
        """Whether to ask again: its node is behind ours, or it serves others first. Nothing else passes by itself soon."""
        if code not in (_BEHIND, _BUSY):
            return False
        if now >= self._not_before:
            # Several questions that were under way at once count as one.
            self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS) or _FIRST_PAUSE_SECONDS
            self._not_before = now + self._pause
            self._from_number = number
        elif number < self._from_number:
            self._from_number = number
        if code is _BUSY:
            self._from_number = 0
        self.reason = reason
        return True

    def answered(self) -> None:
        """It signs: the next time starts from the shortest pause."""
        self._pause, self._not_before, self._from_number = 0.0, 0.0, 0
