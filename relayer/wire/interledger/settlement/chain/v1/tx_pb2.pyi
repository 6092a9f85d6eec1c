from relayer.wire.interledger.settlement.v1 import acts_pb2 as _acts_pb2
from relayer.wire.interledger.settlement.v1 import facts_pb2 as _facts_pb2
from relayer.wire.interledger.settlement.v1 import log_pb2 as _log_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MsgExecute(_message.Message):
    __slots__ = ("sender", "command")
    SENDER_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    sender: str
    command: _log_pb2.Command
    def __init__(self, sender: _Optional[str] = ..., command: _Optional[_Union[_log_pb2.Command, _Mapping]] = ...) -> None: ...

class MsgExecuteResponse(_message.Message):
    __slots__ = ("head",)
    HEAD_FIELD_NUMBER: _ClassVar[int]
    head: _acts_pb2.LogHead
    def __init__(self, head: _Optional[_Union[_acts_pb2.LogHead, _Mapping]] = ...) -> None: ...

class MsgRecordFacts(_message.Message):
    __slots__ = ("sender", "request")
    SENDER_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    sender: str
    request: _facts_pb2.RecordFactsRequest
    def __init__(self, sender: _Optional[str] = ..., request: _Optional[_Union[_facts_pb2.RecordFactsRequest, _Mapping]] = ...) -> None: ...

class MsgRecordFactsResponse(_message.Message):
    __slots__ = ("answers",)
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    answers: _containers.RepeatedCompositeFieldContainer[_facts_pb2.FactAnswer]
    def __init__(self, answers: _Optional[_Iterable[_Union[_facts_pb2.FactAnswer, _Mapping]]] = ...) -> None: ...

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
    __slots__ = ("operator", "client_id", "chains")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    CHAINS_FIELD_NUMBER: _ClassVar[int]
    operator: str
    client_id: str
    chains: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, operator: _Optional[str] = ..., client_id: _Optional[str] = ..., chains: _Optional[_Iterable[str]] = ...) -> None: ...

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

class MsgBindPort(_message.Message):
    __slots__ = ("operator", "client_id", "port")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    operator: str
    client_id: str
    port: str
    def __init__(self, operator: _Optional[str] = ..., client_id: _Optional[str] = ..., port: _Optional[str] = ...) -> None: ...

class MsgBindPortResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

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
