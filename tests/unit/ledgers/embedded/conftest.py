"""A host over an empty state in memory, with a light client that believes what the test tells it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from relayer.codes.ibc import IbcCode
from relayer.core.commitment import CommitmentPath
from relayer.core.ids import ClientId, Height, TimestampSeconds
from relayer.core.packet import Packet, Payload
from relayer.ledgers.embedded.chain.blocks import BlockTable
from relayer.ledgers.embedded.chain.machine import Result, StateMachine
from relayer.ledgers.embedded.chain.operators import equal_validators
from relayer.ledgers.embedded.chain.state import State
from relayer.ledgers.embedded.host.context import OPERATOR, BlockContext, Context
from relayer.ledgers.embedded.host.light_clients import Client, UpdateResult
from relayer.ledgers.embedded.host.refusals import refuse
from relayer.ledgers.embedded.host.transactions import (
    CreateClient,
    RegisterCounterparty,
    Transaction,
    encode_transaction,
)
from relayer.ledgers.embedded.tree.store import scratch
from relayer.ports.ledger import ClientCondition
from relayer.ports.prover import Proof
from relayer.proofs.comet import NANOSECONDS, TimestampNanoseconds
from tests.support.embedded import KEYS, EchoApplication

GENESIS_HASH = bytes([1] * 32)
NOW = 1_800_000_000
PORT = "echo"
THEIRS = ClientId("their-client-9")
GOOD = Proof(value=b"good", height=Height(5))
BAD = Proof(value=b"bad", height=Height(5))


@dataclass
class FakeLightClient:
    """A proof is good if its bytes say so; the test sets the rest."""

    client_type: str = "fake-evm"
    client_state_type_url: str = "/fake.ClientState"
    consensus_state_type_url: str = "/fake.ConsensusState"
    state: ClientCondition = ClientCondition.ACTIVE
    latest: int = 5
    timestamps: dict[int, int] = field(default_factory=lambda: {5: NOW - 10})
    outcome: UpdateResult = UpdateResult.UPDATED
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def initialise(self, client: Client, client_state: bytes, consensus_state: bytes) -> None:
        client.store.set_client_state(client_state)

    def condition(self, client: Client) -> ClientCondition:
        return ClientCondition.UNKNOWN if client.store.client_state is None else self.state

    def latest_height(self, client: Client) -> Height:
        return Height(self.latest)

    def timestamp_at(self, client: Client, height: Height) -> TimestampSeconds:
        if height not in self.timestamps:
            raise refuse(IbcCode.CONSENSUS_STATE_NOT_FOUND, f"height {height}")
        return TimestampSeconds(self.timestamps[height])

    def trusting_period_seconds(self, client: Client) -> int:
        return 100

    def counterparty_chain_id(self, client: Client) -> str:
        return "1337"

    def update(self, client: Client, type_url: str, value: bytes) -> UpdateResult:
        self.asked.append(("update", type_url, value))
        return self.outcome

    def verify_membership(self, client: Client, proof: Proof, path: Sequence[bytes], value: bytes) -> None:
        self.asked.append(("membership", tuple(path), value))
        if proof.value != b"good":
            raise refuse(IbcCode.MEMBERSHIP_FAILED, "bad proof")

    def verify_non_membership(self, client: Client, proof: Proof, path: Sequence[bytes]) -> None:
        self.asked.append(("non-membership", tuple(path)))
        if proof.value != b"good":
            raise refuse(IbcCode.NON_MEMBERSHIP_FAILED, "bad proof")

    def recover(self, subject: Client, substitute: Client) -> None:
        self.asked.append(("recover", subject.client_id, substitute.client_id))


class Host:
    """Executes transactions one by one, each in a block of its own, without sealing anything."""

    def __init__(self) -> None:
        connection = scratch()
        State.write_genesis(connection, chain_id="settlement-1", time=TimestampNanoseconds(0))
        BlockTable(connection).set_validators(1, equal_validators(KEYS))
        self.connection = connection
        self.state = State(connection, version=0)
        self.light_client = FakeLightClient()
        self.application = EchoApplication()
        self.machine = StateMachine(light_clients=[self.light_client], applications={PORT: self.application})
        self.height = 0
        self.now = NOW
        self.events: list[Any] = []

    def execute(self, *transactions: Transaction) -> list[Result]:
        self.height += 1
        context = self.context()
        encoded = [encode_transaction(each) for each in transactions]
        results = self.machine.execute(context, encoded)
        self.state.write(context, height=self.height, transactions=encoded, results=results)
        self.events += context.events
        return results

    def one(self, transaction: Transaction) -> Result:
        (result,) = self.execute(transaction)
        return result

    def context(self) -> Context:
        time = TimestampNanoseconds(self.now * NANOSECONDS + self.height)
        return self.state.context(
            BlockContext(chain_id="settlement-1", genesis_hash=GENESIS_HASH, height=Height(self.height), time=time)
        )

    def stored(self, path: CommitmentPath) -> bytes | None:
        return self.context().store.get(path)

    def create_client(self) -> ClientId:
        result = self.one(
            CreateClient(
                client_state_type_url="/fake.ClientState",
                client_state=b"state",
                consensus_state_type_url="/fake.ConsensusState",
                consensus_state=b"consensus",
                signer=OPERATOR,
            )
        )
        assert not result.refused, result
        return ClientId(result.data[2:].decode())

    def pair(self, client: ClientId, theirs: ClientId = THEIRS) -> None:
        result = self.one(
            RegisterCounterparty(
                client_id=client,
                counterparty_client_id=theirs,
                counterparty_merkle_prefix=(b"store", b"prefix/"),
                signer=OPERATOR,
            )
        )
        assert not result.refused, result


def a_payload(value: bytes = b"hello", **changes: Any) -> Payload:
    made = Payload(source_port=PORT, destination_port=PORT, version="v1", encoding="text", value=value)
    return replace(made, **changes)


@pytest.fixture
def host() -> Host:
    """Client fake-evm-0 is paired with their-client-9."""
    made = Host()
    made.pair(made.create_client())
    return made


@pytest.fixture
def incoming() -> Callable[..., Packet]:
    def build(sequence: int = 1, *, payload: Payload | None = None, **changes: Any) -> Packet:
        made = Packet(
            sequence=sequence,
            source_client=THEIRS,
            destination_client=ClientId("fake-evm-0"),
            timeout_timestamp=TimestampSeconds(NOW + 600),
            payloads=(payload or a_payload(),),
        )
        return replace(made, **changes)

    return build


@pytest.fixture
def payload() -> Callable[..., Payload]:
    return a_payload


@pytest.fixture
def good() -> Proof:
    return GOOD


@pytest.fixture
def bad() -> Proof:
    return BAD
