"""The authorities of a running network hand over to others and back, by the commands that their operators run."""

from __future__ import annotations

import json
import os
import signal
import urllib.error
import urllib.request

import pytest

from relayer.codes.facts import FactKind
from relayer.config.relayer_file import load_relayer
from relayer.devnet.network import Network, SettlementKind
from relayer.devnet.operators import Business, Watch
from relayer.examples.consortium import FactDraft

pytestmark = pytest.mark.node
SETTLEMENT_KINDS = tuple(SettlementKind)

TRIP = FactDraft(creditor="KCS", debtor="NBM", kind=FactKind.TRIP_COMPLETED, currency="EUR", exponent=2, net=1_000, tax=190)


def ran(network: Network, *arguments: str) -> str:
    finished = network.run(*arguments)
    assert finished.status == 0, finished
    return finished.output + finished.words


def is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60) as answer:
            return answer.status == 200
    except urllib.error.HTTPError:
        return False


def rotate(network: Network, name: str, configuration: str, *, to: list[str], threshold: int, signers: list[int]) -> None:
    plan = f"{name}.json"
    named = [word for each in to for word in ("--authority", each)]
    channel = ("main", "--config", configuration)
    ran(network, "channel", "plan-rotation", *channel, *named, "--threshold", str(threshold), "--output", plan)
    consents = []
    for number in signers:
        consent = f"{name}-{number}.json"
        ran(network, "authority", "sign-rotation", plan, f"authority-{number}.yaml", "--yes", "--output", consent)
        consents += ["--consent", consent]
    submit = ("channel", "rotate-authorities", *channel, "--plan", plan, *consents)
    assert "nothing was sent" in ran(network, *submit, "--dry-run")
    ran(network, *submit, "--output", f"{name}-done.json")
    done = json.loads((network.layout.folder / f"{name}-done.json").read_text())
    assert done["client_state_before"] != done["client_state_after"]
    again = network.run(*submit)
    assert again.status == 5, again
    assert "generation" in again.words


@pytest.mark.long
async def test_packets_flow_before_during_and_after_a_rotation(network: Network, business: Business, watch: Watch) -> None:
    configuration = network.variant("rotated")
    members = [each.address for each in load_relayer(configuration).ledgers["contracts"].authorities.members]
    relayer = network.start_relayer(configuration)
    port = load_relayer(configuration).service.port
    network.children.wait_until_listening(relayer, port)

    async def trips(count: int = 2) -> None:
        sent = set(await business.send(await business.issue([TRIP] * count), size=1, timeout_seconds=3_600))
        await watch.until(lambda: watch.acknowledged >= sent, "every packet's end")

    await trips()
    rotate(network, "two", configuration.name, to=members[:2], threshold=2, signers=[0, 1])
    channel = ("--config", configuration.name, "--channel", "main")
    retired = network.authorities[2]
    os.killpg(retired.process.pid, signal.SIGSTOP)
    try:
        await trips()
        told = ran(network, "trust", "rotated-trust.json", *channel)
        assert f"remove {members[2].lower()} from `members`" in told
        trusted = json.loads((network.layout.folder / "rotated-trust.json").read_text())["ledgers"]
        (contracts,) = [each for each in trusted if each["client_type"] == "poa-evm"]
        assert contracts["authorities"] == sorted(each.lower() for each in members[:2])
        newest = max(watch.acknowledged)
        ran(network, "export", f"main/contracts/{newest}", *channel[:2], "--output", "rotated-life.json")
        ran(network, "verify", "rotated-life.json", "--trust", "rotated-trust.json")
        network.children.wait_until(relayer, lambda: is_healthy(port), "good health")
        lines = json.loads(network.run("check", *channel[:2], "--json").output)
        remedies = {line["subject"]: line["remedy"] for line in lines}
        assert f"remove {members[2].lower()}" in remedies["authorities of contracts in the configuration"]
        assert not remedies["authorities of contracts for poa-evm-0 on settlement"]
    finally:
        os.killpg(retired.process.pid, signal.SIGCONT)
    # The way back is a rotation as well, and the relayer has not been started again.
    rotate(network, "three", configuration.name, to=members, threshold=2, signers=[0, 1])
    await trips()
    assert relayer.stop() == 0
