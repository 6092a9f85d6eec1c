from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GenesisState(_message.Message):
    __slots__ = ("operators", "events", "head_hash", "bindings", "outbox", "trusted_clients")
    OPERATORS_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    HEAD_HASH_FIELD_NUMBER: _ClassVar[int]
    BINDINGS_FIELD_NUMBER: _ClassVar[int]
    OUTBOX_FIELD_NUMBER: _ClassVar[int]
    TRUSTED_CLIENTS_FIELD_NUMBER: _ClassVar[int]
    operators: _containers.RepeatedScalarFieldContainer[str]
    events: _containers.RepeatedScalarFieldContainer[bytes]
    head_hash: bytes
    bindings: _containers.RepeatedCompositeFieldContainer[AccountBinding]
    outbox: Outbox
    trusted_clients: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, operators: _Optional[_Iterable[str]] = ..., events: _Optional[_Iterable[bytes]] = ..., head_hash: _Optional[bytes] = ..., bindings: _Optional[_Iterable[_Union[AccountBinding, _Mapping]]] = ..., outbox: _Optional[_Union[Outbox, _Mapping]] = ..., trusted_clients: _Optional[_Iterable[str]] = ...) -> None: ...

class AccountBinding(_message.Message):
    __slots__ = ("account", "party_id")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    PARTY_ID_FIELD_NUMBER: _ClassVar[int]
    account: str
    party_id: bytes
    def __init__(self, account: _Optional[str] = ..., party_id: _Optional[bytes] = ...) -> None: ...

class Outbox(_message.Message):
    __slots__ = ("told_sequence", "queue", "repeated_news", "answers")
    TOLD_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    REPEATED_NEWS_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    told_sequence: int
    queue: _containers.RepeatedCompositeFieldContainer[QueuedNews]
    repeated_news: _containers.RepeatedCompositeFieldContainer[RepeatedNews]
    answers: _containers.RepeatedCompositeFieldContainer[AnsweredNews]
    def __init__(self, told_sequence: _Optional[int] = ..., queue: _Optional[_Iterable[_Union[QueuedNews, _Mapping]]] = ..., repeated_news: _Optional[_Iterable[_Union[RepeatedNews, _Mapping]]] = ..., answers: _Optional[_Iterable[_Union[AnsweredNews, _Mapping]]] = ...) -> None: ...

class QueuedNews(_message.Message):
    __slots__ = ("client_id", "repeats", "value")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    REPEATS_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    repeats: int
    value: bytes
    def __init__(self, client_id: _Optional[str] = ..., repeats: _Optional[int] = ..., value: _Optional[bytes] = ...) -> None: ...

class RepeatedNews(_message.Message):
    __slots__ = ("client_id", "packet_sequence", "repeats")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    PACKET_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    REPEATS_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    packet_sequence: int
    repeats: int
    def __init__(self, client_id: _Optional[str] = ..., packet_sequence: _Optional[int] = ..., repeats: _Optional[int] = ...) -> None: ...

class AnsweredNews(_message.Message):
    __slots__ = ("client_id", "packet_sequence", "acknowledgement")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    PACKET_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGEMENT_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    packet_sequence: int
    acknowledgement: bytes
    def __init__(self, client_id: _Optional[str] = ..., packet_sequence: _Optional[int] = ..., acknowledgement: _Optional[bytes] = ...) -> None: ...
