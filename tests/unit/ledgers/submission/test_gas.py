"""Guesses of gas: with a margin over the dearest of the last transactions, and none after a failure."""

from __future__ import annotations

import pytest

from relayer.core.ids import Height
from relayer.core.packet import Acknowledgement
from relayer.ledgers.submission.gas import GasModel, PacketGas
from relayer.ports.ledger import AcknowledgePacket, ReceivePacket, TimeoutPacket
from relayer.ports.prover import Proof
from relayer.testing.factories import a_packet

PROOF = Proof(value=b"proof", height=Height(7), revision=1)
RECEIVE = ReceivePacket(packet=a_packet(), proof=PROOF)
ACKNOWLEDGE = AcknowledgePacket(
    packet=a_packet(), acknowledgement=Acknowledgement(app_acknowledgements=(b"ok",)), proof=PROOF
)
TIME_OUT = TimeoutPacket(packet=a_packet(), proof=PROOF)


@pytest.fixture
def model() -> GasModel:
    return GasModel(base=1_000, margin_percent=150)


def test_nothing_is_guessed_before_anything_was_learned(model: GasModel) -> None:
    assert model.guess(100) is None


def test_a_guess_goes_by_the_dearest_byte(model: GasModel) -> None:
    model.learn(100, 5_000)
    model.learn(1_000, 30_000)
    assert model.guess(200) == 1_000 + 50 * 200 * 150 // 100


def test_what_was_dear_long_ago_is_forgotten(model: GasModel) -> None:
    model.learn(1, 1_000)
    for _ in range(8):
        model.learn(1, 10)
    assert model.guess(10) == 1_150


def test_nothing_is_believed_after_a_failure(model: GasModel) -> None:
    model.learn(1, 10)
    model.forget()
    assert model.guess(10) is None


def test_answers_tell_nothing_of_received_packets() -> None:
    gas = PacketGas(base=0, margin_percent=100)
    gas.model([ACKNOWLEDGE, TIME_OUT]).learn(1, 2)
    assert gas.model([RECEIVE]).guess(1) is None
    assert gas.model([TIME_OUT, RECEIVE]).guess(1) is None
    assert gas.model([TIME_OUT]).guess(1) == 2
