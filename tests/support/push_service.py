"""For tests of the push service: two systems over one settlement ledger in memory, and requests byte by byte."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.types import Message

from relayer.facts.codec import fact_id
from relayer.facts.signing import SignedFacts, contract_of_system, sign_facts
from relayer.facts.ways import Way
from relayer.push import Courier, CourierSettings
from relayer.push.client import connect_file
from relayer.push.database import Database
from relayer.push.service.bounds import Limits
from relayer.push.service.core import PushService, Tenant
from relayer.testing.clock import ManualClock
from tests.support.pushing import CHAIN_ID, IDENTITY, ISSUER, KEY, NOW, SIGN, PushLedger, a_claim, an_outbox

OWN, OTHER = "booking", "charging"
TOKENS = {OWN: "of the booking system", OTHER: "of the charging system"}
SMALL = Limits(claims_per_second=100.0, requests=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Of the service."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> str:
        """Of a problem."""
        assert self.headers["content-type"] == "application/problem+json"
        assert self.body["status"] == self.status
        return str(self.body["code"])


def claim_values(business_id: str = "T-1", **changes: Any) -> dict[str, Any]:
    """The JSON of a claim that the ledger accepts."""
    values = {
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
    return {**values, **changes}


def signed_facts(system: str = OWN, count: int = 1, *, identity: bytes = IDENTITY) -> SignedFacts:
    """Facts of the tests' issuer."""
    contract = contract_of_system(system)
    return sign_facts(
        KEY,
        identity,
        way=Way.PUSHED,
        chain_id=CHAIN_ID,
        contract=contract,
        facts=[
            a_claim(f"S-{number}")
            .form("0x" + "00" * 32)
            .issue(fact_id=fact_id(CHAIN_ID, contract, ISSUER, number), issuer_sequence=number)
            for number in range(1, count + 1)
        ],
        object_ids=[f"S-{number}" for number in range(1, count + 1)],
        system=system,
    )


async def opened_service(
    opened: AsyncExitStack, folder: Path, ledger: PushLedger, clock: ManualClock, limits: Limits = SMALL
) -> PushService:
    """Of both systems, in one file, with a courier for each that no one has started."""
    path = folder / "claims.db"
    tenants = {}
    for system in TOKENS:
        database = Database(lambda: connect_file(path))
        opened.push_async_callback(database.close)
        tenants[system] = Tenant(outbox=an_outbox(system=system), database=database, target=ledger)
    service = PushService(tenants=tenants, limits=limits, clock=clock.elapsed)
    await service.create()
    return service


async def deliver(folder: Path, ledger: PushLedger, system: str = OWN) -> None:
    """One step of the system's courier."""
    courier = Courier(
        an_outbox(system=system),
        connect=lambda: connect_file(folder / "claims.db"),
        target=ledger,
        sign=SIGN,
        settings=CourierSettings(batch=100),
    )
    await courier.step()
    await courier.close()


async def ask(
    app: Starlette,
    method: str,
    path: str,
    *,
    system: str | None = OWN,
    headers: tuple[tuple[str, str], ...] = (),
    values: object = None,
    parts: tuple[bytes, ...] | None = None,
) -> Answer:
    """One request. `parts`: the body as it arrives, in place of `values`."""
    given = [(name.lower().encode(), value.encode()) for name, value in headers]
    if system is not None:
        given.append((b"authorization", f"Bearer {TOKENS[system]}".encode()))
    if (values is not None or parts is not None) and not any(name == b"content-type" for name, _ in given):
        given.append((b"content-type", b"application/json"))
    left = list(parts if parts is not None else (json.dumps(values).encode(),))
    sent: list[Message] = []

    async def receive() -> Message:
        body = left.pop(0) if left else b""
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": given, "root_path": ""}
    await app(scope, receive, send)
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(status=sent[0]["status"], headers=found, body=json.loads(b"".join(each.get("body", b"") for each in sent)))


async def submit(app: Starlette, values: object, key: str = '"k-1"', *, system: str = OWN) -> Answer:
    """POST /v1/claims."""
    return await ask(app, "POST", "/v1/claims", system=system, headers=(("Idempotency-Key", key),), values=values)
