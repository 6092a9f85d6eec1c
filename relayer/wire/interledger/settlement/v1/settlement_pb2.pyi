from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Party(_message.Message):
    __slots__ = ("party_id", "ocpi_id", "name", "lei", "vat_id")
    PARTY_ID_FIELD_NUMBER: _ClassVar[int]
    OCPI_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    LEI_FIELD_NUMBER: _ClassVar[int]
    VAT_ID_FIELD_NUMBER: _ClassVar[int]
    party_id: bytes
    ocpi_id: str
    name: str
    lei: str
    vat_id: str
    def __init__(self, party_id: _Optional[bytes] = ..., ocpi_id: _Optional[str] = ..., name: _Optional[str] = ..., lei: _Optional[str] = ..., vat_id: _Optional[str] = ...) -> None: ...

class RegisterPartyRequest(_message.Message):
    __slots__ = ("request_id", "party")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    party: Party
    def __init__(self, request_id: _Optional[str] = ..., party: _Optional[_Union[Party, _Mapping]] = ...) -> None: ...

class Agreement(_message.Message):
    __slots__ = ("agreement_id", "creditor", "debtor", "currencies")
    AGREEMENT_ID_FIELD_NUMBER: _ClassVar[int]
    CREDITOR_FIELD_NUMBER: _ClassVar[int]
    DEBTOR_FIELD_NUMBER: _ClassVar[int]
    CURRENCIES_FIELD_NUMBER: _ClassVar[int]
    agreement_id: str
    creditor: bytes
    debtor: bytes
    currencies: _containers.RepeatedCompositeFieldContainer[CurrencyLimit]
    def __init__(self, agreement_id: _Optional[str] = ..., creditor: _Optional[bytes] = ..., debtor: _Optional[bytes] = ..., currencies: _Optional[_Iterable[_Union[CurrencyLimit, _Mapping]]] = ...) -> None: ...

class CurrencyLimit(_message.Message):
    __slots__ = ("currency", "exponent", "open_limit")
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    OPEN_LIMIT_FIELD_NUMBER: _ClassVar[int]
    currency: str
    exponent: int
    open_limit: str
    def __init__(self, currency: _Optional[str] = ..., exponent: _Optional[int] = ..., open_limit: _Optional[str] = ...) -> None: ...

class RecordAgreementRequest(_message.Message):
    __slots__ = ("request_id", "agreement")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    agreement: Agreement
    def __init__(self, request_id: _Optional[str] = ..., agreement: _Optional[_Union[Agreement, _Mapping]] = ...) -> None: ...

class ClosePeriodRequest(_message.Message):
    __slots__ = ("request_id", "cut_off_seconds")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CUT_OFF_SECONDS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    cut_off_seconds: int
    def __init__(self, request_id: _Optional[str] = ..., cut_off_seconds: _Optional[int] = ...) -> None: ...

class CommandResponse(_message.Message):
    __slots__ = ("sequence", "head_hash")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    HEAD_HASH_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    head_hash: bytes
    def __init__(self, sequence: _Optional[int] = ..., head_hash: _Optional[bytes] = ...) -> None: ...

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
    liabilities: _containers.RepeatedCompositeFieldContainer[Liability]
    def __init__(self, liabilities: _Optional[_Iterable[_Union[Liability, _Mapping]]] = ...) -> None: ...

class Liability(_message.Message):
    __slots__ = ("liability_id", "sequence", "fact_id", "fact_hash", "creditor", "debtor", "currency", "exponent", "amount", "open", "netted", "paid", "credited", "held", "kind", "due_date", "origin", "head_hash", "service_end")
    LIABILITY_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    FACT_ID_FIELD_NUMBER: _ClassVar[int]
    FACT_HASH_FIELD_NUMBER: _ClassVar[int]
    CREDITOR_FIELD_NUMBER: _ClassVar[int]
    DEBTOR_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    NETTED_FIELD_NUMBER: _ClassVar[int]
    PAID_FIELD_NUMBER: _ClassVar[int]
    CREDITED_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    DUE_DATE_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    HEAD_HASH_FIELD_NUMBER: _ClassVar[int]
    SERVICE_END_FIELD_NUMBER: _ClassVar[int]
    liability_id: bytes
    sequence: int
    fact_id: bytes
    fact_hash: bytes
    creditor: bytes
    debtor: bytes
    currency: str
    exponent: int
    amount: str
    open: str
    netted: str
    paid: str
    credited: str
    held: str
    kind: int
    due_date: int
    origin: Origin
    head_hash: bytes
    service_end: int
    def __init__(self, liability_id: _Optional[bytes] = ..., sequence: _Optional[int] = ..., fact_id: _Optional[bytes] = ..., fact_hash: _Optional[bytes] = ..., creditor: _Optional[bytes] = ..., debtor: _Optional[bytes] = ..., currency: _Optional[str] = ..., exponent: _Optional[int] = ..., amount: _Optional[str] = ..., open: _Optional[str] = ..., netted: _Optional[str] = ..., paid: _Optional[str] = ..., credited: _Optional[str] = ..., held: _Optional[str] = ..., kind: _Optional[int] = ..., due_date: _Optional[int] = ..., origin: _Optional[_Union[Origin, _Mapping]] = ..., head_hash: _Optional[bytes] = ..., service_end: _Optional[int] = ...) -> None: ...

class Origin(_message.Message):
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

class ListPartiesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListPartiesResponse(_message.Message):
    __slots__ = ("parties",)
    PARTIES_FIELD_NUMBER: _ClassVar[int]
    parties: _containers.RepeatedCompositeFieldContainer[Party]
    def __init__(self, parties: _Optional[_Iterable[_Union[Party, _Mapping]]] = ...) -> None: ...

class ListPositionsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListPositionsResponse(_message.Message):
    __slots__ = ("positions",)
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    positions: _containers.RepeatedCompositeFieldContainer[Position]
    def __init__(self, positions: _Optional[_Iterable[_Union[Position, _Mapping]]] = ...) -> None: ...

class Position(_message.Message):
    __slots__ = ("party_id", "ocpi_id", "currency", "exponent", "payable", "receivable")
    PARTY_ID_FIELD_NUMBER: _ClassVar[int]
    OCPI_ID_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    PAYABLE_FIELD_NUMBER: _ClassVar[int]
    RECEIVABLE_FIELD_NUMBER: _ClassVar[int]
    party_id: bytes
    ocpi_id: str
    currency: str
    exponent: int
    payable: str
    receivable: str
    def __init__(self, party_id: _Optional[bytes] = ..., ocpi_id: _Optional[str] = ..., currency: _Optional[str] = ..., exponent: _Optional[int] = ..., payable: _Optional[str] = ..., receivable: _Optional[str] = ...) -> None: ...
