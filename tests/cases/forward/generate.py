"""Writes the cases of forwarding: where a packet goes, which routes there may be, and what comes back to its sender.

Run it with the project's Python to rewrite the files beside it; a test fails when they differ. Every kind of hub must come
to the same.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from relayer.codes.facts import RETURNED_CODES, FactCode, FactStatus
from relayer.codes.limits import (
    MAXIMUM_FACTS,
    MAXIMUM_FORWARD_QUOTA,
    MAXIMUM_MARGIN_SECONDS,
    MAXIMUM_ROUTES,
    MAXIMUM_TIMEOUT_SECONDS,
    MINIMUM_MARGIN_SECONDS,
)
from relayer.codes.news import Status, StatusAnswer
from relayer.core.commitment import UNIVERSAL_ERROR_ACKNOWLEDGEMENT
from relayer.errors import InvalidInput
from relayer.facts.codec import (
    FACT_VERSION,
    FactAnswer,
    FactPacketData,
    encode_answers,
    encode_packet_data,
    fact_hash,
    fact_id,
)
from relayer.facts.schema import Fact
from relayer.facts.status_codec import (
    STATUS_VERSION,
    StatusPacketData,
    StatusUpdate,
    encode_status_answers,
    encode_status_packet,
)
from relayer.forwarding.errors import ForwardRefused
from relayer.forwarding.model import AnswerNow, Here, Incoming, Route, RouteKey, SendOn
from relayer.forwarding.payloads import answer_all, far_answer, read_incoming
from relayer.forwarding.rules import check_room, check_route, decide

HERE = Path(__file__).parent
Case = dict[str, Any]
OWN = "hub-1"
NOW = 1_800_000_000
TIMEOUT = NOW + 3600
FAR = Route(destination="settle-1", client_id="07-tendermint-7", quota=3, origin_quota=2, margin_seconds=60)
FROM_A, FROM_B = "poa-evm-0", "poa-evm-1"
PACKET = Incoming(in_client=FROM_A, timeout=TIMEOUT, destination="settle-1", origin="1337")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A hub's state: its routes, the open forwards by route and client, and the clients that cannot be used."""

    routes: tuple[Route, ...] = (FAR,)
    open: Mapping[tuple[RouteKey, str], int] = field(default_factory=Counter)
    unusable: tuple[str, ...] = ()

    def route(self, key: RouteKey, /) -> Route | None:
        return next((route for route in self.routes if route.key == key), None)

    def open_forwards(self, key: RouteKey, in_client: str | None = None, /) -> int:
        return sum(count for (route, client), count in self.open.items() if route == key and in_client in {None, client})

    def is_active(self, client_id: str, /) -> bool:
        return client_id not in self.unusable


