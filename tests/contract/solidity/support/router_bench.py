"""A router whose light client believes hand-made proofs, so that the rules of packets can be tested alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from eth_abi.abi import encode
from evm_harness import OWNER, START_SECONDS, InProcessEvm, Instance

from relayer.proofs.keccak import keccak256

LOCAL, REMOTE = "client-0", "settlement-0"
PREFIX = [b"ibc", b""]
PACKET_TYPE = "(uint64,string,string,uint64,(string,string,string,string,bytes)[])"
UNIVERSAL_ERROR = sha256(b"UNIVERSAL_ERROR_ACKNOWLEDGEMENT").digest()
STORE_SLOT = 0x1260944489272988D9DF285149B5AA1B0F48F2136D6F416159F840A3E0747600
COMMITMENT, RECEIPT, ACKNOWLEDGEMENT = b"\x01", b"\x02", b"\x03"
HEIGHT = (1, 9)


@dataclass(frozen=True)
class Packet:
    """IBC v2, with one payload."""

    sequence: int = 1
    source: str = REMOTE
    destination: str = LOCAL
    timeout: int = START_SECONDS + 600
    source_port: str = "remote"
    destination_port: str = "scripted"
    version: str = "v1"
    encoding: str = "application/x"
    value: bytes = b"\x00payload"
    payload_count: int = 1

    @property
    def payload(self) -> tuple[Any, ...]:
        return (self.source_port, self.destination_port, self.version, self.encoding, self.value)

    @property
    def abi(self) -> tuple[Any, ...]:
        return (self.sequence, self.source, self.destination, self.timeout, [self.payload] * self.payload_count)

    def commitment(self) -> bytes:
        """Written out from ICS-4 v2, on its own."""
        parts = [text.encode() for text in (self.source_port, self.destination_port, self.version, self.encoding)]
        inner = sha256(b"".join(sha256(part).digest() for part in [*parts, self.value])).digest()
        return sha256(
            b"\x02"
            + sha256(self.destination.encode()).digest()
            + sha256(self.timeout.to_bytes(8, "big")).digest()
            + sha256(inner).digest()
        ).digest()

    def receipt(self) -> bytes:
        return keccak256(encode([PACKET_TYPE], [self.abi]))


def acknowledgement_commitment(acknowledgement: bytes) -> bytes:
    return sha256(b"\x02" + sha256(acknowledgement).digest()).digest()


def path(client: str, kind: bytes, sequence: int) -> bytes:
    return client.encode() + kind + sequence.to_bytes(8, "big")


def proof(at: bytes, value: bytes, prefix: list[bytes] = PREFIX) -> bytes:
    """What the scripted light client takes for proof of `value`, or of absence if empty."""
    full = [*prefix[:-1], prefix[-1] + at]
    return keccak256(encode(["bytes[]", "bytes"], [full, value]))


@dataclass
class Bench:
    """Router, scripted application on port `scripted`, scripted light client as client-0."""

    evm: InProcessEvm = field(default_factory=InProcessEvm)

    def __post_init__(self) -> None:
        self.router = self.evm.deploy("Router")
        self.light_client = self.evm.deploy("ScriptedLightClient")
        self.app = self.evm.deploy("ScriptedApp", self.router.address)
        self.router.call("addIBCApp(string,address)", "scripted", self.app.address, sender=OWNER)
        self.router.call("addClient((string,bytes[]),address)", (REMOTE, PREFIX), self.light_client.address)

    def stored(self, at: bytes) -> bytes:
        return bytes(self.router.call("getCommitment", keccak256(at)).value)

    def stored_in_slot(self, at: bytes) -> bytes:
        """The same, as a counterparty's light client would prove it."""
        slot = keccak256(keccak256(at) + STORE_SLOT.to_bytes(32, "big"))
        return self.evm.storage(self.router.address, int.from_bytes(slot, "big")).to_bytes(32, "big")

    def send(self, packet: Packet | None = None, app: Instance | None = None) -> Packet:
        """Sends from the scripted application; gives the packet as it travels."""
        wanted = packet or Packet()
        message = (LOCAL, wanted.timeout, ("scripted", "remote", wanted.version, wanted.encoding, wanted.value))
        sequence = (app or self.app).call("send", message).value
        return replace(
            wanted, sequence=sequence, source=LOCAL, destination=REMOTE, source_port="scripted", destination_port="remote"
        )

    def receive_message(self, packet: Packet) -> tuple[Any, ...]:
        at = path(packet.source, COMMITMENT, packet.sequence)
        return (packet.abi, proof(at, packet.commitment()), HEIGHT)

    def acknowledge_message(self, packet: Packet, acknowledgement: bytes) -> tuple[Any, ...]:
        at = path(packet.destination, ACKNOWLEDGEMENT, packet.sequence)
        return (packet.abi, acknowledgement, proof(at, acknowledgement_commitment(acknowledgement)), HEIGHT)

    def timeout_message(self, packet: Packet) -> tuple[Any, ...]:
        at = path(packet.destination, RECEIPT, packet.sequence)
        return (packet.abi, proof(at, b""), HEIGHT)
