from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Act(_message.Message):
    __slots__ = ("request_id", "request_digest", "actor")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_DIGEST_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    request_digest: bytes
    actor: bytes
    def __init__(self, request_id: _Optional[str] = ..., request_digest: _Optional[bytes] = ..., actor: _Optional[bytes] = ...) -> None: ...

class Share(_message.Message):
    __slots__ = ("liability", "amount")
    LIABILITY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    liability: int
    amount: str
    def __init__(self, liability: _Optional[int] = ..., amount: _Optional[str] = ...) -> None: ...

class LogHead(_message.Message):
    __slots__ = ("sequence", "head_hash")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    HEAD_HASH_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    head_hash: bytes
    def __init__(self, sequence: _Optional[int] = ..., head_hash: _Optional[bytes] = ...) -> None: ...
