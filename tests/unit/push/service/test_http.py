"""The push service over HTTP: what it answers, and those who try to get more than their token opens."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from relayer.codes.settlement import RefusalCode
from relayer.errors import ConfigurationError
from relayer.facts.signed_json import signed_to_json
from relayer.facts.signing import contract_of_system, ledger_identity
from relayer.push.service.bounds import MAXIMUM_BODY_BYTES, Tokens
from relayer.push.service.core import PushService
from relayer.push.service.http import application
from relayer.push.service.keys import KEPT_SECONDS
from relayer.testing.clock import ManualClock
from tests.support.push_service import (
    OTHER,
    OWN,
    SMALL,
    TOKENS,
    Answer,
    ask,
    claim_values,
    deliver,
    opened_service,
    signed_facts,
    submit,
)
from tests.support.pushing import IDENTITY, STRANGER, PushLedger


@pytest.fixture
def ledger() -> PushLedger:
    return PushLedger()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def service(tmp_path: Path, ledger: PushLedger, clock: ManualClock) -> AsyncIterator[PushService]:
    async with AsyncExitStack() as opened:
        yield await opened_service(opened, tmp_path, ledger, clock)


@pytest.fixture
def app(service: PushService) -> Starlette:
    return application(service, Tokens(TOKENS))


def signed(system: str = OWN, count: int = 1, **changes: Any) -> dict[str, Any]:
    """Facts of the tests' issuer, as JSON."""
    return {**signed_to_json(signed_facts(system, count)), **changes}


async def send_signed(app: Starlette, values: object, *, system: str = OWN) -> Answer:
    return await ask(app, "POST", "/v1/signed-facts", system=system, values=values)


# What it is for.


async def test_a_claim_is_kept_delivered_and_shown(app: Starlette, tmp_path: Path, ledger: PushLedger) -> None:
    receipt = await submit(app, claim_values())
    assert receipt.status == 202
    assert receipt.body["issuer_sequence"] == 1
    assert receipt.headers["location"] == "/v1/claims/T-1"
    assert (await ask(app, "GET", "/v1/claims/T-1")).body["state"] == "waiting"
    await deliver(tmp_path, ledger)
    shown = (await ask(app, "GET", "/v1/claims/T-1")).body
    (liability,) = ledger.liabilities
    assert (shown["state"], shown["liability_id"]) == ("delivered", "0x" + liability.liability_id.hex())
    assert (await ask(app, "GET", "/v1/statistics")).body["delivered"] == 1


async def test_a_refusal_of_the_ledger_is_shown_with_its_code(app: Starlette, tmp_path: Path, ledger: PushLedger) -> None:
    await submit(app, claim_values(debtor=STRANGER))
    await deliver(tmp_path, ledger)
    shown = (await ask(app, "GET", "/v1/claims/T-1")).body
    assert (shown["state"], shown["code"]) == ("refused", "unknown_party")


async def test_an_id_with_any_printable_character_has_a_place(app: Starlette) -> None:
    receipt = await submit(app, claim_values("2026/11 ü?#"))
    assert receipt.headers["location"] == "/v1/claims/2026%2F11%20%C3%BC%3F%23"
    assert (await ask(app, "GET", "/v1/claims/2026/11 ü?#")).status == 200


async def test_signed_facts_are_recorded_once(app: Starlette, ledger: PushLedger) -> None:
    first = await send_signed(app, signed(count=2))
    assert [each["code"] for each in first.body] == ["ok", "ok"]
    again = await send_signed(app, signed(count=2))
    assert [each["code"] for each in again.body] == ["duplicate", "duplicate"]
    assert [each["liability_id"] for each in again.body] == [each["liability_id"] for each in first.body]
    assert len(ledger.liabilities) == 2


# Idempotency keys.


async def test_the_same_key_with_the_same_content_has_the_same_answer(
    app: Starlette, tmp_path: Path, ledger: PushLedger
) -> None:
    first = await submit(app, claim_values())
    await deliver(tmp_path, ledger)
    turned = dict(reversed(claim_values().items()))
    assert await submit(app, turned) == first


