"""What `check` says of a light client: the sound one, and each way in which it needs attention."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayer.app.checking import client_line, port_line
from relayer.config.channels import End
from relayer.core.ids import ClientId, Height, LedgerId, TimestampSeconds
from relayer.ports.ledger import ClientCondition, ClientStatus
from relayer.testing.capable import CapableLedger
from relayer.testing.clock import ManualClock

SOUND = ClientStatus(
    client_id=ClientId("client-0"),
    condition=ClientCondition.ACTIVE,
    client_type="07-tendermint",
    latest_height=Height(9),
    latest_timestamp=TimestampSeconds(1_000),
    trusting_period_seconds=100,
    counterparty_client_id="poa-evm-0",
    counterparty_chain_id="settlement-1",
)


def remedy(status: ClientStatus, now: int = 1_010) -> str:
    line = client_line("channel main", status, now=now, counterparty="poa-evm-0", chain_id="settlement-1")
    assert line.good == (not line.remedy)
    return line.remedy


def test_a_sound_client_is_well() -> None:
    assert remedy(SOUND) == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"condition": ClientCondition.UNKNOWN}, "no such client"),
        ({"condition": ClientCondition.FROZEN}, "two headers of one height"),
        ({"condition": ClientCondition.EXPIRED}, "its owner must recover it"),
        ({"counterparty_client_id": "poa-evm-1"}, "it is paired with 'poa-evm-1', not with 'poa-evm-0'"),
        ({"counterparty_chain_id": "settlement-2"}, "another chain than settlement-1"),
    ],
)
def test_one_mutation_says_what_to_do(change: dict[str, object], words: str) -> None:
    assert words in remedy(replace(SOUND, **change))


def test_a_client_that_expires_soon_is_told() -> None:
    assert remedy(SOUND, now=1_080) == ""
    assert "expires in 19 seconds" in remedy(SOUND, now=1_081)


async def test_check_says_from_which_port_facts_are_taken() -> None:
    """The fault it finds: a channel whose facts leave from another port than the one that their ledger takes them from."""
    ledger, client = CapableLedger(LedgerId("settlement"), ManualClock()), ClientId("poa-evm-0")
    await ledger.bind_port(client, "facts-7")
    line = await port_line("channel main", ledger, client, End(ledger="contracts", port="facts-7"))
    assert (line.found, line.good) == ("facts through poa-evm-0 come from port facts-7", True)
    line = await port_line("channel main", ledger, client, End(ledger="contracts"))
    assert "on contracts they leave from port settlement" in line.remedy
    ledger.faults.down = True
    assert not (await port_line("channel main", ledger, client, End(ledger="contracts"))).good
