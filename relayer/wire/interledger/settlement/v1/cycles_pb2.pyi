from relayer.wire.interledger.settlement.v1 import acts_pb2 as _acts_pb2
from relayer.wire.interledger.settlement.v1 import parties_pb2 as _parties_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CycleState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CYCLE_STATE_UNSPECIFIED: _ClassVar[CycleState]
    CYCLE_STATE_PROPOSED: _ClassVar[CycleState]
    CYCLE_STATE_VERIFIED: _ClassVar[CycleState]
    CYCLE_STATE_COMMITTED: _ClassVar[CycleState]
    CYCLE_STATE_ABORTED: _ClassVar[CycleState]
    CYCLE_STATE_EXPIRED: _ClassVar[CycleState]
CYCLE_STATE_UNSPECIFIED: CycleState
CYCLE_STATE_PROPOSED: CycleState
CYCLE_STATE_VERIFIED: CycleState
CYCLE_STATE_COMMITTED: CycleState
CYCLE_STATE_ABORTED: CycleState
CYCLE_STATE_EXPIRED: CycleState

class DebtRow(_message.Message):
    __slots__ = ("debtor", "creditor", "amount")
    DEBTOR_FIELD_NUMBER: _ClassVar[int]
    CREDITOR_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    debtor: int
    creditor: int
    amount: str
    def __init__(self, debtor: _Optional[int] = ..., creditor: _Optional[int] = ..., amount: _Optional[str] = ...) -> None: ...

class NovatedDebt(_message.Message):
    __slots__ = ("debtor", "creditor", "amount")
    DEBTOR_FIELD_NUMBER: _ClassVar[int]
    CREDITOR_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    debtor: bytes
    creditor: bytes
    amount: str
    def __init__(self, debtor: _Optional[bytes] = ..., creditor: _Optional[bytes] = ..., amount: _Optional[str] = ...) -> None: ...

class CyclePlan(_message.Message):
    __slots__ = ("cycle_id", "mode", "currency", "exponent", "cut_off_seconds", "value_date_seconds", "expires_at_seconds", "debts_hash", "parties", "debts", "proof", "gross", "remaining", "shares", "novated")
    CYCLE_ID_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    CUT_OFF_SECONDS_FIELD_NUMBER: _ClassVar[int]
    VALUE_DATE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    DEBTS_HASH_FIELD_NUMBER: _ClassVar[int]
    PARTIES_FIELD_NUMBER: _ClassVar[int]
    DEBTS_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    GROSS_FIELD_NUMBER: _ClassVar[int]
    REMAINING_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    NOVATED_FIELD_NUMBER: _ClassVar[int]
    cycle_id: str
    mode: _parties_pb2.NettingMode
    currency: str
    exponent: int
    cut_off_seconds: int
    value_date_seconds: int
    expires_at_seconds: int
    debts_hash: bytes
    parties: _containers.RepeatedScalarFieldContainer[bytes]
    debts: _containers.RepeatedCompositeFieldContainer[DebtRow]
    proof: bytes
    gross: str
    remaining: str
    shares: _containers.RepeatedCompositeFieldContainer[_acts_pb2.Share]
    novated: _containers.RepeatedCompositeFieldContainer[NovatedDebt]
    def __init__(self, cycle_id: _Optional[str] = ..., mode: _Optional[_Union[_parties_pb2.NettingMode, str]] = ..., currency: _Optional[str] = ..., exponent: _Optional[int] = ..., cut_off_seconds: _Optional[int] = ..., value_date_seconds: _Optional[int] = ..., expires_at_seconds: _Optional[int] = ..., debts_hash: _Optional[bytes] = ..., parties: _Optional[_Iterable[bytes]] = ..., debts: _Optional[_Iterable[_Union[DebtRow, _Mapping]]] = ..., proof: _Optional[bytes] = ..., gross: _Optional[str] = ..., remaining: _Optional[str] = ..., shares: _Optional[_Iterable[_Union[_acts_pb2.Share, _Mapping]]] = ..., novated: _Optional[_Iterable[_Union[NovatedDebt, _Mapping]]] = ...) -> None: ...

class Verification(_message.Message):
    __slots__ = ("verifier",)
    VERIFIER_FIELD_NUMBER: _ClassVar[int]
    verifier: bytes
    def __init__(self, verifier: _Optional[bytes] = ...) -> None: ...

class Cycle(_message.Message):
    __slots__ = ("plan", "state", "proposer", "verification", "sequence")
    PLAN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROPOSER_FIELD_NUMBER: _ClassVar[int]
    VERIFICATION_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    plan: CyclePlan
    state: CycleState
    proposer: bytes
    verification: Verification
    sequence: int
    def __init__(self, plan: _Optional[_Union[CyclePlan, _Mapping]] = ..., state: _Optional[_Union[CycleState, str]] = ..., proposer: _Optional[bytes] = ..., verification: _Optional[_Union[Verification, _Mapping]] = ..., sequence: _Optional[int] = ...) -> None: ...

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
    mode: _parties_pb2.NettingMode
    currency: str
    exponent: int
    cut_off_seconds: int
    value_date_seconds: int
    expires_at_seconds: int
    debts_hash: bytes
    proof: bytes
    def __init__(self, cycle_id: _Optional[str] = ..., mode: _Optional[_Union[_parties_pb2.NettingMode, str]] = ..., currency: _Optional[str] = ..., exponent: _Optional[int] = ..., cut_off_seconds: _Optional[int] = ..., value_date_seconds: _Optional[int] = ..., expires_at_seconds: _Optional[int] = ..., debts_hash: _Optional[bytes] = ..., proof: _Optional[bytes] = ...) -> None: ...

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

class CycleProposed(_message.Message):
    __slots__ = ("plan",)
    PLAN_FIELD_NUMBER: _ClassVar[int]
    plan: CyclePlan
    def __init__(self, plan: _Optional[_Union[CyclePlan, _Mapping]] = ...) -> None: ...

class CycleMoved(_message.Message):
    __slots__ = ("cycle_id", "state")
    CYCLE_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    cycle_id: str
    state: CycleState
    def __init__(self, cycle_id: _Optional[str] = ..., state: _Optional[_Union[CycleState, str]] = ...) -> None: ...

class DebtNovated(_message.Message):
    __slots__ = ("cycle_id", "debtor", "creditor", "currency", "exponent", "amount", "service_end", "due_date")
    CYCLE_ID_FIELD_NUMBER: _ClassVar[int]
    DEBTOR_FIELD_NUMBER: _ClassVar[int]
    CREDITOR_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    SERVICE_END_FIELD_NUMBER: _ClassVar[int]
    DUE_DATE_FIELD_NUMBER: _ClassVar[int]
    cycle_id: str
    debtor: bytes
    creditor: bytes
    currency: str
    exponent: int
    amount: str
    service_end: int
    due_date: int
    def __init__(self, cycle_id: _Optional[str] = ..., debtor: _Optional[bytes] = ..., creditor: _Optional[bytes] = ..., currency: _Optional[str] = ..., exponent: _Optional[int] = ..., amount: _Optional[str] = ..., service_end: _Optional[int] = ..., due_date: _Optional[int] = ...) -> None: ...
