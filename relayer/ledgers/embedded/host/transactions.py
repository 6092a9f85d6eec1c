"""The messages that blocks hold, and their bytes: each is the google.protobuf.Any of the message that a Cosmos chain takes.

Business commands are interledger.settlement.v1.Command, signed facts RecordFactsRequest. What a block executes is decoded
from its own bytes, so that a replay executes the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, assert_never

from google.protobuf.message import Message

from relayer.codes.ibc import IbcCode
from relayer.core.ids import ClientId, Height, TimestampSeconds, parse_client_id
from relayer.core.packet import Payload
from relayer.errors import InvalidInput
from relayer.facts.proving import FactProof
from relayer.facts.signing import SignedFacts
from relayer.forwarding.model import ForwardCommand, RemoveRoute, SetRoute
from relayer.forwarding.records import decode_forward_record, forward_mapping
from relayer.ledgers.embedded.host.refusals import refuse
from relayer.messages.packets import (
    acknowledgement_from_message,
    packet_from_message,
    packet_message_to_message,
    payload_from_message,
    payload_to_message,
)
from relayer.messages.signed_facts import request_from_message, request_to_message
from relayer.ports.ledger import AcknowledgePacket, ReceivePacket, TimeoutPacket
from relayer.ports.prover import Proof
from relayer.proofs.comet import ValidatorSet, decode_validator_set, encode_validator_set
from relayer.proofs.errors import ProofError
from relayer.proofs.protobuf import parse_canonical
from relayer.settlement.log import command_from_message, command_to_message
from relayer.settlement.model.commands import Command
from relayer.wire.cosmos_protos import any_, channel_tx, client_tx, client_v2_tx
from relayer.wire.interledger.embedded.v1 import transactions_pb2
from relayer.wire.interledger.settlement.v1 import facts_pb2, log_pb2

MAXIMUM_TRANSACTION_BYTES = 1024 * 1024

_M = TypeVar("_M", bound=Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateClient:
    """ibc.core.client.v1.MsgCreateClient."""

    client_state_type_url: str
    client_state: bytes
    consensus_state_type_url: str
    consensus_state: bytes
    signer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterCounterparty:
    """ibc.core.client.v2.MsgRegisterCounterparty."""

    client_id: str
    counterparty_client_id: str
    counterparty_merkle_prefix: tuple[bytes, ...]
    signer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateClient:
    """ibc.core.client.v1.MsgUpdateClient: headers and misbehaviour."""

    client_id: ClientId
    type_url: str
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoverClient:
    """ibc.core.client.v1.MsgRecoverClient, for the operator."""

    subject: ClientId
    substitute: ClientId


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPacket:
    """ibc.core.channel.v2.MsgSendPacket."""

    source_client: ClientId
    timeout_timestamp: TimestampSeconds
    payload: Payload
    signer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeValidators:
    """The operator's new validator set; it signs from the second block after this one."""

    validators: ValidatorSet


