"""News of liabilities leave the settlement ledger as packets, with real headers and proofs of the `poa-evm` client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from relayer.codes.facts import FactCategory, FactKind
from relayer.codes.limits import (
    MAXIMUM_NEWS_PACKETS,
    MAXIMUM_NEWS_REPEATS,
    MAXIMUM_NEWS_WAIT_SECONDS,
    NEWS_WAIT_SECONDS,
)
from relayer.codes.news import Status, StatusAnswer
from relayer.core.commitment import (
    UNIVERSAL_ERROR_ACKNOWLEDGEMENT,
    PathKind,
    acknowledgement_commitment,
    commitment_path,
)
from relayer.core.events import PacketCommitted
from relayer.core.ids import ClientId, Height
from relayer.core.packet import Acknowledgement, Packet, Payload
from relayer.facts.codec import liability_id
from relayer.facts.schema import Fact, party_id
from relayer.facts.status_codec import StatusPacketData, StatusUpdate, decode_status_packet, encode_status_answers
from relayer.facts.words import keccak256
from relayer.ledgers.embedded.chain.verify import verify
from relayer.ledgers.embedded.host.transactions import RecoverClient, Transaction
from relayer.ledgers.embedded.settlement.news_outbox import recorded_answer
from relayer.ports.ledger import (
    AcknowledgePacket,
    ClientCondition,
    Outcome,
    PacketMessage,
    ReceivePacket,
    SubmissionBatch,
    TimeoutPacket,
    client_reference,
)
from relayer.ports.prover import ClientMessage, ClientTerms
from relayer.proofs.poa_evm.types import Misbehaviour, encode_misbehaviour
from relayer.settlement.model.acts import OPERATOR, UnitKey
from relayer.settlement.model.cycles import AbortCycle, CommitCycle, ProposeCycle, VerifyCycle
from relayer.settlement.model.disputes import OpenDispute, ReleaseDispute, UpholdDispute, WriteOff
from relayer.settlement.model.news import NewsAnswer, NewsState, ResendNews, WaitingNews
from relayer.settlement.model.parties import Agreement, CurrencyTerms, Party, RecordAgreement, RegisterParty
from relayer.settlement.model.payments import Evidence, EvidenceKind, FinalisePayment, InstructPayment, ReturnPayment
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.netting.solver import solve
from relayer.settlement.rules.eligible import Scope
from relayer.settlement.rules.plans import proof_hash_of
from relayer.testing.clock import ManualClock
from relayer.testing.factories import CONTRACT, a_fact, a_fact_payload
from tests.support.embedded import embedded_ledger
from tests.support.evm_counterparty import CHAIN_ID, CLIENT_ID, EvmCounterparty
from tests.support.issuing import issuing_for

CLIENT = ClientId("poa-evm-0")
NBM, KCS = party_id("DE*NBM"), party_id("DE*KCS")
EUR = UnitKey("EUR", 2)
DAY = 24 * 60 * 60
APPLIED, STALE, UNKNOWN, WRONG, FINAL, RETURNED, REFUSED = StatusAnswer


class Bench:
    """A settlement ledger with debts of NBM to KCS and back, and the EVM ledger that the facts came from."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.folder = folder
        self.evm = EvmCounterparty(self.clock)
        self.ledger = embedded_ledger(folder, self.clock)

    @property
    def now(self) -> int:
        return int(self.clock.now())

    async def set_up(self) -> None:
        await self.ledger.connect()
        terms = ClientTerms(trusting_period_seconds=10 * DAY, max_clock_drift_seconds=15)
        client = await self.ledger.create_client(
            await self.evm.initial_client(terms), counterparty_client_id=None, counterparty_merkle_prefix=()
        )
        await self.ledger.register_counterparty(
            client, counterparty_client_id=CLIENT_ID, counterparty_merkle_prefix=self.evm.merkle_prefix
        )
        for name in ("DE*NBM", "DE*KCS"):
            party = Party(party_id=party_id(name), ocpi_id=name, name=name, lei="", vat_id="")
            await self.ledger.settlement.execute(RegisterParty(request_id=name, party=party, actor=OPERATOR))
        for name, debtor, creditor in (("there", NBM, KCS), ("back", KCS, NBM)):
            terms_of = (CurrencyTerms(currency="EUR", exponent=2, open_limit=None),)
            agreement = Agreement(agreement_id=name, creditor=creditor, debtor=debtor, currencies=terms_of)
            await self.ledger.settlement.execute(
                RecordAgreement(request_id=name, agreement=agreement, actor=OPERATOR, replaces=0)
            )
        for command in issuing_for("DE*KCS", "DE*NBM"):
            await self.ledger.settlement.execute(command)

    def fact(self, number: int, net: int = 1_000, *, back: bool = False) -> Fact:
        parties = {"creditor": "DE*NBM", "debtor": "DE*KCS"} if back else {}
        made = a_fact(number, net=net, **parties)
        return replace(made, tax=0, service_end=self.now - 10, due_date=self.now)

    async def receive(self, *facts: Fact) -> None:
        packet = self.incoming(a_fact_payload(*facts))
        await self.submit([ReceivePacket(packet=packet, proof=await self.proof(packet, PathKind.COMMITMENT, CLIENT_ID))])

    def incoming(self, payload: Payload) -> Packet:
        packet = Packet(
            sequence=self.evm.next_sequence(),
            source_client=CLIENT_ID,
            destination_client=CLIENT,
            timeout_timestamp=self.now + 600,
            payloads=(payload,),
        )
        self.evm.commit(packet)
        return packet

    async def answer(self, packet: Packet, *answers: StatusAnswer) -> None:
        await self.answer_with(packet, encode_status_answers(answers))

    async def answer_with(self, packet: Packet, value: bytes) -> None:
        acknowledgement = Acknowledgement(app_acknowledgements=(value,))
        path = commitment_path(CLIENT_ID, PathKind.ACKNOWLEDGEMENT, packet.sequence)
        self.evm.write(path, acknowledgement_commitment(acknowledgement))
        proof = await self.proof(packet, PathKind.ACKNOWLEDGEMENT, CLIENT_ID)
        await self.submit([AcknowledgePacket(packet=packet, acknowledgement=acknowledgement, proof=proof)])

    async def time_out(self, packet: Packet) -> None:
        self.clock.advance(DAY + 1)
        await self.submit([TimeoutPacket(packet=packet, proof=await self.proof(packet, PathKind.RECEIPT, CLIENT_ID))])

    async def proof(self, packet: Packet, kind: PathKind, client: ClientId):
        height = self.evm.seal()
        (proof,) = await self.evm.prove([commitment_path(client, kind, packet.sequence)], at=height)
        return proof

    async def submit(self, messages: Sequence[PacketMessage]) -> None:
        update = await self.evm.client_update(client_reference(self.ledger, CLIENT), trusted=Height(1), target=self.evm.head)
        receipt = await self.ledger.submit(
            SubmissionBatch(client_id=CLIENT, update=update, messages=tuple(messages)),
        )
        assert [result.outcome for result in receipt.results] == [Outcome.DELIVERED] * len(messages)

    async def execute(self, *commands: Transaction) -> None:
        """All in one block."""
        for result in await self.ledger.session.deliver(commands):
            assert not result.refused, result

    async def sent(self) -> list[Packet]:
        head = await self.ledger.head()
        events = await self.ledger.events(after=Height(0), until=head.height)
        return [event.packet for event in events if isinstance(event, PacketCommitted)]

    async def told(self) -> list[tuple[int, Status, int]]:
        """(number of the fact, status, open) of every update in every packet."""
        names = {a_fact(number).fact_id: number for number in range(1, 1_200)}
        data = [decode_status_packet(packet.payload.value) for packet in await self.sent()]
        return [(names[each.fact_id], each.status, each.open) for packet in data for each in packet.updates]

    async def waiting(self, after: tuple[str, bytes] = ("", b""), limit: int = 1_000) -> list[WaitingNews]:
        return list(await self.ledger.settlement.waiting_news(after=after, limit=limit))

    async def block_seconds(self) -> int:
        return (await self.ledger.head()).timestamp

    async def answers(self, packet: Packet) -> bytes | None:
        def read(chain):
            return recorded_answer(chain.query(now=self.ledger.session.now()), CLIENT, packet.sequence)

        return await self.ledger.session.run(read)

    def dispute(self, fact: Fact, name: str = "D-1", amount: int = 100, wait: int = 10 * DAY) -> OpenDispute:
        return OpenDispute(
            request_id=f"dispute {name}",
            actor=NBM,
            dispute_id=name,
            fact_id=fact.fact_id,
            amount=amount,
            reason="too long",
            deadline_seconds=self.now + wait,
        )

    def release(self, name: str = "D-1") -> ReleaseDispute:
        return ReleaseDispute(request_id=f"release {name}", actor=NBM, dispute_id=name)

    def payment(self, amount: int, name: str = "P-1") -> tuple[InstructPayment, FinalisePayment]:
        order = InstructPayment(
            request_id=f"pay {name}",
            actor=NBM,
            payment_id=name,
            debtor=NBM,
            creditor=KCS,
            currency="EUR",
            exponent=2,
            amount=amount,
            cycle_id="",
            expires_at_seconds=self.now + 600,
        )
        return order, FinalisePayment(
            request_id=f"final {name}", actor=KCS, payment_id=name, evidence=evidence(f"in {name}", amount)
        )

    async def net(self, cycle_id: str = "C-1", *, commit: bool = True) -> None:
        found = await self.ledger.settlement.netting_input(
            Scope(unit=EUR, cut_off_seconds=self.now, value_date_seconds=self.now)
        )
        await self.execute(
            ProposeCycle(
                request_id=f"propose {cycle_id}",
                actor=NBM,
                cycle_id=cycle_id,
                mode=NettingMode.CYCLE,
                currency="EUR",
                exponent=2,
                cut_off_seconds=self.now,
                value_date_seconds=self.now,
                expires_at_seconds=self.now + 3600,
                debts_hash=found.network.digest(),
                proof=solve(found.network).encode(),
            )
        )
        cycle = await self.ledger.settlement.cycle(cycle_id)
        proof_hash = proof_hash_of(cycle.plan)
        await self.execute(VerifyCycle(request_id="verify", actor=KCS, cycle_id=cycle_id, proof_hash=proof_hash))
        end = CommitCycle if commit else AbortCycle
        await self.execute(end(request_id="end", actor=OPERATOR, cycle_id=cycle_id))


