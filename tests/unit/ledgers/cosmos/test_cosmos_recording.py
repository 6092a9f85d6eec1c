"""Signed facts on a chain: what is paid for, what counts as a refusal, and what is known after an answer was lost."""

from __future__ import annotations

from fractions import Fraction

import pytest
from google.protobuf.message import Message

from relayer.codes.facts import FactCode, FactStatus
from relayer.errors import LedgerRefused, LedgerUnavailable
from relayer.keystore import account_from_key
from relayer.ledgers.cosmos.account import CosmosAccount
from relayer.ledgers.cosmos.errors import MalformedAnswer
from relayer.ledgers.cosmos.fees import FeePolicy
from relayer.ledgers.cosmos.limits import TransactionLimits
from relayer.ledgers.cosmos.recording import FactRecorder
from relayer.ledgers.cosmos.transactions import AccountSender, TransactionUncertain
from relayer.wire.cosmos_protos import any_
from relayer.wire.interledger.settlement.chain.v1 import tx_pb2
from relayer.wire.interledger.settlement.v1 import facts_pb2
from tests.support.sdk_chain import GAS_PER_MESSAGE, SdkChain, SdkClock

SIGNER = CosmosAccount(account_from_key("11" * 32), prefix="cosmos")
RECORD = "/interledger.settlement.chain.v1.MsgRecordFacts"
OK, DUPLICATE, NOT_AGREED = FactCode.OK, FactCode.DUPLICATE, FactCode.WAY_NOT_AGREED


def request(*numbers: int) -> facts_pb2.RecordFactsRequest:
    """Facts with these numbers as their ids."""
    facts = [facts_pb2.Fact(fact_id=bytes([number]) * 32) for number in numbers]
    return facts_pb2.RecordFactsRequest(signed_facts=facts_pb2.SignedFacts(facts=facts))


def answer(sequence: int, code: FactCode) -> facts_pb2.FactAnswer:
    status = FactStatus.ACCEPTED if code in {OK, DUPLICATE} else FactStatus.REJECTED
    return facts_pb2.FactAnswer(status=status, sequence=sequence, code=code)


class Recording:
    """The chain's application, reduced to which facts are known; `rejected` ones are refused one by one."""

    def __init__(self, chain: SdkChain) -> None:
        self.chain = chain
        self.rejected: set[bytes] = set()
        chain.rules[RECORD] = self.answers

    def answers(self, message: any_.Any) -> Message:
        """Changes nothing: what blocks have executed is known."""
        known = [
            fact.fact_id
            for each in self.chain.executed
            if each.hash in self.chain.blocks and not self.chain.blocks[each.hash].code
            for fact in _facts(each.body.messages[0])
            if fact.fact_id not in self.rejected
        ]
        response = tx_pb2.MsgRecordFactsResponse()
        for fact in _facts(message):
            if fact.fact_id in self.rejected:
                response.answers.append(answer(0, NOT_AGREED))
            elif fact.fact_id in known:
                response.answers.append(answer(known.index(fact.fact_id) + 1, DUPLICATE))
            else:
                known.append(fact.fact_id)
                response.answers.append(answer(len(known), OK))
        return response


def _facts(message: any_.Any) -> list[facts_pb2.Fact]:
    return list(tx_pb2.MsgRecordFacts.FromString(message.value).request.signed_facts.facts)


@pytest.fixture
def chain() -> SdkChain:
    return SdkChain(SIGNER.address)


@pytest.fixture
def application(chain: SdkChain) -> Recording:
    return Recording(chain)


def recorder_of(chain: SdkChain, limits: TransactionLimits | None = None, clock: SdkClock | None = None) -> FactRecorder:
    fees = FeePolicy(price=Fraction(0), denomination="stake", cap=0)
    sender = AccountSender(chain, SIGNER, chain_id=chain.chain_id, fees=fees, clock=clock or SdkClock(chain))
    return FactRecorder(chain, sender, limits=limits or TransactionLimits())


def seen(response: facts_pb2.RecordFactsResponse) -> list[tuple[int, int]]:
    return [(each.sequence, each.code) for each in response.answers]


