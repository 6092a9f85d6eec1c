"""The hub section: a star of channels, and each mutation of it is refused with its line, its path and a remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from relayer.config.deployment import Contracts, Deployment, deployment_path, write_deployment
from relayer.config.relayer_file import RelayerSettings, load_relayer
from relayer.errors import ConfigurationError


def evm(number: int) -> dict[str, Any]:
    return {
        "type": "evm",
        "chain_id": number,
        "endpoints": [f"http://127.0.0.1:{8000 + number}"],
        "finality": "latest",
        "account": {"key": {"env": "KEY"}},
        "fees": {"policy": "zero"},
        "authorities": {
            "threshold": 1,
            "members": [{"address": f"0x{number:040x}", "endpoint": f"127.0.0.1:{9000 + number}"}],
        },
    }


def remote(name: str) -> dict[str, Any]:
    return {"type": "remote", "address": f"unix:{name}.sock", "chain_id": f"{name}-1"}


def star(**changes: Any) -> dict[str, Any]:
    """Two contract ledgers, two settlement ledgers, a hub between them."""
    hub = {"ledger": "hub", "legs": [{"ledger": each} for each in ("berlin", "hamburg", "settlement", "vault")]}
    return {
        "version": 1,
        "ledgers": {
            "berlin": evm(1337),
            "hamburg": evm(1338),
            "hub": remote("hub"),
            "settlement": remote("settlement"),
            "vault": remote("vault"),
        },
        "hub": hub,
        "journal": {"path": "relayer.journal"},
        "service": {"host": "127.0.0.1", "port": 8484},
    } | changes


def written(folder: Path, content: object) -> Path:
    path = folder / "relayer.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def loaded(folder: Path, content: object) -> RelayerSettings:
    return load_relayer(written(folder, content))


def test_each_leg_becomes_a_channel_with_the_hub(tmp_path: Path) -> None:
    settings = loaded(tmp_path, star())
    assert [(each.name, *(end.ledger for end in each.ends)) for each in settings.channels] == [
        (name, name, "hub") for name in ("berlin", "hamburg", "settlement", "vault")
    ]
    berlin, _, settlement, _ = (each.ends[0] for each in settings.channels)
    # Facts may go to whoever settles in this star, and come from whoever issues in it; nobody else, and never a wildcard.
    assert (berlin.destinations, berlin.chains) == (("settlement-1", "vault-1"), ())
    assert (settlement.destinations, settlement.chains) == ((), (1337, 1338))
    assert all((each.ends[1].destinations, each.ends[1].chains) == ((), ()) for each in settings.channels)


def test_a_leg_says_what_differs(tmp_path: Path) -> None:
    content = star()
    content["hub"] |= {"timeout_seconds": 600, "client_terms": {"trusting_period_seconds": 77}}
    content["hub"]["legs"][0] |= {
        "name": "main",
        "client": "client-0",
        "hub_client": "poa-evm-0",
        "port": "address",
        "timeout_seconds": 60,
        "destinations": ["far-away-9"],
        "allowed": {"kinds": ["trip_completed"]},
    }
    content["hub"]["legs"][2]["chains"] = [5]
    main, hamburg, settlement, _ = loaded(tmp_path, content).channels
    assert (main.name, main.timeout_seconds, hamburg.timeout_seconds) == ("main", 60, 600)
    assert [each.client for each in main.ends] == ["client-0", "poa-evm-0"]
    assert [each.port for each in main.ends] == ["address", "settlement"]
    assert main.ends[0].destinations == ("far-away-9",)
    assert main.allowed.kinds == ("trip_completed",)
    assert settlement.ends[0].chains == (5,)
    assert {each.client_terms.trusting_period_seconds for each in (main, settlement)} == {77}


def test_a_relayer_may_serve_some_of_the_legs_and_channels_beside_them(tmp_path: Path) -> None:
    content = star(channels=[{"name": "direct", "ends": [{"ledger": "berlin"}, {"ledger": "vault"}]}])
    content["hub"]["relays"] = ["vault"]
    settings = loaded(tmp_path, content)
    assert [each.name for each in settings.channels] == ["direct", "vault"]
    # What the others are is still known: whose facts come through the hub does not depend on who relays them.
    assert settings.channels[1].ends[0].chains == (1337, 1338)


def test_what_channel_open_recorded_completes_a_leg(tmp_path: Path) -> None:
    path = written(tmp_path, star())
    deployment = Deployment(contracts={"berlin": Contracts(router="0x" + "ab" * 20)})
    for ledger, client in (("berlin", "client-0"), ("hub", "poa-evm-3")):
        deployment = deployment.with_client("berlin", ledger, client)
    write_deployment(deployment_path(path), deployment)
    assert [end.client for end in load_relayer(path).channels[0].ends] == ["client-0", "poa-evm-3"]


def change(*path: str | int, to: object) -> Any:
    def apply(content: Any) -> None:
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = to

    return apply


# ruff: noqa: E501 (one mutation a line reads best)
REFUSED = {
    "unknown hub": (change("hub", "ledger", to="hbu"), "hub.ledger: unknown ledger 'hbu'"),
    "hub on an EVM ledger": (change("hub", "ledger", to="berlin"), "hub.ledger: 'berlin' is an EVM ledger, which forwards nothing"),
    "unknown leg": (change("hub", "legs", 1, "ledger", to="x"), "hub.legs[1].ledger: unknown ledger 'x'"),
    "the hub as its leg": (change("hub", "legs", 1, "ledger", to="hub"), "hub.legs[1].ledger: 'hub' is the hub itself"),
    "a ledger twice": (change("hub", "legs", 1, "ledger", to="berlin"), "hub.legs[1].name: 'berlin' is defined twice; rename one"),
    "a name twice": (change("hub", "legs", 1, "name", to="berlin"), "hub.legs[1].name: 'berlin' is defined twice; rename one"),
    "no leg": (change("hub", "legs", to=[]), "hub.legs: "),
    "unknown relayed leg": (change("hub", "relays", to=["vualt"]), "hub.relays[0]: unknown leg 'vualt'; the legs are berlin,"),
    "unknown key": (change("hub", "legs", 0, "destination", to=["a-1"]), "hub.legs[0].destination: unknown key; did you mean destinations?"),
    "a client of two legs": (
        lambda content: [change("hub", "legs", index, "hub_client", to="poa-evm-0")(content) for index in (0, 1)],
        "hub.legs[1].hub_client: the client poa-evm-0 already belongs to channel 'berlin'",
    ),
    "client id": (change("hub", "legs", 0, "client", to="x"), "hub.legs[0].client: client id 'x'"),
    "port on a settlement ledger": (change("hub", "legs", 2, "port", to="facts"), "hub.legs[2].port: 'facts': the application of"),
    "destination of a settlement ledger": (
        change("hub", "legs", 2, "destinations", to=["vault-1"]),
        "hub.legs[2].destinations: 'settlement' mints no facts",
    ),
    "chains of an EVM ledger": (change("hub", "legs", 0, "chains", to=[7]), "hub.legs[0].chains: no facts are settled on 'berlin'"),
    "a wildcard": (change("hub", "legs", 2, "chains", to=["*"]), "hub.legs[2].chains[0]: "),
}  # fmt: skip


@pytest.mark.parametrize("broken", [False, True], ids=["alone", "beside another problem"])
@pytest.mark.parametrize("name", REFUSED)
def test_each_mutation_is_refused_where_the_file_says_it(tmp_path: Path, name: str, broken: bool) -> None:
    mutate, words = REFUSED[name]
    content = star()
    mutate(content)
    if broken:
        content["journal"] = {"path": 7}
    path = written(tmp_path, content)
    with pytest.raises(ConfigurationError) as caught:
        load_relayer(path)
    (line,) = [line for line in str(caught.value).splitlines() if words in line]
    number = int(line.split(f"{path}:")[1].split(":")[0])
    assert 1 <= number <= len(path.read_text().splitlines())


def test_a_conflict_with_what_was_recorded_is_placed_at_the_leg(tmp_path: Path) -> None:
    content = star()
    content["hub"]["legs"][3]["hub_client"] = "07-tendermint-9"
    path = written(tmp_path, content)
    write_deployment(deployment_path(path), Deployment().with_client("vault", "hub", "07-tendermint-1"))
    with pytest.raises(ConfigurationError, match=r"hub\.legs\[3\]\.hub_client: differs from 07-tendermint-1"):
        load_relayer(path)


def test_a_file_has_channels_or_a_hub(tmp_path: Path) -> None:
    content = star()
    del content["hub"]
    with pytest.raises(ConfigurationError, match="channels: is missing or empty, and so is `hub`"):
        loaded(tmp_path, content)