async def test_a_replayed_key_with_other_content_is_refused(app: Starlette) -> None:
    """The attacker, or the fault: another claim under a key that was used."""
    await submit(app, claim_values())
    for values in (claim_values(net=1), claim_values("T-2")):
        answer = await submit(app, values)
        assert (answer.status, answer.code) == (422, "idempotency_key_reused")
    assert (await ask(app, "GET", "/v1/statistics")).body["waiting"] == 1


async def test_a_new_key_changes_no_claim(app: Starlette) -> None:
    first = await submit(app, claim_values())
    assert (await submit(app, claim_values(), '"k-2"')).body == first.body
    answer = await submit(app, claim_values(net=1), '"k-3"')
    assert (answer.status, answer.code) == (422, "claim_differs")


async def test_a_key_whose_claim_was_refused_is_free_again(app: Starlette) -> None:
    assert (await submit(app, claim_values(related="T-0"))).code == "invalid"
    assert (await submit(app, claim_values())).status == 202


async def test_two_requests_with_one_key_at_the_same_time(app: Starlette) -> None:
    answers = await asyncio.gather(*(submit(app, claim_values()) for _ in range(3)))
    assert sorted(each.status for each in answers) == [202, 409, 409]
    assert {each.code for each in answers if each.status == 409} == {"idempotency_key_under_way"}
    assert (await submit(app, claim_values())).status == 202


async def test_keys_of_two_systems_are_not_each_others(app: Starlette) -> None:
    await submit(app, claim_values())
    assert (await submit(app, claim_values(net=1), system=OTHER)).status == 202


async def test_a_key_is_forgotten_after_a_week(app: Starlette, service: PushService) -> None:
    await submit(app, claim_values())
    tenant = service.tenants[OWN]
    for seconds, expected in ((KEPT_SECONDS - 60, 422), (KEPT_SECONDS + 60, 202)):
        now = time.time() + seconds
        later = replace(tenant, outbox=replace(tenant.outbox, clock=lambda now=now: now))
        service.tenants = {**service.tenants, OWN: later}
        await submit(app, claim_values("T-2"), f'"k-{seconds}"')  # cleans up
        assert (await submit(app, claim_values("T-3"))).status == expected


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ((), "idempotency_key_missing"),
        ((("Idempotency_Key", '"k-1"'),), "idempotency_key_missing"),
        ((("X-Idempotency-Key", '"k-1"'),), "idempotency_key_missing"),
        ((("Idempotency-Key", '"k-1"'), ("Idempotency-Key", '"k-2"')), "idempotency_key_invalid"),
        ((("Idempotency-Key", '"k-1", "k-2"'),), "idempotency_key_invalid"),
        ((("Idempotency-Key", '"k-1";a="b"'),), "idempotency_key_invalid"),
        ((("Idempotency-Key", "k-1"),), "idempotency_key_invalid"),
        ((("Idempotency-Key", '""'),), "idempotency_key_invalid"),
        ((("Idempotency-Key", '"k\\"1"'),), "idempotency_key_invalid"),
        ((("Idempotency-Key", '"ü"'),), "idempotency_key_invalid"),
        ((("Idempotency-Key", f'"{"k" * 256}"'),), "idempotency_key_invalid"),
    ],
)
async def test_a_smuggled_key_is_refused(app: Starlette, headers: tuple[tuple[str, str], ...], code: str) -> None:
    """The attacker puts a second key, or one that proxies read differently, beside the first."""
    answer = await ask(app, "POST", "/v1/claims", headers=headers, values=claim_values())
    assert (answer.status, answer.code) == (400, code)


# Rights.


async def test_another_systems_token_sees_nothing(app: Starlette) -> None:
    """The attacker holds the token of another system."""
    await submit(app, claim_values())
    answer = await ask(app, "GET", "/v1/claims/T-1", system=OTHER)
    unknown = await ask(app, "GET", "/v1/claims/T-9", system=OTHER)
    assert (answer.status, answer.code) == (unknown.status, unknown.code) == (404, "unknown_claim")
    assert (await ask(app, "GET", "/v1/statistics", system=OTHER)).body["waiting"] == 0


