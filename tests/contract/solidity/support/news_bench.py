"""Acknowledged facts, and a settlement ledger that tells of them whatever a test wants."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from facts_bench import CHAIN_ID, FactsBench, accepted, answers
from router_bench import LOCAL, REMOTE, Packet

from relayer.codes.news import Status, StatusAnswer
from relayer.facts.codec import fact_hash, liability_id
from relayer.facts.schema import Fact
from relayer.facts.status_codec import StatusPacketData, StatusUpdate, decode_status_answers, encode_status_packet

CAUSE = b"\x77" * 32
REST = 400
RECORDED = 7
"""Log entry of the liability."""


class NewsBench(FactsBench):
    """Adds the other direction."""

    def __init__(self, fork: str = "Constantinople", *, port: str = "settlement") -> None:
        super().__init__(fork, port=port)
        self.told = 0

    def settled_facts(self, count: int = 1) -> list[Fact]:
        facts = self.mint(count)
        self.acknowledge(self.send_facts(facts), answers(*(accepted(fact, RECORDED) for fact in facts)))
        return facts

    def packet_of(self, *updates: StatusUpdate, **changes: Any) -> Packet:
        self.told += 1
        data = StatusPacketData(chain_id=CHAIN_ID, contract=self.contract, updates=updates)
        return replace(
            Packet(
                sequence=self.told,
                source=REMOTE,
                destination=LOCAL,
                source_port="settlement",
                destination_port=self.port,
                version="status-1",
                encoding="application/x-solidity-abi",
                value=encode_status_packet(data),
            ),
            **changes,
        )

    def receive(self, packet: Packet) -> Any:
        return self.router.call("recvPacket", self.receive_message(packet))

    def tell(self, *updates: StatusUpdate) -> tuple[StatusAnswer, ...]:
        return decode_status_answers(answer_of(self.receive(self.packet_of(*updates))))


def answer_of(outcome: Any) -> bytes:
    (answer,) = outcome.named("WriteAcknowledgement")[0].arguments["acknowledgements"]
    return bytes(answer)


def update(fact: Fact, status: Status = Status.DISPUTED, sequence: int = RECORDED + 1, **changes: Any) -> StatusUpdate:
    made = StatusUpdate(
        fact_id=fact.fact_id,
        liability_id=liability_id(fact.fact_id, fact_hash(fact)),
        status=status,
        sequence=sequence,
        reference=CAUSE,
        open=0 if status is Status.SETTLED else REST,
    )
    return replace(made, **changes)
