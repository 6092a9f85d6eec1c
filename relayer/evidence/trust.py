"""What a reader of evidence trusts: the two ends of one channel, each with the keys that vouch for its ledger.

Both ends are part of the trust, with their client ids: on an open ledger anyone may create a client that claims to be
the counterparty of another, and an answer to one packet must never be accepted as the answer to another.

The file is JSON: ``format`` "interledger-trust", ``version`` 1, ``ledgers`` with exactly two entries. Each has ``chain_id``,
``client_id`` (the client on that ledger which follows the other one) and ``client_type``; "poa-evm" adds ``router`` (20
bytes), ``threshold`` and ``authorities`` (20 bytes each); "07-tendermint" adds ``validator_sets``, lists of ``public_key``
(33 bytes, secp256k1) and ``power``: every set that the ledger had in the period in question.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from relayer.core.ids import ClientId, parse_client_id
from relayer.errors import InvalidInput
from relayer.evidence.errors import TrustRefused
from relayer.evidence.strict_json import JsonReader, hex_text, to_json
from relayer.proofs.comet.client_types import CLIENT_TYPE as COMET
from relayer.proofs.comet.types import MAXIMUM_VALIDATORS, Validator, ValidatorSet
from relayer.proofs.errors import ProofError
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine
from relayer.proofs.poa_evm.types import CLIENT_TYPE as POA_EVM

FORMAT = "interledger-trust"
VERSION = 1

_MAXIMUM_SETS = 64
_MAXIMUM_AUTHORITIES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class EvmTrust:
    """A router on an EVM ledger (EIP-155 chain id), whose block hashes named authorities sign."""

    chain_id: str
    router: bytes
    engine: AuthorityEngine

    client_type = POA_EVM


@dataclass(frozen=True, slots=True, kw_only=True)
class CometTrust:
    """A CometBFT ledger and every validator set that may have signed its headers."""

    chain_id: str
    validator_sets: tuple[ValidatorSet, ...]

    client_type = COMET


LedgerTrust = EvmTrust | CometTrust


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedEnd:
    """One end of the channel: a ledger, and the client on it that follows the other ledger."""

    client_id: ClientId
    ledger: LedgerTrust


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


def decode_trust(raw: bytes) -> Trust:
    """Raises TrustRefused, and nothing else."""
    reader = JsonReader(_refuse)
    document = reader.fields(reader.load(raw), "the trust file", "format", "version", "ledgers")
    reader.constant(document["format"], "format", FORMAT)
    reader.constant(document["version"], "version", VERSION)
    ledgers = reader.array(document["ledgers"], "ledgers", maximum=2)
    if len(ledgers) != 2:
        _refuse("ledgers: expected two, the ends of the channel")
    try:
        one, other = (_end(reader, each, f"ledgers[{index}]") for index, each in enumerate(ledgers))
        return Trust(ends=(one, other))
    except TrustRefused:
        raise
    except (InvalidInput, ProofError) as error:
        raise TrustRefused(f"trust: {error}") from error


def _end_to_json(end: TrustedEnd) -> dict[str, object]:
    ledger = end.ledger
    common: dict[str, object] = {
        "chain_id": ledger.chain_id,
        "client_id": end.client_id,
        "client_type": ledger.client_type,
    }
    match ledger:
        case EvmTrust():
            return common | {
                "router": hex_text(ledger.router),
                "threshold": ledger.engine.threshold,
                "authorities": [hex_text(each) for each in ledger.engine.authorities],
            }
        case CometTrust():
            return common | {
                "validator_sets": [
                    [{"public_key": hex_text(each.public_key), "power": each.power} for each in members.validators]
                    for members in ledger.validator_sets
                ]
            }


def _end(reader: JsonReader, value: object, where: str) -> TrustedEnd:
    kind = value.get("client_type") if isinstance(value, dict) else None
    common = ("chain_id", "client_id", "client_type")
    match kind:
        case "poa-evm":
            found = reader.fields(value, where, *common, "router", "threshold", "authorities")
            ledger: LedgerTrust = _evm(reader, found, where)
        case "07-tendermint":
            found = reader.fields(value, where, *common, "validator_sets")
            ledger = _comet(reader, found, where)
        case _:
            _refuse(f"{where}.client_type: expected {POA_EVM!r} or {COMET!r}")
    return TrustedEnd(client_id=parse_client_id(reader.text(found["client_id"], f"{where}.client_id")), ledger=ledger)


def _evm(reader: JsonReader, found: dict[str, object], where: str) -> EvmTrust:
    chain_id = reader.text(found["chain_id"], f"{where}.chain_id")
    if not (chain_id.isascii() and chain_id.isdecimal() and chain_id == str(int(chain_id)) and 0 < int(chain_id) < 2**64):
        _refuse(f"{where}.chain_id: expected the EIP-155 chain id in decimal digits")
    members = reader.array(found["authorities"], f"{where}.authorities", maximum=_MAXIMUM_AUTHORITIES)
    engine = AuthorityEngine(
        threshold=reader.number(found["threshold"], f"{where}.threshold"),
        authorities=tuple(sorted(reader.octets(each, f"{where}.authorities", length=20) for each in members)),
    )
    engine.check()
    return EvmTrust(chain_id=chain_id, router=reader.octets(found["router"], f"{where}.router", length=20), engine=engine)


def _comet(reader: JsonReader, found: dict[str, object], where: str) -> CometTrust:
    sets = reader.array(found["validator_sets"], f"{where}.validator_sets", maximum=_MAXIMUM_SETS)
    return CometTrust(
        chain_id=reader.text(found["chain_id"], f"{where}.chain_id"),
        validator_sets=tuple(_validator_set(reader, each, f"{where}.validator_sets[{n}]") for n, each in enumerate(sets)),
    )


def _validator_set(reader: JsonReader, value: object, where: str) -> ValidatorSet:
    members = [
        reader.fields(each, where, "public_key", "power") for each in reader.array(value, where, maximum=MAXIMUM_VALIDATORS)
    ]
    return ValidatorSet.of(
        Validator(
            public_key=reader.octets(each["public_key"], f"{where}.public_key", length=33),
            power=reader.number(each["power"], f"{where}.power"),
        )
        for each in members
    )


def _refuse(message: str) -> NoReturn:
    raise TrustRefused(message)
