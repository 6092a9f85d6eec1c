from relayer.wire.interledger.forward.v1 import forward_pb2 as _forward_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GenesisState(_message.Message):
    __slots__ = ("routes", "forwards", "client_ports")
    ROUTES_FIELD_NUMBER: _ClassVar[int]
    FORWARDS_FIELD_NUMBER: _ClassVar[int]
    CLIENT_PORTS_FIELD_NUMBER: _ClassVar[int]
    routes: _containers.RepeatedCompositeFieldContainer[_forward_pb2.Route]
    forwards: _containers.RepeatedCompositeFieldContainer[_forward_pb2.Forward]
    client_ports: _containers.RepeatedCompositeFieldContainer[ClientPort]
    def __init__(self, routes: _Optional[_Iterable[_Union[_forward_pb2.Route, _Mapping]]] = ..., forwards: _Optional[_Iterable[_Union[_forward_pb2.Forward, _Mapping]]] = ..., client_ports: _Optional[_Iterable[_Union[ClientPort, _Mapping]]] = ...) -> None: ...

class ClientPort(_message.Message):
    __slots__ = ("client_id", "port")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    port: str
    def __init__(self, client_id: _Optional[str] = ..., port: _Optional[str] = ...) -> None: ...
