"""From which header a light client starts: who may say so, how it is confirmed, and what an attacker can change."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from relayer.app.first_header import Starting, expected_headers
from relayer.app.opening import newest_headers, open_channel
from relayer.commands import progress
from relayer.commands.channel import open_channel as open_by_command
from relayer.config.deployment import deployment_path, read_deployment
from relayer.core.ids import ClientId, Height
from relayer.errors import ConfigurationError, InvalidInput, LedgerRefused, LedgerUnavailable, RelayerError, WrongLedger
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ports.ledger import ClientCondition
from relayer.ports.prover import ClientCreation, ClientMessage, ClientTerms
from relayer.proofs.comet import client_types
from relayer.proofs.comet.client_types import ClientHeader
from relayer.proofs.comet.types import BlockIdFlag, CommitSig
from tests.support.two_ledgers import TwoLedgers, two_ledgers

YEARS = 100 * 365 * 86_400
Forge = Callable[[ClientCreation], ClientCreation]
Sign = Callable[[ClientHeader], ClientHeader]


class Attacked(EmbeddedLedger):
    """Answered for by an attacker, who changes what new light clients start from."""

    forge: Forge = staticmethod(lambda creation: creation)
    sign: Sign = staticmethod(lambda header: header)
    refusal: RelayerError | None = None

    async def initial_client(self, terms: ClientTerms, *, at: Height | None = None) -> ClientCreation:
        return self.forge(await super().initial_client(terms, at=at))

    async def first_header(self, height: Height) -> ClientMessage:
        message = await super().first_header(height)
        header = self.sign(client_types.decode_client_header(message.value))
        return replace(message, value=client_types.encode_client_header(header))

    async def create_client(self, creation: ClientCreation, **pairing: object) -> ClientId:
        if self.refusal is not None:
            raise self.refusal
        return await super().create_client(creation, **pairing)


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[TwoLedgers]:
    """As an operator has them: served by other processes, of which anyone may be the attacker's."""
    async with two_ledgers(tmp_path, kind=Attacked) as made:
        yield made


def consensus(**changed: object) -> Forge:
    def forge(creation: ClientCreation) -> ClientCreation:
        state = replace(client_types.decode_consensus_state(creation.consensus_state), **changed)
        return replace(creation, consensus_state=client_types.encode_consensus_state(state))

    return forge


def client(**changed: object) -> Forge:
    def forge(creation: ClientCreation) -> ClientCreation:
        state = replace(client_types.decode_client_state(creation.client_state), **changed)
        return replace(creation, client_state=client_types.encode_client_state(state))

    return forge


def unsigned(header: ClientHeader) -> ClientHeader:
    commit = header.signed.commit
    nobody = tuple(CommitSig(flag=BlockIdFlag.ABSENT) for _ in commit.signatures)
    return replace(header, signed=replace(header.signed, commit=replace(commit, signatures=nobody)))


def signed_by_another(header: ClientHeader) -> ClientHeader:
    commit = header.signed.commit
    forged = tuple(replace(each, signature=bytes([1] * 64)) for each in commit.signatures)
    return replace(header, signed=replace(header.signed, commit=replace(commit, signatures=forged)))


