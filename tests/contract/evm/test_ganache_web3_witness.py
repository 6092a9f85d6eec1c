"""web3.py as an independent witness: it reads from the ledger what our own adapter says happened there."""

from __future__ import annotations

import pytest
from web3 import AsyncHTTPProvider, AsyncWeb3

from relayer.core.commitment import PathKind, commitment_path, packet_commitment
from relayer.devnet.nodes import Ganache
from relayer.ledgers.evm.contracts import Contract, artifact
from relayer.proofs.keccak import keccak256

pytestmark = pytest.mark.node


@pytest.fixture
def witness(channel, ganache: Ganache):
    web3 = AsyncWeb3(AsyncHTTPProvider(ganache.url))

    def contract(address: bytes, kind: Contract):
        return web3.eth.contract(address=web3.to_checksum_address("0x" + address.hex()), abi=list(artifact(kind).abi))

    return contract(channel.options.router, Contract.ROUTER), contract(channel.facts.address, Contract.BUSINESS_FACTS)


async def test_web3_reads_the_same_packet_commitment_and_facts(channel, witness) -> None:
    router, facts = witness
    packet = await channel.send(3)
    (event,) = await router.events.SendPacket().get_logs(from_block=0)
    assert event["args"]["sequence"] == packet.sequence
    told = event["args"]["packet"]
    assert (told["sourceClient"], told["destClient"]) == (packet.source_client, packet.destination_client)
    assert told["timeoutTimestamp"] == packet.timeout_timestamp
    assert told["payloads"][0]["value"] == packet.payload.value
    path = keccak256(commitment_path(packet.source_client, PathKind.COMMITMENT, packet.sequence))
    assert await router.functions.getCommitment(path).call() == packet_commitment(packet)
    minted = await facts.events.FactMinted().get_logs(from_block=0)
    assert [each["args"]["factId"] for each in minted] == [channel.fact(number).fact_id for number in (1, 2, 3)]


async def test_web3_reads_the_same_reference_after_the_acknowledgement(channel, witness) -> None:
    _, facts = witness
    packet = await channel.send()
    fact = channel.fact(1)
    acknowledgement = channel.answer([fact])
    channel.settle(packet, acknowledgement)
    update = await channel.update()
    await channel.submit(channel.acknowledge(packet, acknowledgement, update.height), update=update)
    status = await facts.functions.factStatus(fact.fact_id).call()
    (record,) = await channel.facts.records([fact.fact_id])
    assert record.liability_id in status
    assert record.settlement_sequence in status
    assert "settlement-1" in status
