from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EffectKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EFFECT_KIND_UNSPECIFIED: _ClassVar[EffectKind]
    EFFECT_KIND_RECEIVE: _ClassVar[EffectKind]
    EFFECT_KIND_ACKNOWLEDGE: _ClassVar[EffectKind]
    EFFECT_KIND_TIMEOUT: _ClassVar[EffectKind]
EFFECT_KIND_UNSPECIFIED: EffectKind
EFFECT_KIND_RECEIVE: EffectKind
EFFECT_KIND_ACKNOWLEDGE: EffectKind
EFFECT_KIND_TIMEOUT: EffectKind

class Packet(_message.Message):
    __slots__ = ("sequence", "source_client", "destination_client", "timeout_timestamp", "payloads")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_CLIENT_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_CLIENT_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    PAYLOADS_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    source_client: str
    destination_client: str
    timeout_timestamp: int
    payloads: _containers.RepeatedCompositeFieldContainer[Payload]
    def __init__(self, sequence: _Optional[int] = ..., source_client: _Optional[str] = ..., destination_client: _Optional[str] = ..., timeout_timestamp: _Optional[int] = ..., payloads: _Optional[_Iterable[_Union[Payload, _Mapping]]] = ...) -> None: ...

class Payload(_message.Message):
    __slots__ = ("source_port", "destination_port", "version", "encoding", "value")
    SOURCE_PORT_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_PORT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    source_port: str
    destination_port: str
    version: str
    encoding: str
    value: bytes
    def __init__(self, source_port: _Optional[str] = ..., destination_port: _Optional[str] = ..., version: _Optional[str] = ..., encoding: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...

class Acknowledgement(_message.Message):
    __slots__ = ("app_acknowledgements",)
    APP_ACKNOWLEDGEMENTS_FIELD_NUMBER: _ClassVar[int]
    app_acknowledgements: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, app_acknowledgements: _Optional[_Iterable[bytes]] = ...) -> None: ...