def evidence(reference: str, amount: int) -> Evidence:
    return Evidence(kind=EvidenceKind.BANK_STATEMENT_ENTRY, reference=reference, amount=amount, currency="EUR")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    await made.set_up()
    yield made
    await made.ledger.close()


class TestWhatIsTold:
    async def test_a_dispute_and_its_release(self, bench: Bench) -> None:
        fact = bench.fact(1)
        await bench.receive(fact)
        assert await bench.sent() == []
        await bench.execute(bench.dispute(fact))
        (packet,) = await bench.sent()
        head = await bench.ledger.settlement.liability_of_fact(fact.fact_id)
        dispute = (await bench.ledger.settlement.disputes(after_id="", limit=1))[0]
        assert (packet.source_client, packet.destination_client) == (CLIENT, CLIENT_ID)
        assert packet.timeout_timestamp == bench.now + DAY
        payload = packet.payload
        assert (payload.source_port, payload.destination_port, payload.version) == ("settlement", "settlement", "status-1")
        assert decode_status_packet(payload.value) == StatusPacketData(
            chain_id=CHAIN_ID,
            contract=CONTRACT,
            updates=(
                StatusUpdate(
                    fact_id=fact.fact_id,
                    liability_id=liability_id(fact.fact_id, head.fact_hash),
                    status=Status.DISPUTED,
                    sequence=dispute.sequence,
                    reference=keccak256(b"D-1"),
                    open=1_000,
                ),
            ),
        )
        await bench.answer(packet, APPLIED)
        await bench.execute(bench.release())
        assert (await bench.told())[1:] == [(1, Status.RELEASED, 1_000)]

    async def test_a_dispute_that_lapses(self, bench: Bench) -> None:
        await bench.receive(bench.fact(1))
        await bench.execute(bench.dispute(bench.fact(1), wait=600))
        await bench.answer((await bench.sent())[-1], APPLIED)
        bench.clock.advance(601)
        await bench.ledger.advance()
        assert (await bench.told())[1:] == [(1, Status.RELEASED, 1_000)]

    @pytest.mark.parametrize(("credited", "left"), [(40, 960), (100, 900)])
    async def test_a_dispute_that_is_upheld(self, bench: Bench, credited: int, left: int) -> None:
        await bench.receive(bench.fact(1))
        await bench.execute(bench.dispute(bench.fact(1)))
        await bench.answer((await bench.sent())[-1], APPLIED)
        await bench.execute(UpholdDispute(request_id="uphold", actor=KCS, dispute_id="D-1", credited=credited))
        assert (await bench.told())[1:] == [(1, Status.CREDITED, left)]

    async def test_a_write_off(self, bench: Bench) -> None:
        await bench.receive(bench.fact(1))
        await bench.execute(
            WriteOff(request_id="mercy", actor=KCS, fact_id=bench.fact(1).fact_id, amount=1_000, reason="small")
        )
        assert await bench.told() == [(1, Status.CREDITED, 0)]
        (update,) = decode_status_packet((await bench.sent())[0].payload.value).updates
        assert update.reference == keccak256(b"mercy")

    async def test_a_credit_note(self, bench: Bench) -> None:
        credit = replace(
            bench.fact(2, 300),
            kind=FactKind.CREDIT_NOTE,
            category=FactCategory.CREDIT,
            related_fact=bench.fact(1).fact_id,
        )
        await bench.receive(bench.fact(1), credit)
        assert await bench.told() == [(1, Status.CREDITED, 700)]
        (update,) = decode_status_packet((await bench.sent())[0].payload.value).updates
        assert update.reference == credit.fact_id

    @pytest.mark.parametrize(("amount", "told"), [(999, []), (1_000, [(1, Status.SETTLED, 0)])])
    async def test_a_confirmed_payment_once_nothing_is_open(self, bench: Bench, amount: int, told: list) -> None:
        paid = replace(bench.fact(2, amount), kind=FactKind.PAYMENT_CONFIRMED, related_fact=bench.fact(1).fact_id)
        await bench.receive(bench.fact(1), paid)
        assert await bench.told() == told

    async def test_a_final_payment_settles_what_it_pays_in_full(self, bench: Bench) -> None:
        await bench.receive(bench.fact(1), bench.fact(2), bench.fact(3))
        order, final = bench.payment(1_500)
        await bench.execute(order)
        assert await bench.sent() == []
        await bench.execute(final)
        told = await bench.told()
        assert [(status, left) for _, status, left in told] == [(Status.SETTLED, 0)]

    async def test_a_payment_that_is_returned_later_is_no_news(self, bench: Bench) -> None:
        await bench.receive(bench.fact(1))
        await bench.execute(*bench.payment(1_000))
        await bench.execute(
            ReturnPayment(request_id="return", actor=NBM, payment_id="P-1", evidence=evidence("back", 1_000))
        )
        assert await bench.told() == [(1, Status.SETTLED, 0)]

    async def test_a_committed_cycle_settles_what_it_clears_in_full(self, bench: Bench) -> None:
        await bench.receive(bench.fact(1, 1_000), bench.fact(2, 400), bench.fact(3, 1_100, back=True))
        await bench.net()
        told = {number: status for number, status, _ in await bench.told()}
        open_of = {
            number: (await bench.ledger.settlement.liability_of_fact(a_fact(number).fact_id)).open for number in (1, 2, 3)
        }
        assert told == {number: Status.SETTLED for number, left in open_of.items() if not left}
        assert 3 in told
        (update, *_) = decode_status_packet((await bench.sent())[0].payload.value).updates
        assert update.reference == keccak256(b"C-1")

    async def test_an_aborted_cycle_is_no_news(self, bench: Bench) -> None:
        await bench.receive(bench.fact(1), bench.fact(2, back=True))
        await bench.net(commit=False)
        assert await bench.sent() == []

    async def test_only_the_newest_of_a_block_is_told(self, bench: Bench) -> None:
        await bench.receive(bench.fact(1), bench.fact(2))
        await bench.execute(
            bench.dispute(bench.fact(1)), bench.dispute(bench.fact(2), "D-2"), bench.release(), bench.release("D-2")
        )
        assert len(await bench.sent()) == 1
        assert await bench.told() == [(1, Status.RELEASED, 1_000), (2, Status.RELEASED, 1_000)]

    async def test_a_refused_command_tells_nothing(self, bench: Bench) -> None:
        await bench.receive(bench.fact(1))
        await bench.ledger.session.deliver([bench.dispute(bench.fact(1), amount=2_000)])
        assert await bench.sent() == []