FORGERIES: dict[str, tuple[Forge, str]] = {
    "another state root": (consensus(root=bytes([7] * 32)), "leads to another state"),
    "validators of the attacker": (consensus(next_validators_hash=bytes([7] * 32)), "leads to another state"),
    "another time": (consensus(timestamp=4_000_000_000 * 10**9), "leads to another state"),
    "another height": (client(latest_height=77), "not that of height 77"),
    "another chain": (client(chain_id="attacker-1"), "attacker-1"),
    "trust for a hundred years": (
        client(trusting_period_nanoseconds=YEARS * 10**9, unbonding_period_nanoseconds=2 * YEARS * 10**9),
        "trusting period",
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
async def test_whoever_answers_in_a_ledgers_name_cannot_forge_the_first_state_of_a_light_client(
    two: TwoLedgers, name: str
) -> None:
    """The attacker is the process behind the ledger's address, which no signature had to convince."""
    forge, words = FORGERIES[name]
    two.ledgers["right"].forge = forge  # type: ignore[attr-defined]
    with pytest.raises(WrongLedger, match=words):
        await two.open()
    assert not await has_client(two, "left")


@pytest.mark.parametrize("sign", [unsigned, signed_by_another])
async def test_a_forged_first_header_without_its_validators_signatures_is_refused(two: TwoLedgers, sign: Sign) -> None:
    two.ledgers["right"].sign = sign  # type: ignore[attr-defined]
    with pytest.raises(WrongLedger, match="right gives to a light client is not one of that ledger"):
        await two.open()
    assert not await has_client(two, "left")


async def has_client(two: TwoLedgers, name: str) -> bool:
    status = await two.ledgers[name].client_status(ClientId("07-tendermint-0"))
    return status.condition is not ClientCondition.UNKNOWN


async def test_a_client_starts_from_the_expected_header_though_the_head_has_moved_on(two: TwoLedgers) -> None:
    headers = await newest_headers(two.config, "main")
    assert [each.ledger for each in headers] == ["left", "right"]
    for ledger in two.ledgers.values():
        await ledger.advance()
    expected = expected_headers([each.pin for each in headers], ["left", "right"])
    await open_channel(two.config, None, two.told.append, Starting(confirm=nobody_answers, expected=expected))
    starts = {f"it starts from {each}" for each in headers}
    assert {line.partition(": ")[2] for line in two.told if line.startswith("created ")} == starts


async def nobody_answers(_header: object) -> None:
    raise AssertionError("a script has nobody who answers")


@pytest.mark.parametrize("changed", ["height", "hash"])
async def test_no_client_starts_from_another_header_than_the_expected_one(two: TwoLedgers, changed: str) -> None:
    await two.ledgers["right"].advance()
    right = (await newest_headers(two.config, "main"))[1]
    wrong = replace(right, height=Height(1)) if changed == "height" else replace(right, hash=bytes(32))
    expected = expected_headers([wrong.pin], ["left", "right"])
    with pytest.raises(WrongLedger, match="is expected; no light client starts there"):
        await open_channel(two.config, None, two.told.append, Starting(expected=expected))
    assert not await has_client(two, "left")


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["12:0x" + "00" * 32], "names no header"),
        (["left:12:" + "00" * 32], "names no header"),
        (["left:0:0x" + "00" * 32], "names no header"),
        (["middle:1:0x" + "00" * 32], "no ledger 'middle', only left and right"),
        (["left:1:0x" + "00" * 32, "left:2:0x" + "00" * 32], "named twice"),
    ],
)
def test_what_names_no_header_of_the_channel_is_refused_before_anything_is_done(texts: list[str], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        expected_headers(texts, ["left", "right"])


class Terminal(io.StringIO):
    """Where a person sits."""

    def isatty(self) -> bool:
        return True


async def by_command(two: TwoLedgers, **options: object) -> None:
    progress.forget()
    await asyncio.to_thread(open_by_command, two.config, None, **{"yes": False, **options})


async def test_without_a_terminal_nothing_is_created_before_the_header_is_confirmed(
    two: TwoLedgers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault: the report of this refusal also said that one more step might be done."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    (_, right) = await newest_headers(two.config, "main")
    with pytest.raises(ConfigurationError, match="no terminal to ask at") as refused:
        await by_command(two)
    assert f"--expect-hash {right.pin}" in str(refused.value)
    assert progress.account() == ((), "")
    assert not await has_client(two, "left")


async def test_at_a_terminal_the_hash_is_shown_and_the_answer_decides(
    two: TwoLedgers, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    (_, right) = await newest_headers(two.config, "main")
    with pytest.raises(ConfigurationError, match="was not confirmed"):
        await by_command(two)
    assert f"A light client starts from {right}. Is it right?" in capsys.readouterr().err
    assert not await has_client(two, "left")
    monkeypatch.setattr(sys, "stdin", Terminal("y\ny\n"))
    await by_command(two)
    assert set(read_deployment(deployment_path(two.config)).clients["main"]) == {"left", "right"}


@pytest.mark.parametrize(
    ("refusal", "doubt"),
    [(LedgerRefused("7", "no"), False), (LedgerUnavailable("no answer"), True)],
)
async def test_only_a_step_that_was_not_answered_is_in_doubt(two: TwoLedgers, *, refusal: RelayerError, doubt: bool) -> None:
    two.ledgers["left"].refusal = refusal  # type: ignore[attr-defined]
    with pytest.raises(type(refusal)):
        await by_command(two, yes=True)
    done, words = progress.account()
    assert done[-1].startswith("a light client starts from header")
    assert bool(words) is doubt
