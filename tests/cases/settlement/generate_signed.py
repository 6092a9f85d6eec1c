"""Writes what signed facts lead to: by which ways they may come, one fact by two ways, and whoever changes a request.

A step `SignedFacts` has the canonical RecordFactsRequest as pieces, each with how often it is repeated, the identity of the
ledger that it is sent to, and the block; the canonical RecordFactsResponse is what it is answered with. Everything else has
the form of `payments.json`. The codes are stated by hand; a test fails when the file differs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from relayer.codes.facts import FactCode, FactKind
from relayer.codes.limits import MAXIMUM_SIGNED_FACTS
from relayer.codes.settlement import RefusalCode
from relayer.encoding.canonical import encode
from relayer.facts.codec import fact_id
from relayer.facts.schema import Fact, party_id
from relayer.facts.signing import SignedFacts, contract_of_system, issuer_of_key, ledger_identity, sign_facts
from relayer.facts.ways import ALL_WAYS, Way
from relayer.messages.signed_facts import request_to_message
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.issuers import BindIssuer, GrantMandate, Issuer, RemoveIssuer, RevokeMandate
from relayer.wire.interledger.settlement.v1 import facts_pb2
from tests.support.scripts import load_script

HERE = Path(__file__).parent
Case = dict[str, Any]
base: Any = load_script(HERE / "generate.py")
KCS, NBM, ATX = map(party_id, (base.CREDITOR, base.DEBTOR, base.THIRD))
KEYS = {KCS: b"\x11" * 32, NBM: b"\x22" * 32, ATX: b"\x33" * 32}
"""Each party's issuer signs with its own."""
SYSTEM = "bookings"
CONTRACT = contract_of_system(SYSTEM)
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
OK, DUPLICATE, BAD_HASH, NOT_AGREED = FactCode.OK, FactCode.DUPLICATE, FactCode.BAD_HASH, FactCode.WAY_NOT_AGREED
REFUSED = FactCode.ISSUER_NOT_AUTHORISED
R = RefusalCode
SIGNED_WAYS = (Way.PUSHED, Way.PULLED)


def issuer_of(party: bytes) -> Issuer:
    """The account of a party's key."""
    return Issuer(base.CHAIN_ID, issuer_of_key(KEYS[party]))


def ledger(ways: Sequence[Way] = ALL_WAYS) -> Any:
    """Three parties, each with an issuer that can sign, and agreements in both directions of one pair."""
    made = base.Ledger()
    for number, name in enumerate((base.CREDITOR, base.DEBTOR, base.THIRD)):
        made.register(f"party-{number}", base.party(name))
    made.agree("agreement-0", base.agreement(ways=tuple(ways)))
    made.agree("agreement-1", base.agreement(base.DEBTOR, base.CREDITOR, ways=tuple(ways)))
    for number, party in enumerate(KEYS):
        made.command(BindIssuer(request_id=f"issuer-{number}", actor=OPERATOR, issuer=issuer_of(party), party=party))
    return made


def fact(sequence: int = 1, *, by: bytes = KCS, contract: bytes = CONTRACT, **changes: Any) -> Fact:
    """As a party's own system issues it."""
    changes.setdefault("fact_id", fact_id(base.CHAIN_ID, contract, issuer_of(by).account, sequence))
    made: Fact = base.fact(sequence, **changes)
    return made


def signed(*facts: Fact, by: bytes = KCS, ledger: bytes = base.LEDGER, **changes: Any) -> SignedFacts:
    """By the party's issuer, for this ledger."""
    terms = {"way": Way.PUSHED, "chain_id": base.CHAIN_ID, "contract": CONTRACT, "system": SYSTEM, **changes}
    return sign_facts(KEYS[by], ledger, facts=facts or (fact(),), **terms)


def by_packet(made: Any, *facts: Fact, codes: Sequence[FactCode], sequence: int = 1) -> None:
    """The same facts with their tokens, which a relayer brings."""
    made.facts(*facts, codes=codes, sequence=sequence, issuer=issuer_of(KCS).account)


