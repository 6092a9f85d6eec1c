"""Facts of an EVM ledger become liabilities, with real headers and proofs of the `poa-evm` client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from relayer.codes.facts import FactCode, FactStatus
from relayer.core.commitment import (
    UNIVERSAL_ERROR_ACKNOWLEDGEMENT,
    PathKind,
    acknowledgement_commitment,
    commitment_path,
)
from relayer.core.events import AcknowledgementWritten
from relayer.core.ids import ClientId, Height
from relayer.core.packet import Packet, Payload
from relayer.errors import ClientUnusable, LedgerRefused, LimitExceeded, NotFinal
from relayer.facts.codec import decode_answers, decode_packet_data, encode_packet_data
from relayer.facts.schema import party_id
from relayer.ledgers.embedded.chain.verify import verify
from relayer.ledgers.embedded.settlement.tables import HEAD_KEY, liability_key
from relayer.ports.ledger import ClientCondition, MessageResult, Outcome, ReceivePacket, SubmissionBatch, client_reference
from relayer.ports.prover import ClientMessage, ClientTerms
from relayer.proofs import ics23
from relayer.proofs.poa_evm.types import Misbehaviour, encode_header, encode_misbehaviour
from relayer.settlement.log import liability_record
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.issuers import RemoveIssuer
from relayer.settlement.model.parties import Agreement, CurrencyTerms, Party, RecordAgreement, RegisterParty
from relayer.testing.clock import ManualClock
from relayer.testing.factories import BUSINESS_CHAIN_ID, CONTRACT, ISSUER, a_fact, a_fact_payload
from tests.support.embedded import embedded_ledger
from tests.support.evm_counterparty import CLIENT_ID, EvmCounterparty
from tests.support.issuing import FACTORY_ISSUER, issuing_for

TERMS = ClientTerms(trusting_period_seconds=1_000, max_clock_drift_seconds=15)
CLIENT = ClientId("poa-evm-0")


class Bench:
    """The settlement ledger, an EVM ledger whose packets it takes, and their clock."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.folder = folder
        self.evm = EvmCounterparty(self.clock)
        self.ledger = embedded_ledger(folder, self.clock)

    async def set_up(self) -> None:
        await self.ledger.connect()
        creation = await self.evm.initial_client(TERMS)
        client = await self.ledger.create_client(creation, counterparty_client_id=None, counterparty_merkle_prefix=())
        assert client == CLIENT
        await self.ledger.register_counterparty(
            client, counterparty_client_id=CLIENT_ID, counterparty_merkle_prefix=self.evm.merkle_prefix
        )
        for ocpi_id in ("DE*KCS", "DE*NBM"):
            party = Party(party_id=party_id(ocpi_id), ocpi_id=ocpi_id, name=ocpi_id, lei="", vat_id="")
            await self.ledger.settlement.execute(RegisterParty(request_id=ocpi_id, party=party, actor=OPERATOR))
        agreement = Agreement(
            agreement_id="NBM pays KCS",
            creditor=party_id("DE*KCS"),
            debtor=party_id("DE*NBM"),
            currencies=(CurrencyTerms(currency="EUR", exponent=2, open_limit=100_000),),
        )
        await self.ledger.settlement.execute(
            RecordAgreement(request_id="agreement", agreement=agreement, actor=OPERATOR, replaces=0)
        )
        for command in issuing_for("DE*KCS"):
            await self.ledger.settlement.execute(command)

    def send(self, payload: Payload) -> Packet:
        packet = Packet(
            sequence=self.evm.next_sequence(),
            source_client=CLIENT_ID,
            destination_client=CLIENT,
            timeout_timestamp=int(self.clock.now()) + 600,
            payloads=(payload,),
        )
        self.evm.commit(packet)
        return packet

    async def batch(self, *packets: Packet) -> SubmissionBatch:
        """Proofs at a new block, with its header in front."""
        height = self.evm.seal()
        paths = [commitment_path(each.source_client, PathKind.COMMITMENT, each.sequence) for each in packets]
        proofs = await self.evm.prove(paths, at=height)
        return SubmissionBatch(
            client_id=CLIENT,
            update=await self.evm.client_update(client_reference(self.ledger, CLIENT), trusted=Height(1), target=height),
            messages=tuple(ReceivePacket(packet=p, proof=q) for p, q in zip(packets, proofs, strict=True)),
        )

    async def receive(self, *packets: Packet) -> tuple[MessageResult, ...]:
        return (await self.ledger.submit(await self.batch(*packets))).results

    async def acknowledgement(self, packet: Packet) -> bytes:
        head = await self.ledger.head()
        facts = await self.ledger.events(after=Height(0), until=head.height)
        (found,) = [fact for fact in facts if isinstance(fact, AcknowledgementWritten) and fact.packet == packet]
        return found.acknowledgement.app_acknowledgement


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    await made.set_up()
    yield made
    await made.ledger.close()