@dataclass(frozen=True, slots=True, kw_only=True)
class BindPort:
    """An operator's word from which port of its counterparty facts through a client come."""

    client_id: ClientId
    port: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustChains:
    """An operator's word of which chains facts through a client may come: at least one, ascending; never all."""

    client_id: ClientId
    chains: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndDeadlines:
    """What the ledger itself puts first into a block when something's time has passed."""

    height: Height
    """Of the block, so that no two blocks hold the same bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmTime:
    """An operator's word that block time may jump to this block's."""

    height: Height
    """Of the block, so that no two blocks hold the same bytes."""
    stated_seconds: TimestampSeconds
    """What the operator read elsewhere."""


Transaction = (
    CreateClient
    | RegisterCounterparty
    | UpdateClient
    | RecoverClient
    | SendPacket
    | ReceivePacket
    | AcknowledgePacket
    | TimeoutPacket
    | ChangeValidators
    | BindPort
    | TrustChains
    | ForwardCommand
    | EndDeadlines
    | ConfirmTime
    | SignedFacts
    | FactProof
    | Command
)

_VALIDATORS_URL = "/tendermint.types.ValidatorSet"


def encode_transaction(transaction: Transaction) -> bytes:
    """Any bytes, at most MAXIMUM_TRANSACTION_BYTES. Raises MessageRefused(ibc/17) beyond."""
    match transaction:
        case ChangeValidators(validators=validators):
            body = encode_validator_set(validators, proposer=validators.validators[0].address)
            encoded = _any(_VALIDATORS_URL, body)
        case EndDeadlines(height=height):
            encoded = _pack(log_pb2.EndDeadlines(height=height))
        case ConfirmTime() | BindPort() | TrustChains() | SetRoute() | RemoveRoute():
            encoded = _pack(_word_message(transaction))
        case ReceivePacket() | AcknowledgePacket() | TimeoutPacket():
            encoded = _pack(packet_message_to_message(transaction, signer=""))
        case CreateClient() | RegisterCounterparty() | UpdateClient() | RecoverClient() | SendPacket():
            encoded = _pack(_client_message(transaction))
        case SignedFacts() | FactProof():
            encoded = _pack(request_to_message(transaction))
        case _:
            encoded = _pack(command_to_message(transaction))
    if len(encoded) > MAXIMUM_TRANSACTION_BYTES:
        raise refuse(IbcCode.TOO_LARGE, f"a message of {len(encoded)} bytes: at most {MAXIMUM_TRANSACTION_BYTES}")
    return encoded


def decode_transaction(raw: bytes) -> Transaction:
    """Raises MessageRefused(ibc/14) unless `raw` is the canonical form of a known message."""
    try:
        packed = parse_canonical(any_.Any, raw, maximum_bytes=MAXIMUM_TRANSACTION_BYTES)
        reader = _READERS.get(packed.type_url)
        if reader is None:
            raise refuse(IbcCode.MALFORMED, f"unknown message {packed.type_url!r}")
        transaction = reader(packed.value)
    except (ProofError, InvalidInput) as error:
        raise refuse(IbcCode.MALFORMED, f"malformed message: {error}") from error
    # Canonical protobuf still says some things twice: an empty message and none, or fields that no reader looks at.
    if encode_transaction(transaction) != raw:
        raise refuse(IbcCode.MALFORMED, f"malformed message: not the one encoding of a {packed.type_url[1:]}")
    return transaction


def _any(type_url: str, value: bytes) -> bytes:
    encoded: bytes = any_.Any(type_url=type_url, value=value).SerializeToString(deterministic=True)
    return encoded


def _pack(message: Message) -> bytes:
    return _any(f"/{message.DESCRIPTOR.full_name}", message.SerializeToString(deterministic=True))


def _word_message(transaction: ConfirmTime | BindPort | TrustChains | ForwardCommand) -> Message:
    """What an operator says."""
    match transaction:
        case ConfirmTime(height=height, stated_seconds=seconds):
            return transactions_pb2.ConfirmTime(height=height, stated_seconds=seconds)
        case BindPort(client_id=client_id, port=port):
            return transactions_pb2.BindPort(client_id=client_id, port=port)
        case TrustChains(client_id=client_id, chains=chains):
            return transactions_pb2.TrustChains(client_id=client_id, chains=chains)
        case SetRoute() | RemoveRoute():
            message: Message = forward_mapping(type(transaction)).to_message(transaction)
            return message
        case _:
            assert_never(transaction)


def _client_message(
    transaction: CreateClient | RegisterCounterparty | UpdateClient | RecoverClient | SendPacket,
) -> Any:
    match transaction:
        case CreateClient():
            return client_tx.MsgCreateClient(
                client_state=any_.Any(type_url=transaction.client_state_type_url, value=transaction.client_state),
                consensus_state=any_.Any(type_url=transaction.consensus_state_type_url, value=transaction.consensus_state),
                signer=transaction.signer,
            )
        case RegisterCounterparty():
            return client_v2_tx.MsgRegisterCounterparty(
                client_id=transaction.client_id,
                counterparty_merkle_prefix=list(transaction.counterparty_merkle_prefix),
                counterparty_client_id=transaction.counterparty_client_id,
                signer=transaction.signer,
            )
        case UpdateClient():
            return client_tx.MsgUpdateClient(
                client_id=transaction.client_id,
                client_message=any_.Any(type_url=transaction.type_url, value=transaction.value),
            )
        case RecoverClient():
            return client_tx.MsgRecoverClient(
                subject_client_id=transaction.subject, substitute_client_id=transaction.substitute
            )
        case SendPacket():
            return channel_tx.MsgSendPacket(
                source_client=transaction.source_client,
                timeout_timestamp=transaction.timeout_timestamp,
                payloads=[payload_to_message(transaction.payload)],
                signer=transaction.signer,
            )
        case _:
            assert_never(transaction)


def _parse(kind: type[_M], raw: bytes) -> _M:
    return parse_canonical(kind, raw, maximum_bytes=MAXIMUM_TRANSACTION_BYTES)


def _proof(value: bytes, height: Any) -> Proof:
    return Proof(value=value, height=height.revision_height, revision=height.revision_number)


def _to_create_client(raw: bytes) -> CreateClient:
    message = _parse(client_tx.MsgCreateClient, raw)
    return CreateClient(
        client_state_type_url=message.client_state.type_url,
        client_state=message.client_state.value,
        consensus_state_type_url=message.consensus_state.type_url,
        consensus_state=message.consensus_state.value,
        signer=message.signer,
    )


def _to_register_counterparty(raw: bytes) -> RegisterCounterparty:
    message = _parse(client_v2_tx.MsgRegisterCounterparty, raw)
    return RegisterCounterparty(
        client_id=message.client_id,
        counterparty_client_id=message.counterparty_client_id,
        counterparty_merkle_prefix=tuple(message.counterparty_merkle_prefix),
        signer=message.signer,
    )


def _to_update_client(raw: bytes) -> UpdateClient:
    message = _parse(client_tx.MsgUpdateClient, raw)
    return UpdateClient(
        client_id=parse_client_id(message.client_id),
        type_url=message.client_message.type_url,
        value=message.client_message.value,
    )


def _to_recover_client(raw: bytes) -> RecoverClient:
    message = _parse(client_tx.MsgRecoverClient, raw)
    return RecoverClient(
        subject=parse_client_id(message.subject_client_id), substitute=parse_client_id(message.substitute_client_id)
    )


def _to_send_packet(raw: bytes) -> SendPacket:
    message = _parse(channel_tx.MsgSendPacket, raw)
    if len(message.payloads) != 1:
        raise InvalidInput(f"send packet with {len(message.payloads)} payloads: exactly one is supported")
    return SendPacket(
        source_client=parse_client_id(message.source_client),
        timeout_timestamp=TimestampSeconds(message.timeout_timestamp),
        payload=payload_from_message(message.payloads[0]),
        signer=message.signer,
    )


def _to_receive(raw: bytes) -> ReceivePacket:
    message = _parse(channel_tx.MsgRecvPacket, raw)
    return ReceivePacket(
        packet=packet_from_message(message.packet), proof=_proof(message.proof_commitment, message.proof_height)
    )


def _to_acknowledge(raw: bytes) -> AcknowledgePacket:
    message = _parse(channel_tx.MsgAcknowledgement, raw)
    return AcknowledgePacket(
        packet=packet_from_message(message.packet),
        acknowledgement=acknowledgement_from_message(message.acknowledgement),
        proof=_proof(message.proof_acked, message.proof_height),
    )


def _to_timeout(raw: bytes) -> TimeoutPacket:
    message = _parse(channel_tx.MsgTimeout, raw)
    return TimeoutPacket(
        packet=packet_from_message(message.packet), proof=_proof(message.proof_unreceived, message.proof_height)
    )


def _to_confirm_time(raw: bytes) -> ConfirmTime:
    message = _parse(transactions_pb2.ConfirmTime, raw)
    return ConfirmTime(height=Height(message.height), stated_seconds=TimestampSeconds(message.stated_seconds))


def _to_bind_port(raw: bytes) -> BindPort:
    message = _parse(transactions_pb2.BindPort, raw)
    return BindPort(client_id=parse_client_id(message.client_id), port=message.port)


def _to_trust_chains(raw: bytes) -> TrustChains:
    message = _parse(transactions_pb2.TrustChains, raw)
    return TrustChains(client_id=parse_client_id(message.client_id), chains=tuple(message.chains))


_READERS: dict[str, Callable[[bytes], Transaction]] = {
    "/ibc.core.client.v1.MsgCreateClient": _to_create_client,
    "/ibc.core.client.v2.MsgRegisterCounterparty": _to_register_counterparty,
    "/ibc.core.client.v1.MsgUpdateClient": _to_update_client,
    "/ibc.core.client.v1.MsgRecoverClient": _to_recover_client,
    "/ibc.core.channel.v2.MsgSendPacket": _to_send_packet,
    "/ibc.core.channel.v2.MsgRecvPacket": _to_receive,
    "/ibc.core.channel.v2.MsgAcknowledgement": _to_acknowledge,
    "/ibc.core.channel.v2.MsgTimeout": _to_timeout,
    _VALIDATORS_URL: lambda raw: ChangeValidators(validators=decode_validator_set(raw)),
    "/interledger.settlement.v1.Command": lambda raw: command_from_message(_parse(log_pb2.Command, raw)),
    "/interledger.settlement.v1.RecordFactsRequest": lambda raw: request_from_message(
        _parse(facts_pb2.RecordFactsRequest, raw)
    ),
    "/interledger.settlement.v1.EndDeadlines": lambda raw: EndDeadlines(
        height=Height(_parse(log_pb2.EndDeadlines, raw).height)
    ),
    "/interledger.embedded.v1.ConfirmTime": _to_confirm_time,
    "/interledger.embedded.v1.BindPort": _to_bind_port,
    "/interledger.embedded.v1.TrustChains": _to_trust_chains,
    "/interledger.forward.v1.SetRoute": lambda raw: decode_forward_record(SetRoute, raw),
    "/interledger.forward.v1.RemoveRoute": lambda raw: decode_forward_record(RemoveRoute, raw),
}
