from relayer.wire.interledger.settlement.v1 import settlement_pb2 as _settlement_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MsgRegisterParty(_message.Message):
    __slots__ = ("operator", "request_id", "party")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    operator: str
    request_id: str
    party: _settlement_pb2.Party
    def __init__(self, operator: _Optional[str] = ..., request_id: _Optional[str] = ..., party: _Optional[_Union[_settlement_pb2.Party, _Mapping]] = ...) -> None: ...

class MsgRegisterPartyResponse(_message.Message):
    __slots__ = ("sequence", "head_hash")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    HEAD_HASH_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    head_hash: bytes
    def __init__(self, sequence: _Optional[int] = ..., head_hash: _Optional[bytes] = ...) -> None: ...

class MsgRecordAgreement(_message.Message):
    __slots__ = ("operator", "request_id", "agreement")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    operator: str
    request_id: str
    agreement: _settlement_pb2.Agreement
    def __init__(self, operator: _Optional[str] = ..., request_id: _Optional[str] = ..., agreement: _Optional[_Union[_settlement_pb2.Agreement, _Mapping]] = ...) -> None: ...

class MsgRecordAgreementResponse(_message.Message):
    __slots__ = ("sequence", "head_hash")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    HEAD_HASH_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    head_hash: bytes
    def __init__(self, sequence: _Optional[int] = ..., head_hash: _Optional[bytes] = ...) -> None: ...

class MsgClosePeriod(_message.Message):
    __slots__ = ("operator", "request_id", "cut_off_seconds")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CUT_OFF_SECONDS_FIELD_NUMBER: _ClassVar[int]
    operator: str
    request_id: str
    cut_off_seconds: int
    def __init__(self, operator: _Optional[str] = ..., request_id: _Optional[str] = ..., cut_off_seconds: _Optional[int] = ...) -> None: ...

class MsgClosePeriodResponse(_message.Message):
    __slots__ = ("sequence", "head_hash")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    HEAD_HASH_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    head_hash: bytes
    def __init__(self, sequence: _Optional[int] = ..., head_hash: _Optional[bytes] = ...) -> None: ...

class MsgBindAccount(_message.Message):
    __slots__ = ("operator", "account", "party_id")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    PARTY_ID_FIELD_NUMBER: _ClassVar[int]
    operator: str
    account: str
    party_id: bytes
    def __init__(self, operator: _Optional[str] = ..., account: _Optional[str] = ..., party_id: _Optional[bytes] = ...) -> None: ...

class MsgBindAccountResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MsgTrustClient(_message.Message):
    __slots__ = ("operator", "client_id")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    operator: str
    client_id: str
    def __init__(self, operator: _Optional[str] = ..., client_id: _Optional[str] = ...) -> None: ...

class MsgTrustClientResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MsgDistrustClient(_message.Message):
    __slots__ = ("operator", "client_id")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    operator: str
    client_id: str
    def __init__(self, operator: _Optional[str] = ..., client_id: _Optional[str] = ...) -> None: ...

class MsgDistrustClientResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MsgClear(_message.Message):
    __slots__ = ("sender", "request")
    SENDER_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    sender: str
    request: _settlement_pb2.ClearRequest
    def __init__(self, sender: _Optional[str] = ..., request: _Optional[_Union[_settlement_pb2.ClearRequest, _Mapping]] = ...) -> None: ...

class MsgClearResponse(_message.Message):
    __slots__ = ("sequence", "head_hash")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    HEAD_HASH_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    head_hash: bytes
    def __init__(self, sequence: _Optional[int] = ..., head_hash: _Optional[bytes] = ...) -> None: ...

class MsgSetOperators(_message.Message):
    __slots__ = ("authority", "operators")
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    OPERATORS_FIELD_NUMBER: _ClassVar[int]
    authority: str
    operators: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, authority: _Optional[str] = ..., operators: _Optional[_Iterable[str]] = ...) -> None: ...

class MsgSetOperatorsResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
