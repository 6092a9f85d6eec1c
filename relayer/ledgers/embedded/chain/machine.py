"""The state machine of the ledger: one transaction after another over a context, each all or nothing.

Deterministic: a block's transactions, its height and its time lead to the same state wherever they are executed. A refused
message leaves a result with its code and no change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import assert_never

from relayer.codes.settlement import RefusalCode
from relayer.core.ids import ClientId, Height, TransactionId
from relayer.core.packet import Packet
from relayer.errors import InvalidInput
from relayer.facts.codec import PORT
from relayer.facts.proving import FactProof, FactsRequest
from relayer.facts.signing import ledger_identity
from relayer.forwarding.model import ForwardCommand, RemoveRoute, SetRoute
from relayer.ledgers.embedded.forwarding.application import ForwardingApplication
from relayer.ledgers.embedded.forwarding.routes import change_route
from relayer.ledgers.embedded.host.applications import Application, PortRouter
from relayer.ledgers.embedded.host.client_module import client_modules
from relayer.ledgers.embedded.host.clients import ClientRegistry
from relayer.ledgers.embedded.host.context import Context
from relayer.ledgers.embedded.host.host import MessageOutcome, PacketHost, initialise_sequence
from relayer.ledgers.embedded.host.light_clients import LightClientModule
from relayer.ledgers.embedded.host.refusals import MessageRefused
from relayer.ledgers.embedded.host.transactions import (
    BindPort,
    ChangeValidators,
    ConfirmTime,
    CreateClient,
    EndDeadlines,
    RecoverClient,
    RegisterCounterparty,
    SendPacket,
    Transaction,
    TrustChains,
    UpdateClient,
    decode_transaction,
    encode_transaction,
)
from relayer.ledgers.embedded.settlement.application import SettlementApplication
from relayer.ledgers.embedded.settlement.client_ports import CODESPACE, bind
from relayer.ledgers.embedded.settlement.client_trust import trust
from relayer.ledgers.embedded.settlement.contract_clients import contract_ledger_client
from relayer.ledgers.embedded.settlement.news_outbox import enqueue_news, send_queued
from relayer.ledgers.embedded.settlement.news_queue import is_due
from relayer.light_clients.known import KNOWN
from relayer.messages.signed_facts import answers_to_message
from relayer.ports.ledger import AcknowledgePacket, ClientCondition, PacketMessage, ReceivePacket, TimeoutPacket
from relayer.proofs.protobuf import bytes_field, varint_field
from relayer.settlement import decide
from relayer.settlement.errors import CommandRefused
from relayer.settlement.model.acts import LogHead
from relayer.settlement.model.commands import Command
from relayer.settlement.model.facts import RecordFacts
from relayer.settlement.rules.fact_proofs import checked_proof, require_contract
from relayer.settlement.rules.signatures import checked_request

_RESULT = {MessageOutcome.NOOP: varint_field(1, 1), MessageOutcome.SUCCESS: varint_field(1, 2)}
"""MsgRecvPacketResponse and its like: ResponseResultType in field 1."""

_CONFIRMATIONS = b"confirmedTimes/"
_U64 = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one transaction. `data` is the response message of its kind; code 0 is success."""

    transaction: TransactionId
    codespace: str = ""
    code: int = 0
    data: bytes = b""
    detail: str = ""
    retryable: bool = False

    @property
    def code_text(self) -> str:
        """Codespace and number, for example ``channelv2/9``."""
        return f"{self.codespace}/{self.code}"

    @property
    def refused(self) -> bool:
        """Whether the message changed nothing because it broke a rule."""
        return self.code != 0

    @property
    def redundant(self) -> bool:
        """Whether another submitter was first."""
        return self.data == _RESULT[MessageOutcome.NOOP]


def transaction_id(raw: bytes) -> TransactionId:
    """Upper-case hexadecimal sha256, as CometBFT prints transactions."""
    return TransactionId(sha256(raw).hexdigest().upper())


