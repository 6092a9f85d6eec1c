"""What is entered around each step that may send something, so that an error tells whether anything is in doubt."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

Sending = Callable[[], AbstractContextManager[None]]
