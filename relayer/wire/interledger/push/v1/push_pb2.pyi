from relayer.wire.interledger.settlement.v1 import facts_pb2 as _facts_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ClaimState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CLAIM_STATE_UNSPECIFIED: _ClassVar[ClaimState]
    CLAIM_STATE_WAITING: _ClassVar[ClaimState]
    CLAIM_STATE_DELIVERED: _ClassVar[ClaimState]
    CLAIM_STATE_REFUSED: _ClassVar[ClaimState]
    CLAIM_STATE_PARKED: _ClassVar[ClaimState]
CLAIM_STATE_UNSPECIFIED: ClaimState
CLAIM_STATE_WAITING: ClaimState
CLAIM_STATE_DELIVERED: ClaimState
CLAIM_STATE_REFUSED: ClaimState
CLAIM_STATE_PARKED: ClaimState

class Claim(_message.Message):
    __slots__ = ("business_id", "kind", "category", "creditor", "debtor", "currency", "exponent", "net", "tax", "service_end", "due_date", "document_json", "document_hash", "related", "related_fact")
    BUSINESS_ID_FIELD_NUMBER: _ClassVar[int]
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
    DOCUMENT_JSON_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    RELATED_FIELD_NUMBER: _ClassVar[int]
    RELATED_FACT_FIELD_NUMBER: _ClassVar[int]
    business_id: str
    kind: str
    category: str
    creditor: str
    debtor: str
    currency: str
    exponent: int
    net: str
    tax: str
    service_end: int
    due_date: int
    document_json: str
    document_hash: bytes
    related: str
    related_fact: bytes
    def __init__(self, business_id: _Optional[str] = ..., kind: _Optional[str] = ..., category: _Optional[str] = ..., creditor: _Optional[str] = ..., debtor: _Optional[str] = ..., currency: _Optional[str] = ..., exponent: _Optional[int] = ..., net: _Optional[str] = ..., tax: _Optional[str] = ..., service_end: _Optional[int] = ..., due_date: _Optional[int] = ..., document_json: _Optional[str] = ..., document_hash: _Optional[bytes] = ..., related: _Optional[str] = ..., related_fact: _Optional[bytes] = ...) -> None: ...

class SubmitRequest(_message.Message):
    __slots__ = ("idempotency_key", "claim")
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    idempotency_key: str
    claim: Claim
    def __init__(self, idempotency_key: _Optional[str] = ..., claim: _Optional[_Union[Claim, _Mapping]] = ...) -> None: ...

class Receipt(_message.Message):
    __slots__ = ("business_id", "issuer_sequence", "fact_id", "fact_hash")
    BUSINESS_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    FACT_ID_FIELD_NUMBER: _ClassVar[int]
    FACT_HASH_FIELD_NUMBER: _ClassVar[int]
    business_id: str
    issuer_sequence: int
    fact_id: bytes
    fact_hash: bytes
    def __init__(self, business_id: _Optional[str] = ..., issuer_sequence: _Optional[int] = ..., fact_id: _Optional[bytes] = ..., fact_hash: _Optional[bytes] = ...) -> None: ...

class SubmitSignedRequest(_message.Message):
    __slots__ = ("signed_facts",)
    SIGNED_FACTS_FIELD_NUMBER: _ClassVar[int]
    signed_facts: _facts_pb2.SignedFacts
    def __init__(self, signed_facts: _Optional[_Union[_facts_pb2.SignedFacts, _Mapping]] = ...) -> None: ...

class SubmitSignedResponse(_message.Message):
    __slots__ = ("facts",)
    FACTS_FIELD_NUMBER: _ClassVar[int]
    facts: _containers.RepeatedCompositeFieldContainer[DeliveredFact]
    def __init__(self, facts: _Optional[_Iterable[_Union[DeliveredFact, _Mapping]]] = ...) -> None: ...

