"""What comes over gRPC: messages that a stranger wrote, and answers of a service that lies. FUZZ_EXAMPLES as elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from google.protobuf.message import DecodeError, Message

from relayer.core.ids import ClientId, Height, TimestampSeconds, TransactionId
from relayer.errors import InvalidInput, InvariantBroken
from relayer.messages import capabilities as capability_codec
from relayer.messages import ledger as adapter
from relayer.messages import packets as packet_codec
from relayer.messages.settlement import POSITION, netting_from_message
from relayer.messages.settlement import STATEMENT as STATEMENTS
from relayer.ports.capabilities import CheckLine, Voucher, Vouching
from relayer.ports.ledger import (
    AcknowledgePacket,
    ClientCondition,
    ClientStatus,
    Head,
    MessageResult,
    Outcome,
    Quote,
    ReceivePacket,
    SubmissionBatch,
    SubmissionReceipt,
    TimeoutPacket,
)
from relayer.ports.prover import ClientCreation, ClientMessage, Proof
from relayer.settlement.log import command_from_message, command_to_message, record_mapping
from relayer.settlement.model.acts import OPERATOR, UnitKey
from relayer.settlement.model.cycles import Cycle
from relayer.settlement.model.disputes import Dispute, OpenDispute
from relayer.settlement.model.liabilities import Liability
from relayer.settlement.model.parties import (
    Agreement,
    AgreementInForce,
    ClosePeriod,
    Consent,
    ConsentInForce,
    CurrencyTerms,
    Party,
    RecordAgreement,
    RegisterParty,
    SetConsent,
)
from relayer.settlement.model.payments import Evidence, EvidenceKind, FinalisePayment, InstructPayment, Payment
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.statement import make_statement
from relayer.testing.factories import ACKNOWLEDGEMENT, CONTRACTS, a_packet, acknowledged, answered, committed, received
from relayer.wire.interledger.adapter.v1 import adapter_pb2
from relayer.wire.interledger.settlement.v1 import liabilities_pb2, log_pb2, service_pb2
from tests.support.fuzzing import Target, fuzz
from tests.support.settlement_bench import EUR, PARTIES, START, SettlementBench

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2000"))
SEED = int(os.environ.get("FUZZ_SEED", "20261122"))
NBM, KCS = PARTIES["NBM"], PARTIES["KCS"]
PROOF = Proof(value=b"proof", height=Height(7), revision=1)
PACKET = a_packet()


def message(
    kind: Any, read: Callable[[Any], object], *seeds: Message, refusals: tuple[type[Exception], ...] = (InvalidInput,)
) -> Target:
    """gRPC itself refuses what is no message of the kind."""
    return Target(
        name=kind.DESCRIPTOR.name,
        decode=lambda raw: read(kind.FromString(raw)),
        seeds=tuple(each.SerializeToString(deterministic=True) for each in seeds),
        refusals=(*refusals, DecodeError),
    )


STATUS = ClientStatus(
    client_id=ClientId("client-0"),
    condition=ClientCondition.ACTIVE,
    client_type="07-tendermint",
    latest_height=Height(9),
    latest_timestamp=TimestampSeconds(99),
    trusting_period_seconds=1_000,
    counterparty_client_id="poa-evm-0",
    counterparty_chain_id="settlement-1",
)
CREATION = ClientCreation(
    client_type="07-tendermint",
    client_state_type_url="/a",
    client_state=b"state",
    consensus_state_type_url="/b",
    consensus_state=b"consensus",
    height=Height(3),
)
UPDATE = ClientMessage(type_url="/c", value=b"header", height=Height(8))
BATCH = SubmissionBatch(
    client_id=ClientId("client-0"),
    update=UPDATE,
    messages=(
        ReceivePacket(packet=PACKET, proof=PROOF),
        AcknowledgePacket(packet=PACKET, acknowledgement=ACKNOWLEDGEMENT, proof=PROOF),
        TimeoutPacket(packet=PACKET, proof=PROOF),
    ),
)
RECEIPT = SubmissionReceipt(
    results=(MessageResult(outcome=Outcome.DELIVERED), MessageResult(outcome=Outcome.REFUSED, code="a/1", detail="b")),
    transactions=(TransactionId("0x1"),),
    fee=2**80,
    gas=21_000,
)
QUOTE = Quote(
    transactions=1,
    gas=21_000,
    price=Fraction(3, 2),
    fee=2**80,
    refusals=(None, MessageResult(outcome=Outcome.REFUSED, code="a/1", detail="b")),
)
VOUCHING = Vouching(threshold=1, vouchers=(Voucher(name="0x1", endpoint="a:1", error="does not answer"),))
FACTS = (committed(PACKET), received(PACKET), answered(PACKET), acknowledged(PACKET))

ADAPTER = [
    message(
        adapter_pb2.LedgerEvent,
        lambda each: adapter.event_from_message(CONTRACTS, each),
        *map(adapter.event_to_message, FACTS),
    ),
    message(adapter_pb2.SubmitRequest, adapter.batch_from_message, adapter.batch_to_message(BATCH)),
    message(adapter_pb2.SubmitResponse, adapter.receipt_from_message, adapter.receipt_to_message(RECEIPT)),
    message(adapter_pb2.Packet, packet_codec.packet_from_adapter, packet_codec.packet_to_adapter(PACKET)),
    message(
        adapter_pb2.Acknowledgement,
        packet_codec.acknowledgement_from_message,
        packet_codec.acknowledgement_to_adapter(ACKNOWLEDGEMENT),
    ),
    message(adapter_pb2.Proof, adapter.proof_from_message, adapter.proof_to_message(PROOF)),
    message(
        adapter_pb2.Head,
        adapter.head_from_message,
        adapter.head_to_message(Head(height=Height(4), timestamp=TimestampSeconds(5), hash=bytes(32))),
    ),
    message(adapter_pb2.ClientMessage, adapter.client_message_from_message, adapter.client_message_to_message(UPDATE)),
    message(adapter_pb2.ClientCreation, adapter.creation_from_message, adapter.creation_to_message(CREATION)),
    message(
        adapter_pb2.ClientStatus,
        adapter.status_from_message,
        adapter.status_to_message(STATUS, type_url="/a", state=b"state"),
    ),
    message(adapter_pb2.QuoteResponse, capability_codec.quote_from_message, capability_codec.quote_to_message(QUOTE)),
    message(adapter_pb2.Vouching, capability_codec.vouching_from_message, capability_codec.vouching_to_message(VOUCHING)),
    message(
        adapter_pb2.CheckLine,
        capability_codec.check_line_from_message,
        capability_codec.check_line_to_message(CheckLine(subject="account", found="has 5", remedy="send funds")),
    ),
    message(
        adapter_pb2.DescribeResponse,
        lambda each: capability_codec.capabilities_from_message(each.capabilities),
        adapter_pb2.DescribeResponse(chain_id="a", capabilities=[adapter_pb2.PRICED, adapter_pb2.VOUCHED]),
    ),
]


def a_bench() -> SettlementBench:
    bench = SettlementBench()
    owed = bench.owe("NBM", "KCS", 500)
    bench.owe("KCS", "ROL", 400)
    bench.owe("ROL", "NBM", 300)
    bench.execute(PAYMENT)
    bench.execute(
        OpenDispute(
            request_id="d",
            actor=NBM,
            dispute_id="D-1",
            fact_id=owed.fact_id,
            amount=5,
            reason="r",
            deadline_seconds=START + 50,
        )
    )
    bench.execute(bench.proposal("C-1"))
    bench.execute(replace_evidence())
    return bench


def replace_evidence() -> FinalisePayment:
    evidence = Evidence(kind=EvidenceKind.TRANSACTION, reference="0x1", amount=100, currency="EUR")
    return FinalisePayment(request_id="f", actor=KCS, payment_id="P-1", evidence=evidence)


PAYMENT = InstructPayment(
    request_id="p",
    actor=NBM,
    payment_id="P-1",
    debtor=NBM,
    creditor=KCS,
    currency="EUR",
    exponent=2,
    amount=100,
    cycle_id="",
    expires_at_seconds=START + 50,
)
BENCH = a_bench()
PARTY = Party(party_id=NBM, ocpi_id="DE*NBM", name="Nordbahn", lei="", vat_id="")
AGREEMENT = Agreement(
    agreement_id="a",
    creditor=KCS,
    debtor=NBM,
    currencies=(CurrencyTerms(currency="EUR", exponent=2, open_limit=10**30),),
    netting_modes=(NettingMode.CYCLE,),
)
COMMANDS = (
    RegisterParty(request_id="r", actor=OPERATOR, party=PARTY),
    RecordAgreement(request_id="a", actor=OPERATOR, agreement=AGREEMENT, replaces=0),
    ClosePeriod(request_id="c", actor=OPERATOR, cut_off_seconds=9),
    PAYMENT,
    replace_evidence(),
    BENCH.proposal("C-2"),
    SetConsent(request_id="s", actor=OPERATOR, party=NBM, consent=Consent.GIVEN, replaces=0),
)
STATEMENT = make_statement(NBM, EUR, since_seconds=0, until_seconds=9, movements=[])
NETTING = service_pb2.GetNettingResponse(
    debts=[
        service_pb2.Debt(debtor=NBM, creditor=KCS, amount="5"),
        service_pb2.Debt(debtor=KCS, creditor=NBM, amount="7"),
    ],
    consenting=[NBM],
    liabilities=2,
)


def records(kind: type, *values: object) -> Target:
    form = record_mapping(kind)
    return message(form.message, form.from_message, *map(form.to_message, values), refusals=(InvalidInput, InvariantBroken))


SETTLEMENT = [
    message(log_pb2.Command, command_from_message, *map(command_to_message, COMMANDS)),
    records(Liability, *BENCH.state.liabilities.values()),
    records(Party, PARTY),
    records(AgreementInForce, *BENCH.state.agreements.values()),
    records(ConsentInForce, ConsentInForce(party=NBM, consent=Consent.GIVEN, sequence=9)),
    records(Payment, *BENCH.state.payments.values()),
    records(Dispute, *BENCH.state.disputes.values()),
    records(Cycle, *BENCH.state.cycles.values()),
    message(
        liabilities_pb2.Position,
        POSITION.from_message,
        liabilities_pb2.Position(party_id=NBM, ocpi_id="DE*NBM", currency="EUR", exponent=2, payable="1", receivable="2"),
    ),
    message(STATEMENTS.message, STATEMENTS.from_message, STATEMENTS.to_message(STATEMENT)),
    message(
        service_pb2.GetNettingResponse,
        lambda each: netting_from_message(each, UnitKey("EUR", 2)),
        NETTING,
        refusals=(InvalidInput, InvariantBroken),
    ),
]


@pytest.mark.parametrize("target", [*ADAPTER, *SETTLEMENT], ids=lambda target: target.name)
def test_a_foreign_message_is_read_or_refused(target: Target) -> None:
    fuzz(target, inputs=EXAMPLES, seed=SEED)
