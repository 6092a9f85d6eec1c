"""Business verbs of a chain: what is sent for a command, what is read for a question, and what is not believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest
from google.protobuf.message import Message

from relayer.app.checking import trust_line
from relayer.codes.facts import FactCode, FactStatus
from relayer.core.ids import ClientId
from relayer.errors import AccessDenied, LedgerRefused, LedgerUnavailable, WrongLedger
from relayer.facts.schema import party_id
from relayer.facts.signing import contract_of_system, ledger_identity, sign_facts
from relayer.facts.ways import Way
from relayer.keystore import account_from_key
from relayer.ledgers.cosmos.account import CosmosAccount
from relayer.ledgers.cosmos.commander import Commander
from relayer.ledgers.cosmos.errors import MalformedAnswer, QueryRefused
from relayer.ledgers.cosmos.fees import FeePolicy
from relayer.ledgers.cosmos.limits import TransactionLimits
from relayer.ledgers.cosmos.recording import FactRecorder
from relayer.ledgers.cosmos.settlement import CosmosSettlement
from relayer.ledgers.cosmos.transactions import AccountSender
from relayer.messages.signed_facts import request_to_message
from relayer.settlement.log import command_to_message
from relayer.settlement.model.acts import OPERATOR, LogHead
from relayer.settlement.model.commands import Command
from relayer.settlement.model.news import NewsAnswer, NewsState, WaitingNews
from relayer.settlement.model.parties import Agreement, ClosePeriod, CurrencyTerms, Party, RecordAgreement, RegisterParty
from relayer.settlement.model.payments import ExpirePayment
from relayer.testing.factories import a_fact
from relayer.wire.cosmos_protos import any_
from relayer.wire.interledger.settlement.chain.v1 import genesis_pb2, query_pb2, tx_pb2
from relayer.wire.interledger.settlement.v1 import acts_pb2, facts_pb2, liabilities_pb2, news_pb2, parties_pb2
from relayer.wire.interledger.settlement.v1 import service_pb2 as wire
from tests.support.sdk_chain import SdkChain, SdkClock

SIGNER = CosmosAccount(account_from_key("11" * 32), prefix="cosmos")
PACKAGE = "/interledger.settlement.chain.v1."
HEAD = LogHead(5, b"\7" * 32)
DEBTOR, CREDITOR = party_id("DE*AAA"), party_id("DE*BBB")
PARTY = Party(party_id=DEBTOR, ocpi_id="DE*AAA", name="A", lei="", vat_id="")
AGREEMENT = Agreement(
    agreement_id="a-1",
    creditor=CREDITOR,
    debtor=DEBTOR,
    currencies=(CurrencyTerms(currency="EUR", exponent=2, open_limit=None),),
)
EXPIRE = ExpirePayment(request_id="r", actor=b"", payment_id="p-1")
Service = Callable[[], CosmosSettlement]


@pytest.fixture
def chain() -> SdkChain:
    return SdkChain(SIGNER.address)


@pytest.fixture
def service(chain: SdkChain) -> CosmosSettlement:
    fees = FeePolicy(price=Fraction(0), denomination="stake", cap=0)
    sender = AccountSender(chain, SIGNER, chain_id=chain.chain_id, fees=fees, clock=SdkClock(chain))
    recorder = FactRecorder(chain, sender, limits=TransactionLimits())
    return CosmosSettlement(chain, Commander(sender), recorder, chain_id=chain.chain_id)


def accept(chain: SdkChain, name: str) -> list[any_.Any]:
    """The chain takes one kind of message. Returns those that it sees, simulated ones too."""
    seen: list[any_.Any] = []

    def rule(message: any_.Any) -> Message:
        seen.append(message)
        response: type[Message] = getattr(tx_pb2, f"{name}Response")
        head = acts_pb2.LogHead(sequence=HEAD.sequence, head_hash=HEAD.head_hash)
        return response(head=head) if "head" in response.DESCRIPTOR.fields_by_name else response()

    chain.rules[PACKAGE + name] = rule
    return seen


@pytest.mark.parametrize(
    "command",
    [
        RegisterParty(request_id="r", actor=OPERATOR, party=PARTY),
        RecordAgreement(request_id="r", actor=OPERATOR, agreement=AGREEMENT, replaces=3),
        ClosePeriod(request_id="r", actor=OPERATOR, cut_off_seconds=77),
        EXPIRE,
    ],
    ids=lambda command: type(command).__name__,
)
async def test_a_command_travels_as_every_ledger_takes_it(
    chain: SdkChain, service: CosmosSettlement, command: Command
) -> None:
    seen = accept(chain, "MsgExecute")
    assert await service.execute(command) == HEAD
    expected = tx_pb2.MsgExecute(sender=SIGNER.address, command=command_to_message(command))
    assert seen[-1].value == expected.SerializeToString(deterministic=True)
    assert len(chain.executed) == 1


async def test_a_broken_rule_is_told_by_its_code(chain: SdkChain, service: CosmosSettlement) -> None:
    chain.rules[PACKAGE + "MsgExecute"] = lambda _: ("settlement", 7)
    with pytest.raises(LedgerRefused, match="command r") as refused:
        await service.execute(ClosePeriod(request_id="r", cut_off_seconds=77, actor=OPERATOR))
    assert refused.value.code == "settlement/7"
    assert chain.executed == []


async def test_an_account_that_is_no_operators(chain: SdkChain, service: CosmosSettlement) -> None:
    chain.rules[PACKAGE + "MsgExecute"] = lambda _: ("sdk", 4)
    with pytest.raises(AccessDenied, match=f"account {SIGNER.address} has no right to it on chain settlement-1"):
        await service.execute(ClosePeriod(request_id="r", cut_off_seconds=77, actor=OPERATOR))


async def test_a_client_is_trusted_once(chain: SdkChain, service: CosmosSettlement) -> None:
    seen = accept(chain, "MsgTrustClient")
    trusted: list[genesis_pb2.TrustedClient] = []
    chain.queries[PACKAGE + "Query/TrustedClients"] = lambda _: query_pb2.QueryTrustedClientsResponse(clients=trusted)
    assert not await service.trusts_client(ClientId("poa-evm-0"))
    await service.trust_client(ClientId("poa-evm-0"))
    assert tx_pb2.MsgTrustClient.FromString(seen[-1].value).client_id == "poa-evm-0"
    trusted.append(genesis_pb2.TrustedClient(client_id="poa-evm-0", chains=["1337"]))
    assert await service.trusts_client(ClientId("poa-evm-0"))
    await service.trust_client(ClientId("poa-evm-0"))
    assert len(chain.executed) == 1


async def test_a_client_of_a_hub_is_trusted_for_chains_once(chain: SdkChain, service: CosmosSettlement) -> None:
    seen = accept(chain, "MsgTrustClient")
    trusted = genesis_pb2.TrustedClient(client_id="07-tendermint-0", chains=["hub-1"])
    chain.queries[PACKAGE + "Query/TrustedClients"] = lambda _: query_pb2.QueryTrustedClientsResponse(clients=[trusted])
    assert await service.trusted_chains(ClientId("07-tendermint-1")) == ()
    await service.trust_chains(ClientId("07-tendermint-0"), ["1337", "1338"])
    sent = tx_pb2.MsgTrustClient.FromString(seen[-1].value)
    assert (sent.client_id, list(sent.chains)) == ("07-tendermint-0", ["1337", "1338"])
    trusted.chains[:] = ["1337", "1338"]
    await service.trust_chains(ClientId("07-tendermint-0"), ["1337", "1338"])
    assert len(chain.executed) == 1


async def test_a_client_is_bound_to_a_port_once(chain: SdkChain, service: CosmosSettlement) -> None:
    seen = accept(chain, "MsgBindPort")
    found = query_pb2.QueryBoundPortResponse(port="settlement")
    chain.queries[PACKAGE + "Query/BoundPort"] = lambda _: found
    for port in ("facts-7", "settlement"):
        assert await service.bound_port(ClientId("poa-evm-0")) == "settlement"
        await service.bind_port(ClientId("poa-evm-0"), port)
        sent = tx_pb2.MsgBindPort.FromString(seen[-1].value)
        assert sent == tx_pb2.MsgBindPort(operator=SIGNER.address, client_id="poa-evm-0", port=port)
    found.is_bound = True
    await service.bind_port(ClientId("poa-evm-0"), "settlement")
    assert len(chain.executed) == 2, "a repeat costs nothing"
    found.port = "a b"
    with pytest.raises(MalformedAnswer, match="port 'a b'"):
        await service.bound_port(ClientId("poa-evm-0"))


async def test_a_client_is_distrusted_once(chain: SdkChain, service: CosmosSettlement) -> None:
    chain.queries[PACKAGE + "Query/TrustedClients"] = lambda _: query_pb2.QueryTrustedClientsResponse(
        clients=[genesis_pb2.TrustedClient(client_id="poa-evm-0", chains=["1337"])]
    )
    seen = accept(chain, "MsgDistrustClient")
    await service.distrust_client(ClientId("poa-evm-1"))
    assert seen == []
    await service.distrust_client(ClientId("poa-evm-0"))
    sent = tx_pb2.MsgDistrustClient.FromString(seen[-1].value)
    assert sent == tx_pb2.MsgDistrustClient(operator=SIGNER.address, client_id="poa-evm-0")


async def test_check_says_whether_facts_through_a_client_are_taken(chain: SdkChain, service: CosmosSettlement) -> None:
    trusted = genesis_pb2.TrustedClient(client_id="poa-evm-0", chains=["1337"])
    answers: list[Message | tuple[str, int]] = [query_pb2.QueryTrustedClientsResponse(clients=[trusted])]
    chain.queries[PACKAGE + "Query/TrustedClients"] = lambda _: answers[0]
    assert (await trust_line("channel main", service, ClientId("poa-evm-0"))).good
    assert "channel open" in (await trust_line("channel main", service, ClientId("poa-evm-1"))).remedy
    answers[0] = ("sdk", 18)
    assert "sdk 18" in (await trust_line("channel main", service, ClientId("poa-evm-0"))).remedy


@pytest.mark.parametrize(
    ("method", "ask"),
    [
        ("Liability", lambda service: service.liability(bytes(32))),
        ("Liability", lambda service: service.liability_of_fact(bytes(32))),
        ("Payment", lambda service: service.payment("p-1")),
        ("Cycle", lambda service: service.cycle("c-1")),
    ],
)
async def test_what_does_not_stand_is_none_and_other_refusals_are_not(
    chain: SdkChain, service: CosmosSettlement, method: str, ask: Callable[[CosmosSettlement], object]
) -> None:
    chain.queries[PACKAGE + f"Query/{method}"] = lambda _: ("sdk", 22)
    assert await ask(service) is None
    chain.queries[PACKAGE + f"Query/{method}"] = lambda _: ("sdk", 18)
    with pytest.raises(QueryRefused):
        await ask(service)


async def test_a_node_that_names_another_ledger_gets_no_signature(chain: SdkChain, service: CosmosSettlement) -> None:
    """A node that names another ledger would get signatures that count there, where the issuer has sent nothing."""
    shown = [ledger_identity("settlement-1", bytes(32))]
    chain.queries[PACKAGE + "Query/Identity"] = lambda _: wire.GetIdentityResponse(identity=shown[0])
    assert await service.identity() == shown[0]
    shown[0] = ledger_identity("settlement-2", bytes(32))
    with pytest.raises(WrongLedger, match="'settlement-2'"):
        await service.identity()
    for broken in (b"", bytes(32), bytes(31), bytes(32) + b"\xff"):
        shown[0] = broken
        with pytest.raises(LedgerUnavailable):
            await service.identity()


async def test_facts_travel_as_they_were_signed(chain: SdkChain, service: CosmosSettlement) -> None:
    fact = replace(a_fact(1), creditor=CREDITOR, debtor=DEBTOR)
    signed = sign_facts(
        bytes(31) + b"\1", bytes(32) + b"x", way=Way.PUSHED, chain_id=1337, contract=contract_of_system("s"), facts=[fact]
    )
    seen: list[any_.Any] = []

    def rule(message: any_.Any) -> Message:
        seen.append(message)
        answer = facts_pb2.FactAnswer(status=1, liability_id=bytes(32), sequence=7, head_hash=bytes(32), code=0)
        return tx_pb2.MsgRecordFactsResponse(answers=[answer])

    chain.rules[PACKAGE + "MsgRecordFacts"] = rule
    (answer,) = await service.record_facts(signed)
    assert (answer.status, answer.code, answer.sequence) == (FactStatus.ACCEPTED, FactCode.OK, 7)
    sent = tx_pb2.MsgRecordFacts.FromString(seen[-1].value)
    assert sent == tx_pb2.MsgRecordFacts(sender=SIGNER.address, request=request_to_message(signed))


async def test_lists_are_read(chain: SdkChain, service: CosmosSettlement) -> None:
    asked: list[bytes] = []

    def liabilities(data: bytes) -> Message:
        asked.append(data)
        return wire.ListLiabilitiesResponse(liabilities=[_liability()])

    chain.queries[PACKAGE + "Query/Liabilities"] = liabilities
    (found,) = await service.liabilities(after_sequence=4, limit=9)
    assert (found.sequence, found.open, found.amount) == (5, 100, 100)
    assert wire.ListLiabilitiesRequest.FromString(asked[0]) == wire.ListLiabilitiesRequest(after_sequence=4, limit=9)
    chain.queries[PACKAGE + "Query/Parties"] = lambda _: wire.ListPartiesResponse(
        parties=[parties_pb2.Party(party_id=DEBTOR, ocpi_id="DE*AAA", name="A")]
    )
    assert await service.parties() == [PARTY]


async def test_waiting_news_are_read_page_by_page(chain: SdkChain, service: CosmosSettlement) -> None:
    asked: list[bytes] = []

    def news(data: bytes) -> Message:
        asked.append(data)
        return wire.ListWaitingNewsResponse(
            news=[
                news_pb2.WaitingNews(
                    client_id="poa-evm-0",
                    fact_id=b"\7" * 32,
                    liability_id=b"\1" * 32,
                    state=news_pb2.NEWS_STATE_HELD,
                    since_seconds=1_000,
                    attempts=4,
                    due_seconds=2_000,
                    last_answer=news_pb2.NEWS_ANSWER_WRONG_STATE,
                )
            ]
        )

    chain.queries[PACKAGE + "Query/WaitingNews"] = news
    (found,) = await service.waiting_news(after=("poa-evm-0", b"\6" * 32), limit=9)
    assert found == WaitingNews(
        client_id="poa-evm-0",
        fact_id=b"\7" * 32,
        liability_id=b"\1" * 32,
        state=NewsState.HELD,
        since_seconds=1_000,
        attempts=4,
        due_seconds=2_000,
        last_answer=NewsAnswer.WRONG_STATE,
    )
    request = wire.ListWaitingNewsRequest.FromString(asked[0])
    assert (request.after_client_id, request.after_fact_id, request.limit) == ("poa-evm-0", b"\6" * 32, 9)


def _liability(**changes: object) -> liabilities_pb2.Liability:
    fields = {
        "liability_id": b"\1" * 32,
        "sequence": 5,
        "fact_id": b"\2" * 32,
        "fact_hash": b"\3" * 32,
        "creditor": CREDITOR,
        "debtor": DEBTOR,
        "currency": "EUR",
        "exponent": 2,
        "amount": "100",
        "open": "100",
        "netted": "0",
        "paid": "0",
        "credited": "0",
        "held": "0",
        "kind": 2,
        "origin": facts_pb2.Origin(
            fact_packet=facts_pb2.FactPacket(chain_id="1337", contract=b"\4" * 20, issuer=b"\5" * 20, client_id="poa-evm-0")
        ),
        "head_hash": b"\6" * 32,
    }
    return liabilities_pb2.Liability(**(fields | changes))


@pytest.mark.parametrize("change", [{"amount": "-1"}, {"amount": "x"}, {"open": "99"}, {"kind": 99}])
async def test_an_answer_that_breaks_the_rules_is_not_believed(
    chain: SdkChain, service: CosmosSettlement, change: dict[str, object]
) -> None:
    chain.queries[PACKAGE + "Query/Liability"] = lambda _: _liability(**change)
    with pytest.raises(LedgerUnavailable, match="does not allow"):
        await service.liability(b"\1" * 32)
