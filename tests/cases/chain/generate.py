"""Writes one story of a settlement chain that follows an EVM ledger: client, headers, packets with proofs, evidence, and
what happens to the liabilities, with the news of it and their answers.

Everything is made by the project's Python and py-trie, as a relayer would make it; a Cosmos SDK chain must take it through
its ordinary messages. Run it with the project's Python to rewrite the file beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from relayer.codes.facts import FactCode, FactKind
from relayer.codes.news import StatusAnswer
from relayer.codes.settlement import RefusalCode
from relayer.core.commitment import PathKind, acknowledgement_commitment, commitment_path, packet_commitment
from relayer.core.ids import ClientId, Sequence, TimestampSeconds
from relayer.core.packet import Acknowledgement, Packet, Payload
from relayer.facts.codec import ENCODING, FACT_VERSION, PORT, FactPacketData, encode_packet_data, fact_hash
from relayer.facts.schema import Fact, party_id
from relayer.facts.status_codec import StatusPacketData, encode_status_answers, encode_status_packet
from relayer.messages.settlement import netting_to_message, scope_to_message
from relayer.ports.settlement import NettingInput
from relayer.proofs.poa_evm.attestation import rotation_digest, sign_digest
from relayer.proofs.poa_evm.types import (
    AuthorityRotation,
    Misbehaviour,
    encode_client_state,
    encode_consensus_state,
    encode_header,
    encode_misbehaviour,
    encode_rotation,
    encode_storage_proof,
)
from relayer.settlement.decide import decide
from relayer.settlement.errors import CommandRefused
from relayer.settlement.log import encode_command, record_mapping
from relayer.settlement.model.acts import OPERATOR, UnitKey
from relayer.settlement.model.commands import Command
from relayer.settlement.model.cycles import CommitCycle, Cycle, ProposeCycle, VerifyCycle
from relayer.settlement.model.disputes import Dispute, OpenDispute, ReleaseDispute
from relayer.settlement.model.events import LogEntry
from relayer.settlement.model.payments import Evidence, EvidenceKind, FinalisePayment, InstructPayment, Payment
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.netting.solver import solve
from relayer.settlement.news import news
from relayer.settlement.rules.eligible import Scope, eligible_claims, network_of
from relayer.settlement.rules.plans import proof_hash_of
from relayer.wire.interledger.settlement.v1 import service_pb2 as wire
from tests.support.scripts import load_script

HERE = Path(__file__).parent
SOURCE_CLIENT, DESTINATION_CLIENT, CHAIN_ID = "client-0", "poa-evm-0", "settlement-1"
FIRST, MIDDLE, LAST = 11, 20_000, 40_000
evm, settlement = (load_script(HERE.parent / name / "generate.py") for name in ("poa_evm", "settlement"))
CREDITOR, DEBTOR = settlement.CREDITOR, settlement.DEBTOR
KCS, NBM = party_id(CREDITOR), party_id(DEBTOR)
EUR = UnitKey("EUR", 2)


def payload(*facts: Fact, **changes: Any) -> Payload:
    data = FactPacketData(
        chain_id=settlement.CHAIN_ID,
        contract=settlement.CONTRACT,
        issuer=settlement.ISSUER,
        destination="",
        facts=facts,
        fact_hashes=tuple(map(fact_hash, facts)),
    )
    value = encode_packet_data(replace(data, **changes))
    return Payload(source_port=PORT, destination_port=PORT, version=FACT_VERSION, encoding=ENCODING, value=value)


def opposite() -> Fact:
    """What the creditor of the other facts owes."""
    made: Fact = settlement.fact(5, creditor=NBM, debtor=KCS, net=700, tax=100)
    return made


def packets() -> list[tuple[Packet, list[FactCode] | None]]:
    """Packets with the codes of their answers; None: the application refuses the whole payload."""
    fact = settlement.fact
    credit = fact(3, kind=FactKind.CREDIT_NOTE, net=190, tax=0, related_fact=fact(1).fact_id)
    good = payload(fact(1))
    stories: list[tuple[Payload, list[FactCode] | None]] = [
        (good, [FactCode.OK]),
        (
            payload(fact(1), fact(2, currency=b"USD"), credit),
            [FactCode.DUPLICATE, FactCode.CURRENCY_UNSUPPORTED, FactCode.OK],
        ),
        (replace(good, value=good.value + bytes(32)), None),
        (payload(fact(4), chain_id=1), None),
        (payload(fact(4), destination="settlement-2"), [FactCode.NO_ROUTE]),
        (replace(payload(fact(4)), version="fact-2"), None),
        (payload(fact(4), destination=CHAIN_ID), [FactCode.OK]),
        (payload(opposite()), [FactCode.OK]),
    ]
    made = []
    for number, (each, codes) in enumerate(stories, start=1):
        packet = Packet(
            sequence=Sequence(number),
            source_client=ClientId(SOURCE_CLIENT),
            destination_client=ClientId(DESTINATION_CLIENT),
            timeout_timestamp=TimestampSeconds(evm.time_at(FIRST) + 3600),
            payloads=(each,),
        )
        made.append((packet, codes))
    return made


SCOPE = Scope(unit=EUR, cut_off_seconds=settlement.SERVICE_END, value_date_seconds=2_000_000_000)


def _hex(message: Message) -> str:
    return message.SerializeToString(deterministic=True).hex()


class Business:
    """What happens to the liabilities by the Python rules: requests as a relayer would send them, and the news of each."""

    def __init__(self) -> None:
        ledger = settlement.ledger()
        fact = settlement.fact
        credit = fact(3, kind=FactKind.CREDIT_NOTE, net=190, tax=0, related_fact=fact(1).fact_id)
        for each in (fact(1), credit, fact(4), opposite()):
            ledger.facts(each, codes=[FactCode.OK])
        self.state = ledger.state
        self.first_news = self.news_of(ledger.state.entries)
        self.queries: list[dict[str, Any]] = []
        self.steps: list[dict[str, Any]] = []

    def step(self, command: Command, *, sender: str, refusal: RefusalCode | None = None) -> None:
        """`sender` is a party or "operator". `refusal`: what the rules must answer."""
        made: dict[str, Any] = {
            "sender": sender,
            "request": encode_command(command).hex(),
            "refusal": int(refusal or 0),
        }
        given = None
        try:
            decision = decide(self.state, command, now_seconds=evm.time_at(FIRST))
        except CommandRefused as error:
            given = error.code
        assert given == refusal, (command, given)
        if given is None:
            for entry in decision.entries:
                self.state.apply(entry)
            made["sequence"] = decision.reference.sequence
            made["news"] = self.news_of(decision.entries)
        self.steps.append(made)
        self.ask_for_records()

    def news_of(self, entries: Iterable[LogEntry]) -> list[str]:
        """Payloads."""
        found = news(self.state, entries).items()
        packets = [StatusPacketData(chain_id=to.chain_id, contract=to.contract, updates=tuple(each)) for to, each in found]
        return [encode_status_packet(packet).hex() for packet in packets]

    def ask(self, method: str, request: Message, response: Message) -> None:
        """What a query answers before the next step."""
        made = {"after_steps": len(self.steps), "method": method}
        self.queries.append({**made, "request": _hex(request), "response": _hex(response)})

    def ask_for_records(self) -> None:
        payment, dispute, cycle = self.state.payment("P-1"), self.state.dispute("D-1"), self.state.cycle("C-1")
        if payment is not None:
            message = record_mapping(Payment).to_message(payment)
            self.ask("Payment", wire.GetPaymentRequest(payment_id="P-1"), message)
            self.ask("Payments", wire.ListPaymentsRequest(limit=1), wire.ListPaymentsResponse(payments=[message]))
            self.ask("Payments", wire.ListPaymentsRequest(after_id="P-1"), wire.ListPaymentsResponse())
        if dispute is not None:
            disputes = [record_mapping(Dispute).to_message(dispute)]
            self.ask("Disputes", wire.ListDisputesRequest(), wire.ListDisputesResponse(disputes=disputes))
        if cycle is not None:
            self.ask("Cycle", wire.GetCycleRequest(cycle_id="C-1"), record_mapping(Cycle).to_message(cycle))
            self.ask(
                "Cycles",
                wire.ListCyclesRequest(),
                wire.ListCyclesResponse(cycles=[record_mapping(Cycle).to_message(cycle.summary())]),
            )
        found = eligible_claims(self.state, SCOPE)
        self.ask(
            "Netting",
            scope_to_message(SCOPE),
            netting_to_message(
                NettingInput(
                    network=network_of(found, EUR),
                    consenting=frozenset(),
                    liabilities=len(found),
                    running_cycle_id=self.state.unit_cycles(EUR).running,
                )
            ),
        )

    def proposal(self) -> ProposeCycle:
        scope = SCOPE
        network = network_of(eligible_claims(self.state, scope), EUR)
        return ProposeCycle(
            request_id="propose",
            actor=NBM,
            cycle_id="C-1",
            mode=NettingMode.CYCLE,
            currency="EUR",
            exponent=2,
            cut_off_seconds=scope.cut_off_seconds,
            value_date_seconds=scope.value_date_seconds,
            expires_at_seconds=evm.time_at(FIRST) + 86_400,
            debts_hash=network.digest(),
            proof=solve(network).encode(),
        )

    def verification(self) -> VerifyCycle:
        cycle = self.state.cycle("C-1")
        assert cycle is not None
        return VerifyCycle(request_id="verify", actor=KCS, cycle_id="C-1", proof_hash=proof_hash_of(cycle.plan))

    def run(self) -> None:
        """A cycle, a dispute with its end, and a payment that settles the rest."""
        proposal = self.proposal()
        forged = bytearray(proposal.proof)
        forged[-1] ^= 1
        self.step(replace(proposal, proof=bytes(forged)), sender=DEBTOR, refusal=RefusalCode.PROOF_FALSE)
        self.step(proposal, sender=DEBTOR)
        commit = CommitCycle(request_id="commit", actor=OPERATOR, cycle_id="C-1")
        self.step(commit, sender="operator", refusal=RefusalCode.WRONG_STATE)
        self.step(self.verification(), sender=CREDITOR)
        self.step(commit, sender="operator")
        self.step(
            OpenDispute(
                request_id="dispute",
                actor=NBM,
                dispute_id="D-1",
                fact_id=settlement.fact(4).fact_id,
                amount=100,
                reason="wrong car",
                deadline_seconds=evm.time_at(FIRST) + 80 * 86_400,
            ),
            sender=DEBTOR,
        )
        self.step(ReleaseDispute(request_id="release", actor=NBM, dispute_id="D-1"), sender=DEBTOR)
        paid = 2 * 1190 - 190 - 800
        order = InstructPayment(
            request_id="pay",
            actor=NBM,
            payment_id="P-1",
            debtor=NBM,
            creditor=KCS,
            currency="EUR",
            exponent=2,
            amount=paid,
            cycle_id="C-1",
            expires_at_seconds=evm.time_at(FIRST) + 80 * 86_400,
        )
        self.step(order, sender=DEBTOR)
        evidence = Evidence(kind=EvidenceKind.BANK_STATEMENT_ENTRY, reference="S/1", amount=paid, currency="EUR")
        self.step(FinalisePayment(request_id="paid", actor=KCS, payment_id="P-1", evidence=evidence), sender=CREDITOR)


ANSWERS = {
    1: [StatusAnswer.APPLIED],
    4: [StatusAnswer.WRONG_STATE],
    5: [StatusAnswer.STALE, StatusAnswer.WRONG_STATE],
    6: [StatusAnswer.APPLIED],
}
"""What the contract ledger made of the packets of news, by their sequences. It never received the third."""
NOT_RECEIVED = 3


def acknowledgement_of(sequence: int) -> Acknowledgement:
    return Acknowledgement(app_acknowledgements=(encode_status_answers(ANSWERS[sequence]),))


def news_path(kind: PathKind, sequence: int) -> bytes:
    return bytes(commitment_path(ClientId(SOURCE_CLIENT), kind, Sequence(sequence)))


def business(state: Any) -> dict[str, Any]:
    """The steps, and the proofs of what became of their news on the contract ledger."""
    run = Business()
    run.run()
    return {
        "parties": {DEBTOR: NBM.hex(), CREDITOR: KCS.hex()},
        "first_news": run.first_news,
        "steps": run.steps,
        "queries": run.queries,
        "answers": [
            {
                "sequence": sequence,
                "acknowledgement": acknowledgement_of(sequence).app_acknowledgements[0].hex(),
                "proof": encode_storage_proof(
                    tuple(state.storage.proof(news_path(PathKind.ACKNOWLEDGEMENT, sequence)))
                ).hex(),
            }
            for sequence in ANSWERS
        ],
        "not_received": {
            "sequence": NOT_RECEIVED,
            "proof": encode_storage_proof(tuple(state.storage.proof(news_path(PathKind.RECEIPT, NOT_RECEIVED)))).hex(),
        },
    }


def story() -> dict[str, Any]:
    words = {evm.path_of(packet.sequence): bytes(packet_commitment(packet)) for packet, _ in packets()}
    words |= {
        news_path(PathKind.ACKNOWLEDGEMENT, sequence): bytes(acknowledgement_commitment(acknowledgement_of(sequence)))
        for sequence in ANSWERS
    }
    state = evm.World(words | {evm.path_of(number): evm.word(str(number)) for number in range(50, 90)})
    identity = replace(evm.IDENTITY, host_chain_id=CHAIN_ID, client_id=DESTINATION_CLIENT)

    def block(number: int, **changes: Any) -> Any:
        return evm.Block(number=number, state=state, identity=identity, **changes)

    fork = block(LAST + 1, fields={"miner": bytes(19) + b"\1"})
    evidence = Misbehaviour(
        header_1=replace(block(LAST + 1).header(), account_proof=()), header_2=replace(fork.header(), account_proof=())
    )
    successors = evm.NEW
    handed_over = AuthorityRotation(
        generation=1,
        engine=successors,
        signatures=tuple(
            sign_digest(
                evm.key(number),
                rotation_digest(
                    chain_id=evm.CHAIN_ID,
                    identity=identity,
                    generation=1,
                    threshold=successors.threshold,
                    authorities=successors.authorities,
                ),
            )
            for number in (0, 1, 2)
        ),
    )
    past = Misbehaviour(
        header_1=replace(block(FIRST).header(), account_proof=()),
        header_2=replace(block(FIRST, fields={"miner": bytes(19) + b"\1"}).header(), account_proof=()),
        retired_1=evm.OLD,
        retired_2=evm.OLD,
    )
    return {
        "rotation": encode_rotation(handed_over).hex(),
        "rotated_header": encode_header(block(FIRST + 1, signers=evm.NEW_SIGNERS).header()).hex(),
        "retired_misbehaviour": encode_misbehaviour(past).hex(),
        "chain_id": CHAIN_ID,
        "host_genesis": evm.IDENTITY.host_genesis.hex(),
        "client_id": DESTINATION_CLIENT,
        "counterparty_client_id": SOURCE_CLIENT,
        "client_state": encode_client_state(evm.CLIENT).hex(),
        "consensus_state": encode_consensus_state(block(evm.TRUSTED).consensus()).hex(),
        "substitute_client_state": encode_client_state(replace(evm.CLIENT, latest_height=LAST + 2)).hex(),
        "substitute_consensus_state": encode_consensus_state(block(LAST + 2).consensus()).hex(),
        "headers": [
            {"height": number, "time_seconds": evm.time_at(number), "message": encode_header(block(number).header()).hex()}
            for number in (FIRST, MIDDLE, LAST)
        ],
        "misbehaviour": encode_misbehaviour(evidence).hex(),
        "misbehaviour_height": LAST + 1,
        "set_up": settlement.ledger().steps,
        "packets": [
            {
                "sequence": packet.sequence,
                "timeout_timestamp": packet.timeout_timestamp,
                "version": packet.payloads[0].version,
                "value": packet.payloads[0].value.hex(),
                "proof": encode_storage_proof(tuple(state.storage.proof(evm.path_of(packet.sequence)))).hex(),
                "codes": None if codes is None else [int(code) for code in codes],
            }
            for packet, codes in packets()
        ],
        "business": business(state),
    }


def main() -> None:
    (HERE / "story.json").write_text(json.dumps(story(), indent=1) + "\n")


if __name__ == "__main__":
    main()
