"""What a reader of evidence trusts: the two ends of one channel, each with the keys that vouch for its ledger.

Both ends are part of the trust, with their client ids: on an open ledger anyone may create a client that claims to be
the counterparty of another, and an answer to one packet must never be accepted as the answer to another.

The file is JSON: ``format`` "interledger-trust", ``version`` 1, ``ledgers`` with exactly two entries. Each has ``chain_id``,
``genesis`` (hash of the ledger's first block, ``0x`` for an EVM ledger), ``client_id`` (the client on that ledger which
follows the other one), ``port`` (of the ledger's business application: whoever may use the client can send through it
from another port, so its packets are not the channel's; null for a channel that carries all of them) and
``client_type``; "poa-evm" adds ``router`` (20 bytes), ``threshold`` and ``authorities`` (20 bytes each); "07-tendermint"
adds ``validator_sets``, lists of ``public_key`` (33 bytes, secp256k1) and ``power``: every set that the ledger had in the
period in question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from relayer.core.ids import ClientId, parse_client_id
from relayer.errors import InvalidInput
from relayer.evidence.errors import TrustRefused
from relayer.evidence.headers import LedgerTrust, TrustReader
from relayer.evidence.strict_json import JsonReader, hex_text, to_json
from relayer.facts.codec import PORT
from relayer.proofs.errors import ProofError

FORMAT = "interledger-trust"
VERSION = 1

_COMMON_FIELDS = ("chain_id", "genesis", "client_id", "port", "client_type")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedEnd:
    """One end of the channel: a ledger, and the client on it that follows the other ledger."""

    client_id: ClientId
    genesis_hash: bytes
    """Hash of the ledger's first block, which signatures for its light clients are bound to; empty if none are."""
    ledger: LedgerTrust
    port: str | None = PORT
    """Of the application whose packets the channel carries; None: it carries those of any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Two ends of one channel, on ledgers with different chain ids."""

    ends: tuple[TrustedEnd, TrustedEnd]

    def __post_init__(self) -> None:
        one, other = self.ends
        if one.ledger.chain_id == other.ledger.chain_id:
            raise TrustRefused(f"trust: both ends are on {one.ledger.chain_id!r}; a channel joins two ledgers")


def encode_trust(trust: Trust) -> bytes:
    """The file."""
    return to_json({"format": FORMAT, "version": VERSION, "ledgers": [_end_to_json(end) for end in trust.ends]})


def decode_trust(raw: bytes, readers: Mapping[str, TrustReader]) -> Trust:
    """`readers` by type of light client. Raises TrustRefused, and nothing else."""
    reader = JsonReader(_refuse)
    document = reader.fields(reader.load(raw), "the trust file", "format", "version", "ledgers")
    reader.constant(document["format"], "format", FORMAT)
    reader.constant(document["version"], "version", VERSION)
    ledgers = reader.array(document["ledgers"], "ledgers", maximum=2)
    if len(ledgers) != 2:
        _refuse("ledgers: expected two, the ends of the channel")
    try:
        one, other = (_end(reader, readers, each, f"ledgers[{index}]") for index, each in enumerate(ledgers))
        return Trust(ends=(one, other))
    except TrustRefused:
        raise
    except (InvalidInput, ProofError) as error:
        raise TrustRefused(f"trust: {error}") from error


def _end_to_json(end: TrustedEnd) -> dict[str, object]:
    ledger = end.ledger
    return {
        "chain_id": ledger.chain_id,
        "genesis": hex_text(end.genesis_hash),
        "client_id": end.client_id,
        "port": end.port,
        "client_type": ledger.client_type,
        **ledger.to_json(),
    }


def _end(reader: JsonReader, readers: Mapping[str, TrustReader], value: object, where: str) -> TrustedEnd:
    kind = value.get("client_type") if isinstance(value, dict) else None
    of_kind = readers.get(kind) if isinstance(kind, str) else None
    if of_kind is None:
        _refuse(f"{where}.client_type: expected {' or '.join(map(repr, readers))}")
    found = reader.fields(value, where, *_COMMON_FIELDS, *of_kind.trust_fields)
    return TrustedEnd(
        client_id=parse_client_id(reader.text(found["client_id"], f"{where}.client_id")),
        genesis_hash=reader.octets(found["genesis"], f"{where}.genesis"),
        port=None if found["port"] is None else reader.text(found["port"], f"{where}.port"),
        ledger=of_kind.read_trust(reader, found, where),
    )


def _refuse(message: str) -> NoReturn:
    raise TrustRefused(message)
