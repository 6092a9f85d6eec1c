"""An embedded ledger on which parties owe each other, for tests: real headers, real proofs, facts that came as packets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from relayer.codes.limits import MAXIMUM_FACTS
from relayer.codes.news import StatusAnswer
from relayer.core.commitment import PathKind, acknowledgement_commitment, commitment_path
from relayer.core.events import PacketCommitted
from relayer.core.ids import ClientId, Height, Sequence, TimestampSeconds
from relayer.core.packet import Acknowledgement, Packet
from relayer.facts.schema import Fact, party_id
from relayer.facts.status_codec import encode_status_answers
from relayer.ledgers.embedded.chain.operators import OperatorKey
from relayer.ports.ledger import AcknowledgePacket, ReceivePacket, SubmissionBatch, client_reference
from relayer.ports.prover import ClientTerms
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.parties import Agreement, CurrencyTerms, Party, RecordAgreement, RegisterParty
from relayer.testing.clock import ManualClock
from relayer.testing.factories import a_fact, a_fact_payload
from tests.support.embedded import KEYS, embedded_ledger
from tests.support.evm_counterparty import CLIENT_ID, EvmCounterparty
from tests.support.issuing import issuing_for

_CLIENT = ClientId("poa-evm-0")

Debts = Mapping[tuple[str, str], int]
"""Debtor and creditor by OCPI id: cents."""


class OwingLedger:
    """`ledger` is connected by set_up(), with a fact for each debt, due at once."""

    def __init__(
        self,
        folder: Path,
        debts: Debts,
        *,
        keys: Iterable[OperatorKey] = KEYS,
        clock: ManualClock | None = None,
        titles: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`titles`: names of parties by their ids; the others are called by these."""
        self.titles = titles
        self.folder = folder
        self.debts = debts
        self.clock = clock or ManualClock()
        self.evm = EvmCounterparty(self.clock)
        self.ledger = embedded_ledger(folder, self.clock, keys=keys)

    @property
    def now(self) -> int:
        """Unix seconds of the ledger's clock."""
        return int(self.clock.now())

    async def set_up(self) -> None:
        """Parties, agreements in EUR, one issuer for all, facts."""
        await self.ledger.connect()
        terms = ClientTerms(trusting_period_seconds=1_000, max_clock_drift_seconds=15)
        client = await self.ledger.create_client(
            await self.evm.initial_client(terms), counterparty_client_id=None, counterparty_merkle_prefix=()
        )
        await self.ledger.register_counterparty(
            client, counterparty_client_id=CLIENT_ID, counterparty_merkle_prefix=self.evm.merkle_prefix
        )
        for name in dict.fromkeys(name for pair in self.debts for name in pair):
            party = Party(party_id=party_id(name), ocpi_id=name, name=self.titles.get(name, name), lei="", vat_id="")
            await self.ledger.settlement.execute(RegisterParty(request_id=name, party=party, actor=OPERATOR))
        for debtor, creditor in self.debts:
            agreement = Agreement(
                agreement_id=f"{debtor}>{creditor}",
                creditor=party_id(creditor),
                debtor=party_id(debtor),
                currencies=(CurrencyTerms(currency="EUR", exponent=2, open_limit=None),),
            )
            await self.ledger.settlement.execute(
                RecordAgreement(request_id=agreement.agreement_id, agreement=agreement, actor=OPERATOR, replaces=0)
            )
        for command in issuing_for(*dict.fromkeys(name for pair in self.debts for name in pair)):
            await self.ledger.settlement.execute(command)
        facts = [self.fact(number) for number in range(1, len(self.debts) + 1)]
        for start in range(0, len(facts), MAXIMUM_FACTS):
            await self.receive(*facts[start : start + MAXIMUM_FACTS])

    def fact(self, number: int) -> Fact:
        """The fact behind the debt at this place, counted from 1."""
        (debtor, creditor), amount = list(self.debts.items())[number - 1]
        fact = a_fact(number, debtor=debtor, creditor=creditor, net=amount)
        return replace(fact, tax=0, service_end=self.now - 10, due_date=self.now)

    async def receive(self, *facts: Fact) -> None:
        """One packet with its proof."""
        packet = Packet(
            sequence=Sequence(self.evm.next_sequence()),
            source_client=CLIENT_ID,
            destination_client=_CLIENT,
            timeout_timestamp=TimestampSeconds(self.now + 600),
            payloads=(a_fact_payload(*facts),),
        )
        self.evm.commit(packet)
        height = self.evm.seal()
        path = commitment_path(packet.source_client, PathKind.COMMITMENT, packet.sequence)
        (proof,) = await self.evm.prove([path], at=height)
        update = await self.evm.client_update(client_reference(self.ledger, _CLIENT), trusted=Height(1), target=height)
        message = ReceivePacket(packet=packet, proof=proof)
        await self.ledger.submit(SubmissionBatch(client_id=_CLIENT, update=update, messages=(message,)))

    async def sent(self) -> list[Packet]:
        """Every packet of news so far."""
        head = await self.ledger.head()
        events = await self.ledger.events(after=Height(0), until=head.height)
        return [event.packet for event in events if isinstance(event, PacketCommitted)]

    async def answer(self, packet: Packet, *answers: StatusAnswer) -> None:
        """The contract ledger's acknowledgement of a packet of news."""
        acknowledgement = Acknowledgement(app_acknowledgements=(encode_status_answers(answers),))
        path = commitment_path(CLIENT_ID, PathKind.ACKNOWLEDGEMENT, packet.sequence)
        self.evm.write(path, acknowledgement_commitment(acknowledgement))
        height = self.evm.seal()
        (proof,) = await self.evm.prove([path], at=height)
        update = await self.evm.client_update(client_reference(self.ledger, _CLIENT), trusted=Height(1), target=height)
        message = AcknowledgePacket(packet=packet, acknowledgement=acknowledgement, proof=proof)
        await self.ledger.submit(SubmissionBatch(client_id=_CLIENT, update=update, messages=(message,)))
