"""What a development network consists of, and whether each part answers: asked from outside, of the parts themselves."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from relayer.config.ledgers import CosmosLedgerSettings, EmbeddedLedgerSettings, RemoteLedgerSettings
from relayer.config.queue_file import load_queue
from relayer.devnet.folder import DevnetFolder
from relayer.devnet.ports import is_listening

_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process or service. `height` is None for what has none, and for what does not answer."""

    name: str
    address: str
    answers: bool
    height: int | None = None


def parts(folder: DevnetFolder) -> Iterator[Part]:
    """Every part as it is now. Raises ConfigurationError if the folder holds no network."""
    contracts, settlement = folder.ledgers()
    url = contracts.endpoints[0]
    height = _evm_height(url)
    yield Part(name="contract ledger", address=url, answers=height is not None, height=height)
    match settlement:
        case CosmosLedgerSettings():
            for number, endpoint in enumerate(settlement.endpoints):
                height = _chain_height(endpoint)
                yield Part(name=f"settlement node {number}", address=endpoint, answers=height is not None, height=height)
        case RemoteLedgerSettings():
            yield Part(name="settlement ledger", address=settlement.address, answers=is_listening(settlement.address))
        case EmbeddedLedgerSettings():
            yield Part(name="settlement ledger", address=str(settlement.settings), answers=True)
    if folder.queue_file.is_file():
        server = load_queue(folder.queue_file).broker.servers[0]
        yield Part(name="message broker", address=server, answers=is_listening(urllib.parse.urlsplit(server).netloc))
    for member in contracts.authorities.members:
        yield Part(name="authority", address=member.endpoint, answers=is_listening(member.endpoint))


def _evm_height(url: str) -> int | None:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []}).encode()
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})  # noqa: S310
    return _asked(request, lambda answer: int(answer["result"], 16))


def _chain_height(url: str) -> int | None:
    request = urllib.request.Request(f"{url}/status")  # noqa: S310
    return _asked(request, lambda answer: int(answer["result"]["sync_info"]["latest_block_height"]))


def _asked(request: urllib.request.Request, read: Callable[[Any], int]) -> int | None:
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            return read(json.load(answer))
    except (OSError, ValueError, KeyError, TypeError):
        return None
