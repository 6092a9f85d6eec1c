"""The settlement application behind port ``settlement``: facts come in, one answer per fact goes back, and news of what
became of their liabilities follow in packets of their own.

A payload that is not exactly what its version says is refused as a whole; what a single fact says is answered with a code.
"""

from __future__ import annotations

from relayer.errors import InvalidInput
from relayer.facts.codec import ENCODING, FACT_VERSION, FactPacketData, decode_packet_data, encode_answers
from relayer.ledgers.embedded.host.applications import Delivery, ReceivedPacket, ReceiveFailed
from relayer.ledgers.embedded.host.context import Context
from relayer.ledgers.embedded.host.refusals import MessageRefused
from relayer.ledgers.embedded.settlement.client_ports import CODESPACE, bind, port_of
from relayer.ledgers.embedded.settlement.client_trust import trusted_chains
from relayer.ledgers.embedded.settlement.news_outbox import record_answer, send_again
from relayer.settlement.decide import execute
from relayer.settlement.model.facts import FactPacket, RecordFacts

_NOT_FOR_OTHERS = 1


class SettlementApplication:
    """See relayer.ledgers.embedded.host.applications.Application. It receives facts; news are sent by the ledger alone."""

    def on_send(self, context: Context, delivery: Delivery, signer: str) -> None:
        """No user may send in the name of the settlement application."""
        del context, signer
        raise MessageRefused(
            CODESPACE, _NOT_FOR_OTHERS, f"port {delivery.payload.source_port} takes facts and sends its own news only"
        )

    def on_receive(self, context: Context, delivery: Delivery) -> ReceivedPacket | ReceiveFailed:
        """Records the facts of a ``fact-1`` payload."""
        payload = delivery.payload
        port = port_of(context, delivery.destination_client)
        if (payload.source_port, payload.version, payload.encoding) != (port, FACT_VERSION, ENCODING):
            return ReceiveFailed(reason=f"expected {FACT_VERSION} in {ENCODING} from port {port}")
        try:
            data = decode_packet_data(payload.value)
        except InvalidInput as error:
            return ReceiveFailed(reason=str(error))
        chains = trusted_chains(context, delivery.destination_client, followed=delivery.counterparty_chain_id)
        if str(data.chain_id) not in chains:
            return ReceiveFailed(reason=f"facts of chain {data.chain_id} through a client that may speak for {chains}")
        if data.destination not in {"", context.block.chain_id}:
            return ReceiveFailed(reason=f"facts for the ledger {data.destination!r}, which is not this one")
        command = RecordFacts(origin=_origin(context, delivery, data), facts=data.facts, fact_hashes=data.fact_hashes)
        bind(context, delivery.destination_client, port)
        decision = execute(context.settlement, command, now_seconds=context.block.time_seconds)
        return ReceivedPacket(acknowledgement=encode_answers(decision.answers))

    def on_acknowledge(self, context: Context, delivery: Delivery, acknowledgement: bytes) -> None:
        """What a contract ledger made of news."""
        record_answer(context, delivery, acknowledgement)

    def on_timeout(self, context: Context, delivery: Delivery) -> None:
        """News that was not delivered in time is sent again."""
        send_again(context, delivery)


def _origin(context: Context, delivery: Delivery, data: FactPacketData) -> FactPacket:
    return FactPacket(
        chain_id=data.chain_id,
        contract=data.contract,
        issuer=data.issuer,
        client_id=delivery.destination_client,
        packet_sequence=delivery.sequence,
        height=context.block.height,
        transaction=context.transaction,
    )
