"""Writes what facts lead to that come with proofs of what their contract stores, and what forged proofs lead to.

A step `FactProof` has the canonical RecordFactsRequest, the block, and the `world`: the ledger's one light client as its
host has stored it, that client's counterparty, and the ledger's chain id. Everything else has the form of `signed.json`.
The tries are built by py-trie, not by what is tested. The codes are stated by hand; a test fails when the file differs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import rlp
from trie.hexary import HexaryTrie

from relayer.codes.facts import FactCode, FactKind
from relayer.codes.settlement import RefusalCode
from relayer.encoding.canonical import encode
from relayer.facts.contract_slots import FactState
from relayer.facts.proving import FactPaths, FactProof, TriePath
from relayer.facts.schema import Fact, party_id
from relayer.facts.ways import ALL_WAYS, Way
from relayer.facts.words import keccak256
from relayer.messages.signed_facts import request_to_message
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine
from relayer.proofs.poa_evm.types import ClientState, ConsensusState
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.issuers import BindContract, ReleaseContract, RemoveIssuer
from relayer.wire.interledger.settlement.v1 import facts_pb2
from tests.support.proving import FactsStorage, nodes_of
from tests.support.scripts import load_script

HERE = Path(__file__).parent
Case = dict[str, Any]
base: Any = load_script(HERE / "generate.py")
signing: Any = load_script(HERE / "generate_signed.py")
KCS = party_id(base.CREDITOR)
CONTRACT, OTHER_CONTRACT = base.CONTRACT, bytes(19) + b"\x0d"
ISSUER = signing.issuer_of(KCS).account
CLIENT, COUNTERPARTY, LEDGER_ID = "poa-evm-0", "client-0", "settlement-1"
LONG_LEDGER_ID = "settlement-of-the-whole-consortium-1"
HEIGHT, TRUSTING_SECONDS = 17, 86_400
OK, DUPLICATE, BAD_HASH = FactCode.OK, FactCode.DUPLICATE, FactCode.BAD_HASH
ENDED, OTHER_LEDGER, REFUSED = FactCode.ENDED_ON_CONTRACT, FactCode.OTHER_LEDGER, FactCode.ISSUER_NOT_AUTHORISED
R = RefusalCode
S = FactState


class World:
    """The contract ledger in one block, and the light client of it."""

    def __init__(self, *registered: tuple[str, str], ledger_id: str = LEDGER_ID) -> None:
        self.storage = FactsStorage()
        for each in registered:
            self.storage.register(*each)
        self.ledger_id = ledger_id

    def put(self, *facts: Fact, state: FactState = S.MINTED, ledger: int = 0) -> None:
        for each in facts:
            self.storage.put(each, state, ledger=ledger)

    @property
    def accounts(self) -> HexaryTrie:
        trie = HexaryTrie({})
        for number in range(1, 8):
            other = keccak256(b"contract %d" % number)[:20]
            trie[keccak256(other)] = rlp.encode([1, number, keccak256(rlp.encode(b"")), keccak256(b"code")])
        trie[keccak256(CONTRACT)] = rlp.encode([1, 0, self.storage.root, keccak256(b"code")])
        return trie

    def account(self, contract: bytes = CONTRACT) -> list[bytes]:
        return nodes_of(self.accounts, contract)

    def consensus(self) -> ConsensusState:
        return ConsensusState(
            timestamp_seconds=base.SERVICE_END - 60,
            block_hash=keccak256(b"block"),
            state_root=self.accounts.root_hash,
            storage_root=keccak256(b"router"),
        )

    def seen(self, **changes: Any) -> Any:
        """As the ledger's light client has it."""
        frozen = changes.pop("frozen_height", 0)
        state = ClientState(
            chain_id=base.CHAIN_ID,
            router=bytes(19) + b"\x0a",
            engine=AuthorityEngine(threshold=1, authorities=(bytes(19) + b"\x0b",)),
            trusting_period_seconds=TRUSTING_SECONDS,
            max_clock_drift_seconds=10,
            latest_height=HEIGHT,
            frozen_height=frozen,
        )
        terms: dict[str, Any] = {
            "client_id": CLIENT,
            "client_state": state,
            "states": {HEIGHT: self.consensus()},
            "counterparty": COUNTERPARTY,
            "ledger_id": self.ledger_id,
        }
        return base.ProvingWorld(**{**terms, **changes})

    def proof(self, *facts: Fact, **changes: Any) -> FactProof:
        """As an honest agent makes it."""
        terms: dict[str, Any] = {
            "client_id": CLIENT,
            "height": HEIGHT,
            "contract": CONTRACT,
            "issuer": ISSUER,
            "ledger_id": self.ledger_id,
        }
        return self.storage.prove(facts, self.account(), **{**terms, **changes})


