from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class PullRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PullResponse(_message.Message):
    __slots__ = ("events", "recorded", "refused", "put_off", "references", "block")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    RECORDED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    PUT_OFF_FIELD_NUMBER: _ClassVar[int]
    REFERENCES_FIELD_NUMBER: _ClassVar[int]
    BLOCK_FIELD_NUMBER: _ClassVar[int]
    events: int
    recorded: int
    refused: int
    put_off: int
    references: int
    block: int
    def __init__(self, events: _Optional[int] = ..., recorded: _Optional[int] = ..., refused: _Optional[int] = ..., put_off: _Optional[int] = ..., references: _Optional[int] = ..., block: _Optional[int] = ...) -> None: ...

class StatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StatusResponse(_message.Message):
    __slots__ = ("rules", "rules_hash", "issuer", "events", "unrated", "waiting", "recorded", "refused", "references_due", "references_written", "references_wrong", "error")
    RULES_FIELD_NUMBER: _ClassVar[int]
    RULES_HASH_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    UNRATED_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    RECORDED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    REFERENCES_DUE_FIELD_NUMBER: _ClassVar[int]
    REFERENCES_WRITTEN_FIELD_NUMBER: _ClassVar[int]
    REFERENCES_WRONG_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    rules: str
    rules_hash: bytes
    issuer: bytes
    events: int
    unrated: int
    waiting: int
    recorded: int
    refused: int
    references_due: int
    references_written: int
    references_wrong: int
    error: str
    def __init__(self, rules: _Optional[str] = ..., rules_hash: _Optional[bytes] = ..., issuer: _Optional[bytes] = ..., events: _Optional[int] = ..., unrated: _Optional[int] = ..., waiting: _Optional[int] = ..., recorded: _Optional[int] = ..., refused: _Optional[int] = ..., references_due: _Optional[int] = ..., references_written: _Optional[int] = ..., references_wrong: _Optional[int] = ..., error: _Optional[str] = ...) -> None: ...