@pytest.mark.parametrize("changes", [{}, {"system": OTHER}, {"contract": "0x" + contract_of_system(OTHER).hex()}])
async def test_another_systems_token_delivers_nothing(app: Starlette, ledger: PushLedger, changes: dict[str, str]) -> None:
    """The attacker has signed facts of another system, and relabels them."""
    answer = await send_signed(app, {**signed(), **changes}, system=OTHER)
    assert (answer.status, answer.code) == (403, "other_system")
    assert ledger.liabilities == []


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("Authorization", "Bearer guessed"),),
        (("Authorization", TOKENS[OWN]),),
        (("Authorization", f"bearer  {TOKENS[OWN]}"),),
        (("Authorization", f"Bearer {TOKENS[OWN]}"),) * 2,
        (("Authorization", f"Bearer {TOKENS[OWN]}"), ("Authorization", f"Bearer {TOKENS[OTHER]}")),
        (("Cookie", f"token={TOKENS[OWN]}"),),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/claims"), ("GET", "/v1/claims/T-1"), ("GET", "/v1/statistics")])
async def test_without_a_token_nothing_is_learned(
    app: Starlette, headers: tuple[tuple[str, str], ...], method: str, path: str
) -> None:
    answer = await ask(app, method, path, system=None, headers=headers)
    assert (answer.status, answer.code) == (401, "token_needed")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert not any(token in json.dumps(answer.body) for token in TOKENS.values())


def test_two_systems_have_two_tokens() -> None:
    with pytest.raises(ConfigurationError, match="the same token"):
        Tokens({OWN: "one", OTHER: "one"})


@pytest.mark.parametrize("damaged", ["0x", "0x" + "00" * 65, "0x" + "11" * 64 + "1b"])
async def test_a_wrong_signature_records_nothing(app: Starlette, ledger: PushLedger, damaged: str) -> None:
    """The attacker holds a token, and no key of an issuer."""
    answer = await send_signed(app, signed(signature=damaged))
    assert (answer.status, answer.code) == (422, "ledger_refused")
    assert answer.body["ledger_code"]
    assert ledger.liabilities == []


@pytest.mark.parametrize(
    "other", [ledger_identity("settlement-2", IDENTITY[:32]), ledger_identity("settlement-1", bytes(32))]
)
async def test_a_signature_for_another_ledger_records_nothing(app: Starlette, ledger: PushLedger, other: bytes) -> None:
    """The attacker takes to this ledger what an issuer has signed for another one."""
    answer = await send_signed(app, signed_to_json(signed_facts(identity=other)))
    assert (answer.status, answer.code) == (422, "ledger_refused")
    assert answer.body["ledger_code"] == f"settlement/{RefusalCode.BAD_SIGNATURE}"
    assert ledger.liabilities == []


async def test_facts_of_a_revoked_issuer_are_refused_with_their_code(app: Starlette, ledger: PushLedger) -> None:
    """The attacker has the key of an issuer that has ended."""
    ledger.end_issuer(last_sequence=2)
    (answer,) = (await send_signed(app, signed())).body
    assert (answer["accepted"], answer["code"], answer["liability_id"]) == (False, "issuer_not_authorised", None)
    assert ledger.liabilities == []


# Limits.


@pytest.mark.parametrize(
    ("headers", "parts"),
    [
        ((("Content-Length", str(2 * MAXIMUM_BODY_BYTES)),), (b" ",)),
        ((), (b" " * MAXIMUM_BODY_BYTES, b" " * MAXIMUM_BODY_BYTES)),
        ((("Content-Length", "10"),), (b" " * 1_000,) * 2_000),
        ((("Content-Length", "many"),), (b" " * 1_000,) * 2_000),
    ],
)
@pytest.mark.parametrize("path", ["/v1/claims", "/v1/signed-facts"])
async def test_two_megabytes_are_refused_before_they_are_read(
    app: Starlette, headers: tuple[tuple[str, str], ...], parts: tuple[bytes, ...], path: str
) -> None:
    """The attacker holds a token and sends 2 MB, with and without saying so."""
    key = ("Idempotency-Key", '"k-1"')
    answer = await ask(app, "POST", path, headers=(key, *headers), parts=parts)
    assert (answer.status, answer.code) == (413, "too_large")


