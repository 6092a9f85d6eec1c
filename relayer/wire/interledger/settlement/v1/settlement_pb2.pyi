from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EvidenceKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVIDENCE_KIND_UNSPECIFIED: _ClassVar[EvidenceKind]
    EVIDENCE_KIND_BANK_STATEMENT_ENTRY: _ClassVar[EvidenceKind]
    EVIDENCE_KIND_TRANSACTION: _ClassVar[EvidenceKind]

class Consent(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONSENT_UNSPECIFIED: _ClassVar[Consent]
    CONSENT_GIVEN: _ClassVar[Consent]
    CONSENT_WITHDRAWN: _ClassVar[Consent]

class NettingMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NETTING_MODE_UNSPECIFIED: _ClassVar[NettingMode]
    NETTING_MODE_BILATERAL: _ClassVar[NettingMode]
    NETTING_MODE_CYCLE: _ClassVar[NettingMode]
    NETTING_MODE_HUB: _ClassVar[NettingMode]

class PaymentState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PAYMENT_STATE_UNSPECIFIED: _ClassVar[PaymentState]
    PAYMENT_STATE_INSTRUCTED: _ClassVar[PaymentState]
    PAYMENT_STATE_PENDING: _ClassVar[PaymentState]
    PAYMENT_STATE_FINAL: _ClassVar[PaymentState]
    PAYMENT_STATE_RETURNED: _ClassVar[PaymentState]
    PAYMENT_STATE_EXPIRED: _ClassVar[PaymentState]

class DisputeState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DISPUTE_STATE_UNSPECIFIED: _ClassVar[DisputeState]
    DISPUTE_STATE_OPEN: _ClassVar[DisputeState]
    DISPUTE_STATE_RELEASED: _ClassVar[DisputeState]
    DISPUTE_STATE_UPHELD: _ClassVar[DisputeState]
    DISPUTE_STATE_PARTLY_UPHELD: _ClassVar[DisputeState]
    DISPUTE_STATE_LAPSED: _ClassVar[DisputeState]

class CycleState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CYCLE_STATE_UNSPECIFIED: _ClassVar[CycleState]
    CYCLE_STATE_PROPOSED: _ClassVar[CycleState]
    CYCLE_STATE_VERIFIED: _ClassVar[CycleState]
    CYCLE_STATE_COMMITTED: _ClassVar[CycleState]
    CYCLE_STATE_ABORTED: _ClassVar[CycleState]
    CYCLE_STATE_EXPIRED: _ClassVar[CycleState]

class StatementSide(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATEMENT_SIDE_UNSPECIFIED: _ClassVar[StatementSide]
    STATEMENT_SIDE_PAYABLE: _ClassVar[StatementSide]
    STATEMENT_SIDE_RECEIVABLE: _ClassVar[StatementSide]

class StatementLineKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATEMENT_LINE_KIND_UNSPECIFIED: _ClassVar[StatementLineKind]
    STATEMENT_LINE_KIND_FACT: _ClassVar[StatementLineKind]
    STATEMENT_LINE_KIND_NOVATED: _ClassVar[StatementLineKind]
    STATEMENT_LINE_KIND_NETTED: _ClassVar[StatementLineKind]
    STATEMENT_LINE_KIND_PAID: _ClassVar[StatementLineKind]
    STATEMENT_LINE_KIND_RETURNED: _ClassVar[StatementLineKind]
    STATEMENT_LINE_KIND_CREDITED: _ClassVar[StatementLineKind]
EVIDENCE_KIND_UNSPECIFIED: EvidenceKind
EVIDENCE_KIND_BANK_STATEMENT_ENTRY: EvidenceKind
EVIDENCE_KIND_TRANSACTION: EvidenceKind
CONSENT_UNSPECIFIED: Consent
CONSENT_GIVEN: Consent
CONSENT_WITHDRAWN: Consent
NETTING_MODE_UNSPECIFIED: NettingMode
NETTING_MODE_BILATERAL: NettingMode
NETTING_MODE_CYCLE: NettingMode
NETTING_MODE_HUB: NettingMode
PAYMENT_STATE_UNSPECIFIED: PaymentState
PAYMENT_STATE_INSTRUCTED: PaymentState
PAYMENT_STATE_PENDING: PaymentState
PAYMENT_STATE_FINAL: PaymentState
PAYMENT_STATE_RETURNED: PaymentState
PAYMENT_STATE_EXPIRED: PaymentState
DISPUTE_STATE_UNSPECIFIED: DisputeState
DISPUTE_STATE_OPEN: DisputeState
DISPUTE_STATE_RELEASED: DisputeState
DISPUTE_STATE_UPHELD: DisputeState
DISPUTE_STATE_PARTLY_UPHELD: DisputeState
DISPUTE_STATE_LAPSED: DisputeState
CYCLE_STATE_UNSPECIFIED: CycleState
CYCLE_STATE_PROPOSED: CycleState
CYCLE_STATE_VERIFIED: CycleState
CYCLE_STATE_COMMITTED: CycleState
CYCLE_STATE_ABORTED: CycleState
CYCLE_STATE_EXPIRED: CycleState
STATEMENT_SIDE_UNSPECIFIED: StatementSide
STATEMENT_SIDE_PAYABLE: StatementSide
STATEMENT_SIDE_RECEIVABLE: StatementSide
STATEMENT_LINE_KIND_UNSPECIFIED: StatementLineKind
STATEMENT_LINE_KIND_FACT: StatementLineKind
STATEMENT_LINE_KIND_NOVATED: StatementLineKind
STATEMENT_LINE_KIND_NETTED: StatementLineKind
STATEMENT_LINE_KIND_PAID: StatementLineKind
STATEMENT_LINE_KIND_RETURNED: StatementLineKind
STATEMENT_LINE_KIND_CREDITED: StatementLineKind

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
    __slots__ = ("agreement_id", "creditor", "debtor", "currencies", "netting_modes")
    AGREEMENT_ID_FIELD_NUMBER: _ClassVar[int]
    CREDITOR_FIELD_NUMBER: _ClassVar[int]
    DEBTOR_FIELD_NUMBER: _ClassVar[int]
    CURRENCIES_FIELD_NUMBER: _ClassVar[int]
    NETTING_MODES_FIELD_NUMBER: _ClassVar[int]
    agreement_id: str
    creditor: bytes
    debtor: bytes
    currencies: _containers.RepeatedCompositeFieldContainer[CurrencyLimit]
    netting_modes: _containers.RepeatedScalarFieldContainer[NettingMode]
    def __init__(self, agreement_id: _Optional[str] = ..., creditor: _Optional[bytes] = ..., debtor: _Optional[bytes] = ..., currencies: _Optional[_Iterable[_Union[CurrencyLimit, _Mapping]]] = ..., netting_modes: _Optional[_Iterable[_Union[NettingMode, str]]] = ...) -> None: ...

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

class ClearRequest(_message.Message):
    __slots__ = ("request_id", "actor", "instruct_payment", "mark_payment_pending", "finalise_payment", "return_payment", "expire_payment", "open_dispute", "release_dispute", "uphold_dispute", "lapse_dispute", "write_off", "set_consent", "propose_cycle", "verify_cycle", "commit_cycle", "abort_cycle", "expire_cycle")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    INSTRUCT_PAYMENT_FIELD_NUMBER: _ClassVar[int]
    MARK_PAYMENT_PENDING_FIELD_NUMBER: _ClassVar[int]
    FINALISE_PAYMENT_FIELD_NUMBER: _ClassVar[int]
    RETURN_PAYMENT_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_PAYMENT_FIELD_NUMBER: _ClassVar[int]
    OPEN_DISPUTE_FIELD_NUMBER: _ClassVar[int]
    RELEASE_DISPUTE_FIELD_NUMBER: _ClassVar[int]
    UPHOLD_DISPUTE_FIELD_NUMBER: _ClassVar[int]
    LAPSE_DISPUTE_FIELD_NUMBER: _ClassVar[int]
    WRITE_OFF_FIELD_NUMBER: _ClassVar[int]
    SET_CONSENT_FIELD_NUMBER: _ClassVar[int]
    PROPOSE_CYCLE_FIELD_NUMBER: _ClassVar[int]
    VERIFY_CYCLE_FIELD_NUMBER: _ClassVar[int]
    COMMIT_CYCLE_FIELD_NUMBER: _ClassVar[int]
    ABORT_CYCLE_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_CYCLE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    actor: bytes
    instruct_payment: InstructPayment
    mark_payment_pending: MarkPaymentPending
    finalise_payment: FinalisePayment
    return_payment: ReturnPayment
    expire_payment: ExpirePayment
    open_dispute: OpenDispute
    release_dispute: ReleaseDispute
    uphold_dispute: UpholdDispute
    lapse_dispute: LapseDispute
    write_off: WriteOff
    set_consent: SetConsent
    propose_cycle: ProposeCycle
    verify_cycle: VerifyCycle
    commit_cycle: CommitCycle
    abort_cycle: AbortCycle
    expire_cycle: ExpireCycle
    def __init__(self, request_id: _Optional[str] = ..., actor: _Optional[bytes] = ..., instruct_payment: _Optional[_Union[InstructPayment, _Mapping]] = ..., mark_payment_pending: _Optional[_Union[MarkPaymentPending, _Mapping]] = ..., finalise_payment: _Optional[_Union[FinalisePayment, _Mapping]] = ..., return_payment: _Optional[_Union[ReturnPayment, _Mapping]] = ..., expire_payment: _Optional[_Union[ExpirePayment, _Mapping]] = ..., open_dispute: _Optional[_Union[OpenDispute, _Mapping]] = ..., release_dispute: _Optional[_Union[ReleaseDispute, _Mapping]] = ..., uphold_dispute: _Optional[_Union[UpholdDispute, _Mapping]] = ..., lapse_dispute: _Optional[_Union[LapseDispute, _Mapping]] = ..., write_off: _Optional[_Union[WriteOff, _Mapping]] = ..., set_consent: _Optional[_Union[SetConsent, _Mapping]] = ..., propose_cycle: _Optional[_Union[ProposeCycle, _Mapping]] = ..., verify_cycle: _Optional[_Union[VerifyCycle, _Mapping]] = ..., commit_cycle: _Optional[_Union[CommitCycle, _Mapping]] = ..., abort_cycle: _Optional[_Union[AbortCycle, _Mapping]] = ..., expire_cycle: _Optional[_Union[ExpireCycle, _Mapping]] = ...) -> None: ...

class InstructPayment(_message.Message):
    __slots__ = ("payment_id", "debtor", "creditor", "currency", "exponent", "amount", "cycle_id", "expires_at_seconds")
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    DEBTOR_FIELD_NUMBER: _ClassVar[int]
    CREDITOR_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    CYCLE_ID_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    debtor: bytes
    creditor: bytes
    currency: str
    exponent: int
    amount: str
    cycle_id: str
    expires_at_seconds: int
    def __init__(self, payment_id: _Optional[str] = ..., debtor: _Optional[bytes] = ..., creditor: _Optional[bytes] = ..., currency: _Optional[str] = ..., exponent: _Optional[int] = ..., amount: _Optional[str] = ..., cycle_id: _Optional[str] = ..., expires_at_seconds: _Optional[int] = ...) -> None: ...

class MarkPaymentPending(_message.Message):
    __slots__ = ("payment_id",)
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    def __init__(self, payment_id: _Optional[str] = ...) -> None: ...

class FinalisePayment(_message.Message):
    __slots__ = ("payment_id", "evidence")
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    evidence: Evidence
    def __init__(self, payment_id: _Optional[str] = ..., evidence: _Optional[_Union[Evidence, _Mapping]] = ...) -> None: ...

class ReturnPayment(_message.Message):
    __slots__ = ("payment_id", "evidence")
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    evidence: Evidence
    def __init__(self, payment_id: _Optional[str] = ..., evidence: _Optional[_Union[Evidence, _Mapping]] = ...) -> None: ...

class ExpirePayment(_message.Message):
    __slots__ = ("payment_id",)
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    def __init__(self, payment_id: _Optional[str] = ...) -> None: ...

class Evidence(_message.Message):
    __slots__ = ("kind", "reference", "amount", "currency")
    KIND_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    kind: EvidenceKind
    reference: str
    amount: str
    currency: str
    def __init__(self, kind: _Optional[_Union[EvidenceKind, str]] = ..., reference: _Optional[str] = ..., amount: _Optional[str] = ..., currency: _Optional[str] = ...) -> None: ...

class OpenDispute(_message.Message):
    __slots__ = ("dispute_id", "fact_id", "amount", "reason", "deadline_seconds")
    DISPUTE_ID_FIELD_NUMBER: _ClassVar[int]
    FACT_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    dispute_id: str
    fact_id: bytes
    amount: str
    reason: str
    deadline_seconds: int
    def __init__(self, dispute_id: _Optional[str] = ..., fact_id: _Optional[bytes] = ..., amount: _Optional[str] = ..., reason: _Optional[str] = ..., deadline_seconds: _Optional[int] = ...) -> None: ...

class ReleaseDispute(_message.Message):
    __slots__ = ("dispute_id",)
    DISPUTE_ID_FIELD_NUMBER: _ClassVar[int]
    dispute_id: str
    def __init__(self, dispute_id: _Optional[str] = ...) -> None: ...

class UpholdDispute(_message.Message):
    __slots__ = ("dispute_id", "credited")
    DISPUTE_ID_FIELD_NUMBER: _ClassVar[int]
    CREDITED_FIELD_NUMBER: _ClassVar[int]
    dispute_id: str
    credited: str
    def __init__(self, dispute_id: _Optional[str] = ..., credited: _Optional[str] = ...) -> None: ...

class LapseDispute(_message.Message):
    __slots__ = ("dispute_id",)
    DISPUTE_ID_FIELD_NUMBER: _ClassVar[int]
    dispute_id: str
    def __init__(self, dispute_id: _Optional[str] = ...) -> None: ...

class WriteOff(_message.Message):
    __slots__ = ("fact_id", "amount", "reason")
    FACT_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    fact_id: bytes
    amount: str
    reason: str
    def __init__(self, fact_id: _Optional[bytes] = ..., amount: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class SetConsent(_message.Message):
    __slots__ = ("party", "consent")
    PARTY_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    party: bytes
    consent: Consent
    def __init__(self, party: _Optional[bytes] = ..., consent: _Optional[_Union[Consent, str]] = ...) -> None: ...

class ProposeCycle(_message.Message):
    __slots__ = ("cycle_id", "mode", "currency", "exponent", "cut_off_seconds", "value_date_seconds", "expires_at_seconds", "debts_hash", "proof")
    CYCLE_ID_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    CUT_OFF_SECONDS_FIELD_NUMBER: _ClassVar[int]
    VALUE_DATE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    DEBTS_HASH_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    cycle_id: str
    mode: NettingMode
    currency: str
    exponent: int
    cut_off_seconds: int
    value_date_seconds: int
    expires_at_seconds: int
    debts_hash: bytes
    proof: bytes
    def __init__(self, cycle_id: _Optional[str] = ..., mode: _Optional[_Union[NettingMode, str]] = ..., currency: _Optional[str] = ..., exponent: _Optional[int] = ..., cut_off_seconds: _Optional[int] = ..., value_date_seconds: _Optional[int] = ..., expires_at_seconds: _Optional[int] = ..., debts_hash: _Optional[bytes] = ..., proof: _Optional[bytes] = ...) -> None: ...

class VerifyCycle(_message.Message):
    __slots__ = ("cycle_id", "proof_hash")
    CYCLE_ID_FIELD_NUMBER: _ClassVar[int]
    PROOF_HASH_FIELD_NUMBER: _ClassVar[int]
    cycle_id: str
    proof_hash: bytes
    def __init__(self, cycle_id: _Optional[str] = ..., proof_hash: _Optional[bytes] = ...) -> None: ...

class CommitCycle(_message.Message):
    __slots__ = ("cycle_id",)
    CYCLE_ID_FIELD_NUMBER: _ClassVar[int]
    cycle_id: str
    def __init__(self, cycle_id: _Optional[str] = ...) -> None: ...

class AbortCycle(_message.Message):
    __slots__ = ("cycle_id",)
    CYCLE_ID_FIELD_NUMBER: _ClassVar[int]
    cycle_id: str
    def __init__(self, cycle_id: _Optional[str] = ...) -> None: ...

class ExpireCycle(_message.Message):
    __slots__ = ("cycle_id",)
    CYCLE_ID_FIELD_NUMBER: _ClassVar[int]
    cycle_id: str
    def __init__(self, cycle_id: _Optional[str] = ...) -> None: ...

class EndDeadlines(_message.Message):
    __slots__ = ("height",)
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    height: int
    def __init__(self, height: _Optional[int] = ...) -> None: ...

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
    mode: NettingMode
    def __init__(self, currency: _Optional[str] = ..., exponent: _Optional[int] = ..., cut_off_seconds: _Optional[int] = ..., value_date_seconds: _Optional[int] = ..., mode: _Optional[_Union[NettingMode, str]] = ...) -> None: ...

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

class Debt(_message.Message):
    __slots__ = ("debtor", "creditor", "amount")
    DEBTOR_FIELD_NUMBER: _ClassVar[int]
    CREDITOR_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    debtor: bytes
    creditor: bytes
    amount: str
    def __init__(self, debtor: _Optional[bytes] = ..., creditor: _Optional[bytes] = ..., amount: _Optional[str] = ...) -> None: ...

class Share(_message.Message):
    __slots__ = ("liability", "amount")
    LIABILITY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    liability: int
    amount: str
    def __init__(self, liability: _Optional[int] = ..., amount: _Optional[str] = ...) -> None: ...

class Payment(_message.Message):
    __slots__ = ("order", "shares", "state", "evidence", "recorder", "sequence")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    RECORDER_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    order: InstructPayment
    shares: _containers.RepeatedCompositeFieldContainer[Share]
    state: PaymentState
    evidence: Evidence
    recorder: bytes
    sequence: int
    def __init__(self, order: _Optional[_Union[InstructPayment, _Mapping]] = ..., shares: _Optional[_Iterable[_Union[Share, _Mapping]]] = ..., state: _Optional[_Union[PaymentState, str]] = ..., evidence: _Optional[_Union[Evidence, _Mapping]] = ..., recorder: _Optional[bytes] = ..., sequence: _Optional[int] = ...) -> None: ...

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
    payments: _containers.RepeatedCompositeFieldContainer[Payment]
    def __init__(self, payments: _Optional[_Iterable[_Union[Payment, _Mapping]]] = ...) -> None: ...

class Dispute(_message.Message):
    __slots__ = ("claim", "liability", "state", "credited", "sequence")
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    LIABILITY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CREDITED_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    claim: OpenDispute
    liability: int
    state: DisputeState
    credited: str
    sequence: int
    def __init__(self, claim: _Optional[_Union[OpenDispute, _Mapping]] = ..., liability: _Optional[int] = ..., state: _Optional[_Union[DisputeState, str]] = ..., credited: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

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
    disputes: _containers.RepeatedCompositeFieldContainer[Dispute]
    def __init__(self, disputes: _Optional[_Iterable[_Union[Dispute, _Mapping]]] = ...) -> None: ...

class Cycle(_message.Message):
    __slots__ = ("proposal", "state", "gross", "remaining", "shares", "novated", "proposer", "verifier", "sequence", "debts")
    PROPOSAL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    GROSS_FIELD_NUMBER: _ClassVar[int]
    REMAINING_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    NOVATED_FIELD_NUMBER: _ClassVar[int]
    PROPOSER_FIELD_NUMBER: _ClassVar[int]
    VERIFIER_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    DEBTS_FIELD_NUMBER: _ClassVar[int]
    proposal: ProposeCycle
    state: CycleState
    gross: str
    remaining: str
    shares: _containers.RepeatedCompositeFieldContainer[Share]
    novated: _containers.RepeatedCompositeFieldContainer[Debt]
    proposer: bytes
    verifier: bytes
    sequence: int
    debts: _containers.RepeatedCompositeFieldContainer[Debt]
    def __init__(self, proposal: _Optional[_Union[ProposeCycle, _Mapping]] = ..., state: _Optional[_Union[CycleState, str]] = ..., gross: _Optional[str] = ..., remaining: _Optional[str] = ..., shares: _Optional[_Iterable[_Union[Share, _Mapping]]] = ..., novated: _Optional[_Iterable[_Union[Debt, _Mapping]]] = ..., proposer: _Optional[bytes] = ..., verifier: _Optional[bytes] = ..., sequence: _Optional[int] = ..., debts: _Optional[_Iterable[_Union[Debt, _Mapping]]] = ...) -> None: ...

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
    cycles: _containers.RepeatedCompositeFieldContainer[Cycle]
    def __init__(self, cycles: _Optional[_Iterable[_Union[Cycle, _Mapping]]] = ...) -> None: ...

class GetCycleRequest(_message.Message):
    __slots__ = ("cycle_id",)
    CYCLE_ID_FIELD_NUMBER: _ClassVar[int]
    cycle_id: str
    def __init__(self, cycle_id: _Optional[str] = ...) -> None: ...

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

class StatementTotals(_message.Message):
    __slots__ = ("opening", "facts", "novated", "netted", "paid", "credited")
    OPENING_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    NOVATED_FIELD_NUMBER: _ClassVar[int]
    NETTED_FIELD_NUMBER: _ClassVar[int]
    PAID_FIELD_NUMBER: _ClassVar[int]
    CREDITED_FIELD_NUMBER: _ClassVar[int]
    opening: str
    facts: str
    novated: str
    netted: str
    paid: str
    credited: str
    def __init__(self, opening: _Optional[str] = ..., facts: _Optional[str] = ..., novated: _Optional[str] = ..., netted: _Optional[str] = ..., paid: _Optional[str] = ..., credited: _Optional[str] = ...) -> None: ...

class StatementLine(_message.Message):
    __slots__ = ("sequence", "at_seconds", "side", "kind", "counterparty", "fact_id", "amount")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    AT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_FIELD_NUMBER: _ClassVar[int]
    FACT_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    at_seconds: int
    side: StatementSide
    kind: StatementLineKind
    counterparty: bytes
    fact_id: bytes
    amount: str
    def __init__(self, sequence: _Optional[int] = ..., at_seconds: _Optional[int] = ..., side: _Optional[_Union[StatementSide, str]] = ..., kind: _Optional[_Union[StatementLineKind, str]] = ..., counterparty: _Optional[bytes] = ..., fact_id: _Optional[bytes] = ..., amount: _Optional[str] = ...) -> None: ...

class Statement(_message.Message):
    __slots__ = ("of", "payable", "receivable", "lines")
    OF_FIELD_NUMBER: _ClassVar[int]
    PAYABLE_FIELD_NUMBER: _ClassVar[int]
    RECEIVABLE_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    of: GetStatementRequest
    payable: StatementTotals
    receivable: StatementTotals
    lines: _containers.RepeatedCompositeFieldContainer[StatementLine]
    def __init__(self, of: _Optional[_Union[GetStatementRequest, _Mapping]] = ..., payable: _Optional[_Union[StatementTotals, _Mapping]] = ..., receivable: _Optional[_Union[StatementTotals, _Mapping]] = ..., lines: _Optional[_Iterable[_Union[StatementLine, _Mapping]]] = ...) -> None: ...