async def test_facts_become_liabilities_with_their_origin(bench: Bench) -> None:
    packet = bench.send(a_fact_payload(a_fact(1), a_fact(2, net=500)))
    assert [result.outcome for result in await bench.receive(packet)] == [Outcome.DELIVERED]
    answers = decode_answers(await bench.acknowledgement(packet))
    assert [(answer.status, answer.code, answer.sequence) for answer in answers] == [
        (FactStatus.ACCEPTED, FactCode.OK, 5),
        (FactStatus.ACCEPTED, FactCode.OK, 6),
    ]
    liability = await bench.ledger.settlement.liability(answers[0].liability_id)
    assert liability == await bench.ledger.settlement.liability_of_fact(a_fact(1).fact_id)
    origin = liability.origin
    assert (origin.chain_id, origin.contract, origin.issuer) == (BUSINESS_CHAIN_ID, CONTRACT, ISSUER)
    assert (origin.client_id, origin.packet_sequence) == (CLIENT, packet.sequence)
    assert origin.height == (await bench.ledger.head()).height - 1
    listed = await bench.ledger.settlement.liabilities(after_sequence=5, limit=10)
    assert [each.fact_id for each in listed] == [a_fact(2).fact_id]
    positions = {
        each.ocpi_id: (each.payable, each.receivable, each.net) for each in await bench.ledger.settlement.positions()
    }
    assert positions == {"DE*KCS": (0, 1_785, 1_785), "DE*NBM": (1_785, 0, -1_785)}


async def test_liabilities_and_the_head_of_the_log_are_in_the_proven_state(bench: Bench) -> None:
    packet = bench.send(a_fact_payload())
    await bench.receive(packet)
    liability = await bench.ledger.settlement.liability_of_fact(a_fact(1).fact_id)

    def read(chain):
        tree = chain.state.tree_after("settlement", chain.head.header.height - 1)
        return tree.get(HEAD_KEY), tree.get(liability_key(liability.liability_id))

    head, record = await bench.ledger.session.run(read)
    assert head == liability.sequence.to_bytes(8, "big") + liability.head_hash
    assert record == liability_record(liability)


async def test_a_fact_in_another_packet_is_a_duplicate(bench: Bench) -> None:
    first, second = bench.send(a_fact_payload()), bench.send(a_fact_payload())
    await bench.receive(first, second)
    (one,), (two,) = [decode_answers(await bench.acknowledgement(packet)) for packet in (first, second)]
    assert two == replace(one, code=FactCode.DUPLICATE)
    assert (await bench.ledger.settlement.positions())[0].receivable == 1_190


async def test_an_issuer_that_has_ended_says_nothing_more_in_the_next_block(bench: Bench) -> None:
    """Who may issue is remembered from block to block; an account that its party gave up must not profit from it."""
    await bench.receive(bench.send(a_fact_payload(a_fact(1))))
    end = RemoveIssuer(request_id="end", actor=OPERATOR, issuer=FACTORY_ISSUER, last_sequence=1)
    await bench.ledger.settlement.execute(end)
    packet = bench.send(a_fact_payload(a_fact(2)))
    await bench.receive(packet)
    (answer,) = decode_answers(await bench.acknowledgement(packet))
    assert answer.code is FactCode.ISSUER_NOT_AUTHORISED


async def test_a_packet_is_taken_once(bench: Bench) -> None:
    packet = bench.send(a_fact_payload())
    await bench.receive(packet)
    assert [result.outcome for result in await bench.receive(packet, packet)] == [Outcome.REDUNDANT] * 2


@pytest.mark.parametrize(
    "change",
    [
        lambda payload: replace(payload, value=payload.value[:-1]),
        lambda payload: replace(payload, value=b"nonsense"),
        lambda payload: replace(payload, version="fact-2"),
        lambda payload: replace(payload, encoding="application/json"),
        lambda payload: replace(payload, source_port="another-port"),
        lambda payload: replace(payload, value=edited(payload, chain_id=1)),
    ],
)
async def test_a_payload_that_is_not_exactly_that_is_refused_as_a_whole(bench: Bench, change) -> None:
    packet = bench.send(change(a_fact_payload()))
    assert [result.outcome for result in await bench.receive(packet)] == [Outcome.DELIVERED]
    assert await bench.acknowledgement(packet) == UNIVERSAL_ERROR_ACKNOWLEDGEMENT
    assert await bench.ledger.settlement.liabilities(after_sequence=0, limit=10) == []


