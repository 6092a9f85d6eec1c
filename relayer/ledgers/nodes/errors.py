"""What a node can do wrong, as far as the choice of the next one depends on it."""

from __future__ import annotations

from relayer.errors import LedgerUnavailable


class NodeFailure(LedgerUnavailable):
    """The node failed: it is set aside, and the next one is asked."""


class NodeUnfit(NodeFailure):
    """The node answers, but must not be used now: it is syncing, lagging, or not set up as the relayer needs it."""


class GatewayFailed(NodeFailure):
    """What is in front of the node gave up on it: the node is down, or was asked for too much."""


class AnswerTooLate(LedgerUnavailable):
    """Every node failed, and one of them kept silent, or its gateway gave up: it may have been asked for too much."""


class NodeDeclined(LedgerUnavailable):
    """The node answers, but refuses this request, perhaps because it has pruned or not yet received what another one has:
    the next one is asked, and the node is not set aside."""


class AnswerTooLarge(NodeDeclined):
    """An answer of more bytes than are read at once: less must be asked for."""


class TooMuch(Exception):
    """A request or its answer is beyond what one of the two sides takes at once: fewer calls may be answered."""


def printable(text: str) -> str:
    """A node's message goes to terminals and logs, so only its printable text is kept, up to a limit."""
    return "".join(character if character.isprintable() else " " for character in text[:300])
