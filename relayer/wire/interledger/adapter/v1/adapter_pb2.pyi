from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Capability(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAPABILITY_UNSPECIFIED: _ClassVar[Capability]
    PRICED: _ClassVar[Capability]
    VOUCHED: _ClassVar[Capability]
    CHECKED: _ClassVar[Capability]
    TRUSTS_CLIENTS: _ClassVar[Capability]
    PAIRS_AT_CREATION: _ClassVar[Capability]
    BINDS_PORTS: _ClassVar[Capability]
    TRUSTS_CHAINS: _ClassVar[Capability]
CAPABILITY_UNSPECIFIED: Capability
PRICED: Capability
VOUCHED: Capability
CHECKED: Capability
TRUSTS_CLIENTS: Capability
PAIRS_AT_CREATION: Capability
BINDS_PORTS: Capability
TRUSTS_CHAINS: Capability

class DescribeRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DescribeResponse(_message.Message):
    __slots__ = ("chain_id", "revision", "merkle_prefix", "software", "capabilities", "genesis_hash")
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    MERKLE_PREFIX_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    GENESIS_HASH_FIELD_NUMBER: _ClassVar[int]
    chain_id: str
    revision: int
    merkle_prefix: _containers.RepeatedScalarFieldContainer[bytes]
    software: str
    capabilities: _containers.RepeatedScalarFieldContainer[Capability]
    genesis_hash: bytes
    def __init__(self, chain_id: _Optional[str] = ..., revision: _Optional[int] = ..., merkle_prefix: _Optional[_Iterable[bytes]] = ..., software: _Optional[str] = ..., capabilities: _Optional[_Iterable[_Union[Capability, str]]] = ..., genesis_hash: _Optional[bytes] = ...) -> None: ...

class HeadRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Head(_message.Message):
    __slots__ = ("height", "timestamp_seconds", "hash")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_SECONDS_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    height: int
    timestamp_seconds: int
    hash: bytes
    def __init__(self, height: _Optional[int] = ..., timestamp_seconds: _Optional[int] = ..., hash: _Optional[bytes] = ...) -> None: ...

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

class Packet(_message.Message):
    __slots__ = ("sequence", "source_client", "destination_client", "timeout_timestamp_seconds", "payloads")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_CLIENT_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_CLIENT_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_TIMESTAMP_SECONDS_FIELD_NUMBER: _ClassVar[int]
    PAYLOADS_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    source_client: str
    destination_client: str
    timeout_timestamp_seconds: int
    payloads: _containers.RepeatedCompositeFieldContainer[Payload]
    def __init__(self, sequence: _Optional[int] = ..., source_client: _Optional[str] = ..., destination_client: _Optional[str] = ..., timeout_timestamp_seconds: _Optional[int] = ..., payloads: _Optional[_Iterable[_Union[Payload, _Mapping]]] = ...) -> None: ...

class Acknowledgement(_message.Message):
    __slots__ = ("app_acknowledgements",)
    APP_ACKNOWLEDGEMENTS_FIELD_NUMBER: _ClassVar[int]
    app_acknowledgements: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, app_acknowledgements: _Optional[_Iterable[bytes]] = ...) -> None: ...

class EventsRequest(_message.Message):
    __slots__ = ("after", "until")
    AFTER_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    after: int
    until: int
    def __init__(self, after: _Optional[int] = ..., until: _Optional[int] = ...) -> None: ...

class EventsResponse(_message.Message):
    __slots__ = ("events",)
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[LedgerEvent]
    def __init__(self, events: _Optional[_Iterable[_Union[LedgerEvent, _Mapping]]] = ...) -> None: ...

