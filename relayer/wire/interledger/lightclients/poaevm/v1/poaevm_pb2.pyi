from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ClientState(_message.Message):
    __slots__ = ("chain_id", "router", "commitments_slot", "authority", "trusting_period_seconds", "max_clock_drift_seconds", "latest_height", "frozen_height", "generation", "retired")
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    ROUTER_FIELD_NUMBER: _ClassVar[int]
    COMMITMENTS_SLOT_FIELD_NUMBER: _ClassVar[int]
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    TRUSTING_PERIOD_SECONDS_FIELD_NUMBER: _ClassVar[int]
    MAX_CLOCK_DRIFT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    LATEST_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    FROZEN_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    RETIRED_FIELD_NUMBER: _ClassVar[int]
    chain_id: int
    router: bytes
    commitments_slot: bytes
    authority: AuthorityEngine
    trusting_period_seconds: int
    max_clock_drift_seconds: int
    latest_height: int
    frozen_height: int
    generation: int
    retired: _containers.RepeatedCompositeFieldContainer[RetiredAuthorities]
    def __init__(self, chain_id: _Optional[int] = ..., router: _Optional[bytes] = ..., commitments_slot: _Optional[bytes] = ..., authority: _Optional[_Union[AuthorityEngine, _Mapping]] = ..., trusting_period_seconds: _Optional[int] = ..., max_clock_drift_seconds: _Optional[int] = ..., latest_height: _Optional[int] = ..., frozen_height: _Optional[int] = ..., generation: _Optional[int] = ..., retired: _Optional[_Iterable[_Union[RetiredAuthorities, _Mapping]]] = ...) -> None: ...

class RetiredAuthorities(_message.Message):
    __slots__ = ("set_hash", "last_height")
    SET_HASH_FIELD_NUMBER: _ClassVar[int]
    LAST_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    set_hash: bytes
    last_height: int
    def __init__(self, set_hash: _Optional[bytes] = ..., last_height: _Optional[int] = ...) -> None: ...

class AuthorityEngine(_message.Message):
    __slots__ = ("threshold", "authorities")
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    AUTHORITIES_FIELD_NUMBER: _ClassVar[int]
    threshold: int
    authorities: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, threshold: _Optional[int] = ..., authorities: _Optional[_Iterable[bytes]] = ...) -> None: ...

class ConsensusState(_message.Message):
    __slots__ = ("timestamp_seconds", "block_hash", "state_root", "storage_root")
    TIMESTAMP_SECONDS_FIELD_NUMBER: _ClassVar[int]
    BLOCK_HASH_FIELD_NUMBER: _ClassVar[int]
    STATE_ROOT_FIELD_NUMBER: _ClassVar[int]
    STORAGE_ROOT_FIELD_NUMBER: _ClassVar[int]
    timestamp_seconds: int
    block_hash: bytes
    state_root: bytes
    storage_root: bytes
    def __init__(self, timestamp_seconds: _Optional[int] = ..., block_hash: _Optional[bytes] = ..., state_root: _Optional[bytes] = ..., storage_root: _Optional[bytes] = ...) -> None: ...

class Header(_message.Message):
    __slots__ = ("header_rlp", "seals", "account_proof")
    HEADER_RLP_FIELD_NUMBER: _ClassVar[int]
    SEALS_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_PROOF_FIELD_NUMBER: _ClassVar[int]
    header_rlp: bytes
    seals: _containers.RepeatedScalarFieldContainer[bytes]
    account_proof: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, header_rlp: _Optional[bytes] = ..., seals: _Optional[_Iterable[bytes]] = ..., account_proof: _Optional[_Iterable[bytes]] = ...) -> None: ...

class Misbehaviour(_message.Message):
    __slots__ = ("header_1", "header_2", "retired_1", "retired_2")
    HEADER_1_FIELD_NUMBER: _ClassVar[int]
    HEADER_2_FIELD_NUMBER: _ClassVar[int]
    RETIRED_1_FIELD_NUMBER: _ClassVar[int]
    RETIRED_2_FIELD_NUMBER: _ClassVar[int]
    header_1: Header
    header_2: Header
    retired_1: AuthorityEngine
    retired_2: AuthorityEngine
    def __init__(self, header_1: _Optional[_Union[Header, _Mapping]] = ..., header_2: _Optional[_Union[Header, _Mapping]] = ..., retired_1: _Optional[_Union[AuthorityEngine, _Mapping]] = ..., retired_2: _Optional[_Union[AuthorityEngine, _Mapping]] = ...) -> None: ...

class AuthorityRotation(_message.Message):
    __slots__ = ("generation", "authorities", "signatures")
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    AUTHORITIES_FIELD_NUMBER: _ClassVar[int]
    SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    generation: int
    authorities: AuthorityEngine
    signatures: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, generation: _Optional[int] = ..., authorities: _Optional[_Union[AuthorityEngine, _Mapping]] = ..., signatures: _Optional[_Iterable[bytes]] = ...) -> None: ...

class StorageProof(_message.Message):
    __slots__ = ("nodes",)
    NODES_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, nodes: _Optional[_Iterable[bytes]] = ...) -> None: ...