def with_token(sequence: int = 1, **changes: Any) -> Fact:
    """A fact that the contract ledger has as well."""
    return fact(sequence, contract=base.CONTRACT, **changes)


def signed_with_token(*facts: Fact, **changes: Any) -> SignedFacts:
    """The same."""
    return signed(*facts, contract=base.CONTRACT, system="", **changes)


def _accepted() -> Iterator[Case]:
    rules = sha256(b"rules").digest()
    made = ledger()
    made.signed(signed(fact(1), fact(2), object_ids=("trip/1", "Fahrt \u00fc2")), codes=[OK, OK])
    made.signed(signed_with_token(with_token(3), way=Way.PULLED, rules=rules, object_ids=("",)), codes=[OK])
    made.signed(signed_with_token(with_token(4)), codes=[OK])
    made.signed(signed(fact(5, by=NBM, creditor=NBM, debtor=KCS), by=NBM, way=Way.PULLED), codes=[OK])
    yield made.case("pushed and pulled, with what the system states and without it")

    made = ledger()
    many = signed(*(fact(number) for number in range(1, 66)))
    made.signed(many, codes=[OK] * 65)
    made.signed(many, codes=[DUPLICATE] * 65)
    yield made.case("more facts than a packet holds, and all of them again")

    made = ledger()
    trip = fact(1)
    credit = {"kind": FactKind.CREDIT_NOTE, "net": 190, "tax": 0, "related_fact": trip.fact_id}
    made.signed(signed(trip, fact(2, **credit)), codes=[OK, OK])
    made.signed(signed(fact(3, **credit | {"net": 1001}), way=Way.PULLED), codes=[FactCode.CREDIT_EXCEEDS])
    by_packet(made, with_token(4, **credit), codes=[OK])
    yield made.case("a credit takes from its fact by whichever way either came")

    made = ledger()
    jpy = {"currency": b"JPY", "exponent": 0, "tax": 0}
    batch = (
        fact(1),
        fact(2, net=0, tax=0),
        fact(3, currency=b"USD"),
        fact(1),
        fact(4, debtor=ATX),
        fact(5, net=9_999, **jpy),
        fact(6, net=2, **jpy),
        fact(7, creditor=NBM, debtor=KCS),
        fact(8, fact_id=bytes(32)),
        fact(9),
    )
    codes = [
        OK,
        FactCode.BAD_TOTAL,
        FactCode.CURRENCY_UNSUPPORTED,
        DUPLICATE,
        FactCode.NO_AGREEMENT,
        OK,
        FactCode.LIMIT_EXCEEDED,
        REFUSED,
        BAD_HASH,
        OK,
    ]
    made.signed(signed(*batch), codes=codes)
    made.signed(signed(*batch, way=Way.PULLED), codes=[DUPLICATE if code is OK else code for code in codes])
    yield made.case("a fact that is refused holds up no other")


def _ways() -> Iterator[Case]:
    for agreed in (Way.INTERLEDGER, Way.PUSHED, Way.PULLED, Way.PULLED_PROVEN):
        made = ledger((agreed,))
        by_packet(made, with_token(1), codes=[OK if agreed is Way.INTERLEDGER else NOT_AGREED])
        for number, way in enumerate(SIGNED_WAYS, 2):
            made.signed(signed(fact(number), way=way), codes=[OK if agreed is way else NOT_AGREED])
        yield made.case(f"the agreement accepts {agreed} alone")

    made = ledger((Way.INTERLEDGER,))
    made.signed(signed(), codes=[NOT_AGREED])
    made.agree("pushed", base.agreement(ways=(Way.INTERLEDGER, Way.PUSHED)))
    made.signed(signed(), codes=[OK])
    made.agree("not pushed", base.agreement(ways=(Way.INTERLEDGER,)))
    made.signed(signed(), codes=[DUPLICATE])
    made.signed(signed(fact(2)), codes=[NOT_AGREED])
    yield made.case("a way is agreed and withdrawn again, and what came by it stays")

    made = ledger((Way.INTERLEDGER,))
    made.signed(signed(fact(1, debtor=ATX), fact(2, currency=b"USD")), codes=[FactCode.NO_AGREEMENT, NOT_AGREED])
    made.signed(signed(fact(1, by=ATX), by=ATX), codes=[REFUSED])
    yield made.case("issuer before agreement, agreement before way, way before currency")


