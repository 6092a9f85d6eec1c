"""Files of others, and devices that never end, are read up to a limit: one byte more shows that there is more."""

from __future__ import annotations

from pathlib import Path


def read_up_to(path: Path, maximum_bytes: int) -> bytes:
    """At most one byte more than `maximum_bytes`. Raises OSError."""
    with path.open("rb") as stream:
        return stream.read(maximum_bytes + 1)