class DeliveredFact(_message.Message):
    __slots__ = ("fact_id", "accepted", "code", "liability_id", "sequence", "head_hash")
    FACT_ID_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    LIABILITY_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    HEAD_HASH_FIELD_NUMBER: _ClassVar[int]
    fact_id: bytes
    accepted: bool
    code: str
    liability_id: bytes
    sequence: int
    head_hash: bytes
    def __init__(self, fact_id: _Optional[bytes] = ..., accepted: bool = ..., code: _Optional[str] = ..., liability_id: _Optional[bytes] = ..., sequence: _Optional[int] = ..., head_hash: _Optional[bytes] = ...) -> None: ...

class GetClaimRequest(_message.Message):
    __slots__ = ("business_id",)
    BUSINESS_ID_FIELD_NUMBER: _ClassVar[int]
    business_id: str
    def __init__(self, business_id: _Optional[str] = ...) -> None: ...

class WatchRequest(_message.Message):
    __slots__ = ("business_ids",)
    BUSINESS_IDS_FIELD_NUMBER: _ClassVar[int]
    business_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, business_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class Reference(_message.Message):
    __slots__ = ("ledger", "liability_id", "settlement_sequence", "head_hash")
    LEDGER_FIELD_NUMBER: _ClassVar[int]
    LIABILITY_ID_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    HEAD_HASH_FIELD_NUMBER: _ClassVar[int]
    ledger: str
    liability_id: bytes
    settlement_sequence: int
    head_hash: bytes
    def __init__(self, ledger: _Optional[str] = ..., liability_id: _Optional[bytes] = ..., settlement_sequence: _Optional[int] = ..., head_hash: _Optional[bytes] = ...) -> None: ...

class ClaimStatus(_message.Message):
    __slots__ = ("business_id", "state", "issuer_sequence", "fact_id", "fact_hash", "attempts", "code", "reason", "reference", "created_at", "answered_at", "callback_error")
    BUSINESS_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ISSUER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    FACT_ID_FIELD_NUMBER: _ClassVar[int]
    FACT_HASH_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_AT_FIELD_NUMBER: _ClassVar[int]
    CALLBACK_ERROR_FIELD_NUMBER: _ClassVar[int]
    business_id: str
    state: ClaimState
    issuer_sequence: int
    fact_id: bytes
    fact_hash: bytes
    attempts: int
    code: str
    reason: str
    reference: Reference
    created_at: float
    answered_at: float
    callback_error: str
    def __init__(self, business_id: _Optional[str] = ..., state: _Optional[_Union[ClaimState, str]] = ..., issuer_sequence: _Optional[int] = ..., fact_id: _Optional[bytes] = ..., fact_hash: _Optional[bytes] = ..., attempts: _Optional[int] = ..., code: _Optional[str] = ..., reason: _Optional[str] = ..., reference: _Optional[_Union[Reference, _Mapping]] = ..., created_at: _Optional[float] = ..., answered_at: _Optional[float] = ..., callback_error: _Optional[str] = ...) -> None: ...

class GetStatisticsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Statistics(_message.Message):
    __slots__ = ("waiting", "delivered", "refused", "parked", "retries", "callback_errors", "oldest_seconds")
    WAITING_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    PARKED_FIELD_NUMBER: _ClassVar[int]
    RETRIES_FIELD_NUMBER: _ClassVar[int]
    CALLBACK_ERRORS_FIELD_NUMBER: _ClassVar[int]
    OLDEST_SECONDS_FIELD_NUMBER: _ClassVar[int]
    waiting: int
    delivered: int
    refused: int
    parked: int
    retries: int
    callback_errors: int
    oldest_seconds: float
    def __init__(self, waiting: _Optional[int] = ..., delivered: _Optional[int] = ..., refused: _Optional[int] = ..., parked: _Optional[int] = ..., retries: _Optional[int] = ..., callback_errors: _Optional[int] = ..., oldest_seconds: _Optional[float] = ...) -> None: ...

class Problem(_message.Message):
    __slots__ = ("type", "title", "status", "detail", "code", "ledger_code")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    LEDGER_CODE_FIELD_NUMBER: _ClassVar[int]
    type: str
    title: str
    status: int
    detail: str
    code: str
    ledger_code: str
    def __init__(self, type: _Optional[str] = ..., title: _Optional[str] = ..., status: _Optional[int] = ..., detail: _Optional[str] = ..., code: _Optional[str] = ..., ledger_code: _Optional[str] = ...) -> None: ...