def ours(ledger_id: str = LEDGER_ID) -> World:
    """A contract that knows this settlement ledger alone."""
    return World((COUNTERPARTY, ledger_id), ledger_id=ledger_id)


def ledger(ways: Sequence[Way] = ALL_WAYS, *, is_bound: bool = True) -> Any:
    made = signing.ledger(ways)
    if is_bound:
        made.command(BindContract(request_id="contract", actor=OPERATOR, client_id=CLIENT, contract=CONTRACT))
    return made


def fact(sequence: int = 1, **changes: Any) -> Fact:
    made: Fact = signing.with_token(sequence, **changes)
    return made


def _accepted() -> Iterator[Case]:
    made, world = ledger(), ours()
    facts = [fact(number) for number in range(1, 21)]
    world.put(*facts)
    made.proven(world.proof(*facts), world.seen(), codes=[OK] * 20)
    made.proven(world.proof(*facts), world.seen(), codes=[DUPLICATE] * 20)
    yield made.case("minted facts of a contract that knows this ledger alone, and all of them again")

    made, world = ledger(), World()
    world.put(fact(1))
    made.proven(world.proof(fact(1)), world.seen(counterparty=""), codes=[OK])
    yield made.case("a contract that knows no settlement ledger, through a client without a counterparty")

    made, world = ledger(), ours(LONG_LEDGER_ID)
    world.put(fact(1))
    world.put(fact(2), state=S.SENT, ledger=1)
    made.proven(world.proof(fact(1), fact(2)), world.seen(), codes=[OK, OK])
    yield made.case("a ledger whose id takes more than one slot")

    for state in (S.SENT, S.TIMED_OUT, S.ACKNOWLEDGED, S.SETTLED, S.DISPUTED, S.CREDITED):
        made, world = ledger(), ours()
        world.put(fact(1), state=state, ledger=1)
        made.proven(world.proof(fact(1)), world.seen(), codes=[OK])
        yield made.case(f"a fact that its contract calls {state.name}, sent to this ledger")

    made, world = ledger(), ours()
    credit = fact(2, kind=FactKind.CREDIT_NOTE, net=190, tax=0, related_fact=fact(1).fact_id)
    batch = [fact(1), credit, fact(3, net=0, tax=0), fact(4, currency=b"USD"), fact(1), fact(5)]
    world.put(*batch)
    codes = [OK, OK, FactCode.BAD_TOTAL, FactCode.CURRENCY_UNSUPPORTED, DUPLICATE, OK]
    made.proven(world.proof(*batch), world.seen(), codes=codes)
    yield made.case("a fact that is refused holds up no other")


def _ways() -> Iterator[Case]:
    for agreed in ALL_WAYS:
        made, world = ledger((agreed,)), ours()
        world.put(fact(1))
        code = OK if agreed is Way.PULLED_PROVEN else FactCode.WAY_NOT_AGREED
        made.proven(world.proof(fact(1)), world.seen(), codes=[code])
        yield made.case(f"the agreement accepts {agreed} alone")

    made, world = ledger(), ours()
    world.put(fact(1), fact(2), fact(3))
    signing.by_packet(made, fact(1), codes=[OK])
    made.signed(signing.signed_with_token(fact(2)), codes=[OK])
    made.proven(world.proof(fact(1), fact(2), fact(3)), world.seen(), codes=[DUPLICATE, DUPLICATE, OK])
    signing.by_packet(made, fact(3), codes=[DUPLICATE], sequence=2)
    made.signed(signing.signed_with_token(fact(3), way=Way.PULLED), codes=[DUPLICATE])
    made.signed(signing.signed_with_token(fact(3, net=1)), codes=[BAD_HASH])
    yield made.case("one fact by packet, pushed, pulled and proven, in every order")


