from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class ConfirmTime(_message.Message):
    __slots__ = ("height", "stated_seconds")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    STATED_SECONDS_FIELD_NUMBER: _ClassVar[int]
    height: int
    stated_seconds: int
    def __init__(self, height: _Optional[int] = ..., stated_seconds: _Optional[int] = ...) -> None: ...

class BindPort(_message.Message):
    __slots__ = ("client_id", "port")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    port: str
    def __init__(self, client_id: _Optional[str] = ..., port: _Optional[str] = ...) -> None: ...

class TrustChains(_message.Message):
    __slots__ = ("client_id", "chains")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    CHAINS_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    chains: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, client_id: _Optional[str] = ..., chains: _Optional[_Iterable[str]] = ...) -> None: ...
