"""Which liabilities a channel's facts are compared with."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from relayer.business.reconciling import liabilities_of
from relayer.settlement.model.facts import FactPacket

CONTRACT = bytes([0xAB]) * 20
FACTS = SimpleNamespace(chain_id=1337, address=CONTRACT)


def liability(**changes: object) -> SimpleNamespace:
    origin = {
        "chain_id": 1337,
        "contract": CONTRACT,
        "issuer": bytes(20),
        "client_id": "poa-evm-0",
        "packet_sequence": 1,
        "height": 1,
        "transaction": "A1",
    }
    return SimpleNamespace(origin=FactPacket(**(origin | changes)))


@pytest.mark.parametrize(
    ("changes", "is_compared"),
    [
        ({}, True),
        ({"client_id": "poa-evm-1"}, True),
        ({"chain_id": 1}, False),
        ({"contract": bytes(20)}, False),
    ],
    ids=["this channel", "another channel of the same contract", "another chain", "another contract"],
)
def test_liabilities_of_the_contract_count_whatever_their_channel(changes: dict[str, object], is_compared: bool) -> None:
    one = liability(**changes)
    assert liabilities_of(FACTS, [one]) == ((one,) if is_compared else ())
