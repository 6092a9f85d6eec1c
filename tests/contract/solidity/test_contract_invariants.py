"""Router and facts contract under any order of what anyone can do, with the real light client and proofs true and forged.

The settlement ledger is honest and its history is known, so it is known for each call whether it must be believed.
FUZZ_STORIES sets how many stories are told (`make fuzz`: 1,000).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from evm_harness import OWNER, STRANGER, Outcome, Refused
from facts_bench import (
    ACKNOWLEDGED,
    CANCELLED,
    CREDITED,
    CREDITOR,
    DISPUTED,
    ISSUER,
    MINTED,
    REJECTED,
    SENT,
    SETTLED,
    TIMED_OUT,
    abi,
    accepted,
    answers,
    rejected,
)
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from live_bench import (
    LOCAL,
    OTHER_HOLDER,
    REMOTE,
    LiveBench,
    Proof,
    answer_commitment,
    answer_path,
    commitment,
    receipt_path,
    sent_path,
)

from relayer.codes.facts import FactCode
from relayer.codes.news import Status
from relayer.core.ids import Sequence
from relayer.core.packet import Packet, Payload
from relayer.facts.codec import fact_hash, liability_id
from relayer.facts.schema import Fact
from relayer.facts.status_codec import StatusUpdate
from relayer.proofs.keccak import keccak256

STORIES = int(os.environ.get("FUZZ_STORIES", "40"))
LEADS_TO = {
    Status.SETTLED: SETTLED,
    Status.DISPUTED: DISPUTED,
    Status.RELEASED: ACKNOWLEDGED,
    Status.CREDITED: CREDITED,
}
HEARS_NEWS = {ACKNOWLEDGED, DISPUTED, CREDITED}
HEARD_ANSWER = HEARS_NEWS | {SETTLED}
picks = st.integers(0, 10**6)
forgeries = st.sampled_from((0,) * 12 + tuple(range(1, 10)))
"""0: nothing is forged."""


@dataclass
class Token:
    """What a fact's token must be."""

    fact: Fact
    holder: str = CREDITOR
    state: int = MINTED
    packet: int = 0
    recorded: int = 0
    news: int = 0


@dataclass
class Sent:
    """A packet of facts, and what became of it on both sides."""

    packet: Packet
    tokens: list[Token]
    answer: bytes = b""
    accepted: list[bool] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    end: str = ""


@dataclass
class News:
    packet: Packet
    update: StatusUpdate
    heard: bool = False