class LedgerEvent(_message.Message):
    __slots__ = ("kind", "height", "transaction", "packet", "acknowledgement", "commitment")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[LedgerEvent.Kind]
        PACKET_COMMITTED: _ClassVar[LedgerEvent.Kind]
        RECEIPT_WRITTEN: _ClassVar[LedgerEvent.Kind]
        ACKNOWLEDGEMENT_WRITTEN: _ClassVar[LedgerEvent.Kind]
        PACKET_ACKNOWLEDGED: _ClassVar[LedgerEvent.Kind]
        PACKET_TIMED_OUT: _ClassVar[LedgerEvent.Kind]
    KIND_UNSPECIFIED: LedgerEvent.Kind
    PACKET_COMMITTED: LedgerEvent.Kind
    RECEIPT_WRITTEN: LedgerEvent.Kind
    ACKNOWLEDGEMENT_WRITTEN: LedgerEvent.Kind
    PACKET_ACKNOWLEDGED: LedgerEvent.Kind
    PACKET_TIMED_OUT: LedgerEvent.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGEMENT_FIELD_NUMBER: _ClassVar[int]
    COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    kind: LedgerEvent.Kind
    height: int
    transaction: str
    packet: Packet
    acknowledgement: Acknowledgement
    commitment: bytes
    def __init__(self, kind: _Optional[_Union[LedgerEvent.Kind, str]] = ..., height: _Optional[int] = ..., transaction: _Optional[str] = ..., packet: _Optional[_Union[Packet, _Mapping]] = ..., acknowledgement: _Optional[_Union[Acknowledgement, _Mapping]] = ..., commitment: _Optional[bytes] = ...) -> None: ...

class ClientStatusRequest(_message.Message):
    __slots__ = ("client_id",)
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    def __init__(self, client_id: _Optional[str] = ...) -> None: ...

class ClientStatus(_message.Message):
    __slots__ = ("client_id", "status", "client_type", "latest_height", "latest_timestamp_seconds", "trusting_period_seconds", "counterparty_client_id", "counterparty_chain_id", "client_state_type_url", "client_state")
    class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATUS_UNSPECIFIED: _ClassVar[ClientStatus.Status]
        ACTIVE: _ClassVar[ClientStatus.Status]
        FROZEN: _ClassVar[ClientStatus.Status]
        EXPIRED: _ClassVar[ClientStatus.Status]
        UNKNOWN: _ClassVar[ClientStatus.Status]
    STATUS_UNSPECIFIED: ClientStatus.Status
    ACTIVE: ClientStatus.Status
    FROZEN: ClientStatus.Status
    EXPIRED: ClientStatus.Status
    UNKNOWN: ClientStatus.Status
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CLIENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    LATEST_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    LATEST_TIMESTAMP_SECONDS_FIELD_NUMBER: _ClassVar[int]
    TRUSTING_PERIOD_SECONDS_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_STATE_TYPE_URL_FIELD_NUMBER: _ClassVar[int]
    CLIENT_STATE_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    status: ClientStatus.Status
    client_type: str
    latest_height: int
    latest_timestamp_seconds: int
    trusting_period_seconds: int
    counterparty_client_id: str
    counterparty_chain_id: str
    client_state_type_url: str
    client_state: bytes
    def __init__(self, client_id: _Optional[str] = ..., status: _Optional[_Union[ClientStatus.Status, str]] = ..., client_type: _Optional[str] = ..., latest_height: _Optional[int] = ..., latest_timestamp_seconds: _Optional[int] = ..., trusting_period_seconds: _Optional[int] = ..., counterparty_client_id: _Optional[str] = ..., counterparty_chain_id: _Optional[str] = ..., client_state_type_url: _Optional[str] = ..., client_state: _Optional[bytes] = ...) -> None: ...

class StoresConsensusStateRequest(_message.Message):
    __slots__ = ("client_id", "height", "consensus_state")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    CONSENSUS_STATE_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    height: int
    consensus_state: bytes
    def __init__(self, client_id: _Optional[str] = ..., height: _Optional[int] = ..., consensus_state: _Optional[bytes] = ...) -> None: ...

class StoresConsensusStateResponse(_message.Message):
    __slots__ = ("stores",)
    STORES_FIELD_NUMBER: _ClassVar[int]
    stores: bool
    def __init__(self, stores: bool = ...) -> None: ...

class ClientMessage(_message.Message):
    __slots__ = ("type_url", "value", "height")
    TYPE_URL_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    type_url: str
    value: bytes
    height: int
    def __init__(self, type_url: _Optional[str] = ..., value: _Optional[bytes] = ..., height: _Optional[int] = ...) -> None: ...

class Proof(_message.Message):
    __slots__ = ("value", "revision", "height")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    value: bytes
    revision: int
    height: int
    def __init__(self, value: _Optional[bytes] = ..., revision: _Optional[int] = ..., height: _Optional[int] = ...) -> None: ...

