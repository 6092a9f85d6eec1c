from relayer.wire.interledger.settlement.v1 import facts_pb2 as _facts_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Liability(_message.Message):
    __slots__ = ("liability_id", "sequence", "head_hash", "fact_id", "fact_hash", "kind", "creditor", "debtor", "currency", "exponent", "service_end", "due_date", "origin", "amount", "open", "netted", "paid", "credited", "held")
    LIABILITY_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    HEAD_HASH_FIELD_NUMBER: _ClassVar[int]
    FACT_ID_FIELD_NUMBER: _ClassVar[int]
    FACT_HASH_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CREDITOR_FIELD_NUMBER: _ClassVar[int]
    DEBTOR_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    SERVICE_END_FIELD_NUMBER: _ClassVar[int]
    DUE_DATE_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    NETTED_FIELD_NUMBER: _ClassVar[int]
    PAID_FIELD_NUMBER: _ClassVar[int]
    CREDITED_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    liability_id: bytes
    sequence: int
    head_hash: bytes
    fact_id: bytes
    fact_hash: bytes
    kind: int
    creditor: bytes
    debtor: bytes
    currency: str
    exponent: int
    service_end: int
    due_date: int
    origin: _facts_pb2.Origin
    amount: str
    open: str
    netted: str
    paid: str
    credited: str
    held: str
    def __init__(self, liability_id: _Optional[bytes] = ..., sequence: _Optional[int] = ..., head_hash: _Optional[bytes] = ..., fact_id: _Optional[bytes] = ..., fact_hash: _Optional[bytes] = ..., kind: _Optional[int] = ..., creditor: _Optional[bytes] = ..., debtor: _Optional[bytes] = ..., currency: _Optional[str] = ..., exponent: _Optional[int] = ..., service_end: _Optional[int] = ..., due_date: _Optional[int] = ..., origin: _Optional[_Union[_facts_pb2.Origin, _Mapping]] = ..., amount: _Optional[str] = ..., open: _Optional[str] = ..., netted: _Optional[str] = ..., paid: _Optional[str] = ..., credited: _Optional[str] = ..., held: _Optional[str] = ...) -> None: ...

class Position(_message.Message):
    __slots__ = ("party_id", "ocpi_id", "currency", "exponent", "payable", "receivable")
    PARTY_ID_FIELD_NUMBER: _ClassVar[int]
    OCPI_ID_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    PAYABLE_FIELD_NUMBER: _ClassVar[int]
    RECEIVABLE_FIELD_NUMBER: _ClassVar[int]
    party_id: bytes
    ocpi_id: str
    currency: str
    exponent: int
    payable: str
    receivable: str
    def __init__(self, party_id: _Optional[bytes] = ..., ocpi_id: _Optional[str] = ..., currency: _Optional[str] = ..., exponent: _Optional[int] = ..., payable: _Optional[str] = ..., receivable: _Optional[str] = ...) -> None: ...