def routing() -> list[Case]:
    """A state and a packet, and what becomes of it."""
    special = replace(FAR, origin_client=FROM_A, client_id="07-tendermint-8")
    news = Route(
        destination="1337", origin_client=FAR.client_id, client_id=FROM_A, quota=3, origin_quota=2, margin_seconds=60
    )
    home = Incoming(in_client=FAR.client_id, timeout=TIMEOUT, destination="1337", origin="")
    full = Counter({(FAR.key, FROM_A): 1, (FAR.key, FROM_B): 2})
    made: dict[str, tuple[World, Incoming]] = {
        "no destination: here": (World(), replace(PACKET, destination="")),
        "the own chain id: here": (World(), replace(PACKET, destination=OWN)),
        "a route": (World(), PACKET),
        "another destination": (World(), replace(PACKET, destination="settle-2")),
        "a destination in other letters": (World(), replace(PACKET, destination="Settle-1")),
        "a destination that is no chain id": (World(), replace(PACKET, destination="settle-1\n")),
        "no route at all": (World(routes=()), PACKET),
        "a route for this client goes before one for any": (World(routes=(FAR, special)), PACKET),
        "a route for another client is not taken": (World(routes=(special,)), replace(PACKET, in_client=FROM_B)),
        "through another client the route for any": (World(routes=(FAR, special)), replace(PACKET, in_client=FROM_B)),
        "never back": (World(), replace(PACKET, in_client=FAR.client_id)),
        "the destination is the origin": (
            World(routes=(replace(FAR, destination="1337"),)),
            replace(PACKET, destination="1337"),
        ),
        "a client that is expired or frozen": (World(unusable=(FAR.client_id,)), PACKET),
        "news of a contract ledger": (World(routes=(FAR, news)), home),
        "news of a contract ledger without a route": (World(), home),
        "news through a client that has no route for them": (World(routes=(news,)), replace(home, in_client=FROM_B)),
        "news take no route for any client": (World(routes=(replace(news, origin_client=""),)), home),
        "facts take no route for another client": (
            World(routes=(news,)),
            replace(PACKET, in_client=FROM_B, destination="1337"),
        ),
        "time for both margins and a second": (World(), replace(PACKET, timeout=NOW + 121)),
        "time for both margins and nothing more": (World(), replace(PACKET, timeout=NOW + 120)),
        "less time than a margin": (World(), replace(PACKET, timeout=NOW + 30)),
        "a timeout that is as far away as it may be": (World(), replace(PACKET, timeout=NOW + MAXIMUM_TIMEOUT_SECONDS)),
        "a timeout that is farther away": (World(), replace(PACKET, timeout=NOW + 2 * MAXIMUM_TIMEOUT_SECONDS)),
        "a timeout without end": (World(), replace(PACKET, timeout=2**64 - 1)),
        "one more fits the quota": (World(open=Counter({(FAR.key, FROM_A): 1, (FAR.key, FROM_B): 1})), PACKET),
        "the quota of the route is used": (World(open=full), PACKET),
        "the quota of the origin is used": (World(open=Counter({(FAR.key, FROM_A): 2})), PACKET),
        "another origin's quota is used": (World(open=Counter({(FAR.key, FROM_B): 2})), PACKET),
        "another route's quota is used": (World(open=Counter({(RouteKey("settle-2", ""), FROM_A): 3})), PACKET),
        "a quota that was lowered below what is open": (
            World(routes=(replace(FAR, quota=1, origin_quota=1),), open=full),
            PACKET,
        ),
        "a removed route whose forwards are open": (World(routes=(), open=full), PACKET),
        "no route goes before no time": (World(routes=()), replace(PACKET, timeout=NOW + 30)),
        "no time goes before a full route": (World(open=full), replace(PACKET, timeout=NOW + 30)),
    }
    return [
        {
            "name": name,
            "own_chain_id": OWN,
            "now_seconds": NOW,
            "routes": [asdict(route) for route in world.routes],
            "open_forwards": [
                {"destination": key.destination, "origin_client": key.origin_client, "in_client": client, "count": count}
                for (key, client), count in world.open.items()
            ],
            "unusable_clients": list(world.unusable),
            "packet": asdict(packet),
            **outcome(world, packet),
        }
        for name, (world, packet) in made.items()
    ]


def outcome(world: World, packet: Incoming) -> Case:
    match decide(world, packet, own_chain_id=OWN, now_seconds=NOW):
        case Here():
            return {"outcome": "here"}
        case SendOn(route=route, timeout=timeout):
            return {"outcome": "send_on", "client_id": route.client_id, "route": list(route.key), "timeout": timeout}
        case AnswerNow(code=code):
            return {"outcome": "answer", "code": code.name}


def loops() -> list[Case]:
    """A packet that two hubs send to one another over two pairs of clients, until its time is over: how often it is sent."""
    made = []
    for margin, timeout in ((60, 3600), (5, 3600), (600, 3600), (MAXIMUM_MARGIN_SECONDS, MAXIMUM_TIMEOUT_SECONDS)):
        world = World(routes=(replace(FAR, margin_seconds=margin),))
        left, sent = NOW + timeout, 0
        while isinstance(step := decide(world, replace(PACKET, timeout=left), own_chain_id=OWN, now_seconds=NOW), SendOn):
            left, sent = step.timeout, sent + 1
        assert step == AnswerNow(code=FactCode.NO_TIME_LEFT)
        made.append({"margin_seconds": margin, "timeout_seconds": timeout, "sent": sent})
    return made


