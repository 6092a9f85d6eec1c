"""For tests of the push library: a settlement ledger in memory with the real rules, claims, and the issuer of an outbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import permutations
from typing import Any

from relayer.errors import InvalidInput, LedgerRefused, LedgerUnavailable
from relayer.facts.codec import FactAnswer
from relayer.facts.schema import party_id
from relayer.facts.signing import SignedFacts, contract_of_system, issuer_of_key, ledger_identity
from relayer.facts.ways import Way
from relayer.ports.settlement import SettlementService
from relayer.push import Claim, Outbox, key_signer
from relayer.settlement.decide import decide
from relayer.settlement.errors import CommandRefused
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.commands import Command
from relayer.settlement.model.issuers import Issuer, RemoveIssuer
from relayer.settlement.model.liabilities import Liability
from relayer.settlement.model.parties import Agreement, CurrencyTerms, Party, RecordAgreement, RegisterParty
from relayer.settlement.reader import EmptyState
from relayer.settlement.rules.signatures import checked_request
from relayer.settlement.state import Overlay
from tests.support.issuing import issuing_for

CHAIN_ID = 4711
SYSTEM = "booking"
KEY = sha256(b"the issuer of the push tests").digest()
ISSUER = issuer_of_key(KEY)
SIGN = key_signer(KEY)
PARTIES = ("DE*KCS", "DE*NBM", "AT*ATX", "FR*BLV")
STRANGER = "IT*XYZ"
"""Not registered."""
IDENTITY = ledger_identity("settlement-1", sha256(b"first block").digest())
NOW = 1_772_000_000


def an_outbox(**changes: Any) -> Outbox:
    """Of the system that every PushLedger knows the issuer of."""
    return Outbox(**{"system": SYSTEM, "issuer": "0x" + ISSUER.hex(), "chain_id": CHAIN_ID, **changes})


def a_claim(business_id: str = "T-1", **changes: Any) -> Claim:
    """One that the ledger accepts."""
    values: dict[str, Any] = {
        "business_id": business_id,
        "kind": "trip_completed",
        "creditor": "DE*KCS",
        "debtor": "DE*NBM",
        "currency": "EUR",
        "net": 1_840,
        "tax": 350,
        "service_end": NOW - 60,
        "due_date": NOW + 86_400,
        "document": {"trip": business_id},
    }
    return Claim(**{**values, **changes})


class PushLedger:
    """A target that decides by the settlement rules and remembers what it committed. Tests make it fail."""

    def __init__(self, identity: bytes = IDENTITY) -> None:
        self._identity = identity
        self.state = Overlay(EmptyState())
        self.batches: list[SignedFacts] = []
        """As they were committed, the newest last."""
        self.is_down = False
        self.crashed_by: set[str] = set()
        """Business ids whose delivery gets no answer."""
        self.refused_whole: set[str] = set()
        """Business ids because of which a whole request is refused."""
        self.committed: Callable[[], None] = lambda: None
        for name in PARTIES:
            self._register(name)
        for creditor, debtor in permutations(PARTIES, 2):
            self.agree(creditor, debtor)
        for command in issuing_for(*PARTIES, issuer=Issuer(CHAIN_ID, ISSUER)):
            self._execute(command)

    def agree(self, creditor: str, debtor: str) -> None:
        """Euros without a limit."""
        agreement = an_agreement(creditor, debtor)
        name = agreement.agreement_id
        self._execute(RecordAgreement(request_id=name, agreement=agreement, actor=OPERATOR, replaces=0))

    def register(self, name: str, *, creditor: str) -> None:
        """A party that owes to one of the others."""
        self._register(name)
        self.agree(creditor, name)

    def end_issuer(self, last_sequence: int) -> None:
        """The issuer of the tests may issue nothing any more."""
        issuer = Issuer(CHAIN_ID, ISSUER)
        self._execute(RemoveIssuer(request_id="end", actor=OPERATOR, issuer=issuer, last_sequence=last_sequence))

    async def identity(self) -> bytes:
        if self.is_down:
            raise LedgerUnavailable("the ledger is down")
        return self._identity

    async def deliver(self, batch: SignedFacts) -> Sequence[FactAnswer]:
        if self.is_down or self.crashed_by & set(batch.object_ids):
            raise LedgerUnavailable("the ledger does not answer")
        if self.refused_whole & set(batch.object_ids):
            raise InvalidInput("the request cannot be read")
        assert batch.contract == contract_of_system(SYSTEM)
        try:
            request = checked_request(batch, ledger=self._identity, height=1, transaction="")
        except CommandRefused as error:
            raise LedgerRefused(f"settlement/{error.code}", str(error)) from error
        decision = decide(self.state, request, now_seconds=NOW)
        for entry in decision.entries:
            self.state.apply(entry)
        self.batches.append(batch)
        self.committed()
        return decision.answers

    async def close(self) -> None:
        pass

    @property
    def liabilities(self) -> list[Liability]:
        """In the order in which they were recorded."""
        return sorted(self.state.liabilities.values(), key=lambda each: each.sequence)

    def _register(self, name: str) -> None:
        party = Party(party_id=party_id(name), ocpi_id=name, name=name, lei="", vat_id="")
        self._execute(RegisterParty(request_id=name, party=party, actor=OPERATOR))

    def _execute(self, command: Command) -> None:
        for entry in decide(self.state, command, now_seconds=NOW).entries:
            self.state.apply(entry)


async def register(service: SettlementService, issuer: Issuer) -> None:
    """The parties on a real ledger, with agreements that accept what is pushed; `issuer` issues for all of them."""
    for name in PARTIES:
        party = Party(party_id=party_id(name), ocpi_id=name, name=name, lei="", vat_id="")
        await service.execute(RegisterParty(request_id=name, party=party, actor=OPERATOR))
    for creditor, debtor in permutations(PARTIES, 2):
        agreement = an_agreement(creditor, debtor)
        name = agreement.agreement_id
        await service.execute(RecordAgreement(request_id=name, agreement=agreement, actor=OPERATOR, replaces=0))
    for command in issuing_for(*PARTIES, issuer=issuer):
        await service.execute(command)


def an_agreement(creditor: str, debtor: str) -> Agreement:
    """Euros without a limit, pushed."""
    return Agreement(
        agreement_id=f"{debtor} pays {creditor}",
        creditor=party_id(creditor),
        debtor=party_id(debtor),
        currencies=(CurrencyTerms(currency="EUR", exponent=2, open_limit=None),),
        ways=(Way.PUSHED,),
    )