def edited(payload: Payload, **changes: object) -> bytes:
    return encode_packet_data(replace(decode_packet_data(payload.value), **changes))


async def test_facts_may_name_this_ledger_as_their_destination(bench: Bench) -> None:
    payload = a_fact_payload()
    packet = bench.send(replace(payload, value=edited(payload, destination="settlement-1")))
    await bench.receive(packet)
    assert decode_answers(await bench.acknowledgement(packet))[0].code is FactCode.OK


async def test_a_stale_proof_is_refused_and_may_be_tried_again(bench: Bench) -> None:
    packet = bench.send(a_fact_payload())
    batch = await bench.batch(packet)
    early = await bench.ledger.submit(replace(batch, update=None))
    assert [(result.code, result.retryable) for result in early.results] == [("ibc/9", True)]
    assert [result.outcome for result in (await bench.ledger.submit(batch)).results] == [Outcome.DELIVERED]


async def test_an_evm_ledger_has_revision_zero(bench: Bench) -> None:
    batch = await bench.batch(bench.send(a_fact_payload()))
    message = batch.messages[0]
    other = replace(message, proof=replace(message.proof, revision=1))
    receipt = await bench.ledger.submit(replace(batch, messages=(other, message)))
    assert [result.code for result in receipt.results] == ["ibc/9", ""]


async def test_events_are_told_at_the_height_that_proves_them(bench: Bench) -> None:
    packet = bench.send(a_fact_payload())
    await bench.receive(packet)
    head = await bench.ledger.head()
    assert await bench.ledger.events(after=Height(0), until=Height(head.height - 1)) == []
    facts = await bench.ledger.events(after=Height(head.height - 1), until=head.height)
    assert [fact.height for fact in facts] == [head.height] * 2
    path = commitment_path(CLIENT, PathKind.ACKNOWLEDGEMENT, packet.sequence)
    (proof,) = await bench.ledger.prove([path], at=head.height)
    (before,) = await bench.ledger.prove([path], at=Height(head.height - 1))
    commitment = acknowledgement_commitment(facts[1].acknowledgement)

    def root_at(height: int) -> bytes:
        return bench.ledger.session._opened().block_at(Height(height)).header.app_hash

    keys = (b"ibc", path)
    ics23.verify_membership(proof.value, root=root_at(head.height), path=keys, value=commitment)
    ics23.verify_non_membership(before.value, root=root_at(head.height - 1), path=keys)
    assert (proof.height, proof.revision) == (head.height, 1)


async def test_a_refused_update_is_named_with_the_messages_after_it(bench: Bench) -> None:
    batch = await bench.batch(bench.send(a_fact_payload()))
    unsealed = replace(batch, update=replace(batch.update, value=batch.update.value[:-1]))
    (result,) = (await bench.ledger.submit(unsealed)).results
    assert result.outcome is Outcome.REFUSED
    assert "client/12" in result.detail


async def test_a_lone_update_that_is_refused_is_an_error(bench: Bench) -> None:
    update = ClientMessage(type_url="/unknown", value=b"", height=Height(2))
    with pytest.raises(LedgerRefused) as caught:
        await bench.ledger.submit(SubmissionBatch(client_id=CLIENT, update=update, messages=()))
    assert caught.value.code == "client/12"


async def test_an_update_that_is_known_already_changes_nothing(bench: Bench) -> None:
    batch = await bench.batch()
    await bench.ledger.submit(batch)
    height = (await bench.ledger.head()).height
    await bench.ledger.submit(batch)
    assert (await bench.ledger.head()).height == height


@pytest.mark.parametrize("evidence", ["header", "misbehaviour"])
async def test_evidence_freezes_the_client_until_it_is_recovered(bench: Bench, evidence: str) -> None:
    await bench.ledger.submit(await bench.batch())
    height = bench.evm.head
    honest = bench.evm.header(height, client_reference(bench.ledger, CLIENT))
    contradiction = bench.evm.header(height, client_reference(bench.ledger, CLIENT), extra=b"another block")
    package = "/interledger.lightclients.poaevm.v1."
    if evidence == "header":
        update = await bench.evm.client_update(client_reference(bench.ledger, CLIENT), trusted=Height(1), target=height)
        update = replace(update, value=encode_header(contradiction))
    else:
        value = encode_misbehaviour(Misbehaviour(header_1=honest, header_2=contradiction))
        update = ClientMessage(type_url=package + "Misbehaviour", value=value, height=height)
    await bench.ledger.submit(SubmissionBatch(client_id=CLIENT, update=update, messages=()))
    assert (await bench.ledger.client_status(CLIENT)).condition is ClientCondition.FROZEN

    batch = await bench.batch(bench.send(a_fact_payload()))
    with pytest.raises(ClientUnusable, match="client/29"):
        await bench.ledger.submit(batch)
    with pytest.raises(ClientUnusable, match="client/29"):
        await bench.ledger.submit(replace(batch, messages=()))

    creation = await bench.evm.initial_client(TERMS)
    await bench.ledger.recover_client(CLIENT, creation)
    assert (await bench.ledger.client_status(CLIENT)).condition is ClientCondition.ACTIVE
    assert [each.outcome for each in (await bench.ledger.submit(batch)).results] == [Outcome.DELIVERED]