def routes() -> list[Case]:
    """Routes that an operator asks for, and the refusal."""
    made = {
        "a route": FAR,
        "a route for one client": replace(FAR, origin_client=FROM_A),
        "a contract ledger": replace(FAR, destination="1337"),
        "the longest destination": replace(FAR, destination="a" * 64),
        "the smallest numbers": replace(FAR, quota=1, origin_quota=1, margin_seconds=MINIMUM_MARGIN_SECONDS),
        "the largest numbers": replace(
            FAR,
            quota=MAXIMUM_FORWARD_QUOTA,
            origin_quota=MAXIMUM_FORWARD_QUOTA,
            margin_seconds=MAXIMUM_MARGIN_SECONDS,
        ),
        "no destination": replace(FAR, destination=""),
        "a destination that is too long": replace(FAR, destination="a" * 65),
        "a destination with a space": replace(FAR, destination="settle 1"),
        "a destination with a wildcard": replace(FAR, destination="*"),
        "a destination with a letter of no chain id": replace(FAR, destination="settle-1é"),
        "the own chain id": replace(FAR, destination=OWN),
        "no client": replace(FAR, client_id=""),
        "a client that is no id": replace(FAR, client_id="poa evm 0"),
        "an origin client that is no id": replace(FAR, origin_client="0"),
        "back to where it comes from": replace(FAR, origin_client=FAR.client_id),
        "a quota of zero": replace(FAR, quota=0, origin_quota=0),
        "a quota of zero for each client": replace(FAR, origin_quota=0),
        "a quota for each client that is larger than the route's": replace(FAR, origin_quota=4),
        "a quota that is too large": replace(FAR, quota=MAXIMUM_FORWARD_QUOTA + 1),
        "no margin": replace(FAR, margin_seconds=0),
        "a margin that is too small": replace(FAR, margin_seconds=MINIMUM_MARGIN_SECONDS - 1),
        "a margin that is too large": replace(FAR, margin_seconds=MAXIMUM_MARGIN_SECONDS + 1),
    }
    cases = [
        {"name": name, "own_chain_id": OWN, "routes_before": 0, "route": asdict(route), "refusal": refusal(route, 0)}
        for name, route in made.items()
    ]
    for before in (MAXIMUM_ROUTES - 1, MAXIMUM_ROUTES):
        found = refusal(FAR, before)
        name = f"a new route beside {before}"
        cases.append({"name": name, "own_chain_id": OWN, "routes_before": before, "route": asdict(FAR), "refusal": found})
    return cases


def refusal(route: Route, before: int) -> str | None:
    try:
        check_route(route, own_chain_id=OWN)
        check_room(before)
    except ForwardRefused as error:
        return error.code.name
    return None


def fact(number: int) -> Fact:
    return Fact(
        fact_id=fact_id(1337, b"\x11" * 20, b"\x22" * 20, number),
        schema=1,
        kind=2,
        category=1,
        creditor=b"\x33" * 32,
        debtor=b"\x44" * 32,
        currency=b"EUR",
        exponent=2,
        net=1840,
        tax=350,
        service_end=NOW - 100,
        due_date=NOW + 86_400,
        issuer_sequence=number,
        related_fact=bytes(32),
        document_hash=b"\x55" * 32,
    )


def fact_payload(count: int, destination: str = "settle-1") -> bytes:
    facts = tuple(fact(number) for number in range(1, count + 1))
    data = FactPacketData(
        chain_id=1337,
        contract=b"\x11" * 20,
        issuer=b"\x22" * 20,
        destination=destination,
        facts=facts,
        fact_hashes=tuple(map(fact_hash, facts)),
    )
    return encode_packet_data(data)


def news_payload(count: int) -> bytes:
    update = StatusUpdate(
        fact_id=b"\x01" * 32, liability_id=b"\x02" * 32, status=Status.SETTLED, sequence=9, reference=b"\x03" * 32, open=0
    )
    return encode_status_packet(StatusPacketData(chain_id=1337, contract=b"\x11" * 20, updates=(update,) * count))


def accepted(code: FactCode = FactCode.OK) -> FactAnswer:
    return FactAnswer(status=FactStatus.ACCEPTED, liability_id=b"\x06" * 32, sequence=7, head_hash=b"\x07" * 32, code=code)


