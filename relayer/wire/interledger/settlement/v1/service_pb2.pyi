from relayer.wire.interledger.settlement.v1 import acts_pb2 as _acts_pb2
from relayer.wire.interledger.settlement.v1 import cycles_pb2 as _cycles_pb2
from relayer.wire.interledger.settlement.v1 import disputes_pb2 as _disputes_pb2
from relayer.wire.interledger.settlement.v1 import facts_pb2 as _facts_pb2
from relayer.wire.interledger.settlement.v1 import issuers_pb2 as _issuers_pb2
from relayer.wire.interledger.settlement.v1 import liabilities_pb2 as _liabilities_pb2
from relayer.wire.interledger.settlement.v1 import log_pb2 as _log_pb2
from relayer.wire.interledger.settlement.v1 import news_pb2 as _news_pb2
from relayer.wire.interledger.settlement.v1 import parties_pb2 as _parties_pb2
from relayer.wire.interledger.settlement.v1 import payments_pb2 as _payments_pb2
from relayer.wire.interledger.settlement.v1 import statements_pb2 as _statements_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetIdentityRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetIdentityResponse(_message.Message):
    __slots__ = ("identity",)
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    identity: bytes
    def __init__(self, identity: _Optional[bytes] = ...) -> None: ...

class GetLiabilityRequest(_message.Message):
    __slots__ = ("liability_id", "fact_id")
    LIABILITY_ID_FIELD_NUMBER: _ClassVar[int]
    FACT_ID_FIELD_NUMBER: _ClassVar[int]
    liability_id: bytes
    fact_id: bytes
    def __init__(self, liability_id: _Optional[bytes] = ..., fact_id: _Optional[bytes] = ...) -> None: ...

