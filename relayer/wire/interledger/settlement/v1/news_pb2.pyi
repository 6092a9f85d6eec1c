from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NewsState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NEWS_STATE_UNSPECIFIED: _ClassVar[NewsState]
    NEWS_STATE_QUEUED: _ClassVar[NewsState]
    NEWS_STATE_UNDER_WAY: _ClassVar[NewsState]
    NEWS_STATE_HELD: _ClassVar[NewsState]

class NewsAnswer(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NEWS_ANSWER_UNSPECIFIED: _ClassVar[NewsAnswer]
    NEWS_ANSWER_NONE: _ClassVar[NewsAnswer]
    NEWS_ANSWER_TIMED_OUT: _ClassVar[NewsAnswer]
    NEWS_ANSWER_WRONG_STATE: _ClassVar[NewsAnswer]
    NEWS_ANSWER_REFUSED: _ClassVar[NewsAnswer]
    NEWS_ANSWER_RETURNED: _ClassVar[NewsAnswer]
NEWS_STATE_UNSPECIFIED: NewsState
NEWS_STATE_QUEUED: NewsState
NEWS_STATE_UNDER_WAY: NewsState
NEWS_STATE_HELD: NewsState
NEWS_ANSWER_UNSPECIFIED: NewsAnswer
NEWS_ANSWER_NONE: NewsAnswer
NEWS_ANSWER_TIMED_OUT: NewsAnswer
NEWS_ANSWER_WRONG_STATE: NewsAnswer
NEWS_ANSWER_REFUSED: NewsAnswer
NEWS_ANSWER_RETURNED: NewsAnswer

class ResendNews(_message.Message):
    __slots__ = ("fact_id",)
    FACT_ID_FIELD_NUMBER: _ClassVar[int]
    fact_id: bytes
    def __init__(self, fact_id: _Optional[bytes] = ...) -> None: ...

class NewsRequested(_message.Message):
    __slots__ = ("fact_id",)
    FACT_ID_FIELD_NUMBER: _ClassVar[int]
    fact_id: bytes
    def __init__(self, fact_id: _Optional[bytes] = ...) -> None: ...

class WaitingNews(_message.Message):
    __slots__ = ("client_id", "fact_id", "liability_id", "state", "since_seconds", "attempts", "due_seconds", "last_answer")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    FACT_ID_FIELD_NUMBER: _ClassVar[int]
    LIABILITY_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SINCE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    DUE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    LAST_ANSWER_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    fact_id: bytes
    liability_id: bytes
    state: NewsState
    since_seconds: int
    attempts: int
    due_seconds: int
    last_answer: NewsAnswer
    def __init__(self, client_id: _Optional[str] = ..., fact_id: _Optional[bytes] = ..., liability_id: _Optional[bytes] = ..., state: _Optional[_Union[NewsState, str]] = ..., since_seconds: _Optional[int] = ..., attempts: _Optional[int] = ..., due_seconds: _Optional[int] = ..., last_answer: _Optional[_Union[NewsAnswer, str]] = ...) -> None: ...
