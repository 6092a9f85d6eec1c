"""Evidence from real processes: exported beside a running relayer, and verified where no ledger can be reached."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from relayer.codes.facts import FactKind
from relayer.devnet.network import Network, SettlementKind
from relayer.devnet.operators import Business, Watch
from relayer.devnet.processes import Finished
from relayer.examples.consortium import FactDraft
from tests.support.outputs import output

pytestmark = pytest.mark.node
SETTLEMENT_KINDS = tuple(SettlementKind)


def trip(net: int) -> FactDraft:
    return FactDraft(
        creditor="KCS", debtor="NBM", kind=FactKind.TRIP_COMPLETED, currency="EUR", exponent=2, net=net, tax=190
    )


def told(finished: Finished) -> Any:
    assert finished.status == 0, finished.words
    return json.loads(finished.output)


def forge(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


async def test_a_packets_life_is_exported_and_verified_offline(
    network: Network, business: Business, watch: Watch, tmp_path: Path
) -> None:
    issued = await business.issue([trip(1_000), trip(2_000)])
    (sequence,) = await business.send(issued, size=2, timeout_seconds=600)
    network.start_relayer(network.configuration)
    await watch.until(lambda: sequence in watch.acknowledged, "the acknowledgement")
    file, trust = str(tmp_path / "evidence.json"), str(tmp_path / "trust.json")
    for command in (("export", f"main/contracts/{sequence}", "-o", file), ("trust", trust)):
        finished = network.run(*command)
        assert finished.status == 0, finished.words
    verdict = output("verify", network.run("verify", file, "--trust", trust, "--json").output)
    assert (verdict["proven"], verdict["ending"], verdict["sequence"]) == (True, "acknowledged", sequence)
    assert [each["claim"] for each in verdict["statements"]] == [
        "packet_committed",
        "acknowledgement_written",
        "commitment_cleared",
    ]
    assert [(each["fact_id"], each["answer"]) for each in verdict["facts"]] == [
        (f"0x{fact.fact_id.hex()}", "accepted") for _, fact in issued
    ]
    liabilities = {
        row["fact_id"]: row["liability_id"]
        for row in output("settlement liabilities", network.run("settlement", "liabilities", "--json").output)
    }
    assert all(liabilities[each["fact_id"]] == each["liability_id"] for each in verdict["facts"])
    forge(tmp_path / "evidence.json", f'"sequence": {sequence}', f'"sequence": {sequence + 1}')
    assert network.run("verify", file, "--trust", trust).status == 1