def _standing() -> Iterator[Case]:
    for state in (S.CANCELLED, S.REJECTED):
        made, world = ledger(), ours()
        world.put(fact(1), state=state, ledger=1 if state is S.REJECTED else 0)
        world.put(fact(2))
        made.proven(world.proof(fact(1), fact(2)), world.seen(), codes=[ENDED, OK])
        yield made.case(f"a fact that its contract calls {state.name}")

    made, world = ledger(), World((COUNTERPARTY, LEDGER_ID), ("client-1", "settlement-2"))
    world.put(fact(1))
    for number, state in enumerate((S.SENT, S.ACKNOWLEDGED, S.TIMED_OUT, S.SETTLED), 2):
        world.put(fact(number), state=state, ledger=2)
    world.put(fact(6), state=S.ACKNOWLEDGED, ledger=1)
    world.put(fact(7), state=S.SENT, ledger=1)
    world.put(fact(8), state=S.TIMED_OUT, ledger=1)
    every = [fact(number) for number in range(1, 9)]
    codes = [OTHER_LEDGER] * 5 + [OK, OTHER_LEDGER, OTHER_LEDGER]
    made.proven(world.proof(*every), world.seen(), codes=codes)
    yield made.case("a contract that knows two settlement ledgers: only what this one has answered is its own")

    for name, registered, counterparty in (
        ("another client", ("client-9", LEDGER_ID), COUNTERPARTY),
        ("another ledger behind the same client", (COUNTERPARTY, "settlement-2"), COUNTERPARTY),
        ("a ledger whose id begins as this one's", (COUNTERPARTY, LEDGER_ID + "0"), COUNTERPARTY),
        ("a ledger with a long id", (COUNTERPARTY, LONG_LEDGER_ID), COUNTERPARTY),
        ("a client, and this ledger's has no counterparty", (COUNTERPARTY, LEDGER_ID), ""),
    ):
        made, world = ledger(), World(registered)
        world.put(fact(1))
        world.put(fact(2), state=S.SENT, ledger=1)
        made.proven(world.proof(fact(1), fact(2)), world.seen(counterparty=counterparty), codes=[OTHER_LEDGER] * 2)
        yield made.case(f"the contract's one settlement ledger is {name}")

    made, world = ledger(), ours()
    world.put(fact(1))
    made.proven(world.proof(fact(1)), world.seen(), codes=[OK])
    world.put(fact(1), state=S.CANCELLED)
    made.proven(world.proof(fact(1)), world.seen(), codes=[DUPLICATE])
    yield made.case("a fact that was cancelled after it had been proven keeps its liability")


def _issuers() -> Iterator[Case]:
    made, world = ledger(), ours()
    world.put(*(fact(number) for number in (1, 9, 10)))
    made.command(RemoveIssuer(request_id="remove", actor=KCS, issuer=signing.issuer_of(KCS), last_sequence=9))
    made.proven(world.proof(fact(1), fact(9), fact(10)), world.seen(), codes=[OK, OK, REFUSED])
    yield made.case("an issuer that has ended: what it issued before counts, because its place is proven")

    made, world = ledger(), ours()
    stranger = signing.issuer_of(party_id(base.DEBTOR)).account
    other = fact(1, by=party_id(base.DEBTOR))
    world.put(fact(1), other)
    made.proven(world.proof(fact(1), issuer=stranger), world.seen(), codes=[BAD_HASH])
    made.proven(world.proof(other, issuer=stranger), world.seen(), codes=[REFUSED])
    yield made.case("another issuer than the fact's, and one of the debtor")


