from relayer.wire.interledger.settlement.v1 import acts_pb2 as _acts_pb2
from relayer.wire.interledger.settlement.v1 import cycles_pb2 as _cycles_pb2
from relayer.wire.interledger.settlement.v1 import disputes_pb2 as _disputes_pb2
from relayer.wire.interledger.settlement.v1 import facts_pb2 as _facts_pb2
from relayer.wire.interledger.settlement.v1 import issuers_pb2 as _issuers_pb2
from relayer.wire.interledger.settlement.v1 import news_pb2 as _news_pb2
from relayer.wire.interledger.settlement.v1 import parties_pb2 as _parties_pb2
from relayer.wire.interledger.settlement.v1 import payments_pb2 as _payments_pb2
from relayer.wire.interledger.settlement.v1 import rates_pb2 as _rates_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Command(_message.Message):
    __slots__ = ("request_id", "actor", "register_party", "record_agreement", "close_period", "set_consent", "instruct_payment", "mark_payment_pending", "finalise_payment", "return_payment", "expire_payment", "open_dispute", "release_dispute", "uphold_dispute", "lapse_dispute", "write_off", "propose_cycle", "verify_cycle", "commit_cycle", "abort_cycle", "expire_cycle", "bind_issuer", "remove_issuer", "grant_mandate", "revoke_mandate", "revoke_account", "bind_contract", "release_contract", "set_rate_limits", "resend_news")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    REGISTER_PARTY_FIELD_NUMBER: _ClassVar[int]
    RECORD_AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    CLOSE_PERIOD_FIELD_NUMBER: _ClassVar[int]
    SET_CONSENT_FIELD_NUMBER: _ClassVar[int]
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
    PROPOSE_CYCLE_FIELD_NUMBER: _ClassVar[int]
    VERIFY_CYCLE_FIELD_NUMBER: _ClassVar[int]
    COMMIT_CYCLE_FIELD_NUMBER: _ClassVar[int]
    ABORT_CYCLE_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_CYCLE_FIELD_NUMBER: _ClassVar[int]
    BIND_ISSUER_FIELD_NUMBER: _ClassVar[int]
    REMOVE_ISSUER_FIELD_NUMBER: _ClassVar[int]
    GRANT_MANDATE_FIELD_NUMBER: _ClassVar[int]
    REVOKE_MANDATE_FIELD_NUMBER: _ClassVar[int]
    REVOKE_ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    BIND_CONTRACT_FIELD_NUMBER: _ClassVar[int]
    RELEASE_CONTRACT_FIELD_NUMBER: _ClassVar[int]
    SET_RATE_LIMITS_FIELD_NUMBER: _ClassVar[int]
    RESEND_NEWS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    actor: bytes
    register_party: _parties_pb2.RegisterParty
    record_agreement: _parties_pb2.RecordAgreement
    close_period: _parties_pb2.ClosePeriod
    set_consent: _parties_pb2.SetConsent
    instruct_payment: _payments_pb2.InstructPayment
    mark_payment_pending: _payments_pb2.MarkPaymentPending
    finalise_payment: _payments_pb2.FinalisePayment
    return_payment: _payments_pb2.ReturnPayment
    expire_payment: _payments_pb2.ExpirePayment
    open_dispute: _disputes_pb2.OpenDispute
    release_dispute: _disputes_pb2.ReleaseDispute
    uphold_dispute: _disputes_pb2.UpholdDispute
    lapse_dispute: _disputes_pb2.LapseDispute
    write_off: _disputes_pb2.WriteOff
    propose_cycle: _cycles_pb2.ProposeCycle
    verify_cycle: _cycles_pb2.VerifyCycle
    commit_cycle: _cycles_pb2.CommitCycle
    abort_cycle: _cycles_pb2.AbortCycle
    expire_cycle: _cycles_pb2.ExpireCycle
    bind_issuer: _issuers_pb2.BindIssuer
    remove_issuer: _issuers_pb2.RemoveIssuer
    grant_mandate: _issuers_pb2.GrantMandate
    revoke_mandate: _issuers_pb2.RevokeMandate
    revoke_account: _parties_pb2.RevokeAccount
    bind_contract: _issuers_pb2.BindContract
    release_contract: _issuers_pb2.ReleaseContract
    set_rate_limits: _rates_pb2.SetRateLimits
    resend_news: _news_pb2.ResendNews
    def __init__(self, request_id: _Optional[str] = ..., actor: _Optional[bytes] = ..., register_party: _Optional[_Union[_parties_pb2.RegisterParty, _Mapping]] = ..., record_agreement: _Optional[_Union[_parties_pb2.RecordAgreement, _Mapping]] = ..., close_period: _Optional[_Union[_parties_pb2.ClosePeriod, _Mapping]] = ..., set_consent: _Optional[_Union[_parties_pb2.SetConsent, _Mapping]] = ..., instruct_payment: _Optional[_Union[_payments_pb2.InstructPayment, _Mapping]] = ..., mark_payment_pending: _Optional[_Union[_payments_pb2.MarkPaymentPending, _Mapping]] = ..., finalise_payment: _Optional[_Union[_payments_pb2.FinalisePayment, _Mapping]] = ..., return_payment: _Optional[_Union[_payments_pb2.ReturnPayment, _Mapping]] = ..., expire_payment: _Optional[_Union[_payments_pb2.ExpirePayment, _Mapping]] = ..., open_dispute: _Optional[_Union[_disputes_pb2.OpenDispute, _Mapping]] = ..., release_dispute: _Optional[_Union[_disputes_pb2.ReleaseDispute, _Mapping]] = ..., uphold_dispute: _Optional[_Union[_disputes_pb2.UpholdDispute, _Mapping]] = ..., lapse_dispute: _Optional[_Union[_disputes_pb2.LapseDispute, _Mapping]] = ..., write_off: _Optional[_Union[_disputes_pb2.WriteOff, _Mapping]] = ..., propose_cycle: _Optional[_Union[_cycles_pb2.ProposeCycle, _Mapping]] = ..., verify_cycle: _Optional[_Union[_cycles_pb2.VerifyCycle, _Mapping]] = ..., commit_cycle: _Optional[_Union[_cycles_pb2.CommitCycle, _Mapping]] = ..., abort_cycle: _Optional[_Union[_cycles_pb2.AbortCycle, _Mapping]] = ..., expire_cycle: _Optional[_Union[_cycles_pb2.ExpireCycle, _Mapping]] = ..., bind_issuer: _Optional[_Union[_issuers_pb2.BindIssuer, _Mapping]] = ..., remove_issuer: _Optional[_Union[_issuers_pb2.RemoveIssuer, _Mapping]] = ..., grant_mandate: _Optional[_Union[_issuers_pb2.GrantMandate, _Mapping]] = ..., revoke_mandate: _Optional[_Union[_issuers_pb2.RevokeMandate, _Mapping]] = ..., revoke_account: _Optional[_Union[_parties_pb2.RevokeAccount, _Mapping]] = ..., bind_contract: _Optional[_Union[_issuers_pb2.BindContract, _Mapping]] = ..., release_contract: _Optional[_Union[_issuers_pb2.ReleaseContract, _Mapping]] = ..., set_rate_limits: _Optional[_Union[_rates_pb2.SetRateLimits, _Mapping]] = ..., resend_news: _Optional[_Union[_news_pb2.ResendNews, _Mapping]] = ...) -> None: ...