def _two_ways() -> Iterator[Case]:
    one = with_token(1)
    made = ledger()
    by_packet(made, one, codes=[OK])
    for way in SIGNED_WAYS:
        made.signed(signed_with_token(one, way=way), codes=[DUPLICATE])
    made.signed(signed_with_token(with_token(1, net=1)), codes=[BAD_HASH])
    yield made.case("one fact by packet, then pushed and pulled")

    for first, second in (SIGNED_WAYS, SIGNED_WAYS[::-1]):
        made = ledger()
        made.signed(signed_with_token(one, way=first), codes=[OK])
        by_packet(made, one, codes=[DUPLICATE])
        made.signed(signed_with_token(one, way=second), codes=[DUPLICATE])
        by_packet(made, with_token(1, net=1), codes=[BAD_HASH], sequence=2)
        yield made.case(f"one fact {first}, then by packet and {second}")

    made = ledger()
    made.signed(signed_with_token(one), codes=[OK])
    made.signed(signed(fact(1)), codes=[OK])
    yield made.case("a fact with a token and one of a system are two, although their sequence is the same")


def _changed() -> Iterator[Case]:
    """Whoever delivers a request changes it, or has no right to sign it. All of it is refused, and nothing is recorded."""
    good = signed(fact(1), fact(2), object_ids=("trip/1", "trip/2"))
    signature = good.signature
    high_s = (ORDER - int.from_bytes(signature[32:64], "big")).to_bytes(32, "big")
    groups: dict[str, list[dict[str, Any]]] = {
        "the debtor's issuer signs for the creditor's": [{"signature": signed(*good.facts, by=NBM).signature}],
        "a signature of another form": [
            {"signature": signature[:32] + high_s + bytes([55 - signature[64]])},
            {"signature": signature[:64] + bytes([signature[64] - 27])},
            {"signature": signature[:64] + bytes([55 - signature[64]])},
            {"signature": signature[:64] + b"\x1d"},
            {"signature": signature[:64]},
            {"signature": signature + b"\0"},
            {"signature": b""},
            {"signature": bytes(64) + b"\x1b"},
            {"signature": b"\xff" * 32 + signature[32:]},
        ],
        "other facts than those that were signed": [
            {"facts": (fact(1), fact(2, net=1001))},
            {"facts": (fact(2), fact(1))},
            {"facts": (fact(1), fact(1))},
            {"facts": (fact(1),), "object_ids": ("trip/1",)},
            {"facts": (fact(1), fact(2), fact(3)), "object_ids": ("trip/1", "trip/2", "trip/3")},
        ],
        "other statements beside the facts": [
            {"object_ids": ("trip/2", "trip/1")},
            {"object_ids": ()},
            {"object_ids": ("", "")},
            {"system": "invoices"},
            {"system": ""},
            {"rules": bytes(range(32))},
            {"way": Way.PULLED},
            {"chain_id": 1},
            {"contract": base.CONTRACT},
            {"issuer": issuer_of(NBM).account},
        ],
    }
    for name, mutations in groups.items():
        made = ledger()
        for changes in mutations:
            made.signed(replace(good, **changes), refusal=R.BAD_SIGNATURE)
        made.signed(good, codes=[OK, OK])
        yield made.case(name)

    made = ledger()
    for other in (ledger_identity("settlement-2", base.LEDGER[:32]), ledger_identity("settlement-1", bytes(32))):
        made.signed(good, refusal=R.BAD_SIGNATURE, ledger=other)
        made.signed(signed(ledger=other), refusal=R.BAD_SIGNATURE)
    yield made.case("a signature for another ledger, by its chain id or its first block")


