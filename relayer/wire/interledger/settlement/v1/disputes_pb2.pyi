from relayer.wire.interledger.settlement.v1 import acts_pb2 as _acts_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DisputeState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DISPUTE_STATE_UNSPECIFIED: _ClassVar[DisputeState]
    DISPUTE_STATE_OPEN: _ClassVar[DisputeState]
    DISPUTE_STATE_RELEASED: _ClassVar[DisputeState]
    DISPUTE_STATE_UPHELD: _ClassVar[DisputeState]
    DISPUTE_STATE_PARTLY_UPHELD: _ClassVar[DisputeState]
    DISPUTE_STATE_LAPSED: _ClassVar[DisputeState]
DISPUTE_STATE_UNSPECIFIED: DisputeState
DISPUTE_STATE_OPEN: DisputeState
DISPUTE_STATE_RELEASED: DisputeState
DISPUTE_STATE_UPHELD: DisputeState
DISPUTE_STATE_PARTLY_UPHELD: DisputeState
DISPUTE_STATE_LAPSED: DisputeState

class DisputeClaim(_message.Message):
    __slots__ = ("dispute_id", "fact_id", "share", "reason", "deadline_seconds")
    DISPUTE_ID_FIELD_NUMBER: _ClassVar[int]
    FACT_ID_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    dispute_id: str
    fact_id: bytes
    share: _acts_pb2.Share
    reason: str
    deadline_seconds: int
    def __init__(self, dispute_id: _Optional[str] = ..., fact_id: _Optional[bytes] = ..., share: _Optional[_Union[_acts_pb2.Share, _Mapping]] = ..., reason: _Optional[str] = ..., deadline_seconds: _Optional[int] = ...) -> None: ...

class Dispute(_message.Message):
    __slots__ = ("claim", "state", "credited", "sequence")
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CREDITED_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    claim: DisputeClaim
    state: DisputeState
    credited: str
    sequence: int
    def __init__(self, claim: _Optional[_Union[DisputeClaim, _Mapping]] = ..., state: _Optional[_Union[DisputeState, str]] = ..., credited: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class OpenDispute(_message.Message):
    __slots__ = ("dispute_id", "fact_id", "amount", "reason", "deadline_seconds")
    DISPUTE_ID_FIELD_NUMBER: _ClassVar[int]
    FACT_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    dispute_id: str
    fact_id: bytes
    amount: str
    reason: str
    deadline_seconds: int
    def __init__(self, dispute_id: _Optional[str] = ..., fact_id: _Optional[bytes] = ..., amount: _Optional[str] = ..., reason: _Optional[str] = ..., deadline_seconds: _Optional[int] = ...) -> None: ...

class ReleaseDispute(_message.Message):
    __slots__ = ("dispute_id",)
    DISPUTE_ID_FIELD_NUMBER: _ClassVar[int]
    dispute_id: str
    def __init__(self, dispute_id: _Optional[str] = ...) -> None: ...

class UpholdDispute(_message.Message):
    __slots__ = ("dispute_id", "credited")
    DISPUTE_ID_FIELD_NUMBER: _ClassVar[int]
    CREDITED_FIELD_NUMBER: _ClassVar[int]
    dispute_id: str
    credited: str
    def __init__(self, dispute_id: _Optional[str] = ..., credited: _Optional[str] = ...) -> None: ...

class LapseDispute(_message.Message):
    __slots__ = ("dispute_id",)
    DISPUTE_ID_FIELD_NUMBER: _ClassVar[int]
    dispute_id: str
    def __init__(self, dispute_id: _Optional[str] = ...) -> None: ...

class WriteOff(_message.Message):
    __slots__ = ("fact_id", "amount", "reason")
    FACT_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    fact_id: bytes
    amount: str
    reason: str
    def __init__(self, fact_id: _Optional[bytes] = ..., amount: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class DisputeOpened(_message.Message):
    __slots__ = ("claim",)
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    claim: DisputeClaim
    def __init__(self, claim: _Optional[_Union[DisputeClaim, _Mapping]] = ...) -> None: ...

class DisputeClosed(_message.Message):
    __slots__ = ("dispute_id", "state", "credited")
    DISPUTE_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CREDITED_FIELD_NUMBER: _ClassVar[int]
    dispute_id: str
    state: DisputeState
    credited: str
    def __init__(self, dispute_id: _Optional[str] = ..., state: _Optional[_Union[DisputeState, str]] = ..., credited: _Optional[str] = ...) -> None: ...

class WrittenOff(_message.Message):
    __slots__ = ("share", "reason")
    SHARE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    share: _acts_pb2.Share
    reason: str
    def __init__(self, share: _Optional[_Union[_acts_pb2.Share, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...
