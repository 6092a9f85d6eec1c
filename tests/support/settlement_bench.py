"""A settlement ledger in memory for tests: parties, agreements, facts and commands over the pure rules, at a set time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from itertools import count

from relayer.codes.facts import FactCategory, FactKind
from relayer.facts.codec import FactAnswer, fact_hash, fact_id
from relayer.facts.schema import SCHEMA, Fact, party_id
from relayer.settlement.decide import decide
from relayer.settlement.model.acts import OPERATOR, Share, UnitKey
from relayer.settlement.model.commands import Command, Decision
from relayer.settlement.model.cycles import CommitCycle, CycleState, ProposeCycle, VerifyCycle
from relayer.settlement.model.disputes import DisputeState
from relayer.settlement.model.facts import FactPacket, RecordFacts
from relayer.settlement.model.issuers import BindIssuer, Issuer
from relayer.settlement.model.liabilities import Liability
from relayer.settlement.model.parties import (
    ALL_MODES,
    Agreement,
    Consent,
    CurrencyTerms,
    Party,
    RecordAgreement,
    RegisterParty,
    SetConsent,
)
from relayer.settlement.model.payments import PaymentState
from relayer.settlement.netting.debts import DebtNetwork
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.netting.solver import solve
from relayer.settlement.postings import Account, balances
from relayer.settlement.reader import EmptyState
from relayer.settlement.rules.eligible import Scope, eligible_claims, network_of
from relayer.settlement.rules.plans import proof_hash_of
from relayer.settlement.state import Overlay

START = 1_772_000_000
EUR = UnitKey("EUR", 2)
CHAIN_ID = 1337
CONTRACT = bytes(range(20))
PARTIES: Mapping[str, bytes] = {
    name: party_id(f"{country}*{name}")
    for country, name in (("DE", "NBM"), ("DE", "KCS"), ("DE", "ROL"), ("DE", "VLT"), ("AT", "ATX"), ("DE", "ISR"))
}
"""Short names of six parties, and their ids."""


def issuer_of(party: bytes) -> bytes:
    """The account that issues the party's facts."""
    return party[:20]


