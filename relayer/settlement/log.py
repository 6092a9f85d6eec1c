"""The one form of the log: an entry is a canonical interledger.settlement.v1.LogEntry, and each head hash covers the one
before it. Commands and stored records have their canonical bytes here as well.

Bytes that a log holds never change: they depend on the numbers of the proto files' fields, never on a Python name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any, TypeVar

from google.protobuf.message import Message

from relayer.encoding.canonical import encode, parse
from relayer.encoding.mapping import Mapping, alternatives, mapping, union_mapping
from relayer.errors import InvalidInput
from relayer.settlement.model.acts import Act, LogHead
from relayer.settlement.model.commands import Command
from relayer.settlement.model.cycles import Cycle
from relayer.settlement.model.disputes import Dispute
from relayer.settlement.model.events import Event, LogEntry
from relayer.settlement.model.facts import Origin
from relayer.settlement.model.issuers import ContractInForce, IssuerInForce, MandateInForce
from relayer.settlement.model.liabilities import Liability
from relayer.settlement.model.news import WaitingNews
from relayer.settlement.model.parties import AgreementInForce, ConsentInForce, Party
from relayer.settlement.model.payments import Payment
from relayer.wire.interledger.settlement.v1 import (
    acts_pb2,
    cycles_pb2,
    disputes_pb2,
    facts_pb2,
    issuers_pb2,
    liabilities_pb2,
    log_pb2,
    news_pb2,
    parties_pb2,
    payments_pb2,
)

MAXIMUM_BYTES = 64 * 1024 * 1024
"""Of one entry or record. A plan of 2^20 debts has less."""

_DOMAIN = b"interledger.settlement.log.v1"
_AMOUNT_BYTES = 16
_HEADER = frozenset({"request_id", "actor"})
_MESSAGES: dict[type[Any], type[Message]] = {
    Party: parties_pb2.Party,
    AgreementInForce: parties_pb2.AgreementInForce,
    ConsentInForce: parties_pb2.ConsentInForce,
    IssuerInForce: issuers_pb2.IssuerInForce,
    MandateInForce: issuers_pb2.MandateInForce,
    ContractInForce: issuers_pb2.ContractInForce,
    Liability: liabilities_pb2.Liability,
    Payment: payments_pb2.Payment,
    Dispute: disputes_pb2.Dispute,
    Cycle: cycles_pb2.Cycle,
    WaitingNews: news_pb2.WaitingNews,
}

_Record = TypeVar("_Record")


def next_head(head: LogHead, entry: bytes) -> LogHead:
    """The head after appending the encoded `entry`: sha256 over domain, previous hash, sequence and the entry's sha256."""
    sequence = head.sequence + 1
    digest = sha256(_DOMAIN + head.head_hash + sequence.to_bytes(8, "big") + sha256(entry).digest()).digest()
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


def make_entry(head: LogHead, event: Event, *, at_seconds: int, act: Act | None) -> LogEntry:
    """The entry that follows `head`."""
    form = _entry_form()
    name, write = form.writers[type(event)]
    fields = {"at_seconds": at_seconds, name: write(event)}
    if act is not None:
        fields["act"] = form.act.fields(act)
    encoded = encode(log_pb2.LogEntry(**fields))
    return LogEntry(head=next_head(head, encoded), at_seconds=at_seconds, act=act, event=event, encoded=encoded)


def read_entry(head: LogHead, encoded: bytes) -> LogEntry:
    """The inverse of make_entry. Raises InvalidInput for anything else, so a damaged log is noticed."""
    try:
        message = parse(log_pb2.LogEntry, encoded, maximum_bytes=MAXIMUM_BYTES)
        act = _entry_form().act.from_message(message.act) if message.HasField("act") else None
        event = _event_of(message)
    except InvalidInput as error:
        raise InvalidInput(f"settlement log: not an entry ({error}); restore the database") from error
    return LogEntry(head=next_head(head, encoded), at_seconds=message.at_seconds, act=act, event=event, encoded=encoded)


def _event_of(message: log_pb2.LogEntry) -> Event:
    name = message.WhichOneof("event")
    if name is None:
        raise InvalidInput("no event, or one that this version does not know")
    event: Event = _entry_form().readers[name](getattr(message, name))
    return event


def command_to_message(command: Command) -> log_pb2.Command:
    """The request for the command. Raises InvalidInput for a value that the message cannot hold."""
    name, write = _command_form().writers[type(command)]
    try:
        return log_pb2.Command(request_id=command.request_id, actor=command.actor, **{name: write(command)})
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"command: {error}") from error


def command_from_message(message: log_pb2.Command) -> Command:
    """Raises InvalidInput for a request without a command, numbers that are not plain, and unknown kinds."""
    name = message.WhichOneof("command")
    if name is None:
        raise InvalidInput("a request without a command, or with one that this version does not know")
    header = {"request_id": message.request_id, "actor": message.actor}
    command: Command = _command_form().readers[name](getattr(message, name), **header)
    return command


def encode_command(command: Command) -> bytes:
    """The canonical bytes that a request is compared by. Raises InvalidInput as command_to_message does."""
    return encode(command_to_message(command))


def decode_command(raw: bytes) -> Command:
    """The inverse of encode_command. Raises InvalidInput for anything else."""
    return command_from_message(parse(log_pb2.Command, raw, maximum_bytes=MAXIMUM_BYTES))


def encode_record(record: object) -> bytes:
    """The canonical bytes of a party, of terms, a consent, an issuer or a mandate in force, of a liability, a payment, a
    dispute or a cycle."""
    return encode(record_mapping(type(record)).to_message(record))


def decode_record(kind: type[_Record], raw: bytes) -> _Record:
    """The inverse of encode_record. Raises InvalidInput for a damaged record."""
    form = record_mapping(kind)
    try:
        return form.from_message(parse(form.message, raw, maximum_bytes=MAXIMUM_BYTES))
    except InvalidInput as error:
        raise InvalidInput(f"settlement state: a stored {kind.__name__} is damaged; restore the database") from error


@lru_cache(maxsize=64)
def encode_origin(origin: Origin) -> bytes:
    """The canonical bytes of how a liability came to the ledger. Remembered, because the facts of a packet share theirs."""
    return encode(_origin().to_message(origin))


def decode_origin(raw: bytes) -> Origin:
    """The inverse of encode_origin. Raises InvalidInput."""
    form = _origin()
    origin: Origin = form.from_message(parse(form.message, raw, maximum_bytes=MAXIMUM_BYTES))
    return origin


def record_mapping(kind: type[_Record]) -> Mapping[_Record]:
    """Between a record and its message."""
    return mapping(kind, _MESSAGES[kind])


@dataclass(frozen=True, slots=True)
class _Form:
    """The alternatives of a oneof: how each kind is written and each name is read."""

    writers: dict[type[Any], tuple[str, Callable[[Any], Any]]]
    readers: dict[str, Callable[..., Any]]
    act: Mapping[Act]


@cache
def _entry_form() -> _Form:
    return _form(alternatives(Event, log_pb2.LogEntry, "event"))


@cache
def _command_form() -> _Form:
    return _form(alternatives(Command, log_pb2.Command, "command", beside=_HEADER))


def _form(by_name: dict[str, Mapping[Any]]) -> _Form:
    return _Form(
        {each.kind: (name, each.fields) for name, each in by_name.items()},
        {name: each.from_message for name, each in by_name.items()},
        mapping(Act, acts_pb2.Act),
    )


@cache
def _origin() -> Mapping[Any]:
    return union_mapping(Origin, facts_pb2.Origin)
