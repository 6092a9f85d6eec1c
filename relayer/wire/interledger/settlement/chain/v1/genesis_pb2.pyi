from relayer.wire.interledger.settlement.v1 import news_pb2 as _news_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GenesisState(_message.Message):
    __slots__ = ("operators", "events", "head_hash", "bindings", "outbox", "trusted_clients", "client_ports")
    OPERATORS_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    HEAD_HASH_FIELD_NUMBER: _ClassVar[int]
    BINDINGS_FIELD_NUMBER: _ClassVar[int]
    OUTBOX_FIELD_NUMBER: _ClassVar[int]
    TRUSTED_CLIENTS_FIELD_NUMBER: _ClassVar[int]
    CLIENT_PORTS_FIELD_NUMBER: _ClassVar[int]
    operators: _containers.RepeatedScalarFieldContainer[str]
    events: _containers.RepeatedScalarFieldContainer[bytes]
    head_hash: bytes
    bindings: _containers.RepeatedCompositeFieldContainer[AccountBinding]
    outbox: Outbox
    trusted_clients: _containers.RepeatedCompositeFieldContainer[TrustedClient]
    client_ports: _containers.RepeatedCompositeFieldContainer[ClientPort]
    def __init__(self, operators: _Optional[_Iterable[str]] = ..., events: _Optional[_Iterable[bytes]] = ..., head_hash: _Optional[bytes] = ..., bindings: _Optional[_Iterable[_Union[AccountBinding, _Mapping]]] = ..., outbox: _Optional[_Union[Outbox, _Mapping]] = ..., trusted_clients: _Optional[_Iterable[_Union[TrustedClient, _Mapping]]] = ..., client_ports: _Optional[_Iterable[_Union[ClientPort, _Mapping]]] = ...) -> None: ...

class TrustedClient(_message.Message):
    __slots__ = ("client_id", "chains")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    CHAINS_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    chains: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, client_id: _Optional[str] = ..., chains: _Optional[_Iterable[str]] = ...) -> None: ...

class ClientPort(_message.Message):
    __slots__ = ("client_id", "port")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    port: str
    def __init__(self, client_id: _Optional[str] = ..., port: _Optional[str] = ...) -> None: ...

class AccountBinding(_message.Message):
    __slots__ = ("account", "party_id")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    PARTY_ID_FIELD_NUMBER: _ClassVar[int]
    account: str
    party_id: bytes
    def __init__(self, account: _Optional[str] = ..., party_id: _Optional[bytes] = ...) -> None: ...

class Outbox(_message.Message):
    __slots__ = ("told_sequence", "queue", "answers", "states")
    TOLD_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    told_sequence: int
    queue: _containers.RepeatedCompositeFieldContainer[QueuedNews]
    answers: _containers.RepeatedCompositeFieldContainer[AnsweredNews]
    states: _containers.RepeatedCompositeFieldContainer[NewsState]
    def __init__(self, told_sequence: _Optional[int] = ..., queue: _Optional[_Iterable[_Union[QueuedNews, _Mapping]]] = ..., answers: _Optional[_Iterable[_Union[AnsweredNews, _Mapping]]] = ..., states: _Optional[_Iterable[_Union[NewsState, _Mapping]]] = ...) -> None: ...

class QueuedNews(_message.Message):
    __slots__ = ("client_id", "value")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    value: bytes
    def __init__(self, client_id: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...

class NewsState(_message.Message):
    __slots__ = ("client_id", "fact_id", "under_way", "attempts", "due_seconds", "held", "since_seconds", "last_answer")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    FACT_ID_FIELD_NUMBER: _ClassVar[int]
    UNDER_WAY_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    DUE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    SINCE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    LAST_ANSWER_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    fact_id: bytes
    under_way: bool
    attempts: int
    due_seconds: int
    held: bytes
    since_seconds: int
    last_answer: _news_pb2.NewsAnswer
    def __init__(self, client_id: _Optional[str] = ..., fact_id: _Optional[bytes] = ..., under_way: bool = ..., attempts: _Optional[int] = ..., due_seconds: _Optional[int] = ..., held: _Optional[bytes] = ..., since_seconds: _Optional[int] = ..., last_answer: _Optional[_Union[_news_pb2.NewsAnswer, str]] = ...) -> None: ...

class AnsweredNews(_message.Message):
    __slots__ = ("client_id", "packet_sequence", "acknowledgement")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    PACKET_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGEMENT_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    packet_sequence: int
    acknowledgement: bytes
    def __init__(self, client_id: _Optional[str] = ..., packet_sequence: _Optional[int] = ..., acknowledgement: _Optional[bytes] = ...) -> None: ...
