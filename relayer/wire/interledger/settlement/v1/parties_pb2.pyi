from relayer.wire.interledger.settlement.v1 import facts_pb2 as _facts_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NettingMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NETTING_MODE_UNSPECIFIED: _ClassVar[NettingMode]
    NETTING_MODE_BILATERAL: _ClassVar[NettingMode]
    NETTING_MODE_CYCLE: _ClassVar[NettingMode]
    NETTING_MODE_HUB: _ClassVar[NettingMode]

class Consent(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONSENT_UNSPECIFIED: _ClassVar[Consent]
    CONSENT_GIVEN: _ClassVar[Consent]
    CONSENT_WITHDRAWN: _ClassVar[Consent]
NETTING_MODE_UNSPECIFIED: NettingMode
NETTING_MODE_BILATERAL: NettingMode
NETTING_MODE_CYCLE: NettingMode
NETTING_MODE_HUB: NettingMode
CONSENT_UNSPECIFIED: Consent
CONSENT_GIVEN: Consent
CONSENT_WITHDRAWN: Consent

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

class CurrencyTerms(_message.Message):
    __slots__ = ("currency", "exponent", "open_limit")
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    OPEN_LIMIT_FIELD_NUMBER: _ClassVar[int]
    currency: str
    exponent: int
    open_limit: str
    def __init__(self, currency: _Optional[str] = ..., exponent: _Optional[int] = ..., open_limit: _Optional[str] = ...) -> None: ...

class Agreement(_message.Message):
    __slots__ = ("agreement_id", "creditor", "debtor", "currencies", "netting_modes", "ways")
    AGREEMENT_ID_FIELD_NUMBER: _ClassVar[int]
    CREDITOR_FIELD_NUMBER: _ClassVar[int]
    DEBTOR_FIELD_NUMBER: _ClassVar[int]
    CURRENCIES_FIELD_NUMBER: _ClassVar[int]
    NETTING_MODES_FIELD_NUMBER: _ClassVar[int]
    WAYS_FIELD_NUMBER: _ClassVar[int]
    agreement_id: str
    creditor: bytes
    debtor: bytes
    currencies: _containers.RepeatedCompositeFieldContainer[CurrencyTerms]
    netting_modes: _containers.RepeatedScalarFieldContainer[NettingMode]
    ways: _containers.RepeatedScalarFieldContainer[_facts_pb2.Way]
    def __init__(self, agreement_id: _Optional[str] = ..., creditor: _Optional[bytes] = ..., debtor: _Optional[bytes] = ..., currencies: _Optional[_Iterable[_Union[CurrencyTerms, _Mapping]]] = ..., netting_modes: _Optional[_Iterable[_Union[NettingMode, str]]] = ..., ways: _Optional[_Iterable[_Union[_facts_pb2.Way, str]]] = ...) -> None: ...

class AgreementInForce(_message.Message):
    __slots__ = ("agreement", "sequence")
    AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    agreement: Agreement
    sequence: int
    def __init__(self, agreement: _Optional[_Union[Agreement, _Mapping]] = ..., sequence: _Optional[int] = ...) -> None: ...

class ConsentInForce(_message.Message):
    __slots__ = ("party", "consent", "sequence")
    PARTY_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    party: bytes
    consent: Consent
    sequence: int
    def __init__(self, party: _Optional[bytes] = ..., consent: _Optional[_Union[Consent, str]] = ..., sequence: _Optional[int] = ...) -> None: ...

class RegisterParty(_message.Message):
    __slots__ = ("party",)
    PARTY_FIELD_NUMBER: _ClassVar[int]
    party: Party
    def __init__(self, party: _Optional[_Union[Party, _Mapping]] = ...) -> None: ...

class RecordAgreement(_message.Message):
    __slots__ = ("agreement", "replaces")
    AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    REPLACES_FIELD_NUMBER: _ClassVar[int]
    agreement: Agreement
    replaces: int
    def __init__(self, agreement: _Optional[_Union[Agreement, _Mapping]] = ..., replaces: _Optional[int] = ...) -> None: ...

class ClosePeriod(_message.Message):
    __slots__ = ("cut_off_seconds",)
    CUT_OFF_SECONDS_FIELD_NUMBER: _ClassVar[int]
    cut_off_seconds: int
    def __init__(self, cut_off_seconds: _Optional[int] = ...) -> None: ...

class SetConsent(_message.Message):
    __slots__ = ("party", "consent", "replaces")
    PARTY_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    REPLACES_FIELD_NUMBER: _ClassVar[int]
    party: bytes
    consent: Consent
    replaces: int
    def __init__(self, party: _Optional[bytes] = ..., consent: _Optional[_Union[Consent, str]] = ..., replaces: _Optional[int] = ...) -> None: ...

class RevokeAccount(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: str
    def __init__(self, account: _Optional[str] = ...) -> None: ...

class PartyRegistered(_message.Message):
    __slots__ = ("party",)
    PARTY_FIELD_NUMBER: _ClassVar[int]
    party: Party
    def __init__(self, party: _Optional[_Union[Party, _Mapping]] = ...) -> None: ...

class AgreementRecorded(_message.Message):
    __slots__ = ("agreement", "replaces")
    AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    REPLACES_FIELD_NUMBER: _ClassVar[int]
    agreement: Agreement
    replaces: int
    def __init__(self, agreement: _Optional[_Union[Agreement, _Mapping]] = ..., replaces: _Optional[int] = ...) -> None: ...

class PeriodClosed(_message.Message):
    __slots__ = ("cut_off_seconds",)
    CUT_OFF_SECONDS_FIELD_NUMBER: _ClassVar[int]
    cut_off_seconds: int
    def __init__(self, cut_off_seconds: _Optional[int] = ...) -> None: ...

class ConsentSet(_message.Message):
    __slots__ = ("party", "consent", "replaces")
    PARTY_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    REPLACES_FIELD_NUMBER: _ClassVar[int]
    party: bytes
    consent: Consent
    replaces: int
    def __init__(self, party: _Optional[bytes] = ..., consent: _Optional[_Union[Consent, str]] = ..., replaces: _Optional[int] = ...) -> None: ...

class AccountRevoked(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: str
    def __init__(self, account: _Optional[str] = ...) -> None: ...