def _strangers() -> Iterator[Case]:
    for name, attacker in (("the debtor", NBM), ("a third party", ATX)):
        made = ledger()
        made.signed(signed(), codes=[OK])
        for number, kind in enumerate((FactKind.TRIP_COMPLETED, FactKind.CREDIT_NOTE, FactKind.PAYMENT_CONFIRMED), 2):
            related = bytes(32) if kind is FactKind.TRIP_COMPLETED else fact(1).fact_id
            invented = fact(number, by=attacker, kind=kind, related_fact=related)
            for way in SIGNED_WAYS:
                made.signed(signed(invented, by=attacker, way=way), codes=[REFUSED])
        yield made.case(f"{name} signs for the creditor with its own key")

    made = ledger()
    key = b"\x44" * 32
    stranger = fact(1, fact_id=fact_id(base.CHAIN_ID, CONTRACT, issuer_of_key(key), 1))
    terms = {"way": Way.PUSHED, "contract": CONTRACT, "facts": (stranger,)}
    made.signed(sign_facts(key, base.LEDGER, chain_id=base.CHAIN_ID, **terms), codes=[REFUSED])
    other = fact(1, fact_id=fact_id(1, CONTRACT, issuer_of(KCS).account, 1))
    made.signed(signed(other, chain_id=1), codes=[REFUSED])
    yield made.case("an account that belongs to no party, and one that is registered for another chain")

    made = ledger()
    ids = [
        fact_id(base.CHAIN_ID, base.CONTRACT, issuer_of(KCS).account, 1),
        fact_id(base.CHAIN_ID, CONTRACT, issuer_of(NBM).account, 1),
        fact_id(1, CONTRACT, issuer_of(KCS).account, 1),
        fact_id(base.CHAIN_ID, CONTRACT, issuer_of(KCS).account, 2),
    ]
    none = fact(0, fact_id=fact_id(base.CHAIN_ID, CONTRACT, issuer_of(KCS).account, 0))
    made.signed(signed(*(fact(1, fact_id=each) for each in ids), none), codes=[BAD_HASH] * 5)
    yield made.case("fact ids of another contract, issuer, chain and sequence, and sequence 0")


def _ended() -> Iterator[Case]:
    """A signature has no time, so a key that was stolen counts for nothing after the end."""
    made = ledger()
    made.signed(signed(fact(1)), codes=[OK])
    late = signed(fact(2), fact(1))
    made.command(RemoveIssuer(request_id="remove", actor=KCS, issuer=issuer_of(KCS), last_sequence=9))
    made.signed(late, codes=[REFUSED, DUPLICATE])
    made.signed(signed(fact(3), way=Way.PULLED), codes=[REFUSED])
    by_packet(made, with_token(4), with_token(10), codes=[OK, REFUSED])
    yield made.case("an issuer that has ended signs nothing new, whatever sequence it states")

    made = ledger()
    platform = issuer_of(ATX)
    grant = GrantMandate(request_id="grant", actor=KCS, creditor=KCS, issuer=platform, replaces=0)
    made.command(grant)
    made.signed(signed(fact(1, by=ATX), by=ATX), codes=[OK])
    granted = made.state.mandate(KCS, platform).sequence
    made.command(
        RevokeMandate(request_id="end", actor=KCS, creditor=KCS, issuer=platform, last_sequence=9, replaces=granted)
    )
    made.signed(signed(fact(2, by=ATX), fact(1, by=ATX), by=ATX), codes=[REFUSED, DUPLICATE])
    made.command(replace(grant, request_id="again", replaces=made.state.mandate(KCS, platform).sequence))
    made.signed(signed(fact(2, by=ATX), by=ATX), codes=[OK])
    made.command(RemoveIssuer(request_id="remove", actor=ATX, issuer=platform, last_sequence=9))
    made.signed(signed(fact(3, by=ATX), by=ATX), codes=[REFUSED])
    yield made.case("a mandate that has ended, granted again, and ended with its issuer")


