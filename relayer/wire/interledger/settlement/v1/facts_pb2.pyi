from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Way(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WAY_UNSPECIFIED: _ClassVar[Way]
    WAY_INTERLEDGER: _ClassVar[Way]
    WAY_PUSHED: _ClassVar[Way]
    WAY_PULLED: _ClassVar[Way]
    WAY_PULLED_PROVEN: _ClassVar[Way]

class ReductionKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REDUCTION_KIND_UNSPECIFIED: _ClassVar[ReductionKind]
    REDUCTION_KIND_CREDIT: _ClassVar[ReductionKind]
    REDUCTION_KIND_PAYMENT: _ClassVar[ReductionKind]
WAY_UNSPECIFIED: Way
WAY_INTERLEDGER: Way
WAY_PUSHED: Way
WAY_PULLED: Way
WAY_PULLED_PROVEN: Way
REDUCTION_KIND_UNSPECIFIED: ReductionKind
REDUCTION_KIND_CREDIT: ReductionKind
REDUCTION_KIND_PAYMENT: ReductionKind

class Fact(_message.Message):
    __slots__ = ("fact_id", "schema", "kind", "category", "creditor", "debtor", "currency", "exponent", "net", "tax", "service_end", "due_date", "issuer_sequence", "related_fact", "document_hash")
    FACT_ID_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    CREDITOR_FIELD_NUMBER: _ClassVar[int]
    DEBTOR_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    NET_FIELD_NUMBER: _ClassVar[int]
    TAX_FIELD_NUMBER: _ClassVar[int]
    SERVICE_END_FIELD_NUMBER: _ClassVar[int]
    DUE_DATE_FIELD_NUMBER: _ClassVar[int]
    ISSUER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    RELATED_FACT_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    fact_id: bytes
    schema: int
    kind: int
    category: int
    creditor: bytes
    debtor: bytes
    currency: bytes
    exponent: int
    net: str
    tax: str
    service_end: int
    due_date: int
    issuer_sequence: int
    related_fact: bytes
    document_hash: bytes
    def __init__(self, fact_id: _Optional[bytes] = ..., schema: _Optional[int] = ..., kind: _Optional[int] = ..., category: _Optional[int] = ..., creditor: _Optional[bytes] = ..., debtor: _Optional[bytes] = ..., currency: _Optional[bytes] = ..., exponent: _Optional[int] = ..., net: _Optional[str] = ..., tax: _Optional[str] = ..., service_end: _Optional[int] = ..., due_date: _Optional[int] = ..., issuer_sequence: _Optional[int] = ..., related_fact: _Optional[bytes] = ..., document_hash: _Optional[bytes] = ...) -> None: ...

class FactPacket(_message.Message):
    __slots__ = ("chain_id", "contract", "issuer", "client_id", "packet_sequence", "height", "transaction")
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    PACKET_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    chain_id: str
    contract: bytes
    issuer: bytes
    client_id: str
    packet_sequence: int
    height: int
    transaction: str
    def __init__(self, chain_id: _Optional[str] = ..., contract: _Optional[bytes] = ..., issuer: _Optional[bytes] = ..., client_id: _Optional[str] = ..., packet_sequence: _Optional[int] = ..., height: _Optional[int] = ..., transaction: _Optional[str] = ...) -> None: ...

class PushedFacts(_message.Message):
    __slots__ = ("chain_id", "contract", "issuer", "system", "object_id", "rules", "height", "transaction")
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_FIELD_NUMBER: _ClassVar[int]
    OBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    chain_id: str
    contract: bytes
    issuer: bytes
    system: str
    object_id: str
    rules: bytes
    height: int
    transaction: str
    def __init__(self, chain_id: _Optional[str] = ..., contract: _Optional[bytes] = ..., issuer: _Optional[bytes] = ..., system: _Optional[str] = ..., object_id: _Optional[str] = ..., rules: _Optional[bytes] = ..., height: _Optional[int] = ..., transaction: _Optional[str] = ...) -> None: ...

class PulledFacts(_message.Message):
    __slots__ = ("chain_id", "contract", "issuer", "system", "object_id", "rules", "height", "transaction")
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_FIELD_NUMBER: _ClassVar[int]
    OBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    chain_id: str
    contract: bytes
    issuer: bytes
    system: str
    object_id: str
    rules: bytes
    height: int
    transaction: str
    def __init__(self, chain_id: _Optional[str] = ..., contract: _Optional[bytes] = ..., issuer: _Optional[bytes] = ..., system: _Optional[str] = ..., object_id: _Optional[str] = ..., rules: _Optional[bytes] = ..., height: _Optional[int] = ..., transaction: _Optional[str] = ...) -> None: ...

class ProvenFacts(_message.Message):
    __slots__ = ("chain_id", "contract", "issuer", "client_id", "proof_height", "height", "transaction")
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    PROOF_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    chain_id: str
    contract: bytes
    issuer: bytes
    client_id: str
    proof_height: int
    height: int
    transaction: str
    def __init__(self, chain_id: _Optional[str] = ..., contract: _Optional[bytes] = ..., issuer: _Optional[bytes] = ..., client_id: _Optional[str] = ..., proof_height: _Optional[int] = ..., height: _Optional[int] = ..., transaction: _Optional[str] = ...) -> None: ...

class Novation(_message.Message):
    __slots__ = ("cycle_id",)
    CYCLE_ID_FIELD_NUMBER: _ClassVar[int]
    cycle_id: str
    def __init__(self, cycle_id: _Optional[str] = ...) -> None: ...

class Origin(_message.Message):
    __slots__ = ("fact_packet", "novation", "pushed_facts", "pulled_facts", "proven_facts")
    FACT_PACKET_FIELD_NUMBER: _ClassVar[int]
    NOVATION_FIELD_NUMBER: _ClassVar[int]
    PUSHED_FACTS_FIELD_NUMBER: _ClassVar[int]
    PULLED_FACTS_FIELD_NUMBER: _ClassVar[int]
    PROVEN_FACTS_FIELD_NUMBER: _ClassVar[int]
    fact_packet: FactPacket
    novation: Novation
    pushed_facts: PushedFacts
    pulled_facts: PulledFacts
    proven_facts: ProvenFacts
    def __init__(self, fact_packet: _Optional[_Union[FactPacket, _Mapping]] = ..., novation: _Optional[_Union[Novation, _Mapping]] = ..., pushed_facts: _Optional[_Union[PushedFacts, _Mapping]] = ..., pulled_facts: _Optional[_Union[PulledFacts, _Mapping]] = ..., proven_facts: _Optional[_Union[ProvenFacts, _Mapping]] = ...) -> None: ...

class Reduction(_message.Message):
    __slots__ = ("kind", "fact_id", "amount")
    KIND_FIELD_NUMBER: _ClassVar[int]
    FACT_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    kind: ReductionKind
    fact_id: bytes
    amount: str
    def __init__(self, kind: _Optional[_Union[ReductionKind, str]] = ..., fact_id: _Optional[bytes] = ..., amount: _Optional[str] = ...) -> None: ...

class FactRecorded(_message.Message):
    __slots__ = ("fact", "fact_hash", "origin", "amount", "reduction")
    FACT_FIELD_NUMBER: _ClassVar[int]
    FACT_HASH_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REDUCTION_FIELD_NUMBER: _ClassVar[int]
    fact: Fact
    fact_hash: bytes
    origin: Origin
    amount: str
    reduction: Reduction
    def __init__(self, fact: _Optional[_Union[Fact, _Mapping]] = ..., fact_hash: _Optional[bytes] = ..., origin: _Optional[_Union[Origin, _Mapping]] = ..., amount: _Optional[str] = ..., reduction: _Optional[_Union[Reduction, _Mapping]] = ...) -> None: ...

class SignedFacts(_message.Message):
    __slots__ = ("way", "chain_id", "contract", "issuer", "facts", "object_ids", "system", "rules", "signature")
    WAY_FIELD_NUMBER: _ClassVar[int]
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    OBJECT_IDS_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    way: Way
    chain_id: str
    contract: bytes
    issuer: bytes
    facts: _containers.RepeatedCompositeFieldContainer[Fact]
    object_ids: _containers.RepeatedScalarFieldContainer[str]
    system: str
    rules: bytes
    signature: bytes
    def __init__(self, way: _Optional[_Union[Way, str]] = ..., chain_id: _Optional[str] = ..., contract: _Optional[bytes] = ..., issuer: _Optional[bytes] = ..., facts: _Optional[_Iterable[_Union[Fact, _Mapping]]] = ..., object_ids: _Optional[_Iterable[str]] = ..., system: _Optional[str] = ..., rules: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class TriePath(_message.Message):
    __slots__ = ("nodes",)
    NODES_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, nodes: _Optional[_Iterable[int]] = ...) -> None: ...

class FactPaths(_message.Message):
    __slots__ = ("fact", "fact_hash", "record")
    FACT_FIELD_NUMBER: _ClassVar[int]
    FACT_HASH_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    fact: Fact
    fact_hash: TriePath
    record: TriePath
    def __init__(self, fact: _Optional[_Union[Fact, _Mapping]] = ..., fact_hash: _Optional[_Union[TriePath, _Mapping]] = ..., record: _Optional[_Union[TriePath, _Mapping]] = ...) -> None: ...

class LedgerPaths(_message.Message):
    __slots__ = ("number", "client", "ledger_id")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    LEDGER_ID_FIELD_NUMBER: _ClassVar[int]
    number: int
    client: TriePath
    ledger_id: _containers.RepeatedCompositeFieldContainer[TriePath]
    def __init__(self, number: _Optional[int] = ..., client: _Optional[_Union[TriePath, _Mapping]] = ..., ledger_id: _Optional[_Iterable[_Union[TriePath, _Mapping]]] = ...) -> None: ...

class FactProof(_message.Message):
    __slots__ = ("client_id", "height", "contract", "issuer", "nodes", "account", "ledger_count", "ledgers", "facts")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    LEDGER_COUNT_FIELD_NUMBER: _ClassVar[int]
    LEDGERS_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    height: int
    contract: bytes
    issuer: bytes
    nodes: _containers.RepeatedScalarFieldContainer[bytes]
    account: TriePath
    ledger_count: TriePath
    ledgers: _containers.RepeatedCompositeFieldContainer[LedgerPaths]
    facts: _containers.RepeatedCompositeFieldContainer[FactPaths]
    def __init__(self, client_id: _Optional[str] = ..., height: _Optional[int] = ..., contract: _Optional[bytes] = ..., issuer: _Optional[bytes] = ..., nodes: _Optional[_Iterable[bytes]] = ..., account: _Optional[_Union[TriePath, _Mapping]] = ..., ledger_count: _Optional[_Union[TriePath, _Mapping]] = ..., ledgers: _Optional[_Iterable[_Union[LedgerPaths, _Mapping]]] = ..., facts: _Optional[_Iterable[_Union[FactPaths, _Mapping]]] = ...) -> None: ...

class RecordFactsRequest(_message.Message):
    __slots__ = ("signed_facts", "fact_proof")
    SIGNED_FACTS_FIELD_NUMBER: _ClassVar[int]
    FACT_PROOF_FIELD_NUMBER: _ClassVar[int]
    signed_facts: SignedFacts
    fact_proof: FactProof
    def __init__(self, signed_facts: _Optional[_Union[SignedFacts, _Mapping]] = ..., fact_proof: _Optional[_Union[FactProof, _Mapping]] = ...) -> None: ...

class FactAnswer(_message.Message):
    __slots__ = ("status", "liability_id", "sequence", "head_hash", "code")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LIABILITY_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    HEAD_HASH_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    status: int
    liability_id: bytes
    sequence: int
    head_hash: bytes
    code: int
    def __init__(self, status: _Optional[int] = ..., liability_id: _Optional[bytes] = ..., sequence: _Optional[int] = ..., head_hash: _Optional[bytes] = ..., code: _Optional[int] = ...) -> None: ...

class RecordFactsResponse(_message.Message):
    __slots__ = ("answers",)
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    answers: _containers.RepeatedCompositeFieldContainer[FactAnswer]
    def __init__(self, answers: _Optional[_Iterable[_Union[FactAnswer, _Mapping]]] = ...) -> None: ...
