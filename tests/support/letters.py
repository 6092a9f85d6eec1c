"""Letters: packets of any content, which the development chain and an embedded ledger with an EchoApplication answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from fractions import Fraction

from eth_account.signers.local import LocalAccount

from relayer.app.clock import SystemClock
from relayer.core.ids import ClientId, TimestampSeconds
from relayer.core.packet import Packet, Payload
from relayer.devnet.chain_node import BECH32_PREFIX, DENOMINATION, SettlementChain
from relayer.ledgers.cosmos.account import CosmosAccount
from relayer.ledgers.cosmos.commander import Commander
from relayer.ledgers.cosmos.fees import FeePolicy
from relayer.ledgers.cosmos.rpc import CometRpc
from relayer.ledgers.cosmos.transactions import AccountSender
from relayer.messages.packets import payload_to_message
from relayer.wire.cosmos_protos import channel_tx

FREE = FeePolicy(price=Fraction(0), denomination=DENOMINATION, cap=0)
LETTERS = "letters"
LETTER = Payload(source_port=LETTERS, destination_port=LETTERS, version="letter-1", encoding="text/plain", value=b"dear you")


@dataclass
class Writer:
    """Sends letters on the chain from an account of its own."""

    commander: Commander
    client: ClientId
    counterparty: ClientId

    async def send(self, timeout_timestamp: TimestampSeconds) -> Packet:
        message = channel_tx.MsgSendPacket(
            source_client=self.client,
            timeout_timestamp=timeout_timestamp,
            payloads=[payload_to_message(LETTER)],
            signer=self.commander.address,
        )
        answer = await self.commander.execute(message, channel_tx.MsgSendPacketResponse, what="letter")
        return Packet(
            sequence=answer.sequence,
            source_client=self.client,
            destination_client=self.counterparty,
            timeout_timestamp=timeout_timestamp,
            payloads=(LETTER,),
        )


@asynccontextmanager
async def letter_writer(
    chain: SettlementChain, account: LocalAccount, *, client: ClientId, counterparty: ClientId
) -> AsyncIterator[Writer]:
    """Who writes from a client of a chain with an account of its own."""
    rpc = CometRpc(chain.endpoints, chain_id=chain.chain_id)
    try:
        signer = CosmosAccount(account, prefix=BECH32_PREFIX)
        sender = AccountSender(rpc, signer, chain_id=chain.chain_id, fees=FREE, clock=SystemClock())
        yield Writer(Commander(sender), client, counterparty)
    finally:
        await rpc.close()