class StateMachine:
    """The host, its light clients and its applications."""

    def __init__(
        self,
        *,
        light_clients: Iterable[LightClientModule] | None = None,
        applications: Mapping[str, Application] | None = None,
    ) -> None:
        """Without arguments: the light clients that this relayer knows, and the settlement application."""
        self.clients = ClientRegistry(client_modules(KNOWN) if light_clients is None else light_clients)
        router = PortRouter()
        self.host = PacketHost(self.clients, router)
        router.add(PORT, ForwardingApplication(self.host, self.clients, SettlementApplication()))
        for port, application in (applications or {}).items():
            router.add(port, application)

    def execute(self, block: Context, transactions: Sequence[bytes]) -> list[Result]:
        """Executes a block's transactions over its context, which takes over what each of them changed, and sends the news
        of it. Their packets bear the name of the last transaction that was not refused."""
        results = []
        told = len(block.settlement.entries)
        last: TransactionId | None = None
        for raw in transactions:
            name = transaction_id(raw)
            context = block.branch(name)
            try:
                data = self._apply(context, decode_transaction(raw))
            except MessageRefused as refusal:
                results.append(
                    Result(
                        transaction=name,
                        codespace=refusal.codespace,
                        code=refusal.number,
                        detail=str(refusal),
                        retryable=refusal.retryable,
                    )
                )
                continue
            block.merge(context)
            last = name
            results.append(Result(transaction=name, data=data))
        if last is not None and (block.changed or is_due(block)):
            context = block.branch(last)
            enqueue_news(context, block.settlement.entries[told:])
            send_queued(context, self.host)
            block.merge(context)
        return results

    def overdue(self, block: Context) -> list[bytes]:
        """The ledger's own transaction, if the block's time has ended something or made news due; it goes ahead of all
        others."""
        if not block.settlement.deadlines(block.block.time_seconds, 1) and not is_due(block):
            return []
        return [encode_transaction(EndDeadlines(height=block.block.height))]

    def _apply(self, context: Context, transaction: Transaction) -> bytes:
        match transaction:
            case ReceivePacket() | AcknowledgePacket() | TimeoutPacket():
                return _RESULT[self._relay(context, transaction)]
            case SendPacket():
                return varint_field(1, self._send(context, transaction).sequence)
            case ChangeValidators() | EndDeadlines() | ConfirmTime():
                return _apply_own(context, transaction)
            case CreateClient() | RegisterCounterparty() | UpdateClient() | RecoverClient():
                return self._apply_client(context, transaction)
            case BindPort() | TrustChains() | SetRoute() | RemoveRoute():
                return self._apply_word(context, transaction)
            case _:
                return self._settle(context, transaction)

    def _relay(self, context: Context, message: PacketMessage) -> MessageOutcome:
        match message:
            case ReceivePacket(packet=packet, proof=proof):
                return self.host.receive(context, packet, proof)
            case AcknowledgePacket(packet=packet, acknowledgement=acknowledgement, proof=proof):
                return self.host.acknowledge(context, packet, acknowledgement, proof)
            case TimeoutPacket(packet=packet, proof=proof):
                return self.host.timeout(context, packet, proof)
            case _:
                assert_never(message)

    def _send(self, context: Context, message: SendPacket) -> Packet:
        return self.host.send(context, message.source_client, message.timeout_timestamp, message.payload, message.signer)

    def _apply_word(self, context: Context, transaction: BindPort | TrustChains | ForwardCommand) -> bytes:
        """What an operator says about clients and routes."""
        match transaction:
            case BindPort(client_id=client_id, port=port):
                self._require_client(context, client_id)
                bind(context, client_id, port)
            case TrustChains(client_id=client_id, chains=chains):
                self._require_client(context, client_id)
                trust(context, client_id, chains)
            case SetRoute() | RemoveRoute():
                change_route(context, self.clients, transaction)
            case _:
                assert_never(transaction)
        return b""

    def _require_client(self, context: Context, client_id: ClientId) -> None:
        client = self.clients.client(context, client_id)
        if self.clients.module(client_id).condition(client) is ClientCondition.UNKNOWN:
            raise MessageRefused(CODESPACE, RefusalCode.NOT_FOUND, f"there is no client {client_id}")

    def _apply_client(
        self, context: Context, transaction: CreateClient | RegisterCounterparty | UpdateClient | RecoverClient
    ) -> bytes:
        match transaction:
            case CreateClient():
                return bytes_field(1, self.clients.create(context, transaction).encode())
            case RegisterCounterparty():
                initialise_sequence(context, self.clients.register_counterparty(context, transaction))
                return b""
            case UpdateClient(client_id=client_id, type_url=type_url, value=value):
                self.clients.update(context, client_id, type_url, value)
                return b""
            case RecoverClient(subject=subject, substitute=substitute):
                self.clients.recover(context, subject, substitute)
                return b""
            case _:
                assert_never(transaction)

    def _settle(self, context: Context, transaction: FactsRequest | Command) -> bytes:
        """What the settlement application answers. Its refusals carry the codespace ``settlement``."""
        now = context.block.time_seconds
        try:
            if not isinstance(transaction, FactsRequest):
                return _reference(decide.execute(context.settlement, transaction, now_seconds=now).reference)
            decision = decide.execute(context.settlement, self._checked(context, transaction), now_seconds=now)
        except CommandRefused as error:
            raise MessageRefused(CODESPACE, error.code, str(error)) from error
        except InvalidInput as error:
            raise MessageRefused(CODESPACE, RefusalCode.INVALID_COMMAND, str(error)) from error
        return answers_to_message(decision.answers).SerializeToString(deterministic=True)

    def _checked(self, context: Context, request: FactsRequest) -> RecordFacts:
        """What a request asks for, once its signature or its proofs have been checked. Raises CommandRefused."""
        block = context.block
        if isinstance(request, FactProof):
            require_contract(context.settlement, request)
            client = contract_ledger_client(self.clients, context, request.client_id)
            return checked_proof(
                request, client, ledger_id=block.chain_id, height=block.height, transaction=context.transaction
            )
        ledger = ledger_identity(block.chain_id, block.genesis_hash)
        return checked_request(request, ledger=ledger, height=block.height, transaction=context.transaction)


