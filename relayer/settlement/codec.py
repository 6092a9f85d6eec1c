"""Canonical bytes of events and liabilities, and the chain of hashes over the log.

Events are JSON with sorted keys and hexadecimal bytes, so that an auditor can read an entry and hash it again. The bytes of
an event never change once written: a new shape needs a new name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from operator import attrgetter
from typing import Any

from relayer.errors import InvalidInput
from relayer.facts.schema import Fact
from relayer.settlement.clearing.codec import clearing_body, read_clearing
from relayer.settlement.events import (
    AgreementRecorded,
    FactRecorded,
    PartyRegistered,
    PeriodClosed,
    Reduction,
    ReductionKind,
    SettlementEvent,
)
from relayer.settlement.model import ALL_MODES, Agreement, CurrencyTerms, Liability, LogHead, Origin, Party
from relayer.settlement.netting.modes import NettingMode

_DOMAIN = b"interledger.settlement.log.v1"
_AMOUNT_BYTES = 16


def next_head(head: LogHead, event: bytes) -> LogHead:
    """The head after appending the encoded `event`: sha256 over domain, previous hash, sequence and the event's sha256."""
    sequence = head.sequence + 1
    digest = sha256(_DOMAIN + head.head_hash + sequence.to_bytes(8, "big") + sha256(event).digest()).digest()
    return LogHead(sequence, digest)


def liability_record(liability: Liability) -> bytes:
    """The value that a ledger proves for a liability: head hash and fact hash (32 bytes each), then amount, open, netted,
    paid, credited and held as 16 big-endian bytes each."""
    amounts = (
        liability.amount,
        liability.open,
        liability.netted,
        liability.paid,
        liability.credited,
        liability.held,
    )
    return liability.head_hash + liability.fact_hash + b"".join(n.to_bytes(_AMOUNT_BYTES, "big") for n in amounts)


def encode_event(event: SettlementEvent) -> bytes:
    """Canonical JSON."""
    body: dict[str, Any]
    match event:
        case PartyRegistered(request_id=request_id, party=party):
            body = {"event": "party_registered", "request_id": request_id, "party": _from_party(party)}
        case AgreementRecorded(request_id=request_id, agreement=agreement):
            body = {"event": "agreement_recorded", "request_id": request_id, "agreement": _from_agreement(agreement)}
        case PeriodClosed(request_id=request_id, cut_off_seconds=cut_off):
            body = {"event": "period_closed", "request_id": request_id, "cut_off_seconds": cut_off}
        case FactRecorded():
            body = _from_fact_recorded(event)
        case _:
            body = clearing_body(event)
    return _canonical(body)


def decode_event(data: bytes) -> SettlementEvent:
    """The inverse of encode_event. Raises InvalidInput for anything else, so a damaged log is noticed."""
    try:
        body = json.loads(data)
        event = _READERS.get(body["event"], read_clearing)(body)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidInput(f"settlement log: an entry is not an event ({error!r}); restore the database") from error
    if encode_event(event) != data:
        raise InvalidInput("settlement log: an entry is not in canonical form; restore the database")
    return event


def encode_agreement(agreement: Agreement) -> bytes:
    """Canonical JSON of the terms alone, for whoever stores the agreement in force."""
    return _canonical(_from_agreement(agreement))


def decode_agreement(data: bytes) -> Agreement:
    """The inverse of encode_agreement."""
    try:
        return _to_agreement(json.loads(data))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidInput(f"settlement state: an agreement is damaged ({error!r}); restore the database") from error


def _canonical(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def _from_party(party: Party) -> dict[str, Any]:
    return {
        "party_id": party.party_id.hex(),
        "ocpi_id": party.ocpi_id,
        "name": party.name,
        "lei": party.lei,
        "vat_id": party.vat_id,
    }


def _to_party(body: Mapping[str, Any]) -> Party:
    return Party(
        party_id=bytes.fromhex(body["party_id"]),
        ocpi_id=body["ocpi_id"],
        name=body["name"],
        lei=body["lei"],
        vat_id=body["vat_id"],
    )


def _from_agreement(agreement: Agreement) -> dict[str, Any]:
    """Modes are named only where some are left out, so agreements from before there was a choice keep their bytes."""
    body: dict[str, Any] = {
        "agreement_id": agreement.agreement_id,
        "creditor": agreement.creditor.hex(),
        "debtor": agreement.debtor.hex(),
        "currencies": [[terms.currency, terms.exponent, terms.open_limit] for terms in agreement.currencies],
    }
    if agreement.netting_modes != ALL_MODES:
        body["netting_modes"] = [mode.value for mode in agreement.netting_modes]
    return body


def _to_agreement(body: Mapping[str, Any]) -> Agreement:
    return Agreement(
        agreement_id=body["agreement_id"],
        creditor=bytes.fromhex(body["creditor"]),
        debtor=bytes.fromhex(body["debtor"]),
        currencies=tuple(
            CurrencyTerms(currency=currency, exponent=exponent, open_limit=limit)
            for currency, exponent, limit in body["currencies"]
        ),
        netting_modes=tuple(map(NettingMode, body.get("netting_modes", ALL_MODES))),
    )


def _from_fact_recorded(event: FactRecorded) -> dict[str, Any]:
    fact, origin, reduction = event.fact, event.origin, event.reduction
    fields = [value.hex() if isinstance(value, bytes) else value for value in _fact_values(fact)]
    return {
        "event": "fact_recorded",
        "fact": fields,
        "fact_hash": event.fact_hash.hex(),
        "origin": [
            origin.chain_id,
            origin.contract.hex(),
            origin.issuer.hex(),
            origin.client_id,
            origin.packet_sequence,
            origin.height,
            origin.transaction,
        ],
        "amount": event.amount,
        "reduction": None if reduction is None else [reduction.kind.value, reduction.fact_id.hex(), reduction.amount],
    }


def _to_fact_recorded(body: Mapping[str, Any]) -> FactRecorded:
    values: dict[str, Any] = {
        name: bytes.fromhex(value) if isinstance(value, str) else value
        for name, value in zip(_FACT_FIELDS, body["fact"], strict=True)
    }
    chain_id, contract, issuer, client_id, packet_sequence, height, transaction = body["origin"]
    reduction = None
    if body["reduction"] is not None:
        kind, fact_id, amount = body["reduction"]
        reduction = Reduction(kind=ReductionKind(kind), fact_id=bytes.fromhex(fact_id), amount=amount)
    return FactRecorded(
        fact=Fact(**values),
        fact_hash=bytes.fromhex(body["fact_hash"]),
        origin=Origin(
            chain_id=chain_id,
            contract=bytes.fromhex(contract),
            issuer=bytes.fromhex(issuer),
            client_id=client_id,
            packet_sequence=packet_sequence,
            height=height,
            transaction=transaction,
        ),
        amount=body["amount"],
        reduction=reduction,
    )


_FACT_FIELDS = tuple(Fact.__dataclass_fields__)
_fact_values = attrgetter(*_FACT_FIELDS)

_READERS: dict[str, Callable[[Mapping[str, Any]], SettlementEvent]] = {
    "party_registered": lambda body: PartyRegistered(request_id=body["request_id"], party=_to_party(body["party"])),
    "agreement_recorded": lambda body: AgreementRecorded(
        request_id=body["request_id"], agreement=_to_agreement(body["agreement"])
    ),
    "period_closed": lambda body: PeriodClosed(request_id=body["request_id"], cut_off_seconds=body["cut_off_seconds"]),
    "fact_recorded": _to_fact_recorded,
}