class LogEntry(_message.Message):
    __slots__ = ("at_seconds", "act", "party_registered", "agreement_recorded", "period_closed", "consent_set", "fact_recorded", "payment_instructed", "payment_moved", "dispute_opened", "dispute_closed", "written_off", "cycle_proposed", "cycle_moved", "debt_novated", "issuer_bound", "issuer_removed", "mandate_granted", "mandate_revoked", "account_revoked", "contract_bound", "contract_released", "rate_limits_set", "news_requested")
    AT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    ACT_FIELD_NUMBER: _ClassVar[int]
    PARTY_REGISTERED_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_RECORDED_FIELD_NUMBER: _ClassVar[int]
    PERIOD_CLOSED_FIELD_NUMBER: _ClassVar[int]
    CONSENT_SET_FIELD_NUMBER: _ClassVar[int]
    FACT_RECORDED_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_INSTRUCTED_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_MOVED_FIELD_NUMBER: _ClassVar[int]
    DISPUTE_OPENED_FIELD_NUMBER: _ClassVar[int]
    DISPUTE_CLOSED_FIELD_NUMBER: _ClassVar[int]
    WRITTEN_OFF_FIELD_NUMBER: _ClassVar[int]
    CYCLE_PROPOSED_FIELD_NUMBER: _ClassVar[int]
    CYCLE_MOVED_FIELD_NUMBER: _ClassVar[int]
    DEBT_NOVATED_FIELD_NUMBER: _ClassVar[int]
    ISSUER_BOUND_FIELD_NUMBER: _ClassVar[int]
    ISSUER_REMOVED_FIELD_NUMBER: _ClassVar[int]
    MANDATE_GRANTED_FIELD_NUMBER: _ClassVar[int]
    MANDATE_REVOKED_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_REVOKED_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_BOUND_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_RELEASED_FIELD_NUMBER: _ClassVar[int]
    RATE_LIMITS_SET_FIELD_NUMBER: _ClassVar[int]
    NEWS_REQUESTED_FIELD_NUMBER: _ClassVar[int]
    at_seconds: int
    act: _acts_pb2.Act
    party_registered: _parties_pb2.PartyRegistered
    agreement_recorded: _parties_pb2.AgreementRecorded
    period_closed: _parties_pb2.PeriodClosed
    consent_set: _parties_pb2.ConsentSet
    fact_recorded: _facts_pb2.FactRecorded
    payment_instructed: _payments_pb2.PaymentInstructed
    payment_moved: _payments_pb2.PaymentMoved
    dispute_opened: _disputes_pb2.DisputeOpened
    dispute_closed: _disputes_pb2.DisputeClosed
    written_off: _disputes_pb2.WrittenOff
    cycle_proposed: _cycles_pb2.CycleProposed
    cycle_moved: _cycles_pb2.CycleMoved
    debt_novated: _cycles_pb2.DebtNovated
    issuer_bound: _issuers_pb2.IssuerBound
    issuer_removed: _issuers_pb2.IssuerRemoved
    mandate_granted: _issuers_pb2.MandateGranted
    mandate_revoked: _issuers_pb2.MandateRevoked
    account_revoked: _parties_pb2.AccountRevoked
    contract_bound: _issuers_pb2.ContractBound
    contract_released: _issuers_pb2.ContractReleased
    rate_limits_set: _rates_pb2.RateLimitsSet
    news_requested: _news_pb2.NewsRequested
    def __init__(self, at_seconds: _Optional[int] = ..., act: _Optional[_Union[_acts_pb2.Act, _Mapping]] = ..., party_registered: _Optional[_Union[_parties_pb2.PartyRegistered, _Mapping]] = ..., agreement_recorded: _Optional[_Union[_parties_pb2.AgreementRecorded, _Mapping]] = ..., period_closed: _Optional[_Union[_parties_pb2.PeriodClosed, _Mapping]] = ..., consent_set: _Optional[_Union[_parties_pb2.ConsentSet, _Mapping]] = ..., fact_recorded: _Optional[_Union[_facts_pb2.FactRecorded, _Mapping]] = ..., payment_instructed: _Optional[_Union[_payments_pb2.PaymentInstructed, _Mapping]] = ..., payment_moved: _Optional[_Union[_payments_pb2.PaymentMoved, _Mapping]] = ..., dispute_opened: _Optional[_Union[_disputes_pb2.DisputeOpened, _Mapping]] = ..., dispute_closed: _Optional[_Union[_disputes_pb2.DisputeClosed, _Mapping]] = ..., written_off: _Optional[_Union[_disputes_pb2.WrittenOff, _Mapping]] = ..., cycle_proposed: _Optional[_Union[_cycles_pb2.CycleProposed, _Mapping]] = ..., cycle_moved: _Optional[_Union[_cycles_pb2.CycleMoved, _Mapping]] = ..., debt_novated: _Optional[_Union[_cycles_pb2.DebtNovated, _Mapping]] = ..., issuer_bound: _Optional[_Union[_issuers_pb2.IssuerBound, _Mapping]] = ..., issuer_removed: _Optional[_Union[_issuers_pb2.IssuerRemoved, _Mapping]] = ..., mandate_granted: _Optional[_Union[_issuers_pb2.MandateGranted, _Mapping]] = ..., mandate_revoked: _Optional[_Union[_issuers_pb2.MandateRevoked, _Mapping]] = ..., account_revoked: _Optional[_Union[_parties_pb2.AccountRevoked, _Mapping]] = ..., contract_bound: _Optional[_Union[_issuers_pb2.ContractBound, _Mapping]] = ..., contract_released: _Optional[_Union[_issuers_pb2.ContractReleased, _Mapping]] = ..., rate_limits_set: _Optional[_Union[_rates_pb2.RateLimitsSet, _Mapping]] = ..., news_requested: _Optional[_Union[_news_pb2.NewsRequested, _Mapping]] = ...) -> None: ...

class EndDeadlines(_message.Message):
    __slots__ = ("height",)
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    height: int
    def __init__(self, height: _Optional[int] = ...) -> None: ...