def _malformed() -> Iterator[Case]:
    made = ledger()
    good = request_to_message(signed(fact(1), object_ids=("trip/1",)))
    for changes in (
        {"way": 0},
        {"way": 1},
        {"way": 4},
        {"way": 9},
        {"chain_id": ""},
        {"chain_id": "0"},
        {"chain_id": "01337"},
        {"chain_id": "-1"},
        {"chain_id": str(2**256)},
        {"contract": bytes(19)},
        {"issuer": bytes(21)},
        {"object_ids": ["trip/1", "trip/2"]},
        {"object_ids": ["\u00fc" * 32 + "x"]},
        {"system": "s" * 65},
        {"rules": bytes(31)},
        {"rules": bytes(32)},
        {"facts": []},
    ):
        message = facts_pb2.RecordFactsRequest.FromString(good.SerializeToString())
        for name, value in changes.items():
            message.signed_facts.ClearField(name)
            if isinstance(value, list):
                getattr(message.signed_facts, name).extend(value)
            else:
                setattr(message.signed_facts, name, value)
        made.signed(encode(message), refusal=R.INVALID_COMMAND)
    for name, value in (("creditor", bytes(31)), ("currency", b"EURO"), ("exponent", 256), ("net", "01"), ("tax", "")):
        message = facts_pb2.RecordFactsRequest.FromString(good.SerializeToString())
        setattr(message.signed_facts.facts[0], name, value)
        made.signed(encode(message), refusal=R.INVALID_COMMAND)
    raw = encode(good)
    for each in (b"", b"\x0a\x00", b"\x12\x00", raw + b"\x12\x00", raw + raw, raw[:-1]):
        made.signed(each, refusal=R.INVALID_COMMAND)
    yield made.case("requests that are not one, or out of range")

    made = ledger()
    for pieces in (_long_list(), _long_signature(2 * 1024 * 1024)):
        made.signed(b"".join(piece * times for piece, times in pieces), refusal=R.INVALID_COMMAND, parts=pieces)
    yield made.case("one fact too many, and a request of 2 MiB")


def _long_list() -> list[tuple[bytes, int]]:
    """A request with 1,001 times the same fact."""
    empty = facts_pb2.SignedFacts.FromString(request_to_message(signed()).signed_facts.SerializeToString())
    element = _field(5, encode(empty.facts[0]))
    head = facts_pb2.SignedFacts(way=empty.way, chain_id=empty.chain_id, contract=empty.contract, issuer=empty.issuer)
    tail = facts_pb2.SignedFacts(system=empty.system, signature=empty.signature)
    times = MAXIMUM_SIGNED_FACTS + 1
    length = len(encode(head)) + len(element) * times + len(encode(tail))
    return [(b"\x0a" + _varint(length) + encode(head), 1), (element, times), (encode(tail), 1)]


def _long_signature(size: int) -> list[tuple[bytes, int]]:
    body = encode(replace_signature(b""))
    length = len(body) + len(b"\x4a" + _varint(size)) + size
    return [(b"\x0a" + _varint(length) + body + b"\x4a" + _varint(size), 1), (b"\x01", size)]


def replace_signature(signature: bytes) -> facts_pb2.SignedFacts:
    """A request with another signature."""
    message = request_to_message(signed()).signed_facts
    message.signature = signature
    return message


def _field(number: int, body: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(body)) + body


def _varint(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def build() -> list[Case]:
    """All cases."""
    return [
        *_accepted(),
        *_ways(),
        *_two_ways(),
        *_changed(),
        *_strangers(),
        *_ended(),
        *_malformed(),
    ]


def main() -> None:
    (HERE / "signed.json").write_text(json.dumps(build(), indent=1) + "\n")


if __name__ == "__main__":
    main()
