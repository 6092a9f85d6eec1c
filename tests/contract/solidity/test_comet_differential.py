"""The Solidity light client beside the Python one: any sequence of headers gets the same verdicts from both."""

from __future__ import annotations

from dataclasses import dataclass, replace

from comet_builder import CHAIN_ID, MAX_CLOCK_DRIFT, TRUSTING_PERIOD, Block, Operator, Operators, app_hash, config, time_of
from evm_harness import OWNER, START_SECONDS, InProcessEvm, Refused
from hypothesis import given, settings
from hypothesis import strategies as st

from relayer.ledgers.evm.comet_abi import misbehaviour_message, update_message
from relayer.proofs.client import Frozen, MappingConsensusStates, Unchanged, Updated
from relayer.proofs.comet import NANOSECONDS, TimestampNanoseconds
from relayer.proofs.comet import client as comet_client
from relayer.proofs.comet.client_types import (
    ClientHeader,
    ClientState,
    ConsensusState,
    Misbehaviour,
    encode_client_header,
    encode_misbehaviour,
)
from relayer.proofs.errors import ProofError

SETS = (
    Operators.of(0, 1, 2, 3),
    Operators.of(0, 1, 2, 9),
    Operators.of(2, 3, 10, 11),
    Operators([Operator(0, 5), Operator(1, 3), Operator(12, 1)]),
    Operators.of(20, 21),
)
BY_HASH = {operators.hash(): operators for operators in SETS}
FOREVER = 4 * TRUSTING_PERIOD


@dataclass(frozen=True)
class Attempt:
    """One header: which block, from where, signed by whom, how late, and of which history."""

    height: int
    trusted: int
    signed_by: int
    announces: int
    absent: frozenset[int]
    time_shift: int
    history: int


ATTEMPTS = st.builds(
    Attempt,
    height=st.integers(2, 9),
    trusted=st.integers(-1, 9),
    signed_by=st.sampled_from([0, 0, 0, 0, 0, 1, 2, 3, 4]),
    announces=st.sampled_from([0, 0, 0, 0, 0, 1, 2, 3]),
    absent=st.sampled_from([frozenset[int](), frozenset[int](), frozenset({1}), frozenset({3}), frozenset({0, 2})]),
    time_shift=st.sampled_from([0, 0, 0, 0, 0, 0, 1, -1, 2, -2, 60]),
    history=st.sampled_from([0, 0, 0, 0, 1]),
)


class PythonClient:
    """The pure client with its store."""

    def __init__(self) -> None:
        self.state = ClientState(
            chain_id=CHAIN_ID,
            trusting_period_nanoseconds=TRUSTING_PERIOD,
            unbonding_period_nanoseconds=FOREVER,
            max_clock_drift_nanoseconds=MAX_CLOCK_DRIFT,
            latest_height=1,
        )
        first = ConsensusState(
            timestamp=TimestampNanoseconds(time_of(1)), root=app_hash(1), next_validators_hash=SETS[0].hash()
        )
        self.states = {1: first}
        self.now = TimestampNanoseconds(START_SECONDS * NANOSECONDS)

    def update(self, header: ClientHeader) -> str:
        try:
            outcome = comet_client.update(self.state, MappingConsensusStates(self.states), header, now=self.now)
        except ProofError:
            return "refused"
        match outcome:
            case Updated():
                self.state = outcome.client_state
                self.states[outcome.height] = outcome.consensus_state
                return "updated"
            case Unchanged():
                return "unchanged"
            case Frozen():
                self.state = outcome.client_state
                return "frozen"

    def misbehaviour(self, evidence: Misbehaviour) -> str:
        states = MappingConsensusStates(self.states)
        try:
            self.state = comet_client.check_misbehaviour(self.state, states, evidence, now=self.now).client_state
        except ProofError:
            return "refused"
        return "frozen"


class SolidityClient:
    """The contract behind the transcoding."""

    def __init__(self) -> None:
        self.contract = InProcessEvm().deploy("CometBftLightClient", config(SETS[0], owner=OWNER))

    def update(self, header: ClientHeader) -> str:
        try:
            message = update_message(encode_client_header(header), known_sets=())
            return ("updated", "frozen", "unchanged")[self.contract.call("updateClient", message).value]
        except (ProofError, Refused):
            return "refused"

    def misbehaviour(self, evidence: Misbehaviour) -> str:
        try:
            self.contract.call("misbehaviour", misbehaviour_message(encode_misbehaviour(evidence), known_sets=()))
        except (ProofError, Refused):
            return "refused"
        return "frozen"


def header_of(attempt: Attempt, states: dict[int, ConsensusState]) -> ClientHeader:
    """The attempt's header, from a stored height below it, or for -1 from one that is not stored or not below."""
    lower = sorted(height for height in states if height < attempt.height)
    trusted_height = attempt.height if attempt.trusted < 0 else lower[attempt.trusted % len(lower)]
    known = states.get(trusted_height)
    trusted = SETS[0] if known is None else BY_HASH[known.next_validators_hash]
    operators = SETS[attempt.signed_by]
    block = Block(
        attempt.height,
        operators,
        next_operators=SETS[attempt.announces],
        time=time_of(attempt.height) + attempt.time_shift * NANOSECONDS,
        app_hash=bytes((attempt.history,)) * 32 if attempt.history else b"",
    )
    absent = [index for index in attempt.absent if index < len(operators.members)]
    return block.client_header(trusted_height, trusted, absent=absent)


def update_both(python: PythonClient, solidity: SolidityClient, header: ClientHeader) -> None:
    """One verdict, but for a state that is stored already: the contract then verifies no signature and changes nothing."""
    verdict = solidity.update(header)
    if verdict != "unchanged":
        assert verdict == python.update(header)
        return
    block = header.signed.header
    assert python.states[header.height] == ConsensusState(
        timestamp=block.time, root=block.app_hash, next_validators_hash=block.next_validators_hash
    )
    assert python.update(header) in {"unchanged", "refused"}


@settings(max_examples=60, deadline=None)
@given(st.lists(ATTEMPTS, min_size=1, max_size=10))
def test_updates(attempts: list[Attempt]) -> None:
    python, solidity = PythonClient(), SolidityClient()
    for attempt in attempts:
        header = header_of(attempt, python.states)
        update_both(python, solidity, header)
        assert solidity.contract.call("latestHeight").value == python.state.latest_height
    for height, state in python.states.items():
        assert solidity.contract.call("getConsensusState", height).values[:2] == (state.timestamp, state.root)


@settings(max_examples=60, deadline=None)
@given(st.lists(ATTEMPTS, max_size=4), ATTEMPTS, ATTEMPTS, st.booleans())
def test_evidence(attempts: list[Attempt], first: Attempt, second: Attempt, level: bool) -> None:
    python, solidity = PythonClient(), SolidityClient()
    for attempt in attempts:
        header = header_of(attempt, python.states)
        update_both(python, solidity, header)
    if level:
        second = replace(second, height=first.height)
    evidence = Misbehaviour(header_1=header_of(first, python.states), header_2=header_of(second, python.states))
    assert solidity.misbehaviour(evidence) == python.misbehaviour(evidence)