class PacketKey(_message.Message):
    __slots__ = ("channel", "source", "sequence")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    channel: str
    source: str
    sequence: int
    def __init__(self, channel: _Optional[str] = ..., source: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class Row(_message.Message):
    __slots__ = ("version", "recorded_at_ms", "effects", "packet_committed", "receipt_written", "acknowledgement_written", "packet_acknowledged", "packet_timed_out", "head_finalised", "submission_refused", "packet_refused", "packet_released", "packet_passed_over")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    RECORDED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    EFFECTS_FIELD_NUMBER: _ClassVar[int]
    PACKET_COMMITTED_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_WRITTEN_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGEMENT_WRITTEN_FIELD_NUMBER: _ClassVar[int]
    PACKET_ACKNOWLEDGED_FIELD_NUMBER: _ClassVar[int]
    PACKET_TIMED_OUT_FIELD_NUMBER: _ClassVar[int]
    HEAD_FINALISED_FIELD_NUMBER: _ClassVar[int]
    SUBMISSION_REFUSED_FIELD_NUMBER: _ClassVar[int]
    PACKET_REFUSED_FIELD_NUMBER: _ClassVar[int]
    PACKET_RELEASED_FIELD_NUMBER: _ClassVar[int]
    PACKET_PASSED_OVER_FIELD_NUMBER: _ClassVar[int]
    version: int
    recorded_at_ms: int
    effects: _containers.RepeatedCompositeFieldContainer[EffectNote]
    packet_committed: PacketCommitted
    receipt_written: ReceiptWritten
    acknowledgement_written: AcknowledgementWritten
    packet_acknowledged: PacketAcknowledged
    packet_timed_out: PacketTimedOut
    head_finalised: HeadFinalised
    submission_refused: SubmissionRefused
    packet_refused: PacketRefused
    packet_released: PacketReleased
    packet_passed_over: PacketPassedOver
    def __init__(self, version: _Optional[int] = ..., recorded_at_ms: _Optional[int] = ..., effects: _Optional[_Iterable[_Union[EffectNote, _Mapping]]] = ..., packet_committed: _Optional[_Union[PacketCommitted, _Mapping]] = ..., receipt_written: _Optional[_Union[ReceiptWritten, _Mapping]] = ..., acknowledgement_written: _Optional[_Union[AcknowledgementWritten, _Mapping]] = ..., packet_acknowledged: _Optional[_Union[PacketAcknowledged, _Mapping]] = ..., packet_timed_out: _Optional[_Union[PacketTimedOut, _Mapping]] = ..., head_finalised: _Optional[_Union[HeadFinalised, _Mapping]] = ..., submission_refused: _Optional[_Union[SubmissionRefused, _Mapping]] = ..., packet_refused: _Optional[_Union[PacketRefused, _Mapping]] = ..., packet_released: _Optional[_Union[PacketReleased, _Mapping]] = ..., packet_passed_over: _Optional[_Union[PacketPassedOver, _Mapping]] = ...) -> None: ...

class EffectNote(_message.Message):
    __slots__ = ("kind", "key", "provable_from")
    KIND_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    PROVABLE_FROM_FIELD_NUMBER: _ClassVar[int]
    kind: EffectKind
    key: PacketKey
    provable_from: int
    def __init__(self, kind: _Optional[_Union[EffectKind, str]] = ..., key: _Optional[_Union[PacketKey, _Mapping]] = ..., provable_from: _Optional[int] = ...) -> None: ...

class PacketCommitted(_message.Message):
    __slots__ = ("ledger", "height", "transaction", "packet")
    LEDGER_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    ledger: str
    height: int
    transaction: str
    packet: bytes
    def __init__(self, ledger: _Optional[str] = ..., height: _Optional[int] = ..., transaction: _Optional[str] = ..., packet: _Optional[bytes] = ...) -> None: ...

class ReceiptWritten(_message.Message):
    __slots__ = ("ledger", "height", "transaction", "packet")
    LEDGER_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    ledger: str
    height: int
    transaction: str
    packet: bytes
    def __init__(self, ledger: _Optional[str] = ..., height: _Optional[int] = ..., transaction: _Optional[str] = ..., packet: _Optional[bytes] = ...) -> None: ...

class AcknowledgementWritten(_message.Message):
    __slots__ = ("ledger", "height", "transaction", "packet", "acknowledgement")
    LEDGER_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGEMENT_FIELD_NUMBER: _ClassVar[int]
    ledger: str
    height: int
    transaction: str
    packet: bytes
    acknowledgement: Acknowledgement
    def __init__(self, ledger: _Optional[str] = ..., height: _Optional[int] = ..., transaction: _Optional[str] = ..., packet: _Optional[bytes] = ..., acknowledgement: _Optional[_Union[Acknowledgement, _Mapping]] = ...) -> None: ...

class PacketAcknowledged(_message.Message):
    __slots__ = ("ledger", "height", "transaction", "packet")
    LEDGER_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    ledger: str
    height: int
    transaction: str
    packet: bytes
    def __init__(self, ledger: _Optional[str] = ..., height: _Optional[int] = ..., transaction: _Optional[str] = ..., packet: _Optional[bytes] = ...) -> None: ...

class PacketTimedOut(_message.Message):
    __slots__ = ("ledger", "height", "transaction", "packet")
    LEDGER_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    ledger: str
    height: int
    transaction: str
    packet: bytes
    def __init__(self, ledger: _Optional[str] = ..., height: _Optional[int] = ..., transaction: _Optional[str] = ..., packet: _Optional[bytes] = ...) -> None: ...

class HeadFinalised(_message.Message):
    __slots__ = ("ledger", "height", "timestamp")
    LEDGER_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    ledger: str
    height: int
    timestamp: int
    def __init__(self, ledger: _Optional[str] = ..., height: _Optional[int] = ..., timestamp: _Optional[int] = ...) -> None: ...

class SubmissionRefused(_message.Message):
    __slots__ = ("key", "effect", "code", "detail", "retryable")
    KEY_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    RETRYABLE_FIELD_NUMBER: _ClassVar[int]
    key: PacketKey
    effect: EffectKind
    code: str
    detail: str
    retryable: bool
    def __init__(self, key: _Optional[_Union[PacketKey, _Mapping]] = ..., effect: _Optional[_Union[EffectKind, str]] = ..., code: _Optional[str] = ..., detail: _Optional[str] = ..., retryable: bool = ...) -> None: ...

class PacketRefused(_message.Message):
    __slots__ = ("key", "reason")
    KEY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    key: PacketKey
    reason: str
    def __init__(self, key: _Optional[_Union[PacketKey, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class PacketReleased(_message.Message):
    __slots__ = ("key", "operator")
    KEY_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    key: PacketKey
    operator: str
    def __init__(self, key: _Optional[_Union[PacketKey, _Mapping]] = ..., operator: _Optional[str] = ...) -> None: ...

class PacketPassedOver(_message.Message):
    __slots__ = ("ledger", "height", "transaction", "source_client", "sequence", "code", "reason")
    LEDGER_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_CLIENT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ledger: str
    height: int
    transaction: str
    source_client: str
    sequence: int
    code: str
    reason: str
    def __init__(self, ledger: _Optional[str] = ..., height: _Optional[int] = ..., transaction: _Optional[str] = ..., source_client: _Optional[str] = ..., sequence: _Optional[int] = ..., code: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class Checkpoint(_message.Message):
    __slots__ = ("version", "routes", "packets")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ROUTES_FIELD_NUMBER: _ClassVar[int]
    PACKETS_FIELD_NUMBER: _ClassVar[int]
    version: int
    routes: _containers.RepeatedCompositeFieldContainer[RouteMemory]
    packets: _containers.RepeatedCompositeFieldContainer[OpenPacket]
    def __init__(self, version: _Optional[int] = ..., routes: _Optional[_Iterable[_Union[RouteMemory, _Mapping]]] = ..., packets: _Optional[_Iterable[_Union[OpenPacket, _Mapping]]] = ...) -> None: ...

class Route(_message.Message):
    __slots__ = ("channel", "source", "source_client", "destination", "destination_client")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_CLIENT_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_CLIENT_FIELD_NUMBER: _ClassVar[int]
    channel: str
    source: str
    source_client: str
    destination: str
    destination_client: str
    def __init__(self, channel: _Optional[str] = ..., source: _Optional[str] = ..., source_client: _Optional[str] = ..., destination: _Optional[str] = ..., destination_client: _Optional[str] = ...) -> None: ...

class SequenceRange(_message.Message):
    __slots__ = ("first", "last")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    first: int
    last: int
    def __init__(self, first: _Optional[int] = ..., last: _Optional[int] = ...) -> None: ...

class RouteMemory(_message.Message):
    __slots__ = ("route", "acknowledged", "timed_out", "highest_committed", "passed_over")
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGED_FIELD_NUMBER: _ClassVar[int]
    TIMED_OUT_FIELD_NUMBER: _ClassVar[int]
    HIGHEST_COMMITTED_FIELD_NUMBER: _ClassVar[int]
    PASSED_OVER_FIELD_NUMBER: _ClassVar[int]
    route: Route
    acknowledged: _containers.RepeatedCompositeFieldContainer[SequenceRange]
    timed_out: _containers.RepeatedCompositeFieldContainer[SequenceRange]
    highest_committed: int
    passed_over: _containers.RepeatedCompositeFieldContainer[SequenceRange]
    def __init__(self, route: _Optional[_Union[Route, _Mapping]] = ..., acknowledged: _Optional[_Iterable[_Union[SequenceRange, _Mapping]]] = ..., timed_out: _Optional[_Iterable[_Union[SequenceRange, _Mapping]]] = ..., highest_committed: _Optional[int] = ..., passed_over: _Optional[_Iterable[_Union[SequenceRange, _Mapping]]] = ...) -> None: ...

class OpenPacket(_message.Message):
    __slots__ = ("committed", "expired", "received_early", "answered_early", "received", "answered", "quarantined", "contradicted")
    COMMITTED_FIELD_NUMBER: _ClassVar[int]
    EXPIRED_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_EARLY_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_EARLY_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_FIELD_NUMBER: _ClassVar[int]
    QUARANTINED_FIELD_NUMBER: _ClassVar[int]
    CONTRADICTED_FIELD_NUMBER: _ClassVar[int]
    committed: Committed
    expired: Expired
    received_early: ReceivedEarly
    answered_early: AnsweredEarly
    received: Received
    answered: Answered
    quarantined: Quarantined
    contradicted: Contradicted
    def __init__(self, committed: _Optional[_Union[Committed, _Mapping]] = ..., expired: _Optional[_Union[Expired, _Mapping]] = ..., received_early: _Optional[_Union[ReceivedEarly, _Mapping]] = ..., answered_early: _Optional[_Union[AnsweredEarly, _Mapping]] = ..., received: _Optional[_Union[Received, _Mapping]] = ..., answered: _Optional[_Union[Answered, _Mapping]] = ..., quarantined: _Optional[_Union[Quarantined, _Mapping]] = ..., contradicted: _Optional[_Union[Contradicted, _Mapping]] = ...) -> None: ...

class Committed(_message.Message):
    __slots__ = ("route", "packet", "height", "refusals")
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    REFUSALS_FIELD_NUMBER: _ClassVar[int]
    route: int
    packet: bytes
    height: int
    refusals: int
    def __init__(self, route: _Optional[int] = ..., packet: _Optional[bytes] = ..., height: _Optional[int] = ..., refusals: _Optional[int] = ...) -> None: ...

class Expired(_message.Message):
    __slots__ = ("route", "packet", "provable_from", "refusals")
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    PROVABLE_FROM_FIELD_NUMBER: _ClassVar[int]
    REFUSALS_FIELD_NUMBER: _ClassVar[int]
    route: int
    packet: bytes
    provable_from: int
    refusals: int
    def __init__(self, route: _Optional[int] = ..., packet: _Optional[bytes] = ..., provable_from: _Optional[int] = ..., refusals: _Optional[int] = ...) -> None: ...

class ReceivedEarly(_message.Message):
    __slots__ = ("route", "packet")
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    route: int
    packet: bytes
    def __init__(self, route: _Optional[int] = ..., packet: _Optional[bytes] = ...) -> None: ...

class AnsweredEarly(_message.Message):
    __slots__ = ("route", "packet", "acknowledgement", "provable_from")
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGEMENT_FIELD_NUMBER: _ClassVar[int]
    PROVABLE_FROM_FIELD_NUMBER: _ClassVar[int]
    route: int
    packet: bytes
    acknowledgement: Acknowledgement
    provable_from: int
    def __init__(self, route: _Optional[int] = ..., packet: _Optional[bytes] = ..., acknowledgement: _Optional[_Union[Acknowledgement, _Mapping]] = ..., provable_from: _Optional[int] = ...) -> None: ...

class Received(_message.Message):
    __slots__ = ("route", "packet")
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    route: int
    packet: bytes
    def __init__(self, route: _Optional[int] = ..., packet: _Optional[bytes] = ...) -> None: ...

class Answered(_message.Message):
    __slots__ = ("route", "packet", "acknowledgement", "provable_from", "refusals")
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGEMENT_FIELD_NUMBER: _ClassVar[int]
    PROVABLE_FROM_FIELD_NUMBER: _ClassVar[int]
    REFUSALS_FIELD_NUMBER: _ClassVar[int]
    route: int
    packet: bytes
    acknowledgement: Acknowledgement
    provable_from: int
    refusals: int
    def __init__(self, route: _Optional[int] = ..., packet: _Optional[bytes] = ..., acknowledgement: _Optional[_Union[Acknowledgement, _Mapping]] = ..., provable_from: _Optional[int] = ..., refusals: _Optional[int] = ...) -> None: ...

class Held(_message.Message):
    __slots__ = ("committed", "expired", "answered")
    COMMITTED_FIELD_NUMBER: _ClassVar[int]
    EXPIRED_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_FIELD_NUMBER: _ClassVar[int]
    committed: Committed
    expired: Expired
    answered: Answered
    def __init__(self, committed: _Optional[_Union[Committed, _Mapping]] = ..., expired: _Optional[_Union[Expired, _Mapping]] = ..., answered: _Optional[_Union[Answered, _Mapping]] = ...) -> None: ...

class Quarantined(_message.Message):
    __slots__ = ("held", "code", "reason")
    HELD_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    held: Held
    code: str
    reason: str
    def __init__(self, held: _Optional[_Union[Held, _Mapping]] = ..., code: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class Contradicted(_message.Message):
    __slots__ = ("route", "sequence", "reason")
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    route: int
    sequence: int
    reason: str
    def __init__(self, route: _Optional[int] = ..., sequence: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...