@pytest.mark.usefixtures("application")
async def test_each_fact_has_the_answer_of_its_block(chain: SdkChain) -> None:
    recorder = recorder_of(chain)
    assert seen(await recorder.record(request(1, 2))) == [(1, OK), (2, OK)]
    assert seen(await recorder.record(request(2, 3))) == [(2, DUPLICATE), (3, OK)]
    sent = tx_pb2.MsgRecordFacts.FromString(chain.executed[1].body.messages[0].value)
    assert sent == tx_pb2.MsgRecordFacts(sender=SIGNER.address, request=request(2, 3))


async def test_what_changes_nothing_is_not_paid_for(chain: SdkChain, application: Recording) -> None:
    recorder = recorder_of(chain)
    application.rejected = {b"\x07" * 32}
    await recorder.record(request(1, 2))
    assert seen(await recorder.record(request(2, 7, 1))) == [(2, DUPLICATE), (0, NOT_AGREED), (1, DUPLICATE)]
    assert len(chain.executed) == 1
    assert seen(await recorder.record(request(2, 7, 3))) == [(2, DUPLICATE), (0, NOT_AGREED), (3, OK)]
    assert len(chain.executed) == 2


@pytest.mark.usefixtures("application")
async def test_a_lost_answer_is_found_by_asking_again(chain: SdkChain) -> None:
    """The node takes the transaction and fails before it says so; the fact is recorded once, and its reference is known."""
    recorder = recorder_of(chain)
    chain.loses_answers = True
    with pytest.raises(TransactionUncertain):
        await recorder.record(request(1))
    chain.loses_answers = False
    chain.seal()
    assert seen(await recorder.record(request(1))) == [(1, DUPLICATE)]
    assert len(chain.executed) == 1


async def test_a_request_that_the_application_refuses_is_refused_with_its_code(chain: SdkChain) -> None:
    chain.rules[RECORD] = lambda _: ("settlement", 33)
    with pytest.raises(LedgerRefused, match="signed facts") as refused:
        await recorder_of(chain).record(request(1))
    assert refused.value.code == "settlement/33"
    assert chain.executed == []


@pytest.mark.parametrize("trouble", [("sdk", 11), ("sdk", 20), ("sdk", 111222), ("undefined", 1), ("sdk", 21), ("sdk", 41)])
async def test_a_nodes_own_trouble_is_no_refusal_of_the_facts(chain: SdkChain, trouble: tuple[str, int]) -> None:
    """A node without gas for simulations, with a full pool, or that panics: a courier must not give its facts up."""
    application = Recording(chain)
    chain.rules[RECORD] = lambda _: trouble
    with pytest.raises(LedgerUnavailable):
        await recorder_of(chain).record(request(1))
    chain.rules[RECORD] = application.answers
    assert seen(await recorder_of(chain).record(request(1))) == [(1, OK)]


@pytest.mark.usefixtures("application")
async def test_a_transaction_that_ran_out_of_gas_in_its_block_may_come_again(chain: SdkChain) -> None:
    """The state moved between the simulation and the block, and what the message does takes more gas now."""
    clock = SdkClock(chain)
    recorder = recorder_of(chain, clock=clock)
    clock.alarms.append((clock.now(), lambda: setattr(chain, "gas_per_message", 100 * GAS_PER_MESSAGE)))
    with pytest.raises(LedgerUnavailable, match="send them again"):
        await recorder.record(request(1))
    assert len(chain.blocks) == 1
    assert seen(await recorder.record(request(1))) == [(1, OK)]


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize(
    ("limits", "code"),
    [(TransactionLimits(maximum_bytes=4_200), "sdk/21"), (TransactionLimits(maximum_gas=5_000), "sdk/41")],
)
async def test_a_request_that_fits_no_transaction_says_so(chain: SdkChain, limits: TransactionLimits, code: str) -> None:
    with pytest.raises(LedgerRefused, match="send fewer facts") as refused:
        await recorder_of(chain, limits).record(request(*range(1, 9)))
    assert refused.value.code == code
    assert chain.executed == []


async def test_an_answer_that_is_not_one_for_each_fact_is_not_believed(chain: SdkChain) -> None:
    chain.rules[RECORD] = lambda _: tx_pb2.MsgRecordFactsResponse(answers=[answer(1, OK)])
    with pytest.raises(MalformedAnswer, match="1 answers to 2 facts"):
        await recorder_of(chain).record(request(1, 2))
    chain.rules[RECORD] = lambda _: tx_pb2.MsgBindAccountResponse()
    with pytest.raises(MalformedAnswer):
        await recorder_of(chain).record(request(1, 2))
