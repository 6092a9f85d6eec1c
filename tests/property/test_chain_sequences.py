"""Whatever happens to nodes and pools: what a sender tells is true, nothing executes twice, and it goes on afterwards."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relayer.errors import LedgerUnavailable
from relayer.keystore import account_from_key
from relayer.ledgers.cosmos.account import CosmosAccount
from relayer.ledgers.cosmos.errors import MalformedAnswer
from relayer.ledgers.cosmos.fees import FeePolicy
from relayer.ledgers.cosmos.messages import message_responses, packet_outcomes
from relayer.ledgers.cosmos.signing import framed
from relayer.ledgers.cosmos.transactions import AccountSender, Executed, ResubmissionTimes, TransactionOrder
from relayer.wire.cosmos_protos import client_tx
from tests.support.sdk_chain import SdkChain, SdkClock

SIGNER = CosmosAccount(account_from_key("11" * 32), prefix="cosmos")
FREE = FeePolicy(price=Fraction(0), denomination="stake", cap=0)
MESSAGE = client_tx.MsgDeleteClientCreator(client_id="poa-evm-0", signer=SIGNER.address)
ORDER = TransactionOrder(messages=(framed(MESSAGE),), gas=20_000)


def forget(chain: SdkChain) -> None:
    chain.pool.clear()


def use_the_account_elsewhere(chain: SdkChain) -> None:
    assert chain.account is not None
    chain.account.sequence += 1


def halt(chain: SdkChain) -> None:
    chain.is_halted = True


def go_on(chain: SdkChain) -> None:
    chain.is_halted = False


def go_down(chain: SdkChain) -> None:
    chain.is_down = True


def come_up(chain: SdkChain) -> None:
    chain.is_down = False


def lose_answers(chain: SdkChain) -> None:
    chain.loses_answers = True


def answer(chain: SdkChain) -> None:
    chain.loses_answers = False


FAULTS = st.sampled_from([forget, use_the_account_elsewhere, halt, go_on, go_down, come_up, lose_answers, answer])
SCHEDULES = st.lists(st.tuples(st.floats(0.0, 6.0), FAULTS), max_size=10)


@settings(max_examples=150, deadline=None)
@given(schedule=SCHEDULES, starts=st.lists(st.floats(0.0, 5.0), min_size=1, max_size=6))
def test_what_is_told_is_true_and_nothing_happens_twice(schedule: list, starts: list[float]) -> None:
    asyncio.run(_story(schedule, starts))


async def _story(schedule: list, starts: list[float]) -> None:
    chain = SdkChain(SIGNER.address)
    chain.rules["/ibc.core.client.v1.MsgDeleteClientCreator"] = lambda _: client_tx.MsgDeleteClientCreatorResponse()
    clock = SdkClock(chain)
    clock.alarms = [(clock.time + at, lambda fault=fault: fault(chain)) for at, fault in schedule]
    patience = ResubmissionTimes(blocks=10, give_up_seconds=20)
    sender = AccountSender(chain, SIGNER, chain_id=chain.chain_id, fees=FREE, clock=clock, patience=patience)

    async def attempt(number: int, after: float) -> Executed | None:
        await clock.sleep(after)
        try:
            # Gas tells the orders apart, so that no two of them are the same bytes.
            return await sender.execute(replace(ORDER, gas=20_000 + number))
        except LedgerUnavailable:
            return None

    told = await asyncio.gather(*(attempt(number, after) for number, after in enumerate(starts)))
    hashes = [each.hash.hex().upper() for each in chain.executed]
    assert len(set(hashes)) == len(hashes)
    assert {each.hash for each in told if each is not None} <= set(hashes)

    for heal in (go_on, come_up, answer):
        heal(chain)
    clock.alarms.clear()
    for _ in range(3):
        # What waits in the pool from before may take a try.
        if (last := await attempt(99, 1.0)) is not None:
            break
    assert last is not None
    assert last.refusal is None


@given(raw=st.binary(max_size=200))
def test_answers_of_a_node_are_read_or_refused(raw: bytes) -> None:
    try:
        packet_outcomes(message_responses(raw))
    except MalformedAnswer:
        return


@pytest.mark.parametrize("raw", [b"\xff", b"\x12\x02\x0a\x05", b"\x12\x04\x0a\x02/x"])
def test_nonsense_for_an_answer(raw: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        packet_outcomes(message_responses(raw))
