"""Whether something that goes on happening is logged now: the first time, then at growing intervals.

A state that lasts, or that comes and goes, costs a few lines a day, however often it is met. Its end is logged once. What
stays away for longer than the longest interval is new when it comes again. Time is an input, in seconds.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

FIRST_INTERVAL_SECONDS = 60.0
LONGEST_INTERVAL_SECONDS = 3_600.0
_MAXIMUM_STATES = 1_024
"""Others may choose what is met, such as names in requests; what was met longest ago is forgotten first."""


@dataclass(slots=True, kw_only=True)
class _Course:
    last: float
    due: float
    interval: float = FIRST_INTERVAL_SECONDS
    unlogged: int = 0


class Recurrence:
    """Remembers what was logged about each subject, by the state that it was in."""

    def __init__(self) -> None:
        self._courses: OrderedDict[tuple[Hashable, Hashable], _Course] = OrderedDict()
        self._open: OrderedDict[Hashable, None] = OrderedDict()
        """Subjects of which a state was logged, and its end not."""

    def met(self, subject: Hashable, state: Hashable, now: float) -> int | None:
        """None: not to be logged now. Otherwise how often it was met without a line since the last one."""
        key = (subject, state)
        course = self._courses.get(key)
        if course is None or now - course.last > LONGEST_INTERVAL_SECONDS:
            course = self._courses[key] = _Course(last=now, due=now + FIRST_INTERVAL_SECONDS)
        elif now < course.due:
            course.last = now
            course.unlogged += 1
            self._courses.move_to_end(key)
            return None
        else:
            course.interval = min(course.interval * 2, LONGEST_INTERVAL_SECONDS)
            course.last, course.due = now, now + course.interval
        self._courses.move_to_end(key)
        self._open[subject] = None
        for remembered in (self._courses, self._open):
            if len(remembered) > _MAXIMUM_STATES:
                remembered.popitem(last=False)
        unlogged, course.unlogged = course.unlogged, 0
        return unlogged

    def ended(self, subject: Hashable) -> bool:
        """Whether the last line about the subject said that it was in a state: its end is logged now."""
        return self._open.pop(subject, self) is None
