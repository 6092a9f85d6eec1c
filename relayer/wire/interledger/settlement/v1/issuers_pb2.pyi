from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IssuingState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ISSUING_STATE_UNSPECIFIED: _ClassVar[IssuingState]
    ISSUING_STATE_ACTIVE: _ClassVar[IssuingState]
    ISSUING_STATE_ENDED: _ClassVar[IssuingState]
ISSUING_STATE_UNSPECIFIED: IssuingState
ISSUING_STATE_ACTIVE: IssuingState
ISSUING_STATE_ENDED: IssuingState

class Issuer(_message.Message):
    __slots__ = ("chain_id", "account")
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    chain_id: str
    account: bytes
    def __init__(self, chain_id: _Optional[str] = ..., account: _Optional[bytes] = ...) -> None: ...

class IssuerInForce(_message.Message):
    __slots__ = ("issuer", "party", "state", "last_sequence", "sequence")
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    issuer: Issuer
    party: bytes
    state: IssuingState
    last_sequence: int
    sequence: int
    def __init__(self, issuer: _Optional[_Union[Issuer, _Mapping]] = ..., party: _Optional[bytes] = ..., state: _Optional[_Union[IssuingState, str]] = ..., last_sequence: _Optional[int] = ..., sequence: _Optional[int] = ...) -> None: ...

class MandateInForce(_message.Message):
    __slots__ = ("creditor", "issuer", "state", "last_sequence", "sequence")
    CREDITOR_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    creditor: bytes
    issuer: Issuer
    state: IssuingState
    last_sequence: int
    sequence: int
    def __init__(self, creditor: _Optional[bytes] = ..., issuer: _Optional[_Union[Issuer, _Mapping]] = ..., state: _Optional[_Union[IssuingState, str]] = ..., last_sequence: _Optional[int] = ..., sequence: _Optional[int] = ...) -> None: ...

class ContractInForce(_message.Message):
    __slots__ = ("client_id", "contract", "state", "sequence")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    contract: bytes
    state: IssuingState
    sequence: int
    def __init__(self, client_id: _Optional[str] = ..., contract: _Optional[bytes] = ..., state: _Optional[_Union[IssuingState, str]] = ..., sequence: _Optional[int] = ...) -> None: ...

class BindIssuer(_message.Message):
    __slots__ = ("issuer", "party")
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    issuer: Issuer
    party: bytes
    def __init__(self, issuer: _Optional[_Union[Issuer, _Mapping]] = ..., party: _Optional[bytes] = ...) -> None: ...

class RemoveIssuer(_message.Message):
    __slots__ = ("issuer", "last_sequence")
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    issuer: Issuer
    last_sequence: int
    def __init__(self, issuer: _Optional[_Union[Issuer, _Mapping]] = ..., last_sequence: _Optional[int] = ...) -> None: ...

class GrantMandate(_message.Message):
    __slots__ = ("creditor", "issuer", "replaces")
    CREDITOR_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    REPLACES_FIELD_NUMBER: _ClassVar[int]
    creditor: bytes
    issuer: Issuer
    replaces: int
    def __init__(self, creditor: _Optional[bytes] = ..., issuer: _Optional[_Union[Issuer, _Mapping]] = ..., replaces: _Optional[int] = ...) -> None: ...

class RevokeMandate(_message.Message):
    __slots__ = ("creditor", "issuer", "last_sequence", "replaces")
    CREDITOR_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    REPLACES_FIELD_NUMBER: _ClassVar[int]
    creditor: bytes
    issuer: Issuer
    last_sequence: int
    replaces: int
    def __init__(self, creditor: _Optional[bytes] = ..., issuer: _Optional[_Union[Issuer, _Mapping]] = ..., last_sequence: _Optional[int] = ..., replaces: _Optional[int] = ...) -> None: ...

class BindContract(_message.Message):
    __slots__ = ("client_id", "contract")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    contract: bytes
    def __init__(self, client_id: _Optional[str] = ..., contract: _Optional[bytes] = ...) -> None: ...

class ReleaseContract(_message.Message):
    __slots__ = ("client_id", "contract")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    contract: bytes
    def __init__(self, client_id: _Optional[str] = ..., contract: _Optional[bytes] = ...) -> None: ...

class IssuerBound(_message.Message):
    __slots__ = ("issuer", "party")
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    issuer: Issuer
    party: bytes
    def __init__(self, issuer: _Optional[_Union[Issuer, _Mapping]] = ..., party: _Optional[bytes] = ...) -> None: ...

class IssuerRemoved(_message.Message):
    __slots__ = ("issuer", "last_sequence")
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    issuer: Issuer
    last_sequence: int
    def __init__(self, issuer: _Optional[_Union[Issuer, _Mapping]] = ..., last_sequence: _Optional[int] = ...) -> None: ...

class MandateGranted(_message.Message):
    __slots__ = ("creditor", "issuer", "replaces")
    CREDITOR_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    REPLACES_FIELD_NUMBER: _ClassVar[int]
    creditor: bytes
    issuer: Issuer
    replaces: int
    def __init__(self, creditor: _Optional[bytes] = ..., issuer: _Optional[_Union[Issuer, _Mapping]] = ..., replaces: _Optional[int] = ...) -> None: ...

class MandateRevoked(_message.Message):
    __slots__ = ("creditor", "issuer", "last_sequence", "replaces")
    CREDITOR_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    REPLACES_FIELD_NUMBER: _ClassVar[int]
    creditor: bytes
    issuer: Issuer
    last_sequence: int
    replaces: int
    def __init__(self, creditor: _Optional[bytes] = ..., issuer: _Optional[_Union[Issuer, _Mapping]] = ..., last_sequence: _Optional[int] = ..., replaces: _Optional[int] = ...) -> None: ...

class ContractBound(_message.Message):
    __slots__ = ("client_id", "contract")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    contract: bytes
    def __init__(self, client_id: _Optional[str] = ..., contract: _Optional[bytes] = ...) -> None: ...

class ContractReleased(_message.Message):
    __slots__ = ("client_id", "contract")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    contract: bytes
    def __init__(self, client_id: _Optional[str] = ..., contract: _Optional[bytes] = ...) -> None: ...
