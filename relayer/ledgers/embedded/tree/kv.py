"""Keys and values of the host's store as transactions see them: overlays over a tree, merged or dropped as a whole."""

from __future__ import annotations

from typing import Protocol

from relayer.errors import InvariantBroken
from relayer.ledgers.embedded.tree.iavl import Tree


class KeyValueReader(Protocol):
    """A store that can be read. Keys are ordered as bytes."""

    def get(self, key: bytes) -> bytes | None:
        """The value under `key`, or None."""
        ...

    def above(self, key: bytes) -> bytes | None:
        """The smallest stored key greater than `key`."""
        ...

    def below(self, key: bytes) -> bytes | None:
        """The greatest stored key smaller than `key`."""
        ...


class KeyValueOverlay:
    """Changes on top of `base`. None in `changes` stands for a removed key."""

    def __init__(self, base: KeyValueReader) -> None:
        self._base = base
        self.changes: dict[bytes, bytes | None] = {}

    def get(self, key: bytes) -> bytes | None:
        if key in self.changes:
            return self.changes[key]
        return self._base.get(key)

    def set(self, key: bytes, value: bytes) -> None:
        """Key and value must not be empty (ICS-23)."""
        if not key or not value:
            raise InvariantBroken("store: an empty key or value cannot be proven and must not be written")
        self.changes[key] = value

    def delete(self, key: bytes) -> None:
        """Removes the key, if it is there."""
        self.changes[key] = None

    def above(self, key: bytes) -> bytes | None:
        found = self._base.above(key)
        while found is not None and self._removed(found):
            found = self._base.above(found)
        new = [each for each, value in self.changes.items() if each > key and value is not None]
        return min(new if found is None else [*new, found], default=None)

    def below(self, key: bytes) -> bytes | None:
        found = self._base.below(key)
        while found is not None and self._removed(found):
            found = self._base.below(found)
        new = [each for each, value in self.changes.items() if each < key and value is not None]
        return max(new if found is None else [*new, found], default=None)

    def merge_into(self, target: KeyValueOverlay) -> None:
        """Hands the changes to `target`, which must be the base of this overlay."""
        if target is not self._base:
            raise InvariantBroken("store overlay: merged into a store that it does not stand on")
        target.changes.update(self.changes)

    def _removed(self, key: bytes) -> bool:
        return key in self.changes and self.changes[key] is None


def apply_changes(tree: Tree, changes: dict[bytes, bytes | None]) -> None:
    """Writes one block's changes into a tree, in the order of the keys, so that any node builds the same tree."""
    for key in sorted(changes):
        value = changes[key]
        if value is None:
            tree.remove(key)
        elif tree.get(key) != value:
            tree.set(key, value)
