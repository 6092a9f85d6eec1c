from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DescribeRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DescribeResponse(_message.Message):
    __slots__ = ("address", "chain_id", "final_height", "clients")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    FINAL_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    CLIENTS_FIELD_NUMBER: _ClassVar[int]
    address: bytes
    chain_id: int
    final_height: int
    clients: _containers.RepeatedCompositeFieldContainer[ServedClient]
    def __init__(self, address: _Optional[bytes] = ..., chain_id: _Optional[int] = ..., final_height: _Optional[int] = ..., clients: _Optional[_Iterable[_Union[ServedClient, _Mapping]]] = ...) -> None: ...

class ServedClient(_message.Message):
    __slots__ = ("host_chain_id", "client_id", "host_genesis")
    HOST_CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    HOST_GENESIS_FIELD_NUMBER: _ClassVar[int]
    host_chain_id: str
    client_id: str
    host_genesis: bytes
    def __init__(self, host_chain_id: _Optional[str] = ..., client_id: _Optional[str] = ..., host_genesis: _Optional[bytes] = ...) -> None: ...

class AttestRequest(_message.Message):
    __slots__ = ("chain_id", "client", "number")
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    chain_id: int
    client: ServedClient
    number: int
    def __init__(self, chain_id: _Optional[int] = ..., client: _Optional[_Union[ServedClient, _Mapping]] = ..., number: _Optional[int] = ...) -> None: ...

class AttestResponse(_message.Message):
    __slots__ = ("block_hash", "signature")
    BLOCK_HASH_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    block_hash: bytes
    signature: bytes
    def __init__(self, block_hash: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...
