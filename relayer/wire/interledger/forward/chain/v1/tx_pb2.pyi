from relayer.wire.interledger.forward.v1 import forward_pb2 as _forward_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MsgSetRoute(_message.Message):
    __slots__ = ("operator", "route")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    operator: str
    route: _forward_pb2.Route
    def __init__(self, operator: _Optional[str] = ..., route: _Optional[_Union[_forward_pb2.Route, _Mapping]] = ...) -> None: ...

class MsgSetRouteResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MsgRemoveRoute(_message.Message):
    __slots__ = ("operator", "destination", "origin_client")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_CLIENT_FIELD_NUMBER: _ClassVar[int]
    operator: str
    destination: str
    origin_client: str
    def __init__(self, operator: _Optional[str] = ..., destination: _Optional[str] = ..., origin_client: _Optional[str] = ...) -> None: ...

class MsgRemoveRouteResponse(_message.Message):
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
