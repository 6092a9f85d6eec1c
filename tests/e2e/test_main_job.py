"""The main job on real processes: facts there and references back, refusals, timeouts, a crash, a refused packet."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from relayer.app.ledgers import connected, make_ledger
from relayer.app.selection import Selection
from relayer.codes.facts import FactCode, FactKind
from relayer.devnet.network import Network, SettlementKind
from relayer.devnet.operators import Business, Watch
from relayer.devnet.processes import Finished
from relayer.examples.consortium import FactDraft
from relayer.ledgers.evm.errors import Reverted
from relayer.ports.facts import FactRecord, FactState
from relayer.waiting import until_true
from tests.support.outputs import output

pytestmark = pytest.mark.node
SETTLEMENT_KINDS = tuple(SettlementKind)


def trip(net: int = 1_000, **changes: Any) -> FactDraft:
    base: dict[str, Any] = {
        "creditor": "KCS",
        "debtor": "NBM",
        "kind": FactKind.TRIP_COMPLETED,
        "currency": "EUR",
        "exponent": 2,
        "net": net,
        "tax": 190,
    }
    return FactDraft(**{**base, **changes})


def as_json(finished: Finished) -> Any:
    assert finished.status == 0, finished.words
    return json.loads(finished.output)


async def records(business: Business, fact_ids: list[bytes]) -> list[FactRecord]:
    return await next(iter(business.desks.values())).contract.records(fact_ids)


async def test_facts_travel_and_their_references_stand_on_both_ledgers(
    network: Network, business: Business, watch: Watch
) -> None:
    issued = await business.issue([trip(), trip(2_000), trip(3_000, creditor="ROL")])
    sent = await business.send(issued, size=2, timeout_seconds=600)
    network.start_relayer(network.configuration)
    await watch.until(lambda: watch.acknowledged >= set(sent), "acknowledgements")
    found = await records(business, [fact.fact_id for _, fact in issued])
    assert [record.state for record in found] == [FactState.ACKNOWLEDGED] * 3
    told = output("settlement liabilities", network.run("settlement", "liabilities", "--json").output)
    for command in ("facts show", "packets", "replay", "status", "reconcile", "settlement positions"):
        output(command, network.run(*command.split(), "--json").output)
    output("explain", network.run("explain", f"main/contracts/{sent[0]}", "--json").output)
    liabilities = {row["fact_id"]: row for row in told}
    for record in found:
        liability = liabilities[f"0x{record.fact_id.hex()}"]
        assert liability["liability_id"] == f"0x{record.liability_id.hex()}"
        assert liability["sequence"] == record.settlement_sequence
        assert liability["fact_hash"] == f"0x{record.fact_hash.hex()}"
        assert liability["origin"]["packet_sequence"] == record.packet_sequence
    assert as_json(network.run("reconcile", "--json"))["agrees"]


async def test_each_fact_of_a_packet_is_judged_by_itself(network: Network, business: Business, watch: Watch) -> None:
    drafts = [trip(), trip(0, tax=0), trip(debtor="FR*XYZ"), trip(currency="USD"), trip(debtor="ATX"), trip(2_000)]
    issued = await business.issue(drafts)
    sent = await business.send(issued, size=len(drafts), timeout_seconds=600)
    network.start_relayer(network.configuration)
    await watch.until(lambda: watch.acknowledged >= set(sent), "acknowledgements")
    found = await records(business, [fact.fact_id for _, fact in issued])
    refused = [FactCode.BAD_TOTAL, FactCode.UNKNOWN_PARTY, FactCode.CURRENCY_UNSUPPORTED, FactCode.NO_AGREEMENT]
    assert [record.code for record in found] == [FactCode.OK, *refused, FactCode.OK]
    assert as_json(network.run("reconcile", "--json"))["agrees"]


async def test_a_packet_that_nobody_delivers_times_out_and_its_fact_is_sent_again(
    network: Network, business: Business, watch: Watch, selection: Selection
) -> None:
    issued = await business.issue([trip()])
    fact = issued[0][1]
    (late,) = await business.send(issued, size=1, timeout_seconds=5)
    await watch.look()
    await settlement_time(selection, watch.sent[late].timeout_timestamp)
    network.start_relayer(network.configuration)
    await watch.until(lambda: late in watch.timed_out, "the timeout")
    assert (await records(business, [fact.fact_id]))[0].state is FactState.TIMED_OUT
    (again,) = await business.send(issued, size=1, timeout_seconds=600)
    await watch.until(lambda: again in watch.acknowledged, "the acknowledgement of the second packet")
    (record,) = await records(business, [fact.fact_id])
    assert (record.state, record.packet_sequence) == (FactState.ACKNOWLEDGED, again)
    told = as_json(network.run("explain", f"main/contracts/{late}", "--json"))
    assert told["state"] == "TimedOut"
    assert [entry["event"] for entry in told["history"]] == ["PacketCommitted", "HeadFinalised", "PacketTimedOut"]
    assert as_json(network.run("reconcile", "--json"))["agrees"]


async def test_a_killed_relayer_loses_and_repeats_nothing(network: Network, business: Business, watch: Watch) -> None:
    issued = await business.issue([trip(1_000 + number) for number in range(24)])
    relayer = network.start_relayer(network.configuration)
    sent = set(await business.send(issued, size=1, timeout_seconds=600))
    for few in (1, 6, 14):
        await watch.until(lambda few=few: len(watch.acknowledged & sent) >= few, f"{few} acknowledgements")
        relayer.kill()
        relayer = network.start_relayer(network.configuration)
    await watch.until(lambda: watch.acknowledged >= sent, "every acknowledgement")
    told = as_json(network.run("settlement", "liabilities", "--json"))
    of_these = [row for row in told if row["origin"]["packet_sequence"] in sent]
    assert len(of_these) == len({row["fact_id"] for row in of_these}) == len(issued)
    assert as_json(network.run("reconcile", "--json"))["agrees"]
    assert relayer.stop() == 0
    assert network.run("replay").status == 0


async def test_a_refused_packet_is_set_aside_and_its_channel_goes_on(
    network: Network, business: Business, watch: Watch
) -> None:
    def only_trips(channels: list[dict[str, object]]) -> None:
        channels[0]["allowed"] = {"kinds": ["trip_completed"]}

    configuration = network.variant("strict", channels=only_trips)
    (wrong,) = await business.send(await business.issue([trip(kind=FactKind.FINE)]), size=1, timeout_seconds=600)
    (right,) = await business.send(await business.issue([trip()]), size=1, timeout_seconds=600)
    network.start_relayer(configuration)
    await watch.until(lambda: right in watch.acknowledged, "the allowed packet")
    told = as_json(network.run("explain", f"main/contracts/{wrong}", "--json", "--config", configuration.name))
    assert told["state"] == "Quarantined"
    assert "fact kind 7 is not allowed" in told["reason"]
    assert wrong not in watch.acknowledged
    # Another relayer of the same channel has other rules: the packet is not lost.
    network.start_relayer(network.configuration)
    await watch.until(lambda: wrong in watch.acknowledged, "the competitor's delivery")


async def test_a_fact_that_was_altered_is_refused_at_the_door(business: Business) -> None:
    issued = await business.issue([trip()])
    altered = replace(issued[0][1], net=1)
    with pytest.raises(Reverted) as caught:
        await business.send_packet("KCS", [altered], timeout_seconds=600)
    assert caught.value.name == "FactHashMismatch"


async def settlement_time(selection: Selection, moment: int) -> None:
    """Returns when the settlement ledger's own time has reached the moment."""
    ledger = make_ledger(selection.settlement_end.ledger, selection.settlement_ledger)
    async with connected(ledger):

        async def reached() -> bool:
            return (await ledger.head()).timestamp >= moment

        await until_true(reached, "the settlement ledger's time")