async def test_more_claims_than_agreed_wait(app: Starlette, clock: ManualClock) -> None:
    """The attacker holds a token and floods; the other system is not held up."""
    for number in range(int(SMALL.claims_per_second)):
        assert (await submit(app, claim_values(f"T-{number}"), f'"k-{number}"')).status == 202
    answer = await submit(app, claim_values("T-X"), '"k-x"')
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (429, "too_many", "1")
    assert (await submit(app, claim_values(), system=OTHER)).status == 202
    clock.advance(1.0)
    assert (await submit(app, claim_values("T-X"), '"k-x"')).status == 202


async def test_many_facts_at_once_count_as_many(app: Starlette, clock: ManualClock) -> None:
    assert (await send_signed(app, signed(count=250))).status == 200
    assert (await send_signed(app, signed())).headers["retry-after"] == "2"
    clock.advance(2.0)
    assert (await send_signed(app, signed())).status == 200


async def test_requests_at_the_same_time_are_bounded(app: Starlette) -> None:
    answers = await asyncio.gather(*(submit(app, claim_values(f"T-{at}"), f'"k-{at}"') for at in range(SMALL.requests + 2)))
    assert sorted(each.status for each in answers) == [202] * SMALL.requests + [429] * 2


# Bad input, and what does not answer.


@pytest.mark.parametrize(
    ("parts", "status", "words"),
    [
        ((b"{",), 400, "line 1, column 2: not JSON"),
        ((b"\xff",), 400, "not UTF-8"),
        ((b'{"net": 1, "net": 2}',), 400, "duplicate name"),
        ((b'{"net": NaN}',), 400, "NaN"),
        ((b"[" * 100_000,), 400, "nested too deep"),
        ((b"[]",), 422, "expected a JSON object"),
        ((b"{}",), 422, "business_id is missing"),
        ((json.dumps(claim_values(colour="red")).encode(),), 422, "'colour' is not known"),
        ((json.dumps(claim_values(net=-1, currency="euro")).encode(),), 422, "net: .*currency: |currency: .*net: "),
        ((json.dumps(claim_values("")).encode(),), 422, "business_id"),
        ((json.dumps(claim_values(document=None)).encode(),), 422, "document is null; leave it out"),
        ((json.dumps(claim_values(document_hash="0x" + "11" * 32)).encode(),), 422, "exactly one of document"),
        ((json.dumps(claim_values(idempotency_key="k")).encode(),), 422, "not known"),
    ],
)
async def test_bad_claims_are_refused_with_what_is_wrong(
    app: Starlette, parts: tuple[bytes, ...], status: int, words: str
) -> None:
    answer = await ask(app, "POST", "/v1/claims", headers=(("Idempotency-Key", '"k-1"'),), parts=parts)
    assert answer.status == status
    assert answer.code in ("not_json", "invalid")
    with pytest.raises(ValueError, match=words):
        raise ValueError(answer.body["detail"])


async def test_other_types_are_refused(app: Starlette) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        headers = (("Idempotency-Key", '"k-1"'), ("Content-Type", kind))
        answer = await ask(app, "POST", "/v1/claims", headers=headers, values=claim_values())
        assert (answer.status, answer.code) == (415, "not_json_type")


async def test_a_ledger_that_is_down_takes_no_facts_and_loses_no_claims(
    app: Starlette, tmp_path: Path, ledger: PushLedger
) -> None:
    ledger.is_down = True
    answer = await send_signed(app, signed())
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "ledger_unavailable", "1")
    assert (await submit(app, claim_values())).status == 202
    ledger.is_down = False
    await deliver(tmp_path, ledger)
    assert (await ask(app, "GET", "/v1/claims/T-1")).body["state"] == "delivered"


async def test_a_database_that_fails_is_said_without_its_words(app: Starlette, service: PushService) -> None:
    tenant = service.tenants[OWN]
    service.tenants = {**service.tenants, OWN: replace(tenant, outbox=replace(tenant.outbox, prefix="none_"))}
    answer = await submit(app, claim_values())
    assert (answer.status, answer.code) == (503, "outbox_unavailable")
    assert "none_" not in answer.body["detail"]


async def test_unknown_paths_and_methods_are_problems_too(app: Starlette) -> None:
    answer = await ask(app, "GET", "/v2/claims")
    assert (answer.status, answer.code) == (404, "unknown_path")
    answer = await ask(app, "DELETE", "/v1/claims")
    assert (answer.status, answer.code, answer.headers["allow"]) == (405, "wrong_method", "POST")
