"""What a network of processes looks like at the moment at which a test fails: short, since it is read in a log."""

from __future__ import annotations

from typing import Any

from relayer.devnet.network import Network
from tests.support.rpc import ask

_LINES = 4
_LINE_CHARACTERS = 300
_ANSWER_SECONDS = 10


def state_of(network: Network) -> str:
    """The contract ledger's head and pool, and the last words of every process."""
    pool = _said(network.node.url, "txpool_content")
    if isinstance(pool, dict):
        pool = {kind: {sender: list(by_nonce) for sender, by_nonce in held.items()} for kind, held in pool.items()}
    lines = [f"head {_said(network.node.url, 'eth_blockNumber')}, pool by sender and nonce {pool}"]
    for child in network.children.started:
        ended = child.process.poll()
        lines.append(f"{child.name}: {'running' if ended is None else f'ended with {ended}'}")
        lines += [f"  {line[:_LINE_CHARACTERS]}" for line in child.tail().splitlines()[-_LINES:]]
    return "\n".join(lines)


def _said(url: str, method: str) -> Any:
    try:
        told = ask(url, method, timeout_seconds=_ANSWER_SECONDS)
    except OSError as error:
        return f"not answered ({error})"
    return told.get("result", str(told)[:_LINE_CHARACTERS])