def _bindings() -> Iterator[Case]:
    made, world = ledger(is_bound=False), ours()
    world.put(fact(1))
    proof = world.proof(fact(1))
    bind = BindContract(request_id="bind", actor=OPERATOR, client_id=CLIENT, contract=CONTRACT)
    release = ReleaseContract(request_id="release", actor=OPERATOR, client_id=CLIENT, contract=CONTRACT)
    made.proven(proof, world.seen(), refusal=R.CONTRACT_NOT_BOUND)
    made.command(replace(bind, client_id="poa-evm-1"))
    made.command(replace(bind, request_id="other", contract=OTHER_CONTRACT))
    made.proven(proof, world.seen(), refusal=R.CONTRACT_NOT_BOUND)
    made.command(replace(bind, request_id="now"))
    made.proven(proof, world.seen(), codes=[OK])
    made.command(release)
    made.proven(proof, world.seen(), refusal=R.CONTRACT_NOT_BOUND)
    made.command(replace(bind, request_id="anew"))
    made.proven(proof, world.seen(), codes=[DUPLICATE])
    yield made.case("a contract that no operator has bound to the client, and one that was released")


def _forged() -> Iterator[Case]:
    """Whoever delivers a proof changes it, or proves another thing. All of it is refused, and nothing is recorded."""
    world = ours()
    trips = [fact(number) for number in range(1, 12)]
    world.put(*trips)
    good = world.proof(fact(1), fact(2))
    nodes = good.nodes

    def with_facts(**changes: Any) -> FactProof:
        return replace(good, facts=(replace(good.facts[0], **changes), good.facts[1]))

    attacker = ours()
    attacker.put(fact(1, net=10**6))
    swapped = FactPaths(fact=fact(1), fact_hash=good.facts[0].record, record=good.facts[0].fact_hash)
    groups: dict[str, list[FactProof]] = {
        "storage of a contract that the attacker owns": [
            attacker.proof(fact(1, net=10**6)),
            replace(good, account=TriePath((*good.account.nodes, len(nodes))), nodes=(*nodes, attacker.account()[-1])),
        ],
        "nodes that do not lead to the slot": [
            replace(good, facts=(swapped, good.facts[1])),
            with_facts(fact_hash=good.facts[1].fact_hash),
            with_facts(record=good.facts[1].record),
            with_facts(fact=fact(2)),
            replace(good, ledger_count=good.facts[0].record),
            replace(good, ledgers=(replace(good.ledgers[0], client=good.ledger_count),)),
            replace(good, ledgers=(replace(good.ledgers[0], ledger_id=(good.ledger_count,)),)),
        ],
        "proofs that end early, go on, or name no node": [
            replace(good, account=TriePath(good.account.nodes[:-1])),
            replace(good, account=TriePath(())),
            with_facts(fact_hash=TriePath(good.facts[0].fact_hash.nodes[:-1])),
            with_facts(record=TriePath(good.facts[0].record.nodes[:-1])),
            with_facts(record=TriePath((*good.facts[0].record.nodes, 0))),
            with_facts(record=TriePath((len(nodes),))),
            with_facts(record=TriePath((0,) * 66)),
            replace(good, nodes=nodes[:-1]),
            replace(good, nodes=()),
        ],
        "nodes that were changed": [
            replace(good, nodes=(*nodes[:place], node[:-1] + bytes([node[-1] ^ 1]), *nodes[place + 1 :]))
            for place, node in enumerate(nodes)
        ],
        "what the contract says of its ledger is left out": [
            replace(good, ledgers=()),
            replace(good, ledgers=(replace(good.ledgers[0], ledger_id=()),)),
            replace(good, ledgers=(replace(good.ledgers[0], number=2),)),
        ],
    }
    for name, forgeries in groups.items():
        made = ledger()
        for each in forgeries:
            made.proven(each, world.seen(), refusal=R.BAD_PROOF)
        made.proven(good, world.seen(), codes=[OK, OK])
        yield made.case(name)

    made = ledger()
    made.proven(replace(good, contract=OTHER_CONTRACT), world.seen(), refusal=R.CONTRACT_NOT_BOUND)
    made.command(BindContract(request_id="other", actor=OPERATOR, client_id=CLIENT, contract=OTHER_CONTRACT))
    made.proven(replace(good, contract=OTHER_CONTRACT), world.seen(), refusal=R.BAD_PROOF)
    absent = replace(world.proof(fact(1)), contract=OTHER_CONTRACT)
    lost = world.storage.prove(
        [fact(1)],
        world.account(OTHER_CONTRACT),
        client_id=CLIENT,
        height=HEIGHT,
        contract=OTHER_CONTRACT,
        issuer=ISSUER,
        ledger_id=LEDGER_ID,
    )
    for each in (absent, lost):
        made.proven(each, world.seen(), refusal=R.BAD_PROOF)
    yield made.case("another contract than the one that the account proof is about, and one that does not exist")

    made = ledger()
    altered = [fact(1, net=1001), fact(2, debtor=party_id(base.THIRD)), fact(3, issuer_sequence=4), fact(40)]
    made.proven(world.proof(*altered, fact(5)), world.seen(), codes=[BAD_HASH] * 4 + [OK])
    yield made.case("other amounts and parties than those that the contract holds, and a fact that it never minted")


