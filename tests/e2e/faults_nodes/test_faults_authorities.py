"""One authority of three is dead, slow, silent, or lies: facts are settled all the same. Two of them: nothing is."""

from __future__ import annotations

import json

import pytest

from relayer.devnet.network import Network
from relayer.ledgers.evm.rpc import JsonRpc
from relayer.waiting import until_true
from tests.support.faulty_authority import AuthorityFault

pytestmark = pytest.mark.node


@pytest.mark.parametrize("fault", [each for each in AuthorityFault if each is not AuthorityFault.NONE])
async def test_one_faulty_authority_of_three_changes_nothing(network: Network, job, authorities, fault) -> None:
    authorities.members[0].fault = fault
    authorities.members[0].delay_seconds = 2.0
    network.start_relayer(network.variant(f"one-{fault.value}", ledgers=authorities.change()))
    await job.send(3)
    await job.until_acknowledged()
    await job.check_settled()
    assert authorities.members[0].asked


async def test_a_dead_authority_changes_nothing_and_one_that_comes_back_is_asked_again(
    network: Network, job, authorities
) -> None:
    dying, other, _ = authorities.members
    network.start_relayer(network.variant("dying", ledgers=authorities.change()))
    await job.send(1)
    await job.until_acknowledged()
    await dying.die()
    await job.send(2)
    await job.until_acknowledged()
    await other.die()
    await job.send(1)
    before = sum(dying.asked.values())
    async with dying:
        await job.until_acknowledged()
    assert sum(dying.asked.values()) > before
    await job.check_settled()


@pytest.mark.parametrize("fault", [AuthorityFault.FORGES, AuthorityFault.SILENT])
async def test_with_two_faulty_authorities_nothing_is_settled_until_one_is_well(
    network: Network, job, authorities, fault
) -> None:
    for member in authorities.members[:2]:
        member.fault = fault
    configuration = network.variant(f"two-{fault.value}", ledgers=authorities.change())
    relayer = network.start_relayer(configuration)
    await job.send(2)
    await job.until_standstill(configuration, "signatures that are needed")
    await job.check_nothing_was_settled()
    authorities.members[0].fault = AuthorityFault.NONE
    await job.until_acknowledged()
    await job.check_settled()
    assert relayer.process.poll() is None


async def test_with_two_liars_nothing_is_settled_until_they_are_replaced(
    network: Network, job, authorities, rpc: JsonRpc
) -> None:
    liars = authorities.members[:2]
    for member in liars:
        member.fault = AuthorityFault.LIES
    configuration = network.variant("two-liars", ledgers=authorities.change())
    relayer = network.start_relayer(configuration)
    await job.send(2)
    newest = int(await rpc.call("eth_blockNumber"), 16)

    async def lied() -> bool:
        return all(member.asked[newest] for member in liars)

    await until_true(lied, "a lie about the newest block")
    await job.until_standstill(configuration, "on a fork")
    # Telling the truth now means to have signed two hashes for one block.
    for member in liars:
        member.fault = AuthorityFault.NONE
    await job.until_standstill(configuration, "the authorities vouch for two hashes of block")
    await job.check_nothing_was_settled()
    relayer.stop()
    network.start_relayer(network.variant("replaced"))
    await job.until_acknowledged()
    await job.check_settled()


async def test_a_contradiction_is_reported_with_both_signatures(network: Network, job, authorities) -> None:
    culprit = authorities.members[0]
    culprit.fault = AuthorityFault.CONTRADICTS
    relayer = network.start_relayer(
        network.variant("contradiction", ledgers=authorities.change(), logging=lambda section: section.update(format="json"))
    )

    async def reported() -> bool:
        await job.send(1)
        await job.until_acknowledged()
        return "authority_contradicts_itself" in relayer.log.read_text()

    await until_true(reported, "the report")
    lines = [json.loads(line) for line in relayer.log.read_text().splitlines() if "authority_contradicts_itself" in line]
    assert lines[0]["authority"] == culprit.address.lower()
    first, second = lines[0]["statements"]
    assert first["block_hash"] != second["block_hash"]
    assert len(first["signature"]) == len(second["signature"]) == 130
    asked = sum(culprit.asked.values())
    await job.send(1)
    await job.until_acknowledged()
    assert sum(culprit.asked.values()) == asked
    await job.check_settled()
