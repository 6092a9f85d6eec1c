"""Writes the cases of the settlement rules: commands in, answers, codes and hashed bytes out, for every ledger.

Run it with the project's Python to rewrite the files beside it; the tests fail when they differ. What each case must answer
is stated by hand (`code`, `refusal`); the bytes come from the Python rules, and the others must give the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from relayer.codes.facts import FactCategory, FactCode, FactKind
from relayer.codes.limits import MAXIMUM_FACT_BITS, MAXIMUM_FACT_SECONDS
from relayer.codes.settlement import RefusalCode
from relayer.encoding.canonical import encode
from relayer.errors import InvalidInput
from relayer.facts.codec import FactPacketData, decode_packet_data, encode_answers, encode_packet_data, fact_hash, fact_id
from relayer.facts.proving import FactProof
from relayer.facts.schema import Fact, party_id
from relayer.facts.signing import SignedFacts, ledger_identity
from relayer.facts.ways import ALL_WAYS, Way
from relayer.messages.signed_facts import answers_to_message, decode_request, request_to_message
from relayer.proofs.client import MappingConsensusStates
from relayer.proofs.poa_evm.contracts import ContractStorage, contract_storage
from relayer.proofs.poa_evm.types import ClientState, ConsensusState, encode_client_state, encode_consensus_state
from relayer.settlement.decide import decide, request_digest
from relayer.settlement.errors import CommandRefused
from relayer.settlement.log import encode_command, encode_record, liability_record
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.commands import Command
from relayer.settlement.model.events import LogEntry
from relayer.settlement.model.facts import FactPacket, RecordFacts
from relayer.settlement.model.issuers import BindIssuer, GrantMandate, Issuer
from relayer.settlement.model.parties import (
    ALL_MODES,
    Agreement,
    ClosePeriod,
    Consent,
    CurrencyTerms,
    Party,
    RecordAgreement,
    RegisterParty,
    RevokeAccount,
    SetConsent,
)
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.reader import EmptyState
from relayer.settlement.rules.fact_proofs import checked_proof, require_contract
from relayer.settlement.rules.signatures import checked_request
from relayer.settlement.state import Overlay
from relayer.settlement.state_hash import state_hash

HERE = Path(__file__).parent
CHAIN_ID = 1337
CONTRACT = bytes.fromhex("5fbdb2315678afecb367f032d93f642f64180aa3")
ISSUER = bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266")
SERVICE_END = 1_772_366_400
LEDGER = ledger_identity("settlement-1", bytes(range(32)))
CREDITOR, DEBTOR, THIRD = "DE*KCS", "DE*NBM", "AT*ATX"
MAXIMUM = 2**128 - 1
GREATEST = 2**MAXIMUM_FACT_BITS - 1
BAD_OCPI_IDS = ("fr*new", "FRNEW", "F*NEW", "FR*NEWS", "FR*NE", "F1*NEW", "FR*N*W", "FR*N\u00c4W", "")
HARD_TEXT = 'K\u00e4se \U0001f6b2 "q" \\ /\x7f\t\x01<&>\u2028'

Step = dict[str, Any]
Case = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvingWorld:
    """The one light client of a ledger, as its host has stored it."""

    client_id: str
    client_state: ClientState
    states: Mapping[int, ConsensusState]
    counterparty: str
    ledger_id: str
    """The ledger's chain id."""

    def form(self) -> Step:
        """As the case files have it."""
        return {
            "client_id": self.client_id,
            "client_state": encode_client_state(self.client_state).hex(),
            "consensus_states": {str(height): encode_consensus_state(each).hex() for height, each in self.states.items()},
            "counterparty": self.counterparty,
            "ledger_id": self.ledger_id,
        }

    def client_at(self, client_id: str, now_seconds: int) -> ProvingClient:
        """Raises CommandRefused(CLIENT_NOT_USABLE) for another client."""
        if client_id != self.client_id:
            raise CommandRefused(RefusalCode.CLIENT_NOT_USABLE, f"there is no client {client_id}")
        return ProvingClient(world=self, now_seconds=now_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvingClient:
    """See relayer.settlement.rules.fact_proofs.ContractLedgerClient."""

    world: ProvingWorld
    now_seconds: int

    @property
    def chain_id(self) -> int:
        return self.world.client_state.chain_id

    @property
    def counterparty(self) -> str:
        return self.world.counterparty

    def storage(self, height: int, contract: bytes, account_proof: Sequence[bytes]) -> ContractStorage:
        return contract_storage(
            self.world.client_state,
            MappingConsensusStates(self.world.states),
            height=height,
            contract=contract,
            account_proof=account_proof,
            now_seconds=self.now_seconds,
        )


class Ledger:
    """Runs commands by the Python rules and writes down what they answer. `at` is the block time of the next step."""

    def __init__(self) -> None:
        self.state = Overlay(EmptyState())
        self.steps: list[Step] = []
        self.at = SERVICE_END
        self.height = 200
        """Of the block of the last signed request."""

    def command(self, command: Command, *, refusal: RefusalCode | None = None) -> None:
        """`refusal` is what the rules must answer; None: the command is taken, or was before."""
        step: Step = {
            "command": type(command).__name__,
            "at_seconds": self.at,
            "request": encode_command(command).hex(),
        }
        given = None
        try:
            decision = decide(self.state, command, now_seconds=self.at)
        except (CommandRefused, InvalidInput) as error:
            given = error.code if isinstance(error, CommandRefused) else RefusalCode.INVALID_COMMAND
        assert given == refusal, (command, given)
        if given is not None:
            self.steps.append({**step, "refusal": int(given)})
            return
        reference = {"sequence": decision.reference.sequence, "head_hash": decision.reference.head_hash.hex()}
        digest = request_digest(command).hex()
        self.steps.append({**step, "digest": digest, **reference, "entries": self.apply(decision.entries)})

    def agree(
        self, request_id: str, agreement: Agreement, *, replaces: int | None = None, refusal: RefusalCode | None = None
    ) -> None:
        """Records terms in the place of those in force, or of the entry that is named."""
        replaces = self.in_force(agreement) if replaces is None else replaces
        self.command(
            RecordAgreement(request_id=request_id, actor=OPERATOR, agreement=agreement, replaces=replaces), refusal=refusal
        )

    def in_force(self, agreement: Agreement) -> int:
        """The entry of the pair's terms."""
        found = self.state.agreement(agreement.creditor, agreement.debtor)
        return found.sequence if found else 0

    def register(self, request_id: str, party: Party, *, refusal: RefusalCode | None = None) -> None:
        """Registers a party as the operator does."""
        self.command(RegisterParty(request_id=request_id, actor=OPERATOR, party=party), refusal=refusal)

    def issue_for(self, *names: str) -> None:
        """Binds ISSUER to the first party, and gives it the mandate of the others."""
        first, *others = map(party_id, names)
        issuer = Issuer(CHAIN_ID, ISSUER)
        self.command(BindIssuer(request_id="issuer", actor=OPERATOR, issuer=issuer, party=first))
        for number, each in enumerate(others):
            self.mandate(f"mandate-{number}", each)

    def mandate(self, request_id: str, creditor: bytes) -> None:
        """A first mandate for ISSUER."""
        issuer = Issuer(CHAIN_ID, ISSUER)
        self.command(GrantMandate(request_id=request_id, actor=creditor, creditor=creditor, issuer=issuer, replaces=0))

    def close(self, request_id: str, cut_off_seconds: int, *, refusal: RefusalCode | None = None) -> None:
        """Closes a period as the operator does."""
        self.command(ClosePeriod(request_id=request_id, actor=OPERATOR, cut_off_seconds=cut_off_seconds), refusal=refusal)

    def facts(
        self,
        *facts: Fact,
        codes: Sequence[FactCode],
        hashes: Sequence[bytes] | None = None,
        sequence: int = 1,
        issuer: bytes = ISSUER,
    ) -> None:
        """One packet. `codes` are what the rules must answer for each fact."""
        data = FactPacketData(
            chain_id=CHAIN_ID,
            contract=CONTRACT,
            issuer=issuer,
            destination="",
            facts=facts,
            fact_hashes=tuple(hashes or map(fact_hash, facts)),
        )
        origin = FactPacket(
            chain_id=CHAIN_ID,
            contract=CONTRACT,
            issuer=issuer,
            client_id="poa-evm-0",
            packet_sequence=sequence,
            height=100 + sequence,
            transaction="A1B2",
        )
        command = RecordFacts(origin=origin, facts=data.facts, fact_hashes=data.fact_hashes)
        decision = decide(self.state, command, now_seconds=self.at)
        assert tuple(answer.code for answer in decision.answers) == tuple(codes), (codes, decision.answers)
        self.steps.append(
            {
                "command": "RecordFacts",
                "at_seconds": self.at,
                "payload": encode_packet_data(data).hex(),
                "client_id": origin.client_id,
                "packet_sequence": origin.packet_sequence,
                "height": origin.height,
                "transaction": origin.transaction,
                "codes": [int(code) for code in codes],
                "acknowledgement": encode_answers(decision.answers).hex(),
                "entries": self.apply(decision.entries),
            }
        )

    def signed(
        self,
        request: SignedFacts | bytes,
        *,
        codes: Sequence[FactCode] = (),
        refusal: RefusalCode | None = None,
        ledger: bytes = LEDGER,
        parts: Sequence[tuple[bytes, int]] = (),
    ) -> None:
        """One request with a signature, or its bytes. `codes` are what the rules must answer for each fact, unless they
        refuse all of it. `parts`: the bytes of a long request as pieces, each with how often it is repeated."""
        raw = request if isinstance(request, bytes) else encode(request_to_message(request))
        assert not parts or raw == b"".join(piece * times for piece, times in parts)
        self.height += 1
        step: Step = {
            "command": "SignedFacts",
            "at_seconds": self.at,
            "request": [[piece.hex(), times] for piece, times in parts or [(raw, 1)]],
            "ledger": ledger.hex(),
            "height": self.height,
            "transaction": "C3D4",
        }
        given, answers, entries = None, (), ()
        try:
            command = checked_request(decode_request(raw), ledger=ledger, height=self.height, transaction="C3D4")
            decision = decide(self.state, command, now_seconds=self.at)
            answers, entries = decision.answers, decision.entries
        except (CommandRefused, InvalidInput) as error:
            given = error.code if isinstance(error, CommandRefused) else RefusalCode.INVALID_COMMAND
        assert given == refusal, (request, given)
        assert tuple(answer.code for answer in answers) == tuple(codes), (codes, answers)
        if given is not None:
            self.steps.append({**step, "refusal": int(given)})
            return
        response = encode(answers_to_message(answers)).hex()
        self.steps.append({**step, "codes": list(map(int, codes)), "response": response, "entries": self.apply(entries)})

    def proven(
        self,
        request: FactProof | bytes,
        world: ProvingWorld,
        *,
        codes: Sequence[FactCode] = (),
        refusal: RefusalCode | None = None,
    ) -> None:
        """One request with proofs, or its bytes, to a ledger whose light client is that of `world`."""
        raw = request if isinstance(request, bytes) else encode(request_to_message(request))
        self.height += 1
        step: Step = {
            "command": "FactProof",
            "at_seconds": self.at,
            "request": [[raw.hex(), 1]],
            "height": self.height,
            "transaction": "E5F6",
            "world": world.form(),
        }
        given, answers, entries = None, (), ()
        try:
            decoded = decode_request(raw)
            assert isinstance(decoded, FactProof)
            require_contract(self.state, decoded)
            client = world.client_at(decoded.client_id, self.at)
            checked = checked_proof(
                decoded, client, ledger_id=world.ledger_id, height=self.height, transaction=step["transaction"]
            )
            decision = decide(self.state, checked, now_seconds=self.at)
            answers, entries = decision.answers, decision.entries
        except (CommandRefused, InvalidInput) as error:
            given = error.code if isinstance(error, CommandRefused) else RefusalCode.INVALID_COMMAND
        assert given == refusal, (request, given)
        assert tuple(answer.code for answer in answers) == tuple(codes), (codes, answers)
        if given is not None:
            self.steps.append({**step, "refusal": int(given)})
            return
        response = encode(answers_to_message(answers)).hex()
        self.steps.append({**step, "codes": list(map(int, codes)), "response": response, "entries": self.apply(entries)})

    def apply(self, entries: Sequence[LogEntry]) -> list[str]:
        """Their bytes."""
        for entry in entries:
            self.state.apply(entry)
        return [entry.encoded.hex() for entry in entries]

    def case(self, name: str) -> Case:
        state = self.state
        bound = {f"{each.client_id}/{each.contract.hex()}": encode_record(each).hex() for each in state.contracts.values()}
        return {
            "name": name,
            "steps": self.steps,
            "sequence": state.head().sequence,
            "head_hash": state.head().head_hash.hex(),
            "cut_off_seconds": state.cut_off_seconds(),
            "records": {fact.hex(): liability_record(each).hex() for fact, each in sorted(state.liabilities.items())},
            "positions": [
                [key.debtor.hex(), key.creditor.hex(), key.currency, key.exponent, str(total)]
                for key, total in sorted(state.open_sums.items())
            ],
            "liabilities": _records(state.liabilities),
            "parties": _records({party_id: party for party_id, (party, _) in state.parties.items()}),
            "agreements": {
                f"{creditor.hex()}/{debtor.hex()}": encode_record(each).hex()
                for (creditor, debtor), each in sorted(state.agreements.items())
            },
            "consents": _records(state.consents),
            "issuers": _records({issuer.key: each for issuer, each in state.issuers.items()}),
            "mandates": {
                f"{creditor.hex()}/{issuer.key.hex()}": encode_record(each).hex()
                for (creditor, issuer), each in sorted(state.mandates.items())
            },
            **({"contracts": dict(sorted(bound.items()))} if bound else {}),
            "postings": [list(posting) for posting in state.postings],
            "payments": _records(state.payments),
            "disputes": _records(state.disputes),
            "cycles": _records(state.cycles),
            "state_hash": state_hash(state).hex(),
        }


def _records(records: Mapping[Any, object]) -> dict[str, str]:
    return {key.hex() if isinstance(key, bytes) else key: encode_record(each).hex() for key, each in sorted(records.items())}


def party(ocpi_id: str, **changes: Any) -> Party:
    return replace(
        Party(party_id=party_id(ocpi_id), ocpi_id=ocpi_id, name=f"Operator {ocpi_id}", lei="", vat_id=""), **changes
    )


def agreement(creditor: str = CREDITOR, debtor: str = DEBTOR, **changes: Any) -> Agreement:
    terms = (
        CurrencyTerms(currency="EUR", exponent=2, open_limit=None),
        CurrencyTerms(currency="JPY", exponent=0, open_limit=10_000),
    )
    made = Agreement(
        agreement_id=f"{debtor} pays {creditor}", creditor=party_id(creditor), debtor=party_id(debtor), currencies=terms
    )
    return replace(made, **changes)


def fact(sequence: int = 1, **changes: Any) -> Fact:
    """A trip for 10.00 and 1.90 tax: the valid baseline that each case changes in one place."""
    made = Fact(
        fact_id=fact_id(CHAIN_ID, CONTRACT, ISSUER, sequence),
        schema=1,
        kind=FactKind.TRIP_COMPLETED,
        category=FactCategory.FARE,
        creditor=party_id(CREDITOR),
        debtor=party_id(DEBTOR),
        currency=b"EUR",
        exponent=2,
        net=1000,
        tax=190,
        service_end=SERVICE_END,
        due_date=SERVICE_END + 30 * 86_400,
        issuer_sequence=sequence,
        related_fact=bytes(32),
        document_hash=sha256(b"document %d" % sequence).digest(),
    )
    return replace(made, **changes)


def ledger() -> Ledger:
    """Three parties; agreements in both directions of one pair, whose facts one issuer issues."""
    made = Ledger()
    for number, each in enumerate((CREDITOR, DEBTOR, THIRD)):
        made.register(f"party-{number}", party(each))
    made.agree("agreement-0", agreement())
    made.agree("agreement-1", agreement(DEBTOR, CREDITOR))
    made.issue_for(CREDITOR, DEBTOR)
    return made


OK, DUPLICATE = FactCode.OK, FactCode.DUPLICATE


def fact_cases() -> Iterator[Case]:
    for name, code, changes in [
        ("baseline", OK, {}),
        *((f"kind {kind.name}", OK, {"kind": kind}) for kind in FactKind if kind not in {1, 10, 11}),
        *((f"category {category.name}", OK, {"category": category}) for category in FactCategory),
        ("tax only", OK, {"net": 0}),
        ("other direction", OK, {"creditor": party_id(DEBTOR), "debtor": party_id(CREDITOR)}),
        ("exactly the limit", OK, {"currency": b"JPY", "exponent": 0, "net": 10_000, "tax": 0}),
        ("the greatest gross", OK, {"net": GREATEST - 1, "tax": 1}),
        ("booking without money", OK, {"kind": FactKind.BOOKING_CONFIRMED, "net": 0, "tax": 0}),
        ("the end of the year 9999", OK, {"service_end": MAXIMUM_FACT_SECONDS, "due_date": MAXIMUM_FACT_SECONDS}),
        ("fact id of another sequence", FactCode.BAD_HASH, {"issuer_sequence": 2}),
        ("issuer sequence 0", FactCode.BAD_HASH, {"fact_id": fact_id(CHAIN_ID, CONTRACT, ISSUER, 0), "issuer_sequence": 0}),
        ("fact id of another chain", FactCode.BAD_HASH, {"fact_id": fact_id(1, CONTRACT, ISSUER, 1)}),
        ("schema 0", FactCode.UNSUPPORTED_SCHEMA, {"schema": 0}),
        ("schema 2", FactCode.UNSUPPORTED_SCHEMA, {"schema": 2}),
        ("kind 0", FactCode.UNSUPPORTED_SCHEMA, {"kind": 0}),
        ("kind 12", FactCode.UNSUPPORTED_SCHEMA, {"kind": 12}),
        ("category 0", FactCode.UNSUPPORTED_SCHEMA, {"category": 0}),
        ("category 15", FactCode.UNSUPPORTED_SCHEMA, {"category": 15}),
        ("no money", FactCode.BAD_TOTAL, {"net": 0, "tax": 0}),
        ("gross of 2^96", FactCode.BAD_TOTAL, {"net": GREATEST, "tax": 1}),
        ("gross of 2^128", FactCode.BAD_TOTAL, {"net": MAXIMUM, "tax": 1}),
        ("greatest net and tax", FactCode.BAD_TOTAL, {"net": MAXIMUM, "tax": MAXIMUM}),
        ("booking with money", FactCode.BAD_TOTAL, {"kind": FactKind.BOOKING_CONFIRMED}),
        ("due after the year 9999", FactCode.TIME_OUT_OF_RANGE, {"due_date": MAXIMUM_FACT_SECONDS + 1}),
        ("service that ends after the year 9999", FactCode.TIME_OUT_OF_RANGE, {"service_end": MAXIMUM_FACT_SECONDS + 1}),
        ("due in milliseconds", FactCode.TIME_OUT_OF_RANGE, {"due_date": SERVICE_END * 1000}),
        ("end of time", FactCode.TIME_OUT_OF_RANGE, {"service_end": 2**64 - 1, "due_date": 2**64 - 1}),
        ("unknown creditor", FactCode.UNKNOWN_PARTY, {"creditor": party_id("FR*XXX")}),
        ("unknown debtor", FactCode.UNKNOWN_PARTY, {"debtor": party_id("FR*XXX")}),
        ("one party on both sides", FactCode.UNKNOWN_PARTY, {"debtor": party_id(CREDITOR)}),
        ("no agreement", FactCode.NO_AGREEMENT, {"debtor": party_id(THIRD)}),
        ("currency not agreed", FactCode.CURRENCY_UNSUPPORTED, {"currency": b"USD"}),
        ("exponent not agreed", FactCode.CURRENCY_UNSUPPORTED, {"exponent": 3}),
        ("currency of zero bytes", FactCode.CURRENCY_UNSUPPORTED, {"currency": bytes(3)}),
        ("currency outside of ASCII", FactCode.CURRENCY_UNSUPPORTED, {"currency": b"\xff\xfe\xfd"}),
        ("one above the limit", FactCode.LIMIT_EXCEEDED, {"currency": b"JPY", "exponent": 0, "net": 10_000, "tax": 1}),
        ("credit of nothing", FactCode.RELATED_UNKNOWN, {"kind": FactKind.CREDIT_NOTE}),
        (
            "payment of an unknown fact",
            FactCode.RELATED_UNKNOWN,
            {"kind": FactKind.PAYMENT_CONFIRMED, "related_fact": b"\1" * 32},
        ),
        ("extra to an unknown fact", FactCode.RELATED_UNKNOWN, {"kind": FactKind.USAGE_EXTRA, "related_fact": b"\1" * 32}),
        (
            "booking of an unknown fact",
            FactCode.RELATED_UNKNOWN,
            {"kind": FactKind.BOOKING_CONFIRMED, "net": 0, "tax": 0, "related_fact": b"\1" * 32},
        ),
    ]:
        made = ledger()
        made.facts(fact(**changes), codes=[code])
        yield made.case(name)


def order_cases() -> Iterator[Case]:
    """Two rules broken at once: the earlier one answers."""
    pairs = [
        ("schema before total", FactCode.UNSUPPORTED_SCHEMA, {"kind": 0, "net": 0, "tax": 0}),
        ("times before parties", FactCode.TIME_OUT_OF_RANGE, {"due_date": 2**64 - 1, "debtor": party_id("FR*XXX")}),
        ("total before parties", FactCode.BAD_TOTAL, {"net": 0, "tax": 0, "debtor": party_id("FR*XXX")}),
        ("parties before currency", FactCode.UNKNOWN_PARTY, {"debtor": party_id("FR*XXX"), "currency": b"USD"}),
        ("agreement before currency", FactCode.NO_AGREEMENT, {"debtor": party_id(THIRD), "currency": b"USD"}),
        ("currency before period", FactCode.CURRENCY_UNSUPPORTED, {"currency": b"USD", "service_end": 1}),
        ("period before related", FactCode.PERIOD_CLOSED, {"service_end": 1, "related_fact": b"\1" * 32}),
        (
            "related before limit",
            FactCode.RELATED_UNKNOWN,
            {"currency": b"JPY", "exponent": 0, "net": 20_000, "related_fact": b"\1" * 32},
        ),
    ]
    for name, code, changes in pairs:
        made = ledger()
        made.close("close", SERVICE_END - 1)
        made.facts(fact(**changes), codes=[code])
        yield made.case(name)


def packet_cases() -> Iterator[Case]:
    made = ledger()
    made.facts(fact(), codes=[FactCode.BAD_HASH], hashes=[bytes(32)])
    made.facts(fact(), codes=[OK])
    made.facts(fact(), codes=[DUPLICATE], sequence=2)
    made.facts(fact(net=1), codes=[FactCode.BAD_HASH], sequence=3)
    made.facts(fact(), codes=[FactCode.BAD_HASH], hashes=[bytes(32)], sequence=4)
    made.facts(fact(), fact(2), codes=[DUPLICATE, OK], sequence=5)
    yield made.case("a rejected fact may come again, an accepted one is a duplicate, other content is refused")

    made = ledger()
    made.facts(*(fact(number) for number in range(1, 65)), codes=[OK] * 64)
    yield made.case("64 facts in one packet")

    made = ledger()
    made.facts(fact(), fact(), codes=[OK, DUPLICATE])
    yield made.case("one fact twice in one packet")

    jpy = {"currency": b"JPY", "exponent": 0, "tax": 0}
    made = ledger()
    made.facts(
        fact(1, net=6000, **jpy),
        fact(2, net=4001, **jpy),
        fact(3, net=4000, **jpy),
        fact(4, net=1, **jpy),
        codes=[OK, FactCode.LIMIT_EXCEEDED, OK, FactCode.LIMIT_EXCEEDED],
    )
    yield made.case("the limit counts what the same packet opened")

    made = ledger()
    made.close("close", SERVICE_END)
    made.facts(fact(1), fact(2, service_end=SERVICE_END + 1), codes=[FactCode.PERIOD_CLOSED, OK])
    yield made.case("cut-off at the service's end")

    made = ledger()
    made.facts(fact(1), codes=[OK])
    made.close("close", SERVICE_END)
    made.facts(fact(1), codes=[DUPLICATE], sequence=2)
    yield made.case("a duplicate is a duplicate after the period")


def reduction_cases() -> Iterator[Case]:
    first = fact(1)
    for kind in (FactKind.CREDIT_NOTE, FactKind.PAYMENT_CONFIRMED):

        def reduce(sequence: int, net: int, **changes: Any) -> Fact:
            return fact(sequence, **{"kind": kind, "net": net, "tax": 0, "related_fact": first.fact_id} | changes)  # noqa: B023

        made = ledger()
        made.facts(first, codes=[OK])
        made.facts(
            reduce(2, 1191),
            reduce(3, 1190),
            reduce(4, 1),
            codes=[FactCode.CREDIT_EXCEEDS, OK, FactCode.CREDIT_EXCEEDS],
            sequence=2,
        )
        yield made.case(f"{kind.name}: all that is open, and not more")

        made = ledger()
        made.facts(first, reduce(2, 190), reduce(3, 500), codes=[OK, OK, OK])
        made.facts(reduce(3, 500), codes=[DUPLICATE], sequence=2)
        yield made.case(f"{kind.name}: in parts, within the same packet")

        made = ledger()
        made.facts(first, codes=[OK])
        for number, changes in enumerate(
            [
                {"creditor": party_id(DEBTOR), "debtor": party_id(CREDITOR)},
                {"currency": b"JPY", "exponent": 0},
                {"related_fact": fact(99).fact_id},
            ]
        ):
            made.facts(reduce(2 + number, 10, **changes), codes=[FactCode.RELATED_UNKNOWN], sequence=2 + number)
        made.facts(reduce(9, 0), codes=[FactCode.BAD_TOTAL], sequence=9)
        made.facts(reduce(10, 10), codes=[OK], sequence=10)
        made.facts(reduce(11, 10, related_fact=fact(10).fact_id), codes=[FactCode.CREDIT_EXCEEDS], sequence=11)
        yield made.case(f"{kind.name}: of another pair, currency or fact, and of a record without money")

    made = ledger()
    jpy = {"currency": b"JPY", "exponent": 0, "tax": 0}
    made.facts(fact(1, net=10_000, **jpy), fact(2, net=1, **jpy), codes=[OK, FactCode.LIMIT_EXCEEDED])
    made.facts(
        fact(3, net=1, kind=FactKind.CREDIT_NOTE, related_fact=fact(1).fact_id, **jpy),
        fact(2, net=1, **jpy),
        codes=[OK, OK],
        sequence=2,
    )
    yield made.case("a credit makes room under the limit")

    made = ledger()
    made.facts(first, fact(2, kind=FactKind.USAGE_EXTRA, related_fact=first.fact_id), codes=[OK, OK])
    yield made.case("an extra names its trip")


def command_cases() -> Iterator[Case]:
    invalid, new = RefusalCode.INVALID_COMMAND, "FR*NEW"
    made = ledger()
    made.register("party-0", party(CREDITOR))
    made.register("again", party(CREDITOR))
    made.register("party-0", party(new), refusal=RefusalCode.ID_REUSED)
    made.register("other", party(CREDITOR, name="Other"), refusal=RefusalCode.PARTY_EXISTS)
    made.close("party-0", 5, refusal=RefusalCode.ID_REUSED)
    made.register("new", party(new, name=HARD_TEXT, lei="L" * 200))
    made.register("new", party(new), refusal=RefusalCode.ID_REUSED)
    yield made.case("request ids and repeated parties")

    made = Ledger()
    for number, each in enumerate(
        [
            party(new, party_id=bytes(32)),
            party(new, name=""),
            party(new, name=" \t\n\x1c\x85\xa0\u3000"),
            party(new, name="N" * 201),
            party(new, name="\u00e4" * 101),
            party(new, lei="L" * 201),
            party(new, vat_id="V" * 201),
            *(replace(party(new), ocpi_id=text) for text in BAD_OCPI_IDS),
        ]
    ):
        made.register(f"r{number}", each, refusal=invalid)
    for request_id in ("", "  ", "\x1f", "R" * 201):
        made.register(request_id, party(new), refusal=invalid)
    made.register("R" * 200, party("FR*N0W"))
    made.register("r0", party(new, name="\u00e4" * 100))
    yield made.case("particulars out of range")

    made = ledger()
    terms = agreement().currencies
    codes = [chr(65 + n // 26) + chr(65 + n % 26) for n in range(65)]
    for number, (refusal, each) in enumerate(
        [
            (invalid, agreement(agreement_id="")),
            (invalid, agreement(agreement_id="A" * 201)),
            (invalid, agreement(debtor=CREDITOR)),
            (invalid, agreement(currencies=())),
            (invalid, agreement(currencies=tuple(replace(terms[0], currency=f"A{code}") for code in codes))),
            (invalid, agreement(currencies=(terms[0], replace(terms[0], exponent=3)))),
            (invalid, agreement(currencies=(replace(terms[0], currency="eur"),))),
            (invalid, agreement(currencies=(replace(terms[0], currency="EU"),))),
            (invalid, agreement(currencies=(replace(terms[0], currency="EURO"),))),
            (invalid, agreement(currencies=(replace(terms[0], exponent=19),))),
            (invalid, agreement(netting_modes=(NettingMode.CYCLE, NettingMode.BILATERAL))),
            (invalid, agreement(netting_modes=(NettingMode.CYCLE, NettingMode.CYCLE))),
            (invalid, agreement(ways=())),
            (invalid, agreement(ways=(Way.PUSHED, Way.INTERLEDGER))),
            (invalid, agreement(ways=(Way.PULLED, Way.PULLED))),
            (RefusalCode.PARTY_UNKNOWN, agreement(debtor="FR*XXX")),
            (RefusalCode.PARTY_UNKNOWN, agreement(creditor="FR*XXX")),
            (RefusalCode.AGREEMENT_TAKEN, agreement(creditor=THIRD, agreement_id=agreement().agreement_id)),
            (RefusalCode.AGREEMENT_TAKEN, agreement(agreement_id="second")),
        ]
    ):
        made.agree(f"a{number}", each, refusal=refusal)
    made.agree("agreement-0", agreement(), replaces=0)
    new_terms = (replace(terms[0], exponent=18, open_limit=0), replace(terms[1], open_limit=2**128))
    made.agree("new terms", agreement(currencies=new_terms))
    made.facts(fact(), fact(2, exponent=18), codes=[FactCode.CURRENCY_UNSUPPORTED, FactCode.LIMIT_EXCEEDED])
    for number, modes in enumerate(((NettingMode.CYCLE,), (NettingMode.BILATERAL, NettingMode.HUB), ALL_MODES)):
        made.agree(f"modes {number}", agreement(netting_modes=modes))
    made.agree("ways", agreement(ways=(Way.PULLED_PROVEN,)))
    made.facts(fact(), codes=[FactCode.WAY_NOT_AGREED], sequence=2)
    made.agree("all ways", agreement(ways=ALL_WAYS))
    made.facts(fact(), codes=[OK], sequence=3)
    yield made.case("agreements")

    made = ledger()
    for number, at in enumerate((0, 2**63)):
        made.close(f"c{number}", at, refusal=invalid)
    made.close("first", 100)
    made.close("first", 100)
    made.close("same", 100, refusal=RefusalCode.CUT_OFF_NOT_LATER)
    made.close("back", 99, refusal=RefusalCode.CUT_OFF_NOT_LATER)
    made.close("last", 2**63 - 1)
    made.facts(fact(), codes=[FactCode.PERIOD_CLOSED])
    yield made.case("the cut-off only moves forward")

    made = ledger()
    before, after = agreement(), agreement(currencies=terms[:1])
    first = made.in_force(before)
    made.agree("B", after, replaces=0, refusal=RefusalCode.SUPERSEDED)
    made.agree("B", after, replaces=first + 1, refusal=RefusalCode.SUPERSEDED)
    made.agree("B", after, replaces=first)
    made.agree("A again", before, replaces=first, refusal=RefusalCode.SUPERSEDED)
    made.agree("A again", before, replaces=made.in_force(before))
    made.agree("A once more", before, replaces=made.in_force(before))
    made.agree("B", after, replaces=first)
    made.agree("new", agreement(THIRD, CREDITOR), replaces=first, refusal=RefusalCode.SUPERSEDED)
    made.agree("new", agreement(THIRD, CREDITOR), replaces=0)
    yield made.case("terms A, then B, then A again are three changes")

    made = ledger()
    consent = SetConsent(request_id="yes", actor=party_id(DEBTOR), party=party_id(DEBTOR), consent=Consent.GIVEN, replaces=0)
    made.command(consent)
    made.command(replace(consent, request_id="again"), refusal=RefusalCode.SUPERSEDED)
    given = made.state.head().sequence
    made.command(replace(consent, request_id="no", consent=Consent.WITHDRAWN, replaces=given))
    made.command(replace(consent, request_id="again", replaces=given), refusal=RefusalCode.SUPERSEDED)
    made.command(replace(consent, request_id="again", replaces=given + 1))
    yield made.case("consent given, withdrawn and given again")

    made = ledger()
    stranger = party_id(DEBTOR)
    refused = RefusalCode.NOT_AUTHORISED
    made.command(RegisterParty(request_id="party", actor=stranger, party=party(new)), refusal=refused)
    made.command(RegisterParty(request_id="bad", actor=stranger, party=party(new, name="")), refusal=refused)
    made.command(RecordAgreement(request_id="agreement", actor=stranger, agreement=agreement(), replaces=9), refusal=refused)
    made.command(ClosePeriod(request_id="close", actor=stranger, cut_off_seconds=0), refusal=refused)
    made.command(RevokeAccount(request_id="revoke", actor=stranger, account="DE*KCS"), refusal=refused)
    yield made.case("what only the operator may")

    made = ledger()
    for each in (CREDITOR, DEBTOR):
        actor = party_id(each)
        made.command(SetConsent(request_id="mine", actor=actor, party=actor, consent=Consent.GIVEN, replaces=0))
    made.close("mine", 5)
    made.close("mine", 6, refusal=RefusalCode.ID_REUSED)
    yield made.case("request ids belong to their actors")

    made = ledger()
    stolen = RevokeAccount(request_id="stolen", actor=OPERATOR, account="DE*KCS/2")
    for account in ("", " ", "x" * 201):
        made.command(replace(stolen, account=account), refusal=RefusalCode.INVALID_COMMAND)
    made.command(stolen)
    made.command(replace(stolen, account="DE*NBM"), refusal=RefusalCode.ID_REUSED)
    made.command(replace(stolen, request_id="other", account="DE*NBM"))
    made.command(replace(stolen, request_id="again"))
    made.facts(fact(), codes=[FactCode.OK])
    yield made.case("accounts that are revoked, once and for good")


def payload_cases() -> Iterator[dict[str, Any]]:
    """Payloads that decode, and changes of one of them that must not."""
    data = FactPacketData(
        chain_id=CHAIN_ID,
        contract=CONTRACT,
        issuer=ISSUER,
        destination="settlement-1",
        facts=(fact(),),
        fact_hashes=(fact_hash(fact()),),
    )
    good = encode_packet_data(data)
    two = replace(data, facts=(fact(), fact(2)), fact_hashes=(fact_hash(fact()), fact_hash(fact(2))))

    def word(at: int, value: int) -> bytes:
        return good[: 32 * at] + value.to_bytes(32, "big") + good[32 * at + 32 :]

    def byte(at: int, value: int) -> bytes:
        return good[:at] + bytes([value]) + good[at + 1 :]

    valid = [
        ("baseline", good),
        ("two facts", encode_packet_data(two)),
        ("no destination", encode_packet_data(replace(data, destination=""))),
        ("destination of 64 bytes", encode_packet_data(replace(data, destination="d" * 64))),
        ("destination of 32 bytes", encode_packet_data(replace(data, destination="\u00e4" * 16))),
        ("greatest chain id", encode_packet_data(replace(data, chain_id=2**256 - 1))),
        ("greatest amounts", encode_packet_data(replace(data, facts=(fact(net=MAXIMUM, tax=MAXIMUM),)))),
    ]
    invalid = [
        ("no bytes", b""),
        ("one byte short", good[:-1]),
        ("one word short", good[:-32]),
        ("one byte too many", good + b"\0"),
        ("one word too many", good + bytes(32)),
        ("outer offset", word(0, 64)),
        ("outer offset of 2^255", word(0, 2**255 + 32)),
        ("destination offset of 2^255", word(4, 2**255 + 192)),
        ("contract of 21 bytes", byte(32 * 2 + 11, 1)),
        ("issuer of 21 bytes", byte(32 * 3 + 11, 1)),
        ("destination offset", word(4, 224)),
        ("facts offset", word(5, 0)),
        ("hashes offset", word(6, 0)),
        ("destination of 65 bytes", word(7, 65)),
        ("destination of 2^64 bytes", word(7, 2**64)),
        ("padding of the destination", byte(32 * 8 + 31, 1)),
        ("destination that is no UTF-8", byte(32 * 8, 0xFF)),
        ("no facts", word(9, 0)),
        ("two facts announced", word(9, 2)),
        ("2^255 facts announced", word(9, 2**255)),
        ("no hashes", word(25, 0)[:-32]),
        ("two hashes announced", word(25, 2)),
        ("one hash too many", word(25, 2) + bytes(32)),
        ("schema of 17 bits", word(11, 2**16)),
        ("kind of 17 bits", word(12, 2**16)),
        ("category of 17 bits", word(13, 2**16)),
        ("currency of 4 bytes", byte(32 * 16 + 3, 1)),
        ("exponent of 9 bits", word(17, 256)),
        ("net of 129 bits", word(18, 2**128)),
        ("tax of 129 bits", word(19, 2**128)),
        ("service end of 65 bits", word(20, 2**64)),
        ("due date of 65 bits", word(21, 2**64)),
        ("issuer sequence of 65 bits", word(22, 2**64)),
    ]
    for expected, cases in ((True, valid), (False, invalid)):
        for name, raw in cases:
            assert _decodes(raw) is expected, name
            yield {"name": name, "payload": raw.hex(), "decodes": expected}


def _decodes(raw: bytes) -> bool:
    try:
        decode_packet_data(raw)
    except InvalidInput:
        return False
    return True


def build() -> dict[str, list[Case]]:
    """File name without ending -> cases."""
    return {
        "facts": [*fact_cases(), *order_cases()],
        "packets": [*packet_cases(), *reduction_cases()],
        "commands": list(command_cases()),
        "payloads": list(payload_cases()),
    }


def main() -> None:
    for name, cases in build().items():
        (HERE / f"{name}.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
