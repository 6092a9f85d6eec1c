"""`relayer queue` on a real NATS server, as an operator uses it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from relayer.cli import app
from relayer.devnet.broker import MessageBroker
from relayer.errors import InvalidInput
from relayer.queue.broker import Broker, BrokerPlace, connected
from relayer.queue.consumer import Consumer, Retries
from relayer.queue.events import Message, write_facts
from relayer.queue.names import Names
from tests.support.outputs import output
from tests.support.pages import DOCS, WITH_A_BROKER, commands
from tests.support.pushing import STRANGER, PushLedger
from tests.support.queueing import Recording, a_fact, an_event

pytestmark = pytest.mark.node


@pytest.fixture
async def letters(place: BrokerPlace, names: Names) -> None:
    """Two dead letters: one that nobody can read, and one whose debtor nobody knows."""
    async with connected(place, names) as queue:
        await queue.publish(names.facts_of("booking"), Message(headers={}, body=b"poison"))
        await queue.publish(names.facts_of("booking"), write_facts(an_event(a_fact(1, debtor=STRANGER))))
        await handle(queue, 2)


async def handle(queue: Broker, count: int) -> None:
    consumer = Consumer(
        recorder=Recording(PushLedger()),
        outlet=queue,
        names=queue.names,
        ledger="settlement-1",
        retries=Retries(attempts=1),
    )
    pull = await queue.puller()
    handled = 0
    while handled < count:
        for delivery in await pull(count - handled):
            await consumer.handle(delivery)
            handled += 1


def run(*words: str) -> str:
    result = CliRunner().invoke(app, ["queue", *words])
    if result.exception is not None:
        raise result.exception
    return result.stdout


@pytest.mark.usefixtures("letters")
def test_dead_letters_are_listed_shown_driven_and_dropped(queue_file: Path) -> None:
    place = ("-c", str(queue_file))
    listed = output("queue dead-letters list", run("dead-letters", "list", *place, "--json"))
    by_code = {each["code"]: each for each in listed}
    assert by_code["rejected"]["reason"] == "fact 1: unknown_party"
    assert "unreadable" in run("dead-letters", "list", *place)
    number = str(by_code["unreadable"]["number"])
    shown = output("queue dead-letters show", run("dead-letters", "show", number, *place, "--json"))
    assert shown["body"] == "poison"
    assert "poison" in run("dead-letters", "show", number, *place)
    run("dead-letters", "drop", number, *place, "--json")
    assert output("queue status", run("status", *place, "--json")) == {
        "waiting": 0, "taken": 0, "answers": 1, "dead_letters": 1,
    }  # fmt: skip
    report = output("queue dead-letters drive", run("dead-letters", "drive", "--all", *place, "--json"))
    assert report["done"] == [f"drove 1 dead letters again: {by_code['rejected']['number']}"]
    assert output("queue status", run("status", *place, "--json"))["waiting"] == 1


def test_a_number_or_all_has_to_be_said(queue_file: Path) -> None:
    for words in (("drive",), ("drop", "1", "--all")):
        with pytest.raises(InvalidInput, match="--all"):
            run("dead-letters", *words, "-c", str(queue_file))


def test_the_description_is_for_this_queue(queue_file: Path, names: Names) -> None:
    document = json.loads(run("asyncapi", "-c", str(queue_file)))
    assert document["asyncapi"] == "3.0.0"
    assert document["channels"]["facts"]["address"] == f"{names.prefix}.facts.{{system}}"


def test_every_command_of_the_page_runs_with_its_file(
    tmp_path: Path, server: MessageBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    (name,) = WITH_A_BROKER
    page = DOCS / name
    (text,) = re.findall(r'```yaml title="queue.yaml"\n(.*?)```', page.read_text(), re.DOTALL)
    (tmp_path / "queue.yaml").write_text(text.replace("nats://127.0.0.1:4222", server.server))
    monkeypatch.chdir(tmp_path)
    for command in commands(page):
        run(*command.split()[1:])
