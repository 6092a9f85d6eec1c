from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Route(_message.Message):
    __slots__ = ("destination", "origin_client", "client_id", "quota", "origin_quota", "margin_seconds")
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_CLIENT_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    QUOTA_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_QUOTA_FIELD_NUMBER: _ClassVar[int]
    MARGIN_SECONDS_FIELD_NUMBER: _ClassVar[int]
    destination: str
    origin_client: str
    client_id: str
    quota: int
    origin_quota: int
    margin_seconds: int
    def __init__(self, destination: _Optional[str] = ..., origin_client: _Optional[str] = ..., client_id: _Optional[str] = ..., quota: _Optional[int] = ..., origin_quota: _Optional[int] = ..., margin_seconds: _Optional[int] = ...) -> None: ...

class Forward(_message.Message):
    __slots__ = ("in_client", "in_sequence", "out_client", "out_sequence", "destination", "origin_client", "in_timeout", "out_timeout")
    IN_CLIENT_FIELD_NUMBER: _ClassVar[int]
    IN_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    OUT_CLIENT_FIELD_NUMBER: _ClassVar[int]
    OUT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_CLIENT_FIELD_NUMBER: _ClassVar[int]
    IN_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    OUT_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    in_client: str
    in_sequence: int
    out_client: str
    out_sequence: int
    destination: str
    origin_client: str
    in_timeout: int
    out_timeout: int
    def __init__(self, in_client: _Optional[str] = ..., in_sequence: _Optional[int] = ..., out_client: _Optional[str] = ..., out_sequence: _Optional[int] = ..., destination: _Optional[str] = ..., origin_client: _Optional[str] = ..., in_timeout: _Optional[int] = ..., out_timeout: _Optional[int] = ...) -> None: ...

class SetRoute(_message.Message):
    __slots__ = ("route",)
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    route: Route
    def __init__(self, route: _Optional[_Union[Route, _Mapping]] = ...) -> None: ...

class RemoveRoute(_message.Message):
    __slots__ = ("destination", "origin_client")
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_CLIENT_FIELD_NUMBER: _ClassVar[int]
    destination: str
    origin_client: str
    def __init__(self, destination: _Optional[str] = ..., origin_client: _Optional[str] = ...) -> None: ...

class PutRouteResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DropRouteResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListRoutesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListRoutesResponse(_message.Message):
    __slots__ = ("routes",)
    ROUTES_FIELD_NUMBER: _ClassVar[int]
    routes: _containers.RepeatedCompositeFieldContainer[RouteUse]
    def __init__(self, routes: _Optional[_Iterable[_Union[RouteUse, _Mapping]]] = ...) -> None: ...

class RouteUse(_message.Message):
    __slots__ = ("route", "open_forwards")
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    OPEN_FORWARDS_FIELD_NUMBER: _ClassVar[int]
    route: Route
    open_forwards: int
    def __init__(self, route: _Optional[_Union[Route, _Mapping]] = ..., open_forwards: _Optional[int] = ...) -> None: ...

class ListForwardsRequest(_message.Message):
    __slots__ = ("after_out_client", "after_out_sequence", "limit")
    AFTER_OUT_CLIENT_FIELD_NUMBER: _ClassVar[int]
    AFTER_OUT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    after_out_client: str
    after_out_sequence: int
    limit: int
    def __init__(self, after_out_client: _Optional[str] = ..., after_out_sequence: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...

class ListForwardsResponse(_message.Message):
    __slots__ = ("forwards",)
    FORWARDS_FIELD_NUMBER: _ClassVar[int]
    forwards: _containers.RepeatedCompositeFieldContainer[Forward]
    def __init__(self, forwards: _Optional[_Iterable[_Union[Forward, _Mapping]]] = ...) -> None: ...
