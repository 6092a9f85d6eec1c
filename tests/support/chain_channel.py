"""A settlement chain that follows an EVM ledger: a paired and trusted client, two parties with an agreement, facts to send.

The chain is a real one; the EVM ledger is reduced to what the chain's light client sees of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count, permutations

from relayer.app.clock import SystemClock
from relayer.codes.facts import FactCategory, FactKind
from relayer.core.commitment import PathKind, commitment_path
from relayer.core.ids import ClientId, Height, LedgerId, TimestampSeconds
from relayer.core.packet import Packet, Payload
from relayer.devnet.chain_node import BECH32_PREFIX, DENOMINATION, SettlementChain
from relayer.facts.codec import ENCODING, FACT_VERSION, PORT, FactPacketData, encode_packet_data, fact_hash, fact_id
from relayer.facts.schema import Fact, party_id
from relayer.keystore import LocalAccount
from relayer.ledgers.cosmos.fees import FeePolicy
from relayer.ledgers.cosmos.ledger import CosmosLedger, CosmosLedgerOptions
from relayer.ledgers.cosmos.transactions import ResubmissionTimes
from relayer.ports.ledger import Outcome, ReceivePacket, SubmissionBatch, client_reference
from relayer.ports.prover import ClientTerms
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.issuers import Issuer
from relayer.settlement.model.parties import Agreement, CurrencyTerms, Party, RecordAgreement, RegisterParty
from tests.support.evm_counterparty import CLIENT_ID, EvmCounterparty
from tests.support.issuing import issuing_for

CREDITOR, DEBTOR = party_id("DE*AAA"), party_id("DE*BBB")
NAMES = ("DE*AAA", "DE*BBB", "DE*CCC")
"""Parties that every channel registers; each has an agreement with each other one."""
DAY_SECONDS = 86_400
SERVICE_END = 1_772_366_400
FREE = FeePolicy(price=Fraction(0), denomination=DENOMINATION, cap=0)
_CONTRACT, _ISSUER = bytes(19) + b"\6", bytes(19) + b"\5"
_EVM_CHAIN_ID = 1337


def chain_ledger(
    chain: SettlementChain, account: LocalAccount, *, fees: FeePolicy = FREE, prefix: str = BECH32_PREFIX
) -> CosmosLedger:
    """The ledger as one account acts on it; not connected."""
    options = CosmosLedgerOptions(
        ledger_id=LedgerId("settlement"),
        chain_id=chain.chain_id,
        endpoints=chain.endpoints,
        prefix=prefix,
        fees=fees,
        patience=ResubmissionTimes(blocks=30),
    )
    return CosmosLedger(options, account, SystemClock())


@dataclass
class ChainChannel:
    """A chain that follows an EVM ledger of its own."""

    ledger: CosmosLedger
    evm: EvmCounterparty
    client: ClientId
    numbers: count[int] = field(default_factory=lambda: count(time.time_ns()))
    """Of facts, so that channels of one chain share none."""

    def send(
        self,
        *,
        debtor: bytes = DEBTOR,
        creditor: bytes = CREDITOR,
        net: int = 1_000,
        padding: int = 0,
        timeout_seconds: int = DAY_SECONDS // 2,
    ) -> Packet:
        """A packet with one fact; the next block of the EVM ledger holds its commitment. The application refuses padding."""
        number = next(self.numbers)
        fact = Fact(
            fact_id=fact_id(chain_id=_EVM_CHAIN_ID, contract=_CONTRACT, issuer=_ISSUER, issuer_sequence=number),
            schema=1,
            kind=FactKind.TRIP_COMPLETED,
            category=FactCategory.FARE,
            creditor=creditor,
            debtor=debtor,
            currency=b"EUR",
            exponent=2,
            net=net,
            tax=0,
            service_end=SERVICE_END,
            due_date=SERVICE_END + DAY_SECONDS,
            issuer_sequence=number,
            related_fact=bytes(32),
            document_hash=bytes(32),
        )
        data = FactPacketData(
            chain_id=_EVM_CHAIN_ID,
            contract=_CONTRACT,
            issuer=_ISSUER,
            destination="",
            facts=(fact,),
            fact_hashes=(fact_hash(fact),),
        )
        payload = Payload(
            source_port=PORT,
            destination_port=PORT,
            version=FACT_VERSION,
            encoding=ENCODING,
            value=encode_packet_data(data) + bytes(padding),
        )
        packet = Packet(
            sequence=self.evm.next_sequence(),
            source_client=CLIENT_ID,
            destination_client=self.client,
            timeout_timestamp=TimestampSeconds(int(time.time()) + timeout_seconds),
            payloads=(payload,),
        )
        self.evm.commit(packet)
        return packet

    async def batch(self, packets: Sequence[Packet]) -> SubmissionBatch:
        """The packets with their proofs under a new block, and the update to it."""
        at = self.evm.seal()
        reference = client_reference(self.ledger, self.client)
        update = await self.evm.client_update(reference, trusted=Height(1), target=at)
        paths = [commitment_path(each.source_client, PathKind.COMMITMENT, each.sequence) for each in packets]
        proofs = await self.evm.prove(paths, at=at)
        messages = tuple(ReceivePacket(packet=packet, proof=proof) for packet, proof in zip(packets, proofs, strict=True))
        return SubmissionBatch(client_id=self.client, update=update, messages=messages)

    async def deliver(self, packets: Sequence[Packet], ledger: CosmosLedger | None = None) -> list[Outcome]:
        """What became of each. `ledger`: another account's."""
        receipt = await (ledger or self.ledger).submit(await self.batch(packets))
        return [result.outcome for result in receipt.results]


