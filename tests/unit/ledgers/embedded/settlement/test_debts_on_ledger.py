"""Netting, payments and disputes on a served ledger: kept in its file, replayed, and every damaged row found."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from relayer.codes.settlement import RefusalCode
from relayer.core.ids import LedgerId
from relayer.errors import AccessDenied, ConfigurationError, InvalidInput, LedgerRefused
from relayer.facts.schema import party_id
from relayer.ledgers.embedded.chain.verify import verify
from relayer.ledgers.embedded.tree import store
from relayer.ledgers.embedded.tree.errors import LedgerCorrupt
from relayer.ledgers.remote.ledger import RemoteLedger
from relayer.ledgers.served.access import Access, Reads
from relayer.settlement.log import command_from_message, command_to_message
from relayer.settlement.model.acts import OPERATOR, UnitKey
from relayer.settlement.model.commands import Command
from relayer.settlement.model.cycles import CommitCycle, CycleState, ProposeCycle, VerifyCycle
from relayer.settlement.model.disputes import DisputeState, OpenDispute, ReleaseDispute, UpholdDispute
from relayer.settlement.model.parties import ClosePeriod, Consent, RevokeAccount, SetConsent
from relayer.settlement.model.payments import Evidence, EvidenceKind, FinalisePayment, InstructPayment, PaymentState
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.netting.solver import solve
from relayer.settlement.postings import Account, Posting, balances
from relayer.settlement.rules.eligible import Scope
from relayer.settlement.rules.plans import check_plan, proof_hash_of
from relayer.testing.factories import a_fact
from relayer.wire.interledger.settlement.v1 import cycles_pb2, log_pb2, parties_pb2, payments_pb2
from tests.support.embedded import embedded_ledger
from tests.support.owing import OwingLedger
from tests.support.served import ledger_server

EUR = UnitKey("EUR", 2)
NBM, KCS, ROL = map(party_id, ("DE*NBM", "DE*KCS", "DE*ROL"))
TOKEN = "operators-token"


DEBTS = {("DE*NBM", "DE*KCS"): 1000, ("DE*KCS", "DE*ROL"): 800, ("DE*ROL", "DE*NBM"): 500}


class Bench(OwingLedger):
    """Served over gRPC."""

    async def set_up(self) -> None:
        await super().set_up()
        socket = self.folder / "ledger.sock"
        parties = {"DE*NBM": "of-nbm", "DE*NBM/2": "of-nbm-again", "DE*KCS": "of-kcs"}
        self.server = ledger_server(self.ledger, socket, token=TOKEN, parties=parties, reads=Reads.OPEN)
        await self.server.start()
        address = f"unix:{socket}"
        self.operator, self.stranger, self.debtor, self.creditor, self.guesser, self.debtor_again = (
            RemoteLedger(
                ledger_id=LedgerId("settlement"), address=address, chain_id="settlement-1", clock=self.clock, token=token
            )
            for token in (TOKEN, None, "of-nbm", "of-kcs", "of-rol", "of-nbm-again")
        )
        self.service = self.operator.settlement

    async def proposal(self, cycle_id: str, **changes: object) -> ProposeCycle:
        scope = Scope(unit=EUR, cut_off_seconds=self.now, value_date_seconds=self.now)
        found = await self.service.netting_input(scope)
        return replace(
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
            ),
            **changes,
        )

    async def net(self, cycle_id: str) -> None:
        await self.service.execute(await self.proposal(cycle_id))
        cycle = await self.service.cycle(cycle_id)
        check_plan(cycle.plan)
        await self.service.execute(
            VerifyCycle(request_id="verify", actor=KCS, cycle_id=cycle_id, proof_hash=proof_hash_of(cycle.plan))
        )
        await self.service.execute(CommitCycle(request_id="commit", actor=OPERATOR, cycle_id=cycle_id))

    async def settle_everything(self) -> None:
        """A dispute that is partly upheld, consent, a cycle, and a payment of what the cycle left."""
        owed = await self.service.liability_of_fact(a_fact(1).fact_id)
        await self.service.execute(a_dispute(owed.fact_id, self.now))
        await self.service.execute(SetConsent(request_id="consent", actor=NBM, party=NBM, consent=Consent.GIVEN, replaces=0))
        await self.net("C-1")
        await self.service.execute(UpholdDispute(request_id="uphold", actor=KCS, dispute_id="D-1", credited=60))
        await self.service.execute(a_payment(self.now, 440))
        await self.service.execute(final(440))

    async def close(self) -> None:
        for remote in (self.operator, self.stranger, self.debtor, self.creditor, self.guesser):
            await remote.close()
        await self.server.stop()
        await self.ledger.close()


def a_dispute(fact_id: bytes, now: int) -> OpenDispute:
    return OpenDispute(
        request_id="dispute",
        actor=NBM,
        dispute_id="D-1",
        fact_id=fact_id,
        amount=100,
        reason="two kilometres too many",
        deadline_seconds=now + 600,
    )


def a_payment(now: int, amount: int) -> InstructPayment:
    return InstructPayment(
        request_id="pay",
        actor=NBM,
        payment_id="P-1",
        debtor=NBM,
        creditor=KCS,
        currency="EUR",
        exponent=2,
        amount=amount,
        cycle_id="C-1",
        expires_at_seconds=now + 600,
    )


def final(amount: int) -> FinalisePayment:
    evidence = Evidence(kind=EvidenceKind.BANK_STATEMENT_ENTRY, reference="STMT/1", amount=amount, currency="EUR")
    return FinalisePayment(request_id="final", actor=KCS, payment_id="P-1", evidence=evidence)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path, DEBTS)
    await made.set_up()
    yield made
    await made.close()


async def test_the_whole_life_over_grpc(bench: Bench) -> None:
    await bench.settle_everything()
    liabilities = await bench.service.liabilities(after_sequence=0, limit=100)
    assert [(each.open, each.held, each.netted, each.paid, each.credited) for each in liabilities] == [
        (0, 0, 500, 440, 60),
        (300, 0, 500, 0, 0),
        (0, 0, 500, 0, 0),
    ]
    (cycle,) = await bench.service.cycles(after_id="", limit=10)
    assert (cycle.state, cycle.proposer, cycle.verifier) == (CycleState.COMMITTED, NBM, KCS)
    assert (cycle.plan.gross, cycle.plan.remaining) == (2200, 700)
    (payment,) = await bench.service.payments(after_id="", limit=10)
    assert (payment.state, payment.recorder) == (PaymentState.FINAL, KCS)
    assert payment == await bench.service.payment("P-1")
    (dispute,) = await bench.service.disputes(after_id="", limit=10)
    assert (dispute.state, dispute.credited) == (DisputeState.PARTLY_UPHELD, 60)
    assert await bench.service.cycle("C-2") is None
    assert await bench.service.payment("P-2") is None


async def test_the_served_records_are_those_of_the_ledger(bench: Bench) -> None:
    await bench.settle_everything()
    own, served = bench.ledger.settlement, bench.service
    assert await served.cycle("C-1") == await own.cycle("C-1")
    assert await served.payment("P-1") == await own.payment("P-1")
    assert await served.disputes(after_id="", limit=9) == await own.disputes(after_id="", limit=9)
    scope = Scope(unit=EUR, cut_off_seconds=bench.now, value_date_seconds=bench.now)
    assert await served.netting_input(scope) == await own.netting_input(scope)
    period = {"since_seconds": 0, "until_seconds": bench.now + 60}
    assert await served.statement(NBM, EUR, **period) == await own.statement(NBM, EUR, **period)


async def test_a_statement_adds_up_to_the_position(bench: Bench) -> None:
    await bench.settle_everything()
    statement = await bench.service.statement(NBM, EUR, since_seconds=0, until_seconds=bench.now + 60)
    payable, receivable = statement.payable, statement.receivable
    assert (payable.facts, payable.netted, payable.paid, payable.credited, payable.closing) == (1000, 500, 440, 60, 0)
    assert (receivable.facts, receivable.netted, receivable.closing) == (500, 500, 0)
    positions = {each.ocpi_id: each.net for each in await bench.service.positions()}
    assert statement.closing == positions["DE*NBM"] == 0


async def test_everything_survives_a_restart_and_replays(bench: Bench) -> None:
    await bench.settle_everything()
    before = await bench.ledger.settlement.cycle("C-1")
    await bench.ledger.close()
    verified = verify(bench.folder)
    assert verified.log_entries == 6 + 3 + 3 + 8
    connection = store.open_existing(bench.folder)
    rows = connection.execute("SELECT sequence, liability, source, target, amount FROM settlement_posting")
    postings = [Posting(*head, Account(source), Account(target), int(amount)) for *head, source, target, amount in rows]
    connection.close()
    assert {sum(accounts.values()) for accounts in balances(postings).values()} == {0}
    reopened = embedded_ledger(bench.folder, bench.clock)
    await reopened.connect()
    assert await reopened.settlement.cycle("C-1") == before
    await reopened.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE settlement_posting SET amount = '441' WHERE target = 'paid'",
        "DELETE FROM settlement_posting WHERE line = 1 AND sequence = (SELECT max(sequence) FROM settlement_posting)",
        "UPDATE settlement_evidence SET reference = 'STMT/2'",
        "UPDATE settlement_payment SET state = 'returned'",
        "UPDATE settlement_payment SET body = CAST(replace(CAST(body AS TEXT), '440', '441') AS BLOB)",
        "UPDATE settlement_payment SET deadline = 1",
        "DELETE FROM settlement_dispute",
        "UPDATE settlement_cycle SET state = 'verified'",
        "UPDATE settlement_unit SET cut_off_seconds = 0",
        "UPDATE settlement_consent SET body = zeroblob(9)",
        "UPDATE settlement_request SET actor = zeroblob(32) WHERE request_id = 'commit'",
        "UPDATE settlement_log SET entry = zeroblob(9) WHERE sequence = 2",
        "UPDATE settlement_liability SET origin = zeroblob(9) WHERE paid = '440'",
        "UPDATE settlement_liability SET open = '1', paid = '439' WHERE paid = '440'",
    ],
)
async def test_verify_finds_a_tampered_row(bench: Bench, statement: str) -> None:
    await bench.settle_everything()
    await bench.ledger.close()
    verify(bench.folder)
    connection = sqlite3.connect(bench.folder / store.DATABASE_NAME)
    connection.create_function("amounts_hold", 6, lambda *_: True, deterministic=True)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    assert connection.execute(statement).rowcount > 0
    connection.commit()
    connection.close()
    with pytest.raises(LedgerCorrupt):
        verify(bench.folder)


async def test_refusals_keep_their_codes_over_the_wire(bench: Bench) -> None:
    height = (await bench.ledger.head()).height
    for command, code in (
        (CommitCycle(request_id="x", actor=OPERATOR, cycle_id="C-1"), RefusalCode.NOT_FOUND),
        (replace(await bench.proposal("C-1"), proof=b"forged"), RefusalCode.PROOF_MALFORMED),
        (replace(await bench.proposal("C-1"), debts_hash=bytes(32)), RefusalCode.DEBTS_CHANGED),
        (replace(a_payment(bench.now, 5000), cycle_id=""), RefusalCode.EXCEEDS_OPEN),
    ):
        with pytest.raises(LedgerRefused) as refused:
            await bench.service.execute(command)
        assert refused.value.code == f"settlement/{code}"
    assert (await bench.ledger.head()).height == height


async def test_a_stranger_may_look_and_not_act(bench: Bench) -> None:
    with pytest.raises(AccessDenied):
        await bench.stranger.settlement.execute(CommitCycle(request_id="x", actor=OPERATOR, cycle_id="C-1"))
    assert await bench.stranger.settlement.payments(after_id="", limit=1) == []


async def test_a_party_acts_for_itself_alone(bench: Bench) -> None:
    owed = await bench.service.liability_of_fact(a_fact(1).fact_id)
    command = a_dispute(owed.fact_id, bench.now)
    for remote, actor in (
        (bench.creditor, NBM),
        (bench.debtor, OPERATOR),
        (bench.debtor, KCS),
        (bench.guesser, ROL),
        (bench.guesser, NBM),
    ):
        with pytest.raises(AccessDenied):
            await remote.settlement.execute(replace(command, actor=actor))
    with pytest.raises(AccessDenied):
        await bench.debtor.settlement.execute(ClosePeriod(request_id="close", cut_off_seconds=1, actor=OPERATOR))
    assert await bench.service.disputes(after_id="", limit=1) == []
    await bench.debtor.settlement.execute(command)
    upheld = UpholdDispute(request_id="uphold", actor=KCS, dispute_id="D-1", credited=100)
    await bench.creditor.settlement.execute(upheld)
    (dispute,) = await bench.service.disputes(after_id="", limit=1)
    assert dispute.state is DisputeState.UPHELD


async def test_a_thief_of_a_revoked_token_acts_no_more_and_what_it_did_stays(bench: Bench) -> None:
    """The token of DE*NBM is stolen: from the block of its revocation on it opens nothing, before it counted."""
    owed = await bench.service.liability_of_fact(a_fact(1).fact_id)
    command = a_dispute(owed.fact_id, bench.now)
    await bench.debtor.settlement.execute(command)
    revocation = RevokeAccount(request_id="revoke", actor=OPERATOR, account="DE*NBM")
    for remote in (bench.debtor, bench.creditor):
        with pytest.raises(AccessDenied):
            await remote.settlement.execute(revocation)
    first = await bench.service.execute(revocation)
    height = (await bench.ledger.head()).height
    for again in (command, replace(command, request_id="thief", dispute_id="D-2")):
        with pytest.raises(AccessDenied, match=f"revoked by entry {first.sequence}"):
            await bench.debtor.settlement.execute(again)
    assert (await bench.ledger.head()).height == height
    (dispute,) = await bench.service.disputes(after_id="", limit=10)
    assert dispute.claim.dispute_id == "D-1"
    assert await bench.service.execute(replace(revocation, request_id="again")) == first
    release = ReleaseDispute(request_id="release", actor=NBM, dispute_id="D-1")
    await bench.debtor_again.settlement.execute(release)


def test_two_parties_may_not_share_a_token() -> None:
    with pytest.raises(ConfigurationError):
        Access(operator="one", parties={"DE*NBM": "one"})


async def test_a_repeat_over_the_wire_gets_the_first_result(bench: Bench) -> None:
    owed = await bench.service.liability_of_fact(a_fact(1).fact_id)
    command = a_dispute(owed.fact_id, bench.now)
    assert await bench.service.execute(command) == await bench.service.execute(command)


@pytest.mark.parametrize(
    "request_message",
    [
        log_pb2.Command(request_id="x"),
        log_pb2.Command(request_id="x", instruct_payment=payments_pb2.InstructPayment(amount="01")),
        log_pb2.Command(request_id="x", instruct_payment=payments_pb2.InstructPayment(amount="-1")),
        log_pb2.Command(request_id="x", instruct_payment=payments_pb2.InstructPayment(amount="")),
        log_pb2.Command(request_id="x", set_consent=parties_pb2.SetConsent()),
        log_pb2.Command(request_id="x", propose_cycle=cycles_pb2.ProposeCycle(mode=9)),
    ],
)
def test_a_foreign_request_is_refused(request_message: log_pb2.Command) -> None:
    with pytest.raises(InvalidInput):
        command_from_message(request_message)


def test_every_command_survives_the_wire() -> None:
    commands: tuple[Command, ...] = (
        a_dispute(bytes(32), 5),
        a_payment(5, 2**128 - 1),
        final(7),
        SetConsent(request_id="c", actor=NBM, party=NBM, consent=Consent.WITHDRAWN, replaces=0),
        CommitCycle(request_id="c", actor=OPERATOR, cycle_id="C-1"),
        VerifyCycle(request_id="c", actor=ROL, cycle_id="C-1", proof_hash=bytes(32)),
    )
    for command in commands:
        message = command_to_message(command)
        assert command_from_message(log_pb2.Command.FromString(message.SerializeToString())) == command
    with pytest.raises(InvalidInput):
        command_to_message(replace(a_payment(5, 1), expires_at_seconds=2**64))