async def test_a_client_expires_after_its_trusting_period(bench: Bench) -> None:
    bench.clock.advance(TERMS.trusting_period_seconds)
    assert (await bench.ledger.client_status(CLIENT)).condition is ClientCondition.EXPIRED
    with pytest.raises(ClientUnusable, match="client/29"):
        await bench.receive(bench.send(a_fact_payload()))


async def test_old_consensus_states_are_dropped_when_they_have_expired(bench: Bench) -> None:
    for _ in range(4):
        bench.clock.advance(400)
        await bench.ledger.submit(await bench.batch())

    def heights(chain):
        clients = chain.machine.clients
        return clients.client(chain.query(now=bench.ledger.session.now()), CLIENT).store.heights(limit=10)

    assert await bench.ledger.session.run(heights) == [3, 4, 5]


async def test_pairing_again_the_same_way_is_a_success(bench: Bench) -> None:
    height = (await bench.ledger.head()).height
    pairing = {"counterparty_client_id": CLIENT_ID, "counterparty_merkle_prefix": (b"",)}
    await bench.ledger.register_counterparty(CLIENT, **pairing)
    assert (await bench.ledger.head()).height == height
    for change in ({"counterparty_client_id": ClientId("client-1")}, {"counterparty_merkle_prefix": (b"ibc", b"")}):
        with pytest.raises(LedgerRefused) as caught:
            await bench.ledger.register_counterparty(CLIENT, **(pairing | change))
        assert caught.value.code == "ibc/8"


async def test_a_batch_has_bounds(bench: Bench) -> None:
    message = (await bench.batch(bench.send(a_fact_payload()))).messages[0]
    with pytest.raises(LimitExceeded):
        await bench.ledger.submit(SubmissionBatch(client_id=CLIENT, update=None, messages=(message,) * 1001))
    large = replace(message, proof=replace(message.proof, value=bytes(900_000)))
    with pytest.raises(LimitExceeded):
        await bench.ledger.submit(SubmissionBatch(client_id=CLIENT, update=None, messages=(large,) * 20))
    path = commitment_path(CLIENT, PathKind.RECEIPT, 1)
    with pytest.raises(LimitExceeded):
        await bench.ledger.prove([path] * 1001, at=Height(3))


async def test_a_message_that_does_not_fit_is_rejected_alone(bench: Bench) -> None:
    batch = await bench.batch(bench.send(a_fact_payload()))
    large = replace(batch.messages[0], proof=replace(batch.messages[0].proof, value=bytes(1024 * 1024)))
    receipt = await bench.ledger.submit(replace(batch, messages=(large, *batch.messages)))
    assert [result.outcome for result in receipt.results] == [Outcome.REFUSED, Outcome.DELIVERED]
    assert receipt.results[0].code == "ibc/17"


async def test_events_above_the_head_are_not_final(bench: Bench) -> None:
    head = await bench.ledger.head()
    with pytest.raises(NotFinal):
        await bench.ledger.events(after=Height(0), until=Height(head.height + 1))


async def test_everything_survives_a_restart_and_replays(bench: Bench) -> None:
    await bench.receive(bench.send(a_fact_payload(a_fact(1))), bench.send(a_fact_payload(a_fact(2), a_fact(1))))
    before = await bench.ledger.settlement.liabilities(after_sequence=0, limit=10)
    head = await bench.ledger.head()
    await bench.ledger.close()
    verified = verify(bench.folder)
    assert (verified.height, verified.log_entries) == (head.height, 6)
    bench.ledger = embedded_ledger(bench.folder, bench.clock)
    await bench.ledger.connect()
    assert await bench.ledger.head() == head
    assert await bench.ledger.settlement.liabilities(after_sequence=0, limit=10) == before


async def test_a_large_batch_is_one_block(bench: Bench) -> None:
    facts = [bench.send(a_fact_payload(a_fact(number, net=1))) for number in range(1, 101)]
    before = (await bench.ledger.head()).height
    results = await bench.receive(*facts)
    assert {result.outcome for result in results} == {Outcome.DELIVERED}
    assert (await bench.ledger.head()).height == before + 2