class SubmitRequest(_message.Message):
    __slots__ = ("update_client_id", "update", "messages")
    UPDATE_CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    UPDATE_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    update_client_id: str
    update: ClientMessage
    messages: _containers.RepeatedCompositeFieldContainer[PacketMessage]
    def __init__(self, update_client_id: _Optional[str] = ..., update: _Optional[_Union[ClientMessage, _Mapping]] = ..., messages: _Optional[_Iterable[_Union[PacketMessage, _Mapping]]] = ...) -> None: ...

class PacketMessage(_message.Message):
    __slots__ = ("receive", "acknowledge", "timeout")
    RECEIVE_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGE_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    receive: ReceivePacket
    acknowledge: AcknowledgePacket
    timeout: TimeoutPacket
    def __init__(self, receive: _Optional[_Union[ReceivePacket, _Mapping]] = ..., acknowledge: _Optional[_Union[AcknowledgePacket, _Mapping]] = ..., timeout: _Optional[_Union[TimeoutPacket, _Mapping]] = ...) -> None: ...

class ReceivePacket(_message.Message):
    __slots__ = ("packet", "proof")
    PACKET_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    packet: Packet
    proof: Proof
    def __init__(self, packet: _Optional[_Union[Packet, _Mapping]] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...

class AcknowledgePacket(_message.Message):
    __slots__ = ("packet", "acknowledgement", "proof")
    PACKET_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGEMENT_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    packet: Packet
    acknowledgement: Acknowledgement
    proof: Proof
    def __init__(self, packet: _Optional[_Union[Packet, _Mapping]] = ..., acknowledgement: _Optional[_Union[Acknowledgement, _Mapping]] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...

class TimeoutPacket(_message.Message):
    __slots__ = ("packet", "proof")
    PACKET_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    packet: Packet
    proof: Proof
    def __init__(self, packet: _Optional[_Union[Packet, _Mapping]] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...

class SubmitResponse(_message.Message):
    __slots__ = ("results", "transactions", "fee", "gas")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    TRANSACTIONS_FIELD_NUMBER: _ClassVar[int]
    FEE_FIELD_NUMBER: _ClassVar[int]
    GAS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[MessageResult]
    transactions: _containers.RepeatedScalarFieldContainer[str]
    fee: str
    gas: int
    def __init__(self, results: _Optional[_Iterable[_Union[MessageResult, _Mapping]]] = ..., transactions: _Optional[_Iterable[str]] = ..., fee: _Optional[str] = ..., gas: _Optional[int] = ...) -> None: ...

class MessageResult(_message.Message):
    __slots__ = ("outcome", "code", "detail", "retryable")
    class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        OUTCOME_UNSPECIFIED: _ClassVar[MessageResult.Outcome]
        DELIVERED: _ClassVar[MessageResult.Outcome]
        REDUNDANT: _ClassVar[MessageResult.Outcome]
        REFUSED: _ClassVar[MessageResult.Outcome]
    OUTCOME_UNSPECIFIED: MessageResult.Outcome
    DELIVERED: MessageResult.Outcome
    REDUNDANT: MessageResult.Outcome
    REFUSED: MessageResult.Outcome
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    RETRYABLE_FIELD_NUMBER: _ClassVar[int]
    outcome: MessageResult.Outcome
    code: str
    detail: str
    retryable: bool
    def __init__(self, outcome: _Optional[_Union[MessageResult.Outcome, str]] = ..., code: _Optional[str] = ..., detail: _Optional[str] = ..., retryable: bool = ...) -> None: ...

class ClientUpdateRequest(_message.Message):
    __slots__ = ("trusted", "target", "host_chain_id", "client_id", "host_genesis", "client_state")
    TRUSTED_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    HOST_CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    HOST_GENESIS_FIELD_NUMBER: _ClassVar[int]
    CLIENT_STATE_FIELD_NUMBER: _ClassVar[int]
    trusted: int
    target: int
    host_chain_id: str
    client_id: str
    host_genesis: bytes
    client_state: bytes
    def __init__(self, trusted: _Optional[int] = ..., target: _Optional[int] = ..., host_chain_id: _Optional[str] = ..., client_id: _Optional[str] = ..., host_genesis: _Optional[bytes] = ..., client_state: _Optional[bytes] = ...) -> None: ...

class ProveRequest(_message.Message):
    __slots__ = ("paths", "at")
    PATHS_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    paths: _containers.RepeatedScalarFieldContainer[bytes]
    at: int
    def __init__(self, paths: _Optional[_Iterable[bytes]] = ..., at: _Optional[int] = ...) -> None: ...

class ProveResponse(_message.Message):
    __slots__ = ("proofs",)
    PROOFS_FIELD_NUMBER: _ClassVar[int]
    proofs: _containers.RepeatedCompositeFieldContainer[Proof]
    def __init__(self, proofs: _Optional[_Iterable[_Union[Proof, _Mapping]]] = ...) -> None: ...

class InitialClientRequest(_message.Message):
    __slots__ = ("trusting_period_seconds", "max_clock_drift_seconds", "height")
    TRUSTING_PERIOD_SECONDS_FIELD_NUMBER: _ClassVar[int]
    MAX_CLOCK_DRIFT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    trusting_period_seconds: int
    max_clock_drift_seconds: int
    height: int
    def __init__(self, trusting_period_seconds: _Optional[int] = ..., max_clock_drift_seconds: _Optional[int] = ..., height: _Optional[int] = ...) -> None: ...

class FirstHeaderRequest(_message.Message):
    __slots__ = ("height",)
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    height: int
    def __init__(self, height: _Optional[int] = ...) -> None: ...

class ClientCreation(_message.Message):
    __slots__ = ("client_type", "client_state_type_url", "client_state", "consensus_state_type_url", "consensus_state", "height")
    CLIENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    CLIENT_STATE_TYPE_URL_FIELD_NUMBER: _ClassVar[int]
    CLIENT_STATE_FIELD_NUMBER: _ClassVar[int]
    CONSENSUS_STATE_TYPE_URL_FIELD_NUMBER: _ClassVar[int]
    CONSENSUS_STATE_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    client_type: str
    client_state_type_url: str
    client_state: bytes
    consensus_state_type_url: str
    consensus_state: bytes
    height: int
    def __init__(self, client_type: _Optional[str] = ..., client_state_type_url: _Optional[str] = ..., client_state: _Optional[bytes] = ..., consensus_state_type_url: _Optional[str] = ..., consensus_state: _Optional[bytes] = ..., height: _Optional[int] = ...) -> None: ...

class CreateClientRequest(_message.Message):
    __slots__ = ("creation", "counterparty_client_id", "counterparty_merkle_prefix")
    CREATION_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_MERKLE_PREFIX_FIELD_NUMBER: _ClassVar[int]
    creation: ClientCreation
    counterparty_client_id: str
    counterparty_merkle_prefix: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, creation: _Optional[_Union[ClientCreation, _Mapping]] = ..., counterparty_client_id: _Optional[str] = ..., counterparty_merkle_prefix: _Optional[_Iterable[bytes]] = ...) -> None: ...

class CreateClientResponse(_message.Message):
    __slots__ = ("client_id",)
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    def __init__(self, client_id: _Optional[str] = ...) -> None: ...

class NextClientIdRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class NextClientId(_message.Message):
    __slots__ = ("client_id",)
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    def __init__(self, client_id: _Optional[str] = ...) -> None: ...

class RegisterCounterpartyRequest(_message.Message):
    __slots__ = ("client_id", "counterparty_client_id", "counterparty_merkle_prefix")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_MERKLE_PREFIX_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    counterparty_client_id: str
    counterparty_merkle_prefix: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, client_id: _Optional[str] = ..., counterparty_client_id: _Optional[str] = ..., counterparty_merkle_prefix: _Optional[_Iterable[bytes]] = ...) -> None: ...

class RegisterCounterpartyResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RecoverClientRequest(_message.Message):
    __slots__ = ("client_id", "start")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    start: ClientCreation
    def __init__(self, client_id: _Optional[str] = ..., start: _Optional[_Union[ClientCreation, _Mapping]] = ...) -> None: ...

class RecoverClientResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class BalanceRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class BalanceResponse(_message.Message):
    __slots__ = ("balance",)
    BALANCE_FIELD_NUMBER: _ClassVar[int]
    balance: str
    def __init__(self, balance: _Optional[str] = ...) -> None: ...

class QuoteResponse(_message.Message):
    __slots__ = ("transactions", "gas", "price_numerator", "price_denominator", "fee", "messages")
    TRANSACTIONS_FIELD_NUMBER: _ClassVar[int]
    GAS_FIELD_NUMBER: _ClassVar[int]
    PRICE_NUMERATOR_FIELD_NUMBER: _ClassVar[int]
    PRICE_DENOMINATOR_FIELD_NUMBER: _ClassVar[int]
    FEE_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    transactions: int
    gas: int
    price_numerator: str
    price_denominator: str
    fee: str
    messages: _containers.RepeatedCompositeFieldContainer[QuotedMessage]
    def __init__(self, transactions: _Optional[int] = ..., gas: _Optional[int] = ..., price_numerator: _Optional[str] = ..., price_denominator: _Optional[str] = ..., fee: _Optional[str] = ..., messages: _Optional[_Iterable[_Union[QuotedMessage, _Mapping]]] = ...) -> None: ...

class QuotedMessage(_message.Message):
    __slots__ = ("refusal",)
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    refusal: MessageResult
    def __init__(self, refusal: _Optional[_Union[MessageResult, _Mapping]] = ...) -> None: ...

class VouchingRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Vouching(_message.Message):
    __slots__ = ("threshold", "vouchers")
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    VOUCHERS_FIELD_NUMBER: _ClassVar[int]
    threshold: int
    vouchers: _containers.RepeatedCompositeFieldContainer[Voucher]
    def __init__(self, threshold: _Optional[int] = ..., vouchers: _Optional[_Iterable[_Union[Voucher, _Mapping]]] = ...) -> None: ...

class Voucher(_message.Message):
    __slots__ = ("name", "endpoint", "error")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    name: str
    endpoint: str
    error: str
    def __init__(self, name: _Optional[str] = ..., endpoint: _Optional[str] = ..., error: _Optional[str] = ...) -> None: ...

class CheckRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CheckResponse(_message.Message):
    __slots__ = ("lines",)
    LINES_FIELD_NUMBER: _ClassVar[int]
    lines: _containers.RepeatedCompositeFieldContainer[CheckLine]
    def __init__(self, lines: _Optional[_Iterable[_Union[CheckLine, _Mapping]]] = ...) -> None: ...

class CheckLine(_message.Message):
    __slots__ = ("subject", "found", "remedy")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    subject: str
    found: str
    remedy: str
    def __init__(self, subject: _Optional[str] = ..., found: _Optional[str] = ..., remedy: _Optional[str] = ...) -> None: ...

class ClientTrustRequest(_message.Message):
    __slots__ = ("client_id",)
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    def __init__(self, client_id: _Optional[str] = ...) -> None: ...

class ClientTrust(_message.Message):
    __slots__ = ("trusted",)
    TRUSTED_FIELD_NUMBER: _ClassVar[int]
    trusted: bool
    def __init__(self, trusted: bool = ...) -> None: ...

class ClientPortRequest(_message.Message):
    __slots__ = ("client_id",)
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    def __init__(self, client_id: _Optional[str] = ...) -> None: ...

class BindClientPortRequest(_message.Message):
    __slots__ = ("client_id", "port")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    port: str
    def __init__(self, client_id: _Optional[str] = ..., port: _Optional[str] = ...) -> None: ...

class ClientPort(_message.Message):
    __slots__ = ("port",)
    PORT_FIELD_NUMBER: _ClassVar[int]
    port: str
    def __init__(self, port: _Optional[str] = ...) -> None: ...

class ClientChainsRequest(_message.Message):
    __slots__ = ("client_id",)
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    def __init__(self, client_id: _Optional[str] = ...) -> None: ...

class TrustClientChainsRequest(_message.Message):
    __slots__ = ("client_id", "chains")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    CHAINS_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    chains: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, client_id: _Optional[str] = ..., chains: _Optional[_Iterable[str]] = ...) -> None: ...

class ClientChains(_message.Message):
    __slots__ = ("chains",)
    CHAINS_FIELD_NUMBER: _ClassVar[int]
    chains: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, chains: _Optional[_Iterable[str]] = ...) -> None: ...