def _apply_own(context: Context, transaction: ChangeValidators | EndDeadlines | ConfirmTime) -> bytes:
    """What no client can send."""
    match transaction:
        case ChangeValidators(validators=validators):
            context.validators = validators
            return b""
        case EndDeadlines(height=height):
            return _end_deadlines(context, height)
        case ConfirmTime():
            return _confirm_time(context, transaction)
        case _:
            assert_never(transaction)


def _end_deadlines(context: Context, height: Height) -> bytes:
    if height != context.block.height:
        raise MessageRefused(
            CODESPACE, RefusalCode.INVALID_COMMAND, f"ends the deadlines of block {height}, not of this one"
        )
    for entry in decide.end_deadlines(context.settlement, now_seconds=context.block.time_seconds):
        context.settlement.apply(entry)
    return _reference(context.settlement.head())


def _confirm_time(context: Context, confirmation: ConfirmTime) -> bytes:
    """Kept where it can be proven: by the height of the block, what the operator stated."""
    if confirmation.height != context.block.height:
        raise MessageRefused(
            CODESPACE, RefusalCode.INVALID_COMMAND, f"confirms the time of block {confirmation.height}, not of this one"
        )
    key = _CONFIRMATIONS + confirmation.height.to_bytes(_U64, "big")
    context.store.set(key, confirmation.stated_seconds.to_bytes(_U64, "big"))
    return b""


def _reference(head: LogHead) -> bytes:
    return varint_field(1, head.sequence) + bytes_field(2, head.head_hash)
