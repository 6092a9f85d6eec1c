from relayer.wire.interledger.settlement.v1 import acts_pb2 as _acts_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EvidenceKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVIDENCE_KIND_UNSPECIFIED: _ClassVar[EvidenceKind]
    EVIDENCE_KIND_BANK_STATEMENT_ENTRY: _ClassVar[EvidenceKind]
    EVIDENCE_KIND_TRANSACTION: _ClassVar[EvidenceKind]

class PaymentState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PAYMENT_STATE_UNSPECIFIED: _ClassVar[PaymentState]
    PAYMENT_STATE_INSTRUCTED: _ClassVar[PaymentState]
    PAYMENT_STATE_PENDING: _ClassVar[PaymentState]
    PAYMENT_STATE_FINAL: _ClassVar[PaymentState]
    PAYMENT_STATE_RETURNED: _ClassVar[PaymentState]
    PAYMENT_STATE_EXPIRED: _ClassVar[PaymentState]
EVIDENCE_KIND_UNSPECIFIED: EvidenceKind
EVIDENCE_KIND_BANK_STATEMENT_ENTRY: EvidenceKind
EVIDENCE_KIND_TRANSACTION: EvidenceKind
PAYMENT_STATE_UNSPECIFIED: PaymentState
PAYMENT_STATE_INSTRUCTED: PaymentState
PAYMENT_STATE_PENDING: PaymentState
PAYMENT_STATE_FINAL: PaymentState
PAYMENT_STATE_RETURNED: PaymentState
PAYMENT_STATE_EXPIRED: PaymentState

class Evidence(_message.Message):
    __slots__ = ("kind", "reference", "amount", "currency")
    KIND_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    kind: EvidenceKind
    reference: str
    amount: str
    currency: str
    def __init__(self, kind: _Optional[_Union[EvidenceKind, str]] = ..., reference: _Optional[str] = ..., amount: _Optional[str] = ..., currency: _Optional[str] = ...) -> None: ...

class PaymentOrder(_message.Message):
    __slots__ = ("payment_id", "debtor", "creditor", "currency", "exponent", "amount", "cycle_id", "expires_at_seconds", "shares")
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    DEBTOR_FIELD_NUMBER: _ClassVar[int]
    CREDITOR_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    CYCLE_ID_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    debtor: bytes
    creditor: bytes
    currency: str
    exponent: int
    amount: str
    cycle_id: str
    expires_at_seconds: int
    shares: _containers.RepeatedCompositeFieldContainer[_acts_pb2.Share]
    def __init__(self, payment_id: _Optional[str] = ..., debtor: _Optional[bytes] = ..., creditor: _Optional[bytes] = ..., currency: _Optional[str] = ..., exponent: _Optional[int] = ..., amount: _Optional[str] = ..., cycle_id: _Optional[str] = ..., expires_at_seconds: _Optional[int] = ..., shares: _Optional[_Iterable[_Union[_acts_pb2.Share, _Mapping]]] = ...) -> None: ...

class Payment(_message.Message):
    __slots__ = ("order", "state", "evidence", "recorder", "sequence")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    RECORDER_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    order: PaymentOrder
    state: PaymentState
    evidence: Evidence
    recorder: bytes
    sequence: int
    def __init__(self, order: _Optional[_Union[PaymentOrder, _Mapping]] = ..., state: _Optional[_Union[PaymentState, str]] = ..., evidence: _Optional[_Union[Evidence, _Mapping]] = ..., recorder: _Optional[bytes] = ..., sequence: _Optional[int] = ...) -> None: ...

class InstructPayment(_message.Message):
    __slots__ = ("payment_id", "debtor", "creditor", "currency", "exponent", "amount", "cycle_id", "expires_at_seconds")
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    DEBTOR_FIELD_NUMBER: _ClassVar[int]
    CREDITOR_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    CYCLE_ID_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    debtor: bytes
    creditor: bytes
    currency: str
    exponent: int
    amount: str
    cycle_id: str
    expires_at_seconds: int
    def __init__(self, payment_id: _Optional[str] = ..., debtor: _Optional[bytes] = ..., creditor: _Optional[bytes] = ..., currency: _Optional[str] = ..., exponent: _Optional[int] = ..., amount: _Optional[str] = ..., cycle_id: _Optional[str] = ..., expires_at_seconds: _Optional[int] = ...) -> None: ...

class MarkPaymentPending(_message.Message):
    __slots__ = ("payment_id",)
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    def __init__(self, payment_id: _Optional[str] = ...) -> None: ...

class FinalisePayment(_message.Message):
    __slots__ = ("payment_id", "evidence")
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    evidence: Evidence
    def __init__(self, payment_id: _Optional[str] = ..., evidence: _Optional[_Union[Evidence, _Mapping]] = ...) -> None: ...

class ReturnPayment(_message.Message):
    __slots__ = ("payment_id", "evidence")
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    evidence: Evidence
    def __init__(self, payment_id: _Optional[str] = ..., evidence: _Optional[_Union[Evidence, _Mapping]] = ...) -> None: ...

class ExpirePayment(_message.Message):
    __slots__ = ("payment_id",)
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    def __init__(self, payment_id: _Optional[str] = ...) -> None: ...

class PaymentInstructed(_message.Message):
    __slots__ = ("order",)
    ORDER_FIELD_NUMBER: _ClassVar[int]
    order: PaymentOrder
    def __init__(self, order: _Optional[_Union[PaymentOrder, _Mapping]] = ...) -> None: ...

class PaymentMoved(_message.Message):
    __slots__ = ("payment_id", "state", "evidence")
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    state: PaymentState
    evidence: Evidence
    def __init__(self, payment_id: _Optional[str] = ..., state: _Optional[_Union[PaymentState, str]] = ..., evidence: _Optional[_Union[Evidence, _Mapping]] = ...) -> None: ...