@asynccontextmanager
async def open_chain_channel(
    ledger: CosmosLedger, *, trusting_period_seconds: int = DAY_SECONDS
) -> AsyncIterator[ChainChannel]:
    """Connects and closes the ledger, whose account must be an operator's."""
    await ledger.connect()
    try:
        evm = EvmCounterparty(SystemClock())
        terms = ClientTerms(trusting_period_seconds=trusting_period_seconds, max_clock_drift_seconds=15)
        creation = await evm.initial_client(terms)
        client = await ledger.create_client(creation, counterparty_client_id=None, counterparty_merkle_prefix=())
        await ledger.register_counterparty(client, counterparty_client_id=CLIENT_ID, counterparty_merkle_prefix=(b"",))
        await ledger.settlement.trust_client(client)
        await _register(ledger)
        yield ChainChannel(ledger, evm, client)
    finally:
        await ledger.close()


async def _register(ledger: CosmosLedger) -> None:
    known = {party.party_id for party in await ledger.settlement.parties()}
    if known >= set(map(party_id, NAMES)):
        return
    parties = [Party(party_id=party_id(name), ocpi_id=name, name=name, lei="", vat_id="") for name in NAMES]
    await asyncio.gather(
        *(
            ledger.settlement.execute(RegisterParty(request_id=f"party-{party.ocpi_id[3:]}", party=party, actor=OPERATOR))
            for party in parties
        )
    )
    terms = (CurrencyTerms(currency="EUR", exponent=2, open_limit=None),)
    agreements = [
        Agreement(
            agreement_id=f"{debtor.ocpi_id[3:]}-{creditor.ocpi_id[3:]}",
            creditor=creditor.party_id,
            debtor=debtor.party_id,
            currencies=terms,
        )
        for debtor, creditor in permutations(parties, 2)
    ]
    await asyncio.gather(
        *(
            ledger.settlement.execute(
                RecordAgreement(request_id=f"agreement-{each.agreement_id}", agreement=each, actor=OPERATOR, replaces=0)
            )
            for each in agreements
        )
    )
    first, *others = issuing_for(*NAMES, issuer=Issuer(_EVM_CHAIN_ID, _ISSUER))
    await ledger.settlement.execute(first)
    await asyncio.gather(*map(ledger.settlement.execute, others))