class Contracts(RuleBasedStateMachine):
    """Each rule says what must happen; the invariants compare the contracts with that after every step."""

    @initialize()
    def deploy(self) -> None:
        self.bench = LiveBench()
        self.tokens: list[Token] = []
        self.sent: list[Sent] = []
        self.news: list[News] = []
        self.entry = 0
        """Newest entry of the settlement ledger's log."""
        self.mint(3)
        self.mint(3)
        for first, wait in ((0, 90), (2, 30)):
            self.send([first, first + 1], wait, 1)

    # What issuers and holders do.

    @rule(count=st.integers(1, 3))
    def mint(self, count: int) -> None:
        first = len(self.tokens) + 1
        facts = [self.bench.fact(number) for number in range(first, first + count)]
        self.bench.facts.call("mintBatch", [abi(each) for each in facts], sender=ISSUER)
        self.tokens += map(Token, facts)

    @rule(number=st.integers(0, 40), stranger=st.booleans())
    def mint_out_of_turn(self, number: int, stranger: bool) -> None:
        if stranger or number != len(self.tokens) + 1:
            sender = STRANGER if stranger else ISSUER
            refusal = self.bench.facts.refusal("mint", abi(self.bench.fact(number)), sender=sender)
            assert refusal == ("IssuerUnknown" if stranger else "IssuerSequenceGap")

    @precondition(lambda self: self.tokens)
    @rule(chosen=st.lists(picks, min_size=1, max_size=4), wait=st.integers(1, 90), changed=st.integers(0, 9))
    def send(self, chosen: list[int], wait: int, changed: int) -> None:
        tokens = [self.tokens[each % len(self.tokens)] for each in chosen]
        facts = [each.fact for each in tokens]
        timeout = self.bench.now + wait
        if changed == 0:
            facts[-1] = replace(facts[-1], net=facts[-1].net + 1)
        may = changed != 0 and len({id(each) for each in tokens}) == len(tokens)
        may = may and all(each.state in {MINTED, TIMED_OUT} for each in tokens)
        outcome = self._tried(may, lambda: self.bench.send(facts, timeout))
        if outcome is None:
            return
        packet = self.bench.fact_packet(outcome.value, facts, timeout)
        self.sent.append(Sent(packet, tokens))
        assert outcome.value == len(self.sent), "packet sequences have no gap"
        for each in tokens:
            each.state, each.packet = SENT, outcome.value

    @precondition(lambda self: self.tokens)
    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        token = self.tokens[pick % len(self.tokens)]
        done = self._tried(
            token.state == MINTED, lambda: self.bench.facts.call("cancel", token.fact.issuer_sequence, sender=ISSUER)
        )
        if done is not None:
            token.state = CANCELLED

    @precondition(lambda self: self.tokens)
    @rule(pick=picks)
    def pass_on(self, pick: int) -> None:
        token = self.tokens[pick % len(self.tokens)]
        target = OTHER_HOLDER if token.holder == CREDITOR else CREDITOR
        number = int.from_bytes(token.fact.fact_id, "big")
        call = ("transferFrom", token.holder, target, number)
        done = self._tried(token.state == MINTED, lambda: self.bench.facts.call(*call, sender=token.holder))
        if done is not None:
            token.holder = target

    # What the settlement ledger does, honestly.

    @precondition(lambda self: self.sent)
    @rule(pick=picks, verdicts=st.integers(0, 15), then_seal=st.booleans())
    def settlement_receives(self, pick: int, verdicts: int, then_seal: bool) -> None:
        waiting = [each for each in self.sent if not each.answer and each.packet.timeout_timestamp > self.bench.now]
        if not waiting:
            return
        sent = waiting[pick % len(waiting)]
        given = []
        for at, token in enumerate(sent.tokens):
            known = self._recorded_before(token)
            self.entry += known is None
            entry = self.entry if known is None else known
            good = verdicts >> at & 1 == 1 or known is not None
            sent.accepted.append(good)
            sent.entries.append(entry)
            code = FactCode.OK if known is None else FactCode.DUPLICATE
            given.append(accepted(token.fact, entry, code) if good else rejected(FactCode.BAD_TOTAL))
        sent.answer = answers(*given)
        self.bench.chain.put(receipt_path(sent.packet), b"\x02" * 32)
        self.bench.chain.put(answer_path(sent.packet), answer_commitment(sent.answer))
        if then_seal:
            self.bench.seal()

    @precondition(lambda self: any(each.answer for each in self.sent))
    @rule(pick=picks, status=st.sampled_from(Status), old=st.sampled_from((0, 0, 0, 1, 2)), then_seal=st.booleans())
    def settlement_tells(self, pick: int, status: Status, old: int, then_seal: bool) -> None:
        answered = [each for each in self.sent if each.answer]
        sent = answered[pick % len(answered)]
        token = sent.tokens[pick % len(sent.tokens)]
        self.entry += 1
        update = StatusUpdate(
            fact_id=token.fact.fact_id,
            liability_id=liability_id(token.fact.fact_id, fact_hash(token.fact)),
            status=status,
            sequence=max(1, self.entry - old * 3),
            reference=bytes(32),
            open=0 if status is Status.SETTLED else 5,
        )
        packet = self.bench.news_packet(len(self.news) + 1, [update], self.bench.now + 3_600)
        self.news.append(News(packet, update))
        self.bench.chain.put(sent_path(packet), commitment(packet))
        if then_seal:
            self.bench.seal()

    @rule()
    def seal(self) -> None:
        self.bench.seal()

    @rule(seconds=st.integers(1, 60))
    def wait(self, seconds: int) -> None:
        self.bench.wait(seconds)
        self.bench.seal()

    # What relayers do, honest ones and others.

    @precondition(lambda self: self.sent)
    @rule(pick=picks, height=picks, forgery=forgeries, other=picks)
    def acknowledge(self, pick: int, height: int, forgery: int, other: int) -> None:
        answered = [each for each in self.sent if each.answer]
        listed = answered if answered and other % 4 else self.sent
        sent = listed[pick % len(listed)]
        packet, at = self._forged(sent.packet, forgery), self._height(height)
        answer = sent.answer if forgery != 1 else sent.answer + bytes(32)
        answer = answer if answer and forgery != 2 else answers(accepted(sent.tokens[0].fact, 99))
        proof = self._proof(answer_path(packet), at, forgery, other)
        true = packet == sent.packet and self._holds(proof, answer_path(packet))
        true = true and self.bench.stands(answer_path(packet), proof.height) == answer_commitment(answer)
        outcome = self._tried(true, lambda: self.bench.acknowledge(packet, answer, proof))
        if outcome is not None and self._took(sent, outcome, "AckPacket"):
            sent.end = "acknowledged"
            for token, good, entry in zip(sent.tokens, sent.accepted, sent.entries, strict=True):
                token.state, token.recorded = (ACKNOWLEDGED, entry) if good else (REJECTED, 0)

    @precondition(lambda self: self.sent)
    @rule(pick=picks, height=picks, forgery=forgeries, other=picks)
    def time_out(self, pick: int, height: int, forgery: int, other: int) -> None:
        sent = self.sent[pick % len(self.sent)]
        packet, at = self._forged(sent.packet, forgery), self._height(height)
        proof = self._proof(receipt_path(packet), at, forgery, other)
        true = packet == sent.packet and self._holds(proof, receipt_path(packet))
        true = true and self.bench.stands(receipt_path(packet), proof.height) is None
        true = true and self.bench.time_of(proof.height) >= packet.timeout_timestamp
        outcome = self._tried(true, lambda: self.bench.time_out(packet, proof))
        if outcome is not None and self._took(sent, outcome, "TimeoutPacket"):
            sent.end = "timed out"
            for token in sent.tokens:
                token.state = TIMED_OUT

    @precondition(lambda self: self.news)
    @rule(pick=picks, height=picks, forgery=forgeries, other=picks)
    def hear_news(self, pick: int, height: int, forgery: int, other: int) -> None:
        news = self.news[pick % len(self.news)]
        packet, at = self._forged(news.packet, forgery), self._height(height)
        proof = self._proof(sent_path(packet), at, forgery, other)
        true = packet == news.packet and self._holds(proof, sent_path(packet))
        true = true and self.bench.stands(sent_path(packet), proof.height) == commitment(packet)
        true = true and packet.timeout_timestamp > self.bench.now
        outcome = self._tried(true, lambda: self.bench.receive(packet, proof))
        if outcome is None:
            return
        assert bool(outcome.named("Noop")) == news.heard, "a packet is received once"
        if not news.heard:
            news.heard = True
            self._hear(news.update)

    @rule(who=st.sampled_from((STRANGER, OWNER, ISSUER)), which=st.integers(0, 2))
    def call_the_application(self, who: str, which: int) -> None:
        """Only the router may."""
        payload = ("settlement", "settlement", "fact-1", "application/x-solidity-abi", b"")
        callbacks = (
            ("onRecvPacket", (REMOTE, LOCAL, 1, payload, who)),
            ("onAcknowledgementPacket", (LOCAL, REMOTE, 1, payload, b"", who)),
            ("onTimeoutPacket", (LOCAL, REMOTE, 1, payload, who)),
        )
        name, message = callbacks[which]
        assert self.bench.facts.refusal(name, message, sender=who) == "NotRouter"

    # What must hold after every step.

    @invariant()
    def each_fact_is_what_its_story_says(self) -> None:
        for token in self._all():
            values = self.bench.facts.call("factStatus", token.fact.fact_id).value
            state, _, issued, packet, recorded, digest, liability, _, news, _ = values
            assert (state, issued, packet) == (token.state, token.fact.issuer_sequence, token.packet)
            assert (recorded, news, digest) == (token.recorded, token.news, fact_hash(token.fact))
            shown = token.state in HEARD_ANSWER
            assert liability == (liability_id(token.fact.fact_id, digest) if shown else bytes(32))

    @invariant()
    def a_fact_has_one_live_packet_or_none(self) -> None:
        live = [each for each in self._packets() if not each.end]
        carried = [id(token) for each in live for token in each.tokens]
        assert sorted(carried) == sorted(id(token) for token in self._all() if token.state == SENT)
        for each in self._packets():
            stored = self.bench.router.call("getCommitment", keccak256(sent_path(each.packet))).value
            assert stored == (bytes(32) if each.end else commitment(each.packet))

    @invariant()
    def issuers_sequences_have_no_gap(self) -> None:
        if self._all():
            assert self.bench.facts.call("nextIssuerSequence", ISSUER).value == len(self.tokens) + 1

    @invariant()
    def no_token_is_lost_or_made(self) -> None:
        for holder in (CREDITOR, OTHER_HOLDER):
            held = sum(token.holder == holder for token in self._all())
            assert not self._all() or self.bench.facts.call("balanceOf", holder).value == held
        for token in self._all():
            number = int.from_bytes(token.fact.fact_id, "big")
            assert self.bench.facts.call("ownerOf", number).value == token.holder
            assert self.bench.facts.call("locked", number).value == (token.state != MINTED)

    def _all(self) -> list[Token]:
        return getattr(self, "tokens", [])

    def _packets(self) -> list[Sent]:
        return getattr(self, "sent", [])

    def _tried(self, must_pass: bool, call: Any) -> Outcome | None:
        """Passes or is refused as it must. What is not true may also pass as a repeat that does nothing."""
        outcome: Outcome | None
        try:
            outcome = call()
        except Refused as refused:
            outcome, why = None, str(refused)
        if must_pass:
            assert outcome is not None, f"refused although true: {why}"
            return outcome
        assert outcome is None or [each.name for each in outcome.events] == ["Noop"], "believed although it is not true"
        return None

    def _took(self, sent: Sent, outcome: Outcome, event: str) -> bool:
        """Whether this call ended the packet: once, and never in two ways."""
        assert bool(outcome.named("Noop")) == bool(sent.end)
        assert len(outcome.named(event)) == (not sent.end)
        return not sent.end

    def _height(self, pick: int) -> int:
        """The newest more often than not."""
        known = self.bench.known
        return known[-1] if pick % 3 else known[pick // 3 % len(known)]

    def _proof(self, path: Any, height: int, forgery: int, other: int) -> Proof:
        """Of the path itself, or of something else, or broken."""
        if forgery == 3:
            path = answer_path(self.sent[other % len(self.sent)].packet) if self.sent else path
        if forgery == 4:
            path = receipt_path(self.sent[other % len(self.sent)].packet) if self.sent else path
        proof = self.bench.proof(path, height)
        if forgery == 5:
            at = other % len(proof.packed)
            packed = proof.packed[:at] + bytes([proof.packed[at] ^ 1 << other % 8]) + proof.packed[at + 1 :]
            return Proof(packed, height)
        if forgery == 6:
            return Proof(b"", height)
        if forgery == 7:
            return Proof(proof.packed, height + 1)
        return proof

    def _holds(self, proof: Proof, path: Any) -> bool:
        """Whether it is the ledger's own proof at its height, which blocks that change nothing share."""
        return proof.height in self.bench.known and proof == self.bench.proof(path, proof.height)

    @staticmethod
    def _forged(packet: Packet, forgery: int) -> Packet:
        if forgery == 8:
            return replace(packet, sequence=Sequence(packet.sequence + 1))
        if forgery == 9:
            payload: Payload = packet.payload
            return replace(packet, payloads=(replace(payload, value=payload.value + b"\x00"),))
        return packet

    def _recorded_before(self, token: Token) -> int | None:
        """The entry of a fact that the settlement ledger has accepted already."""
        for sent in self.sent:
            for known, good, entry in zip(sent.tokens, sent.accepted, sent.entries, strict=False):
                if known is token and good:
                    return entry
        return None

    def _hear(self, update: StatusUpdate) -> None:
        token = next(each for each in self.tokens if each.fact.fact_id == update.fact_id)
        newer = update.sequence > token.recorded and update.sequence > token.news
        if newer and token.state in HEARS_NEWS:
            token.state, token.news = LEADS_TO[update.status], update.sequence


Contracts.TestCase.settings = settings(
    max_examples=STORIES,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestContracts = pytest.mark.long(Contracts.TestCase)