def answers() -> list[Case]:
    """What the sender is answered, once a packet goes no further or its answer has come back. `acknowledgement` is the far
    ledger's, and `code` what the hub itself says."""
    cases: list[Case] = []
    payloads = {
        "one fact": (FACT_VERSION, fact_payload(1)),
        "facts": (FACT_VERSION, fact_payload(3)),
        "as many facts as there can be": (FACT_VERSION, fact_payload(MAXIMUM_FACTS)),
        "news": (STATUS_VERSION, news_payload(2)),
    }
    codes = (*sorted(RETURNED_CODES), FactCode.FAR_REFUSED)
    said = [(payload, code) for payload in ("one fact", "facts", "news") for code in codes]
    for payload, code in (*said, ("as many facts as there can be", FactCode.FAR_TIMEOUT)):
        version, value = payloads[payload]
        case = {"name": f"{payload}: {code.name}", "version": version, "value": value.hex(), "code": code.name}
        cases.append({**case, "answer": answer_all(version, value, code).hex()})
    two = encode_answers([accepted(), accepted(FactCode.DUPLICATE)])
    applied = encode_status_answers([StatusAnswer.APPLIED, StatusAnswer.STALE])
    far: dict[str, tuple[str, bytes, bytes]] = {
        "answers": (FACT_VERSION, fact_payload(2), two),
        "answers of another hub": (
            FACT_VERSION,
            fact_payload(2),
            answer_all(FACT_VERSION, fact_payload(2), FactCode.ROUTE_FULL),
        ),
        "the universal error": (FACT_VERSION, fact_payload(2), UNIVERSAL_ERROR_ACKNOWLEDGEMENT),
        "nothing": (FACT_VERSION, fact_payload(2), b""),
        "an answer too few": (FACT_VERSION, fact_payload(2), encode_answers([accepted()])),
        "an answer too many": (FACT_VERSION, fact_payload(1), two),
        "a byte too many": (FACT_VERSION, fact_payload(2), two + b"\x00"),
        "a code that is not defined": (FACT_VERSION, fact_payload(2), two[:-2] + b"\x7f\x7f"),
        "the contract's own code": (FACT_VERSION, fact_payload(2), two[:-2] + b"\xff\xff"),
        "answers to news": (STATUS_VERSION, news_payload(2), applied),
        "the universal error to news": (STATUS_VERSION, news_payload(2), UNIVERSAL_ERROR_ACKNOWLEDGEMENT),
        "an answer too few to news": (STATUS_VERSION, news_payload(2), encode_status_answers([StatusAnswer.APPLIED])),
        "answers to facts for news": (STATUS_VERSION, news_payload(2), two),
    }
    cases.extend(
        {
            "name": f"far: {name}",
            "version": version,
            "value": value.hex(),
            "acknowledgement": acknowledgement.hex(),
            "answer": far_answer(version, value, acknowledgement).hex(),
        }
        for name, (version, value, acknowledgement) in far.items()
    )
    return cases


def payloads() -> list[Case]:
    """What a hub reads of a payload; `destination` null: it is refused as a whole."""
    made = {
        "facts with a destination": (FACT_VERSION, fact_payload(1)),
        "facts without one": (FACT_VERSION, fact_payload(1, "")),
        "news": (STATUS_VERSION, news_payload(1)),
        "facts as news": (STATUS_VERSION, fact_payload(1)),
        "news as facts": (FACT_VERSION, news_payload(1)),
        "a byte too many": (FACT_VERSION, fact_payload(1) + b"\x00"),
        "another version": ("fact-2", fact_payload(1)),
    }
    return [
        {"name": name, "version": version, "value": value.hex(), **reading(version, value)}
        for name, (version, value) in made.items()
    ]


def reading(version: str, value: bytes) -> Case:
    try:
        found = read_incoming(version, value, in_client=FROM_A, timeout=TIMEOUT)
    except InvalidInput:
        return {"destination": None, "origin": None}
    return {"destination": found.destination, "origin": found.origin}


def build() -> dict[str, list[Case]]:
    """Every file's content, by its name."""
    return {
        "routing.json": routing(),
        "loops.json": loops(),
        "routes.json": routes(),
        "answers.json": answers(),
        "payloads.json": payloads(),
    }


if __name__ == "__main__":
    for name, cases in build().items():
        (HERE / name).write_text(json.dumps(cases, indent=1) + "\n")
