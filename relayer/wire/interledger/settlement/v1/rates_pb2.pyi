from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RateLimits(_message.Message):
    __slots__ = ("proposals_per_hour", "disputes_per_hour")
    PROPOSALS_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    DISPUTES_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    proposals_per_hour: int
    disputes_per_hour: int
    def __init__(self, proposals_per_hour: _Optional[int] = ..., disputes_per_hour: _Optional[int] = ...) -> None: ...

class SetRateLimits(_message.Message):
    __slots__ = ("limits",)
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    limits: RateLimits
    def __init__(self, limits: _Optional[_Union[RateLimits, _Mapping]] = ...) -> None: ...

class RateLimitsSet(_message.Message):
    __slots__ = ("limits",)
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    limits: RateLimits
    def __init__(self, limits: _Optional[_Union[RateLimits, _Mapping]] = ...) -> None: ...
