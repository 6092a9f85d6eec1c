"""Port ``settlement`` of a ledger that may be a hub: what is for another ledger is sent on, all else is the settlement
application's.

A packet that is sent on has its receipt at once and its acknowledgement when the far ledger has answered, or is proven not
to have received it. Every answer is one that the sender can read (relayer.forwarding.payloads).
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from relayer.codes.facts import FactCode
from relayer.codes.ibc import IbcCode
from relayer.core.ids import ClientId, Sequence, TimestampSeconds
from relayer.errors import InvalidInput
from relayer.facts.codec import ENCODING, PORT
from relayer.forwarding.model import AnswerNow, Forward, Here, Incoming, SendOn
from relayer.forwarding.payloads import answer_all, far_answer, read_incoming
from relayer.forwarding.rules import decide
from relayer.ledgers.embedded.forwarding.store import ForwardStore
from relayer.ledgers.embedded.host.applications import (
    AnsweredLater,
    Application,
    Delivery,
    Received,
    ReceivedPacket,
    ReceiveFailed,
)
from relayer.ledgers.embedded.host.clients import ClientRegistry
from relayer.ledgers.embedded.host.context import Context
from relayer.ledgers.embedded.host.host import PacketHost
from relayer.ledgers.embedded.host.refusals import MessageRefused
from relayer.ledgers.embedded.settlement.client_ports import bind, port_of
from relayer.ledgers.embedded.settlement.client_trust import trusted_chains


class ForwardingApplication:
    """See relayer.ledgers.embedded.host.applications.Application."""

    def __init__(self, host: PacketHost, clients: ClientRegistry, settlement: Application) -> None:
        self._host = host
        self._clients = clients
        self._settlement = settlement

    def on_send(self, context: Context, delivery: Delivery, signer: str) -> None:
        """The settlement application decides who may send in its name."""
        self._settlement.on_send(context, delivery, signer)

    def on_receive(self, context: Context, delivery: Delivery) -> Received:
        """Sends a packet on, answers it, or gives it to the settlement application."""
        payload, client = delivery.payload, delivery.destination_client
        port = port_of(context, client)
        if payload.source_port != port or payload.encoding != ENCODING:
            return self._settlement.on_receive(context, delivery)
        try:
            incoming = read_incoming(payload.version, payload.value, in_client=client, timeout=delivery.timeout)
        except InvalidInput as error:
            return ReceiveFailed(reason=str(error))
        allowed = trusted_chains(context, client, followed=delivery.counterparty_chain_id)
        if incoming.origin and incoming.origin not in allowed:
            return ReceiveFailed(reason=f"facts of chain {incoming.origin} through a client that may speak for {allowed}")
        store = ForwardStore(context, self._clients)
        block = context.block
        outcome = decide(store, incoming, own_chain_id=block.chain_id, now_seconds=block.time_seconds)
        match outcome:
            case Here():
                return self._settlement.on_receive(context, delivery)
            case AnswerNow(code=code):
                return ReceivedPacket(acknowledgement=answer_all(payload.version, payload.value, code))
            case SendOn():
                bind(context, client, port)
                return self._send_on(context, store, delivery, incoming, outcome)
            case _:
                assert_never(outcome)

    def on_acknowledge(self, context: Context, delivery: Delivery, acknowledgement: bytes) -> None:
        """Brings the far ledger's answer back."""
        forward = ForwardStore(context, self._clients).close(delivery.source_client, delivery.sequence)
        if forward is None:
            self._settlement.on_acknowledge(context, delivery, acknowledgement)
            return
        payload = delivery.payload
        self._answer(context, forward, far_answer(payload.version, payload.value, acknowledgement))

    def on_timeout(self, context: Context, delivery: Delivery) -> None:
        """Tells the sender that the far ledger did not receive the packet in time."""
        forward = ForwardStore(context, self._clients).close(delivery.source_client, delivery.sequence)
        if forward is None:
            self._settlement.on_timeout(context, delivery)
            return
        payload = delivery.payload
        self._answer(context, forward, answer_all(payload.version, payload.value, FactCode.FAR_TIMEOUT))

    def _answer(self, context: Context, forward: Forward, value: bytes) -> None:
        self._host.acknowledge_later(context, ClientId(forward.in_client), Sequence(forward.in_sequence), value)

    def _send_on(
        self, context: Context, store: ForwardStore, delivery: Delivery, incoming: Incoming, outcome: SendOn
    ) -> Received:
        """The same payload, to the port that the next client is bound to."""
        out_client = ClientId(outcome.route.client_id)
        payload = replace(delivery.payload, source_port=PORT, destination_port=port_of(context, out_client))
        attempt = context.branch()
        try:
            packet = self._host.send_own(attempt, out_client, TimestampSeconds(outcome.timeout), payload)
        except MessageRefused as refusal:
            code = FactCode.NO_TIME_LEFT if _is_late(refusal) else FactCode.NO_ROUTE
            return ReceivedPacket(acknowledgement=answer_all(payload.version, payload.value, code))
        context.merge(attempt)
        forward = Forward(
            in_client=delivery.destination_client,
            in_sequence=delivery.sequence,
            out_client=out_client,
            out_sequence=packet.sequence,
            destination=outcome.route.destination,
            origin_client=outcome.route.origin_client,
            in_timeout=incoming.timeout,
            out_timeout=outcome.timeout,
        )
        store.open(forward)
        return AnsweredLater()


def _is_late(refusal: MessageRefused) -> bool:
    """The next ledger's clock is ahead of this one's, or the timeout is past what the host allows."""
    code = f"{refusal.codespace}/{refusal.number}"
    return code in {str(IbcCode.TIMEOUT_ELAPSED), str(IbcCode.INVALID_TIMEOUT)}
