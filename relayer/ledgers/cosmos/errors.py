"""What a CometBFT node or its application answers, as typed errors. Classified by code, never by text."""

from __future__ import annotations

from relayer.errors import LedgerUnavailable, WrongLedger
from relayer.ledgers.nodes.errors import NodeDeclined, NodeFailure, printable


class MalformedAnswer(NodeFailure):
    """A node's answer breaks the rules of JSON-RPC or of CometBFT's encoding. Another node, or a later try, may be right."""


class NodeRefused(NodeDeclined):
    """A JSON-RPC error object. CometBFT has one code for nearly everything, so what is meant shows by asking further."""

    def __init__(self, method: str, code: int, message: str) -> None:
        super().__init__(f"{method}: the node refused with code {code}: {printable(message)}")
        self.method = method
        self.code = code


class QueryRefused(LedgerUnavailable):
    """The application refused a query; `codespace` and `code` are its registered ones."""

    def __init__(self, path: str, codespace: str, code: int, log: str) -> None:
        super().__init__(f"query {path}: the ledger refused with {codespace} {code}: {printable(log)}")
        self.path = path
        self.codespace = codespace
        self.code = code


class KeyTypeUnknown(WrongLedger):
    """A validator signs with a scheme that no light client here checks. Only the chain's operators can change that."""