def _clients() -> Iterator[Case]:
    world = ours()
    world.put(fact(1))
    good = world.proof(fact(1))
    stale = ours()

    made = ledger()
    for height in (1, HEIGHT - 1, HEIGHT + 1, 2**64 - 1):
        made.proven(replace(good, height=height), world.seen(), refusal=R.HEIGHT_UNKNOWN)
    states = {HEIGHT: world.consensus(), HEIGHT - 1: stale.consensus()}
    made.proven(replace(good, height=HEIGHT - 1), world.seen(states=states), refusal=R.BAD_PROOF)
    yield made.case("a height that the client does not know, and one at which the fact was not minted")

    made = ledger()
    made.proven(good, world.seen(frozen_height=HEIGHT), refusal=R.CLIENT_NOT_USABLE)
    at = made.at
    made.at = base.SERVICE_END - 60 + TRUSTING_SECONDS
    made.proven(good, world.seen(), refusal=R.CLIENT_NOT_USABLE)
    made.at = at
    made.proven(good, world.seen(client_id="poa-evm-7"), refusal=R.CLIENT_NOT_USABLE)
    made.proven(good, world.seen(), codes=[OK])
    yield made.case("a client that is frozen, has expired, or does not exist")


def _malformed() -> Iterator[Case]:
    world = ours()
    world.put(fact(1))
    good = request_to_message(world.proof(fact(1)))
    made = ledger()
    for changes in (
        {"client_id": ""},
        {"height": 0},
        {"contract": bytes(19)},
        {"issuer": bytes(21)},
        {"facts": []},
        {"ledgers": [*good.fact_proof.ledgers, *good.fact_proof.ledgers]},
        {"ledgers": [facts_pb2.LedgerPaths(client=good.fact_proof.ledger_count)]},
        {"account": None},
        {"ledger_count": None},
    ):
        message = facts_pb2.RecordFactsRequest.FromString(good.SerializeToString())
        for name, value in changes.items():
            message.fact_proof.ClearField(name)
            if isinstance(value, list):
                getattr(message.fact_proof, name).extend(value)
            elif value is not None:
                setattr(message.fact_proof, name, value)
        made.proven(encode(message), world.seen(), refusal=R.INVALID_COMMAND)
    for name in ("fact", "fact_hash", "record"):
        message = facts_pb2.RecordFactsRequest.FromString(good.SerializeToString())
        message.fact_proof.facts[0].ClearField(name)
        made.proven(encode(message), world.seen(), refusal=R.INVALID_COMMAND)
    raw = encode(good)
    for each in (b"\x12\x00", raw + b"\x12\x00", raw + raw, raw[:-1]):
        made.proven(each, world.seen(), refusal=R.INVALID_COMMAND)
    yield made.case("requests that are not one, or out of range")


def build() -> list[Case]:
    """All cases."""
    return [
        *_accepted(),
        *_ways(),
        *_standing(),
        *_issuers(),
        *_bindings(),
        *_forged(),
        *_clients(),
        *_malformed(),
    ]


def main() -> None:
    (HERE / "proven.json").write_text(json.dumps(build(), indent=1) + "\n")


if __name__ == "__main__":
    main()