class TestPackets:
    async def test_many_updates_share_packets_and_the_rest_waits_for_answers(self, bench: Bench) -> None:
        count = 64 * (MAXIMUM_NEWS_PACKETS + 1) + 5
        for first in range(1, count, 64):
            await bench.receive(*(bench.fact(number, 10) for number in range(first, min(first + 64, count + 1))))
        await bench.execute(*bench.payment(10 * count))
        sent = await bench.sent()
        assert [len(decode_status_packet(packet.payload.value).updates) for packet in sent] == [64] * MAXIMUM_NEWS_PACKETS
        await bench.answer(sent[0], *[APPLIED] * 64)
        told = await bench.told()
        assert len(told) == count
        assert {number for number, _, _ in told} == set(range(1, count + 1))
        assert [packet.sequence for packet in await bench.sent()] == list(range(1, MAXIMUM_NEWS_PACKETS + 3))
        await bench.ledger.close()
        verify(bench.folder)

    async def test_the_answer_is_kept(self, bench: Bench) -> None:
        await bench.receive(bench.fact(1))
        await bench.execute(bench.dispute(bench.fact(1)))
        (packet,) = await bench.sent()
        assert await bench.answers(packet) is None
        await bench.answer(packet, STALE)
        assert await bench.answers(packet) == encode_status_answers([STALE])
        assert len(await bench.sent()) == 1

    @pytest.mark.parametrize(
        "answer",
        [
            UNIVERSAL_ERROR_ACKNOWLEDGEMENT,
            b"\x00",
            b"\xff" * 3_000,
            encode_status_answers([]),
            encode_status_answers([WRONG, WRONG]),
        ],
    )
    async def test_what_is_refused_or_unreadable_is_kept_and_not_sent_again(self, bench: Bench, answer: bytes) -> None:
        await bench.receive(bench.fact(1))
        await bench.execute(bench.dispute(bench.fact(1)))
        (packet,) = await bench.sent()
        await bench.answer_with(packet, answer)
        assert await bench.answers(packet) == answer
        assert len(await bench.sent()) == 1

    @pytest.mark.parametrize(
        ("answer", "last"), [(RETURNED, NewsAnswer.RETURNED), (REFUSED, NewsAnswer.REFUSED)], ids=["returned", "refused"]
    )
    async def test_what_a_hub_brings_back_waits_and_is_sent_again(
        self, bench: Bench, answer: StatusAnswer, last: NewsAnswer
    ) -> None:
        await bench.receive(bench.fact(1))
        await bench.execute(bench.dispute(bench.fact(1)))
        (packet,) = await bench.sent()
        await bench.answer(packet, answer)
        (held,) = await bench.waiting()
        assert (held.state, held.last_answer) == (NewsState.HELD, last)
        bench.clock.advance(NEWS_WAIT_SECONDS + 1)
        await bench.ledger.advance()
        assert [each.payload.value for each in await bench.sent()] == [packet.payload.value] * 2
        await bench.answer((await bench.sent())[-1], APPLIED)
        assert await bench.waiting() == []

    async def test_what_comes_too_early_is_sent_again_a_few_times(self, bench: Bench) -> None:
        await bench.receive(bench.fact(1), bench.fact(2))
        await bench.execute(bench.dispute(bench.fact(1)), bench.dispute(bench.fact(2), "D-2"))
        await bench.answer((await bench.sent())[-1], APPLIED, WRONG)
        for number in range(1, MAXIMUM_NEWS_REPEATS + 1):
            packets = await bench.sent()
            assert len(packets) == 1 + number
            (again,) = decode_status_packet(packets[-1].payload.value).updates
            assert again == decode_status_packet(packets[0].payload.value).updates[1]
            await bench.answer(packets[-1], WRONG)
        assert len(await bench.sent()) == 1 + MAXIMUM_NEWS_REPEATS

    async def test_what_waits_is_listed_with_its_reason_until_the_contract_ledger_takes_it(self, bench: Bench) -> None:
        await bench.receive(bench.fact(1), bench.fact(2))
        assert await bench.waiting() == []
        await bench.execute(bench.dispute(bench.fact(1)), bench.dispute(bench.fact(2), "D-2"))
        since = await bench.block_seconds()
        one, other = await bench.waiting()
        assert one.client_id == CLIENT
        recorded = await bench.ledger.settlement.liability_of_fact(one.fact_id)
        assert recorded is not None
        assert one.liability_id == recorded.liability_id
        assert {one.fact_id, other.fact_id} == {bench.fact(1).fact_id, bench.fact(2).fact_id}
        assert one.fact_id < other.fact_id
        assert (one.state, one.since_seconds, one.attempts) == (NewsState.UNDER_WAY, since, 0)
        assert (one.due_seconds, one.last_answer) == (0, NewsAnswer.NONE)
        await bench.answer((await bench.sent())[-1], APPLIED, WRONG)
        for _ in range(MAXIMUM_NEWS_REPEATS):
            bench.clock.advance(1)
            await bench.answer((await bench.sent())[-1], WRONG)
        (held,) = await bench.waiting()
        now = await bench.block_seconds()
        assert held.fact_id == bench.fact(2).fact_id
        assert (held.state, held.since_seconds, held.attempts) == (NewsState.HELD, since, 1 + MAXIMUM_NEWS_REPEATS)
        assert (held.due_seconds, held.last_answer) == (now + NEWS_WAIT_SECONDS, NewsAnswer.WRONG_STATE)
        await bench.execute(ResendNews(request_id="resend", actor=OPERATOR, fact_id=held.fact_id))
        await bench.time_out((await bench.sent())[-1])
        (again,) = await bench.waiting()
        assert (again.state, again.since_seconds, again.last_answer) == (NewsState.UNDER_WAY, since, NewsAnswer.TIMED_OUT)
        await bench.answer_with((await bench.sent())[-1], UNIVERSAL_ERROR_ACKNOWLEDGEMENT)
        assert [each.last_answer for each in await bench.waiting()] == [NewsAnswer.REFUSED]
        await bench.execute(ResendNews(request_id="resend 2", actor=OPERATOR, fact_id=held.fact_id))
        await bench.answer((await bench.sent())[-1], APPLIED)
        assert await bench.waiting() == []

    async def test_waiting_news_are_listed_page_by_page(self, bench: Bench) -> None:
        facts = [bench.fact(number) for number in range(1, 8)]
        await bench.receive(*facts)
        await bench.execute(*(bench.dispute(each, f"D-{number}") for number, each in enumerate(facts)))
        found: list[WaitingNews] = []
        while page := await bench.waiting((found[-1].client_id, found[-1].fact_id) if found else ("", b""), limit=3):
            assert len(page) <= 3
            found += page
        assert [each.fact_id for each in found] == sorted(each.fact_id for each in facts)
        assert await bench.waiting((CLIENT, b"\xff" * 40)) == []
        assert await bench.waiting(("unknown-client-9", b"")) == []

    async def test_what_times_out_is_sent_again(self, bench: Bench) -> None:
        await bench.receive(bench.fact(1))
        await bench.execute(bench.dispute(bench.fact(1)))
        (packet,) = await bench.sent()
        await bench.time_out(packet)
        first, second = await bench.sent()
        assert second.payload == first.payload
        assert (second.sequence, second.timeout_timestamp) == (2, bench.now + DAY)
        assert await bench.answers(first) is None

    async def test_a_timeout_does_not_renew_the_number_of_repeats(self, bench: Bench) -> None:
        await bench.receive(bench.fact(1))
        await bench.execute(bench.dispute(bench.fact(1)))
        for _ in range(MAXIMUM_NEWS_REPEATS):
            await bench.answer((await bench.sent())[-1], WRONG)
        await bench.time_out((await bench.sent())[-1])
        count = len(await bench.sent())
        await bench.answer((await bench.sent())[-1], WRONG)
        assert len(await bench.sent()) == count

    async def test_a_relayer_that_delivers_too_early_on_purpose_destroys_no_news(self, bench: Bench) -> None:
        await bench.receive(bench.fact(1))
        await bench.execute(bench.dispute(bench.fact(1), wait=60 * DAY))
        for _ in range(1 + MAXIMUM_NEWS_REPEATS):
            await bench.answer((await bench.sent())[-1], WRONG)
        for wait in (NEWS_WAIT_SECONDS, 2 * NEWS_WAIT_SECONDS, 4 * NEWS_WAIT_SECONDS):
            count = len(await bench.sent())
            bench.clock.advance(wait - 5)
            await bench.ledger.advance()
            assert len(await bench.sent()) == count
            bench.clock.advance(5)
            await bench.ledger.advance()
            assert len(await bench.sent()) == count + 1
            await bench.answer((await bench.sent())[-1], WRONG)
        for _ in range(20):
            bench.clock.advance(MAXIMUM_NEWS_WAIT_SECONDS)
            await bench.ledger.advance()
            packet = (await bench.sent())[-1]
            assert packet.timeout_timestamp == bench.now + DAY
            await bench.answer(packet, WRONG)
        bench.clock.advance(MAXIMUM_NEWS_WAIT_SECONDS)
        await bench.ledger.advance()
        await bench.answer((await bench.sent())[-1], APPLIED)
        count = len(await bench.sent())
        bench.clock.advance(2 * MAXIMUM_NEWS_WAIT_SECONDS)
        await bench.ledger.advance()
        assert len(await bench.sent()) == count
        assert set(await bench.told()) == {(1, Status.DISPUTED, 1_000)}
        await bench.ledger.close()
        verify(bench.folder)

    async def test_the_operator_sends_what_waits_at_once(self, bench: Bench) -> None:
        await bench.receive(bench.fact(1))
        await bench.execute(bench.dispute(bench.fact(1)))
        for _ in range(1 + MAXIMUM_NEWS_REPEATS):
            await bench.answer((await bench.sent())[-1], WRONG)
        count = len(await bench.sent())
        again = ResendNews(request_id="again", actor=OPERATOR, fact_id=bench.fact(1).fact_id)
        await bench.execute(again)
        assert len(await bench.sent()) == count + 1
        await bench.execute(replace(again, request_id="while it is under way"))
        await bench.answer((await bench.sent())[-1], APPLIED)
        await bench.execute(replace(again, request_id="when it is over"))
        assert len(await bench.sent()) == count + 1

    async def test_news_of_a_fact_that_is_settled_for_good_end(self, bench: Bench) -> None:
        """A payment was returned, and the debt that it had settled is disputed: a contract that never takes that is told
        once."""
        await bench.receive(bench.fact(1))
        await bench.execute(bench.dispute(bench.fact(1), wait=60 * DAY))
        await bench.answer((await bench.sent())[-1], FINAL)
        for _ in range(5):
            bench.clock.advance(MAXIMUM_NEWS_WAIT_SECONDS)
            await bench.ledger.advance()
        assert len(await bench.sent()) == 1
        await bench.execute(bench.release())
        await bench.answer((await bench.sent())[-1], FINAL)
        assert await bench.told() == [(1, Status.DISPUTED, 1_000), (1, Status.RELEASED, 1_000)]
        await bench.ledger.close()
        verify(bench.folder)

    async def test_a_contract_that_refuses_whole_packets_is_asked_again(self, bench: Bench) -> None:
        await bench.receive(bench.fact(1))
        await bench.execute(bench.dispute(bench.fact(1)))
        await bench.answer_with((await bench.sent())[-1], UNIVERSAL_ERROR_ACKNOWLEDGEMENT)
        bench.clock.advance(NEWS_WAIT_SECONDS)
        await bench.ledger.advance()
        first, second = await bench.sent()
        assert second.payload == first.payload

    async def test_a_debtor_who_changes_one_debt_without_end_causes_one_packet_at_a_time(self, bench: Bench) -> None:
        await bench.receive(bench.fact(1), bench.fact(2))
        for number in range(50):
            await bench.execute(bench.dispute(bench.fact(1), f"D-{number}", amount=1))
            await bench.execute(bench.release(f"D-{number}"))
        (packet,) = await bench.sent()
        await bench.execute(bench.dispute(bench.fact(2), "other"))
        assert len(await bench.sent()) == 2
        await bench.answer(packet, APPLIED)
        assert await bench.told() == [
            (1, Status.DISPUTED, 1_000),
            (2, Status.DISPUTED, 1_000),
            (1, Status.RELEASED, 1_000),
        ]

    async def test_newer_news_take_the_place_of_what_waits_for_its_time(self, bench: Bench) -> None:
        await bench.receive(bench.fact(1))
        await bench.execute(bench.dispute(bench.fact(1)))
        for _ in range(1 + MAXIMUM_NEWS_REPEATS):
            await bench.answer((await bench.sent())[-1], WRONG)
        count = len(await bench.sent())
        await bench.execute(bench.release())
        assert len(await bench.sent()) == count
        bench.clock.advance(NEWS_WAIT_SECONDS)
        await bench.ledger.advance()
        assert (await bench.told())[count:] == [(1, Status.RELEASED, 1_000)]

    async def test_a_frozen_client_keeps_its_queue_and_fails_no_block(self, bench: Bench) -> None:
        await bench.receive(bench.fact(1))
        await freeze(bench)
        await bench.execute(bench.dispute(bench.fact(1)))
        assert await bench.sent() == []
        await recover(bench)
        assert await bench.told() == [(1, Status.DISPUTED, 1_000)]
        await bench.ledger.close()
        verify(bench.folder)


async def freeze(bench: Bench) -> None:
    height = bench.evm.seal()
    evidence_of = Misbehaviour(
        header_1=bench.evm.header(height, client_reference(bench.ledger, CLIENT)),
        header_2=bench.evm.header(height, client_reference(bench.ledger, CLIENT), extra=b"fork"),
    )
    message = ClientMessage(
        type_url="/interledger.lightclients.poaevm.v1.Misbehaviour", value=encode_misbehaviour(evidence_of), height=height
    )
    await bench.ledger.submit(SubmissionBatch(client_id=CLIENT, update=message, messages=()))
    assert (await bench.ledger.client_status(CLIENT)).condition is ClientCondition.FROZEN


async def recover(bench: Bench) -> None:
    bench.evm.seal()
    terms = ClientTerms(trusting_period_seconds=10 * DAY, max_clock_drift_seconds=15)
    substitute = await bench.ledger.create_client(
        await bench.evm.initial_client(terms), counterparty_client_id=None, counterparty_merkle_prefix=()
    )
    await bench.execute(RecoverClient(subject=CLIENT, substitute=substitute))
