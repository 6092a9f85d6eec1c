from relayer.wire.interledger.settlement.v1 import facts_pb2 as _facts_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Side(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIDE_UNSPECIFIED: _ClassVar[Side]
    SIDE_PAYABLE: _ClassVar[Side]
    SIDE_RECEIVABLE: _ClassVar[Side]

class LineKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LINE_KIND_UNSPECIFIED: _ClassVar[LineKind]
    LINE_KIND_FACT: _ClassVar[LineKind]
    LINE_KIND_NOVATED: _ClassVar[LineKind]
    LINE_KIND_NETTED: _ClassVar[LineKind]
    LINE_KIND_PAID: _ClassVar[LineKind]
    LINE_KIND_RETURNED: _ClassVar[LineKind]
    LINE_KIND_CREDITED: _ClassVar[LineKind]
SIDE_UNSPECIFIED: Side
SIDE_PAYABLE: Side
SIDE_RECEIVABLE: Side
LINE_KIND_UNSPECIFIED: LineKind
LINE_KIND_FACT: LineKind
LINE_KIND_NOVATED: LineKind
LINE_KIND_NETTED: LineKind
LINE_KIND_PAID: LineKind
LINE_KIND_RETURNED: LineKind
LINE_KIND_CREDITED: LineKind

class SideTotals(_message.Message):
    __slots__ = ("opening", "facts", "novated", "netted", "paid", "credited")
    OPENING_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    NOVATED_FIELD_NUMBER: _ClassVar[int]
    NETTED_FIELD_NUMBER: _ClassVar[int]
    PAID_FIELD_NUMBER: _ClassVar[int]
    CREDITED_FIELD_NUMBER: _ClassVar[int]
    opening: str
    facts: str
    novated: str
    netted: str
    paid: str
    credited: str
    def __init__(self, opening: _Optional[str] = ..., facts: _Optional[str] = ..., novated: _Optional[str] = ..., netted: _Optional[str] = ..., paid: _Optional[str] = ..., credited: _Optional[str] = ...) -> None: ...

class StatementLine(_message.Message):
    __slots__ = ("sequence", "at_seconds", "side", "kind", "counterparty", "fact_id", "amount", "way")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    AT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_FIELD_NUMBER: _ClassVar[int]
    FACT_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    WAY_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    at_seconds: int
    side: Side
    kind: LineKind
    counterparty: bytes
    fact_id: bytes
    amount: str
    way: _facts_pb2.Way
    def __init__(self, sequence: _Optional[int] = ..., at_seconds: _Optional[int] = ..., side: _Optional[_Union[Side, str]] = ..., kind: _Optional[_Union[LineKind, str]] = ..., counterparty: _Optional[bytes] = ..., fact_id: _Optional[bytes] = ..., amount: _Optional[str] = ..., way: _Optional[_Union[_facts_pb2.Way, str]] = ...) -> None: ...

class Statement(_message.Message):
    __slots__ = ("party_id", "currency", "exponent", "since_seconds", "until_seconds", "payable", "receivable", "lines")
    PARTY_ID_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    SINCE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    UNTIL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    PAYABLE_FIELD_NUMBER: _ClassVar[int]
    RECEIVABLE_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    party_id: bytes
    currency: str
    exponent: int
    since_seconds: int
    until_seconds: int
    payable: SideTotals
    receivable: SideTotals
    lines: _containers.RepeatedCompositeFieldContainer[StatementLine]
    def __init__(self, party_id: _Optional[bytes] = ..., currency: _Optional[str] = ..., exponent: _Optional[int] = ..., since_seconds: _Optional[int] = ..., until_seconds: _Optional[int] = ..., payable: _Optional[_Union[SideTotals, _Mapping]] = ..., receivable: _Optional[_Union[SideTotals, _Mapping]] = ..., lines: _Optional[_Iterable[_Union[StatementLine, _Mapping]]] = ...) -> None: ...