class SettlementBench:
    """`state` is the whole ledger. Six parties, an agreement for each ordered pair in EUR (2), JPY (0) and KWD (3)."""

    def __init__(self) -> None:
        self.state = Overlay(EmptyState())
        self.now = START
        self._numbers = count(1)
        self._requests = count(1)
        for name, party in PARTIES.items():
            country = "AT" if name == "ATX" else "DE"
            self.execute(
                RegisterParty(
                    request_id=self.request(),
                    actor=OPERATOR,
                    party=Party(party_id=party, ocpi_id=f"{country}*{name}", name=name, lei="", vat_id=""),
                )
            )
        for debtor in PARTIES:
            for creditor in PARTIES:
                if debtor != creditor:
                    self.agree(debtor, creditor)
        for party in PARTIES.values():
            issuer = Issuer(CHAIN_ID, issuer_of(party))
            self.execute(BindIssuer(request_id=self.request(), actor=OPERATOR, issuer=issuer, party=party))

    def request(self) -> str:
        """A new request id."""
        return f"request-{next(self._requests)}"

    def execute(self, make: Callable[[str], Command] | Command) -> Decision:
        """A command; a function gets a new request id to make it with."""
        command = make(self.request()) if callable(make) else make
        return self._take(decide(self.state, command, now_seconds=self.now))

    def consent(self, party: bytes, consent: Consent = Consent.GIVEN, *, actor: bytes | None = None) -> SetConsent:
        """The command that replaces what the party said before."""
        said = self.state.consent(party)
        return SetConsent(
            request_id=self.request(),
            actor=party if actor is None else actor,
            party=party,
            consent=consent,
            replaces=said.sequence if said else 0,
        )

    def agree(
        self,
        debtor: str,
        creditor: str,
        *,
        currencies: Mapping[str, int] | None = None,
        modes: tuple[NettingMode, ...] = ALL_MODES,
    ) -> None:
        """Terms of one direction, without limits."""
        units = {"EUR": 2, "JPY": 0, "KWD": 3} if currencies is None else currencies
        agreement = Agreement(
            agreement_id=f"{debtor}>{creditor}",
            creditor=PARTIES[creditor],
            debtor=PARTIES[debtor],
            currencies=tuple(
                CurrencyTerms(currency=currency, exponent=exponent, open_limit=None) for currency, exponent in units.items()
            ),
            netting_modes=modes,
        )
        in_force = self.state.agreement(agreement.creditor, agreement.debtor)
        self.execute(
            RecordAgreement(
                request_id=self.request(),
                actor=OPERATOR,
                agreement=agreement,
                replaces=in_force.sequence if in_force else 0,
            )
        )

    def owe(
        self,
        debtor: str,
        creditor: str,
        amount: int,
        *,
        unit: UnitKey = EUR,
        due: int = START,
        service_end: int = START - 10,
        kind: FactKind = FactKind.TRIP_COMPLETED,
        related: bytes = bytes(32),
    ) -> Liability:
        """Records a fact, which must be accepted."""
        answer, fact = self.record(
            debtor, creditor, amount, unit=unit, due=due, service_end=service_end, kind=kind, related=related
        )
        liability = self.state.liability_of_fact(fact.fact_id)
        assert liability is not None, answer
        return liability

    def record(
        self,
        debtor: str,
        creditor: str,
        amount: int,
        *,
        unit: UnitKey = EUR,
        due: int = START,
        service_end: int = START - 10,
        kind: FactKind = FactKind.TRIP_COMPLETED,
        related: bytes = bytes(32),
        tax: int = 0,
    ) -> tuple[FactAnswer, Fact]:
        """Records a fact and returns its answer."""
        number, issuer = next(self._numbers), issuer_of(PARTIES[creditor])
        fact = Fact(
            fact_id=fact_id(CHAIN_ID, CONTRACT, issuer, number),
            schema=SCHEMA,
            kind=int(kind),
            category=int(FactCategory.FARE),
            creditor=PARTIES[creditor],
            debtor=PARTIES[debtor],
            currency=unit.currency.encode(),
            exponent=unit.exponent,
            net=amount,
            tax=tax,
            service_end=service_end,
            due_date=due,
            issuer_sequence=number,
            related_fact=related,
            document_hash=bytes(32),
        )
        origin = FactPacket(
            chain_id=CHAIN_ID,
            contract=CONTRACT,
            issuer=issuer,
            client_id="poa-evm-0",
            packet_sequence=number,
            height=number,
            transaction="A1",
        )
        command = RecordFacts(origin=origin, facts=(fact,), fact_hashes=(fact_hash(fact),))
        decision = decide(self.state, command, now_seconds=self.now)
        for entry in decision.entries:
            self.state.apply(entry)
        return decision.answers[0], fact

    def network(
        self,
        unit: UnitKey = EUR,
        *,
        cut_off: int | None = None,
        value_date: int | None = None,
        mode: NettingMode = NettingMode.CYCLE,
    ) -> DebtNetwork:
        """The debts that would take part in a cycle now."""
        scope = Scope(
            unit=unit,
            cut_off_seconds=cut_off or self.now,
            value_date_seconds=self.now if value_date is None else value_date,
            mode=mode,
        )
        return network_of(eligible_claims(self.state, scope), unit)

    def proposal(
        self,
        cycle_id: str,
        *,
        mode: NettingMode = NettingMode.CYCLE,
        unit: UnitKey = EUR,
        actor: bytes = OPERATOR,
        cut_off: int | None = None,
        value_date: int | None = None,
    ) -> ProposeCycle:
        """An honest proposal over the debts of now."""
        network = self.network(unit, cut_off=cut_off, value_date=value_date, mode=mode)
        return ProposeCycle(
            request_id=self.request(),
            actor=actor,
            cycle_id=cycle_id,
            mode=mode,
            currency=unit.currency,
            exponent=unit.exponent,
            cut_off_seconds=cut_off or self.now,
            value_date_seconds=self.now if value_date is None else value_date,
            expires_at_seconds=self.now + 3600,
            debts_hash=network.digest(),
            proof=solve(network).encode() if mode is NettingMode.CYCLE else b"",
        )

    def verify(self, cycle_id: str, *, actor: bytes | None = None) -> Decision:
        """Verified by a party that takes part, unless another is named."""
        cycle = self.state.cycle(cycle_id)
        assert cycle is not None
        liability = self.state.liability_at(cycle.plan.shares[0].liability)
        assert liability is not None
        verifier = liability.debtor if actor is None else actor
        proof_hash = proof_hash_of(cycle.plan)
        return self.execute(
            lambda request: VerifyCycle(request_id=request, actor=verifier, cycle_id=cycle_id, proof_hash=proof_hash)
        )

    def commit(self, cycle_id: str) -> Decision:
        """By the operator."""
        return self.execute(lambda request: CommitCycle(request_id=request, actor=OPERATOR, cycle_id=cycle_id))

    def run_cycle(self, cycle_id: str, *, mode: NettingMode = NettingMode.CYCLE, unit: UnitKey = EUR) -> None:
        """Proposed, verified and committed."""
        self.execute(self.proposal(cycle_id, mode=mode, unit=unit))
        self.verify(cycle_id)
        self.commit(cycle_id)

    def net_positions(self) -> dict[tuple[bytes, UnitKey], int]:
        """What each party is owed less what it owes, per unit."""
        found: dict[tuple[bytes, UnitKey], int] = {}
        for key, amount in self.state.open_sums.items():
            unit = UnitKey(key.currency, key.exponent)
            for party, change in ((key.debtor, -amount), (key.creditor, amount)):
                found[party, unit] = found.get((party, unit), 0) + change
        return {key: net for key, net in found.items() if net}

    def check(self) -> None:
        """Postings add up to each liability, holds to what holds them, open sums to what is open."""
        accounts = balances(self.state.postings)
        held: dict[int, int] = {}
        for share in self._holding():
            held[share.liability] = held.get(share.liability, 0) + share.amount
        sums: dict[tuple[bytes, bytes, str, int], int] = {}
        for each in self.state.liabilities.values():
            own = accounts.get(each.sequence, dict.fromkeys(Account, 0))
            assert (own[Account.FREE], own[Account.HELD]) == (each.free, each.held)
            assert (own[Account.NETTED], own[Account.PAID], own[Account.CREDITED]) == (each.netted, each.paid, each.credited)
            assert own[Account.CLAIM] == -each.amount
            assert each.held == held.get(each.sequence, 0)
            key = (each.debtor, each.creditor, each.currency, each.exponent)
            sums[key] = sums.get(key, 0) + each.open
        assert {key: total for key, total in sums.items() if total} == {
            tuple(key): total for key, total in self.state.open_sums.items() if total
        }

    def _holding(self) -> list[Share]:
        shares: list[Share] = []
        for payment in self.state.payments.values():
            if payment.state in {PaymentState.INSTRUCTED, PaymentState.PENDING}:
                shares += payment.order.shares
        for dispute in self.state.disputes.values():
            if dispute.state is DisputeState.OPEN:
                shares.append(dispute.claim.share)
        for cycle in self.state.cycles.values():
            if cycle.state is CycleState.VERIFIED:
                shares += cycle.plan.shares
        return shares

    def _take(self, decision: Decision) -> Decision:
        for entry in decision.entries:
            self.state.apply(entry)
        return decision


def fingerprint(state: Overlay) -> bytes:
    """Changes whenever anything of the state does."""
    parts = (state.parties, state.agreements, state.liabilities, state.open_sums, state.requests, state.entries)
    more = (
        state.payments,
        state.disputes,
        state.cycles,
        state.units,
        state.consents,
        state.issuers,
        state.mandates,
        state.evidence,
        state.postings,
    )
    return sha256(repr((parts, more, state.new_cut_off)).encode()).digest()
