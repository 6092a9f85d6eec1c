from relayer.wire.interledger.settlement.chain.v1 import genesis_pb2 as _genesis_pb2
from relayer.wire.interledger.settlement.v1 import acts_pb2 as _acts_pb2
from relayer.wire.interledger.settlement.v1 import cycles_pb2 as _cycles_pb2
from relayer.wire.interledger.settlement.v1 import liabilities_pb2 as _liabilities_pb2
from relayer.wire.interledger.settlement.v1 import parties_pb2 as _parties_pb2
from relayer.wire.interledger.settlement.v1 import payments_pb2 as _payments_pb2
from relayer.wire.interledger.settlement.v1 import service_pb2 as _service_pb2
from relayer.wire.interledger.settlement.v1 import statements_pb2 as _statements_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class QueryHeadRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class QueryHeadResponse(_message.Message):
    __slots__ = ("head", "cut_off_seconds")
    HEAD_FIELD_NUMBER: _ClassVar[int]
    CUT_OFF_SECONDS_FIELD_NUMBER: _ClassVar[int]
    head: _acts_pb2.LogHead
    cut_off_seconds: int
    def __init__(self, head: _Optional[_Union[_acts_pb2.LogHead, _Mapping]] = ..., cut_off_seconds: _Optional[int] = ...) -> None: ...

class QueryLogEntryRequest(_message.Message):
    __slots__ = ("sequence",)
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    def __init__(self, sequence: _Optional[int] = ...) -> None: ...

class QueryLogEntryResponse(_message.Message):
    __slots__ = ("entry",)
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    entry: bytes
    def __init__(self, entry: _Optional[bytes] = ...) -> None: ...

class QueryOperatorsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class QueryOperatorsResponse(_message.Message):
    __slots__ = ("operators",)
    OPERATORS_FIELD_NUMBER: _ClassVar[int]
    operators: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, operators: _Optional[_Iterable[str]] = ...) -> None: ...

class QueryBoundAccountsRequest(_message.Message):
    __slots__ = ("after_account", "limit")
    AFTER_ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    after_account: str
    limit: int
    def __init__(self, after_account: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class QueryBoundAccountsResponse(_message.Message):
    __slots__ = ("bindings",)
    BINDINGS_FIELD_NUMBER: _ClassVar[int]
    bindings: _containers.RepeatedCompositeFieldContainer[_genesis_pb2.AccountBinding]
    def __init__(self, bindings: _Optional[_Iterable[_Union[_genesis_pb2.AccountBinding, _Mapping]]] = ...) -> None: ...

class QueryTrustedClientsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class QueryTrustedClientsResponse(_message.Message):
    __slots__ = ("clients",)
    CLIENTS_FIELD_NUMBER: _ClassVar[int]
    clients: _containers.RepeatedCompositeFieldContainer[_genesis_pb2.TrustedClient]
    def __init__(self, clients: _Optional[_Iterable[_Union[_genesis_pb2.TrustedClient, _Mapping]]] = ...) -> None: ...

class QueryBoundPortRequest(_message.Message):
    __slots__ = ("client_id",)
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    def __init__(self, client_id: _Optional[str] = ...) -> None: ...

class QueryBoundPortResponse(_message.Message):
    __slots__ = ("port", "is_bound")
    PORT_FIELD_NUMBER: _ClassVar[int]
    IS_BOUND_FIELD_NUMBER: _ClassVar[int]
    port: str
    is_bound: bool
    def __init__(self, port: _Optional[str] = ..., is_bound: bool = ...) -> None: ...

class QueryNewsAnswerRequest(_message.Message):
    __slots__ = ("client_id", "packet_sequence")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    PACKET_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    packet_sequence: int
    def __init__(self, client_id: _Optional[str] = ..., packet_sequence: _Optional[int] = ...) -> None: ...

class QueryNewsAnswerResponse(_message.Message):
    __slots__ = ("acknowledgement",)
    ACKNOWLEDGEMENT_FIELD_NUMBER: _ClassVar[int]
    acknowledgement: bytes
    def __init__(self, acknowledgement: _Optional[bytes] = ...) -> None: ...