class ListLiabilitiesRequest(_message.Message):
    __slots__ = ("after_sequence", "limit")
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    after_sequence: int
    limit: int
    def __init__(self, after_sequence: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...

class ListLiabilitiesResponse(_message.Message):
    __slots__ = ("liabilities",)
    LIABILITIES_FIELD_NUMBER: _ClassVar[int]
    liabilities: _containers.RepeatedCompositeFieldContainer[_liabilities_pb2.Liability]
    def __init__(self, liabilities: _Optional[_Iterable[_Union[_liabilities_pb2.Liability, _Mapping]]] = ...) -> None: ...

class ListPartiesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListPartiesResponse(_message.Message):
    __slots__ = ("parties",)
    PARTIES_FIELD_NUMBER: _ClassVar[int]
    parties: _containers.RepeatedCompositeFieldContainer[_parties_pb2.Party]
    def __init__(self, parties: _Optional[_Iterable[_Union[_parties_pb2.Party, _Mapping]]] = ...) -> None: ...

class ListIssuersRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListIssuersResponse(_message.Message):
    __slots__ = ("issuers", "mandates", "contracts")
    ISSUERS_FIELD_NUMBER: _ClassVar[int]
    MANDATES_FIELD_NUMBER: _ClassVar[int]
    CONTRACTS_FIELD_NUMBER: _ClassVar[int]
    issuers: _containers.RepeatedCompositeFieldContainer[_issuers_pb2.IssuerInForce]
    mandates: _containers.RepeatedCompositeFieldContainer[_issuers_pb2.MandateInForce]
    contracts: _containers.RepeatedCompositeFieldContainer[_issuers_pb2.ContractInForce]
    def __init__(self, issuers: _Optional[_Iterable[_Union[_issuers_pb2.IssuerInForce, _Mapping]]] = ..., mandates: _Optional[_Iterable[_Union[_issuers_pb2.MandateInForce, _Mapping]]] = ..., contracts: _Optional[_Iterable[_Union[_issuers_pb2.ContractInForce, _Mapping]]] = ...) -> None: ...

class ListAgreementsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListAgreementsResponse(_message.Message):
    __slots__ = ("agreements",)
    AGREEMENTS_FIELD_NUMBER: _ClassVar[int]
    agreements: _containers.RepeatedCompositeFieldContainer[_parties_pb2.AgreementInForce]
    def __init__(self, agreements: _Optional[_Iterable[_Union[_parties_pb2.AgreementInForce, _Mapping]]] = ...) -> None: ...

class GetConsentRequest(_message.Message):
    __slots__ = ("party_id",)
    PARTY_ID_FIELD_NUMBER: _ClassVar[int]
    party_id: bytes
    def __init__(self, party_id: _Optional[bytes] = ...) -> None: ...

class ListPositionsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListPositionsResponse(_message.Message):
    __slots__ = ("positions",)
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    positions: _containers.RepeatedCompositeFieldContainer[_liabilities_pb2.Position]
    def __init__(self, positions: _Optional[_Iterable[_Union[_liabilities_pb2.Position, _Mapping]]] = ...) -> None: ...

class GetNettingRequest(_message.Message):
    __slots__ = ("currency", "exponent", "cut_off_seconds", "value_date_seconds", "mode")
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    CUT_OFF_SECONDS_FIELD_NUMBER: _ClassVar[int]
    VALUE_DATE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    currency: str
    exponent: int
    cut_off_seconds: int
    value_date_seconds: int
    mode: _parties_pb2.NettingMode
    def __init__(self, currency: _Optional[str] = ..., exponent: _Optional[int] = ..., cut_off_seconds: _Optional[int] = ..., value_date_seconds: _Optional[int] = ..., mode: _Optional[_Union[_parties_pb2.NettingMode, str]] = ...) -> None: ...

class Debt(_message.Message):
    __slots__ = ("debtor", "creditor", "amount")
    DEBTOR_FIELD_NUMBER: _ClassVar[int]
    CREDITOR_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    debtor: bytes
    creditor: bytes
    amount: str
    def __init__(self, debtor: _Optional[bytes] = ..., creditor: _Optional[bytes] = ..., amount: _Optional[str] = ...) -> None: ...

class GetNettingResponse(_message.Message):
    __slots__ = ("debts", "consenting", "liabilities", "running_cycle_id")
    DEBTS_FIELD_NUMBER: _ClassVar[int]
    CONSENTING_FIELD_NUMBER: _ClassVar[int]
    LIABILITIES_FIELD_NUMBER: _ClassVar[int]
    RUNNING_CYCLE_ID_FIELD_NUMBER: _ClassVar[int]
    debts: _containers.RepeatedCompositeFieldContainer[Debt]
    consenting: _containers.RepeatedScalarFieldContainer[bytes]
    liabilities: int
    running_cycle_id: str
    def __init__(self, debts: _Optional[_Iterable[_Union[Debt, _Mapping]]] = ..., consenting: _Optional[_Iterable[bytes]] = ..., liabilities: _Optional[int] = ..., running_cycle_id: _Optional[str] = ...) -> None: ...

class GetPaymentRequest(_message.Message):
    __slots__ = ("payment_id",)
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    def __init__(self, payment_id: _Optional[str] = ...) -> None: ...

class ListPaymentsRequest(_message.Message):
    __slots__ = ("after_id", "limit")
    AFTER_ID_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    after_id: str
    limit: int
    def __init__(self, after_id: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class ListPaymentsResponse(_message.Message):
    __slots__ = ("payments",)
    PAYMENTS_FIELD_NUMBER: _ClassVar[int]
    payments: _containers.RepeatedCompositeFieldContainer[_payments_pb2.Payment]
    def __init__(self, payments: _Optional[_Iterable[_Union[_payments_pb2.Payment, _Mapping]]] = ...) -> None: ...

class ListDisputesRequest(_message.Message):
    __slots__ = ("after_id", "limit")
    AFTER_ID_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    after_id: str
    limit: int
    def __init__(self, after_id: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class ListDisputesResponse(_message.Message):
    __slots__ = ("disputes",)
    DISPUTES_FIELD_NUMBER: _ClassVar[int]
    disputes: _containers.RepeatedCompositeFieldContainer[_disputes_pb2.Dispute]
    def __init__(self, disputes: _Optional[_Iterable[_Union[_disputes_pb2.Dispute, _Mapping]]] = ...) -> None: ...

class GetCycleRequest(_message.Message):
    __slots__ = ("cycle_id",)
    CYCLE_ID_FIELD_NUMBER: _ClassVar[int]
    cycle_id: str
    def __init__(self, cycle_id: _Optional[str] = ...) -> None: ...

class ListCyclesRequest(_message.Message):
    __slots__ = ("after_id", "limit")
    AFTER_ID_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    after_id: str
    limit: int
    def __init__(self, after_id: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class ListCyclesResponse(_message.Message):
    __slots__ = ("cycles",)
    CYCLES_FIELD_NUMBER: _ClassVar[int]
    cycles: _containers.RepeatedCompositeFieldContainer[_cycles_pb2.Cycle]
    def __init__(self, cycles: _Optional[_Iterable[_Union[_cycles_pb2.Cycle, _Mapping]]] = ...) -> None: ...

class ListWaitingNewsRequest(_message.Message):
    __slots__ = ("after_client_id", "after_fact_id", "limit")
    AFTER_CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_FACT_ID_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    after_client_id: str
    after_fact_id: bytes
    limit: int
    def __init__(self, after_client_id: _Optional[str] = ..., after_fact_id: _Optional[bytes] = ..., limit: _Optional[int] = ...) -> None: ...

class ListWaitingNewsResponse(_message.Message):
    __slots__ = ("news",)
    NEWS_FIELD_NUMBER: _ClassVar[int]
    news: _containers.RepeatedCompositeFieldContainer[_news_pb2.WaitingNews]
    def __init__(self, news: _Optional[_Iterable[_Union[_news_pb2.WaitingNews, _Mapping]]] = ...) -> None: ...

class GetStatementRequest(_message.Message):
    __slots__ = ("party_id", "currency", "exponent", "since_seconds", "until_seconds")
    PARTY_ID_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    SINCE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    UNTIL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    party_id: bytes
    currency: str
    exponent: int
    since_seconds: int
    until_seconds: int
    def __init__(self, party_id: _Optional[bytes] = ..., currency: _Optional[str] = ..., exponent: _Optional[int] = ..., since_seconds: _Optional[int] = ..., until_seconds: _Optional[int] = ...) -> None: ...
