"""What an EVM node or its contracts answer, as typed errors. Classified by code, data and selector.

A node's words decide in one place alone, where some nodes give nothing else: whether a contract reverted, or the node itself
could not do what was asked.
"""

from __future__ import annotations

from relayer.errors import AuthoritiesUnavailable, LedgerError, LedgerUnavailable, RelayerError, WrongLedger
from relayer.ledgers.nodes.errors import AnswerTooLarge, AnswerTooLate, NodeFailure, printable


class MalformedAnswer(NodeFailure):
    """A node's answer breaks the rules of JSON-RPC or of Ethereum's encoding. Another node, or a later try, may be right."""


_EXECUTION_REVERTED = 3
"""Geth's code for a revert; others use -32000 or -32015 for this and for their own trouble."""
_REVERT = "revert"


class NodeRefused(LedgerUnavailable):
    """A JSON-RPC error object. `code` is the node's; `data` is the revert data when there is some."""

    def __init__(self, method: str, code: int, message: str, data: bytes | None = None) -> None:
        words = printable(message)
        super().__init__(f"{method}: the node refused with code {code}: {words}")
        self.method = method
        self.code = code
        self.data = data
        self._words = words

    @property
    def is_revert(self) -> bool:
        """Whether a contract refused. Otherwise the node is in trouble: a timeout, a rate limit, a state that it lost."""
        return self.code == _EXECUTION_REVERTED or bool(self.data) or _REVERT in self._words.lower()


class BlockMissing(LedgerUnavailable):
    """The node does not have a block: not yet, or not any more."""


class Reverted(LedgerError):
    """A contract refused. `name` is its custom error's, found by selector."""

    def __init__(self, what: str, name: str, detail: str) -> None:
        super().__init__(f"{what}: the contract refused with {name}" + (f" ({detail})" if detail else ""))
        self.name = name
        self.detail = detail


class TransactionUncertain(LedgerUnavailable):
    """A transaction was sent and nothing is known of it yet; the ledger's facts will tell."""


class LedgerForked(WrongLedger):
    """A block that counted as final has another hash now. The finality rule is too weak for this ledger."""


class AuthoritiesContradict(AuthoritiesUnavailable):
    """Enough authorities vouch for one hash of a block, and enough for another one. Nothing that they say can be relayed."""


def asks_for_too_much(error: RelayerError) -> bool:
    """Whether a smaller range may be answered: nodes bound the blocks, the logs, the bytes and the time of one query."""
    return isinstance(error, AnswerTooLarge | AnswerTooLate | NodeRefused)


def may_be_pruned(error: RelayerError) -> bool:
    """Whether a node answers so for blocks that it has dropped, or that its ledger never had."""
    return isinstance(error, BlockMissing | NodeRefused)
