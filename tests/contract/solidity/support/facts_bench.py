"""BusinessFacts on a router, with parties, an issuer, and hand-made answers of a settlement ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from evm_harness import OWNER, START_SECONDS, InProcessEvm, account
from router_bench import LOCAL, REMOTE, Bench, Packet

from relayer.codes.facts import FactCode, FactStatus
from relayer.facts.codec import (
    FactAnswer,
    FactPacketData,
    encode_answers,
    encode_packet_data,
    fact_hash,
    fact_id,
    liability_id,
)
from relayer.facts.schema import Fact
from relayer.proofs.keccak import keccak256

CHAIN_ID = 1337
ISSUER, OTHER_ISSUER, CREDITOR, DEBTOR = (account(number) for number in (20, 21, 22, 23))
CREDITOR_ID, DEBTOR_ID = keccak256(b"DE*KCS"), keccak256(b"DE*NBM")
NONE, MINTED, SENT, ACKNOWLEDGED, REJECTED, TIMED_OUT, CANCELLED, SETTLED, DISPUTED, CREDITED = range(10)
TIMEOUT = START_SECONDS + 600
LEDGER = "settlement-1"


class FactsBench(Bench):
    """Everything ready to mint and send over client-0."""

    def __init__(self, fork: str = "Constantinople", *, port: str = "settlement") -> None:
        """`port` empty: the contract's address is its port."""
        super().__init__(InProcessEvm(fork))
        self.facts = self.evm.deploy("BusinessFacts", self.router.address, CHAIN_ID, port)
        self.port = port or self.facts.address.lower()
        if port:
            self.router.call("addIBCApp(string,address)", port, self.facts.address, sender=OWNER)
        else:
            self.router.call("addIBCApp(address)", self.facts.address, sender=OWNER)
        self.facts.call("registerParty", "DE*KCS", CREDITOR, "5299000J2N45DDNE4Y28", "DE123456789", sender=OWNER)
        self.facts.call("registerParty", "DE*NBM", DEBTOR, "", "", sender=OWNER)
        self.facts.call("addIssuer", ISSUER, CREDITOR_ID, sender=OWNER)
        self.facts.call("registerLedger", LOCAL, LEDGER, sender=OWNER)

    @property
    def contract(self) -> bytes:
        return bytes.fromhex(self.facts.address[2:])

    def fact(self, number: int, issuer: str = ISSUER, **changes: Any) -> Fact:
        values = {
            "fact_id": fact_id(CHAIN_ID, self.contract, bytes.fromhex(issuer[2:]), number),
            "schema": 1,
            "kind": 2,
            "category": 1,
            "creditor": CREDITOR_ID,
            "debtor": DEBTOR_ID,
            "currency": b"EUR",
            "exponent": 2,
            "net": 1_000 + number,
            "tax": 190,
            "service_end": START_SECONDS - 60,
            "due_date": START_SECONDS + 86_400,
            "issuer_sequence": number,
            "related_fact": bytes(32),
            "document_hash": keccak256(b"document"),
        }
        return Fact(**{**values, **changes})

    def mint(self, count: int = 1, first: int = 1) -> list[Fact]:
        facts = [self.fact(number) for number in range(first, first + count)]
        self.facts.call("mintBatch", [abi(fact) for fact in facts], sender=ISSUER)
        return facts

    def send_facts(self, facts: Sequence[Fact], *, timeout: int = TIMEOUT, destination: str = "") -> Packet:
        outcome = self.facts.call("send", LOCAL, timeout, destination, [abi(fact) for fact in facts], sender=ISSUER)
        return self.packet(facts, int(outcome.value), timeout=timeout, destination=destination)

    def packet(self, facts: Sequence[Fact], sequence: int, *, timeout: int = TIMEOUT, destination: str = "") -> Packet:
        """The packet as the settlement ledger must see it, encoded by the shared Python code."""
        data = FactPacketData(
            chain_id=CHAIN_ID,
            contract=self.contract,
            issuer=bytes.fromhex(ISSUER[2:]),
            destination=destination,
            facts=tuple(facts),
            fact_hashes=tuple(fact_hash(fact) for fact in facts),
        )
        return Packet(
            sequence=sequence,
            source=LOCAL,
            destination=REMOTE,
            timeout=timeout,
            source_port=self.port,
            destination_port="settlement",
            version="fact-1",
            encoding="application/x-solidity-abi",
            value=encode_packet_data(data),
        )

    def status(self, fact: Fact) -> Any:
        """(state, code, issuer sequence, packet sequence, settlement sequence, fact hash, liability id, ledger id)."""
        return self.facts.call("factStatus", fact.fact_id).value[:8]

    def news(self, fact: Fact) -> Any:
        """(sequence of the newest news, what it says is open)."""
        return self.facts.call("factStatus", fact.fact_id).value[8:]

    def state(self, fact: Fact) -> int:
        return int(self.status(fact)[0])

    def acknowledge(self, packet: Packet, acknowledgement: bytes) -> Any:
        return self.router.call("ackPacket", self.acknowledge_message(packet, acknowledgement))

    def time_out(self, packet: Packet) -> Any:
        self.light_client.call("setTimestamp", packet.timeout)
        return self.router.call("timeoutPacket", self.timeout_message(packet))


def abi(fact: Fact) -> tuple[Any, ...]:
    return tuple(getattr(fact, name) for name in Fact.__dataclass_fields__)


def accepted(fact: Fact, sequence: int, code: FactCode = FactCode.OK) -> FactAnswer:
    return FactAnswer(
        status=FactStatus.ACCEPTED,
        liability_id=liability_id(fact.fact_id, fact_hash(fact)),
        sequence=sequence,
        head_hash=keccak256(b"head"),
        code=code,
    )


def rejected(code: FactCode) -> FactAnswer:
    return FactAnswer(status=FactStatus.REJECTED, liability_id=bytes(32), sequence=0, head_hash=bytes(32), code=code)


def answers(*items: FactAnswer) -> bytes:
    return encode_answers(items)


def changed(fact: Fact, **changes: Any) -> Fact:
    return replace(fact, **changes)
