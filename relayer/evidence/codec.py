"""Evidence files: encoding and strict decoding. Whether a file is true is decided in verify.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from relayer.core.ids import ClientId, Height, TimestampSeconds
from relayer.core.ids import Sequence as PacketSequence
from relayer.core.packet import Acknowledgement, Packet, Payload
from relayer.errors import InvalidInput
from relayer.evidence.errors import EvidenceRefused, Flaw
from relayer.evidence.model import LIVES, Claim, LedgerName, PacketEvidence, ProvenStatement
from relayer.evidence.strict_json import JsonReader, hex_text, to_json

FORMAT = "interledger-evidence"
HOPS_FORMAT = "interledger-evidence-hops"
VERSION = 1
MAXIMUM_HOPS = 16
"""Of one way: time is the hop limit of the ledgers, and no way of a network is so long."""

_MAXIMUM_STATEMENTS = max(map(len, LIVES))
_PAYLOAD_TEXTS = ("source_port", "destination_port", "version", "encoding")


def encode_evidence(evidence: PacketEvidence) -> bytes:
    """The file."""
    return to_json(_to_json(evidence))


def encode_hops(hops: Sequence[PacketEvidence]) -> bytes:
    """A file about a forwarded packet: its hops, the first one first."""
    return to_json({"format": HOPS_FORMAT, "version": VERSION, "hops": [_to_json(each) for each in hops]})


def _to_json(evidence: PacketEvidence) -> dict[str, object]:
    packet, payload = evidence.packet, evidence.packet.payload
    answer = evidence.acknowledgement
    return {
        "format": FORMAT,
        "version": VERSION,
        "source": _ledger_to_json(evidence.source),
        "destination": _ledger_to_json(evidence.destination),
        "packet": {
            "sequence": packet.sequence,
            "source_client": packet.source_client,
            "destination_client": packet.destination_client,
            "timeout_timestamp": packet.timeout_timestamp,
            "payload": {
                **{name: getattr(payload, name) for name in _PAYLOAD_TEXTS},
                "value": hex_text(payload.value),
            },
        },
        "acknowledgement": None if answer is None else hex_text(answer.app_acknowledgement),
        "statements": [
            {
                "claim": each.claim.value,
                "height": each.height,
                "header": hex_text(each.header),
                "proof": hex_text(each.proof),
            }
            for each in evidence.statements
        ],
    }


def decode_evidence(raw: bytes) -> PacketEvidence:
    """Raises EvidenceRefused(FORM), and nothing else."""
    reader = JsonReader(_refuse)
    return _evidence(reader, reader.load(raw), "")


def decode_hops(raw: bytes) -> tuple[PacketEvidence, ...]:
    """Of a file about one packet or a forwarded one. Raises EvidenceRefused(FORM), and nothing else."""
    reader = JsonReader(_refuse)
    document = reader.load(raw)
    if not isinstance(document, dict) or document.get("format") != HOPS_FORMAT:
        return (_evidence(reader, document, ""),)
    found = reader.fields(document, "the file", "format", "version", "hops")
    reader.constant(found["version"], "version", VERSION)
    hops = reader.array(found["hops"], "hops", maximum=MAXIMUM_HOPS)
    return tuple(_evidence(reader, each, f"hops[{index}].") for index, each in enumerate(hops))


def _evidence(reader: JsonReader, value: object, where: str) -> PacketEvidence:
    """`where`: what precedes the names of its fields."""
    names = ("format", "version", "source", "destination", "packet", "acknowledgement", "statements")
    document = reader.fields(value, where.removesuffix(".") or "the file", *names)
    reader.constant(document["format"], f"{where}format", FORMAT)
    reader.constant(document["version"], f"{where}version", VERSION)
    answer = document["acknowledgement"]
    statements = reader.array(document["statements"], f"{where}statements", maximum=_MAXIMUM_STATEMENTS)
    try:
        return PacketEvidence(
            source=_ledger(reader, document["source"], f"{where}source"),
            destination=_ledger(reader, document["destination"], f"{where}destination"),
            packet=_packet(reader, document["packet"], f"{where}packet"),
            acknowledgement=None
            if answer is None
            else Acknowledgement(app_acknowledgements=(reader.octets(answer, f"{where}acknowledgement"),)),
            statements=tuple(
                _statement(reader, each, f"{where}statements[{index}]") for index, each in enumerate(statements)
            ),
        )
    except EvidenceRefused:
        raise
    except InvalidInput as error:
        raise EvidenceRefused(Flaw.FORM, str(error)) from error


def _ledger_to_json(ledger: LedgerName) -> dict[str, str]:
    return {"chain_id": ledger.chain_id, "client_type": ledger.client_type}


def _ledger(reader: JsonReader, value: object, where: str) -> LedgerName:
    found = reader.fields(value, where, "chain_id", "client_type")
    return LedgerName(
        chain_id=reader.text(found["chain_id"], f"{where}.chain_id"),
        client_type=reader.text(found["client_type"], f"{where}.client_type"),
    )


def _packet(reader: JsonReader, value: object, where: str) -> Packet:
    names = ("sequence", "source_client", "destination_client", "timeout_timestamp", "payload")
    found = reader.fields(value, where, *names)
    payload = reader.fields(found["payload"], f"{where}.payload", *_PAYLOAD_TEXTS, "value")
    texts = {name: reader.text(payload[name], f"{where}.payload.{name}") for name in _PAYLOAD_TEXTS}
    return Packet(
        sequence=PacketSequence(reader.number(found["sequence"], f"{where}.sequence")),
        source_client=ClientId(reader.text(found["source_client"], f"{where}.source_client")),
        destination_client=ClientId(reader.text(found["destination_client"], f"{where}.destination_client")),
        timeout_timestamp=TimestampSeconds(reader.number(found["timeout_timestamp"], f"{where}.timeout_timestamp")),
        payloads=(Payload(**texts, value=reader.octets(payload["value"], f"{where}.payload.value")),),
    )


def _statement(reader: JsonReader, value: object, where: str) -> ProvenStatement:
    found = reader.fields(value, where, "claim", "height", "header", "proof")
    claim = reader.text(found["claim"], f"{where}.claim")
    if claim not in set(Claim):
        _refuse(f"{where}.claim: {claim[:40]!r} is not known; known: {', '.join(Claim)}")
    return ProvenStatement(
        claim=Claim(claim),
        height=Height(reader.number(found["height"], f"{where}.height")),
        header=reader.octets(found["header"], f"{where}.header"),
        proof=reader.octets(found["proof"], f"{where}.proof"),
    )


def _refuse(message: str) -> NoReturn:
    raise EvidenceRefused(Flaw.FORM, message)
