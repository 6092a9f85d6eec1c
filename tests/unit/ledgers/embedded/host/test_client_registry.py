"""Creating, pairing, updating and recovering light clients: a valid baseline, and one change per refusal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayer.core.ids import ClientId
from relayer.ledgers.embedded.host.context import OPERATOR
from relayer.ledgers.embedded.host.light_clients import ClientStore, UpdateResult
from relayer.ledgers.embedded.host.transactions import CreateClient, RecoverClient, RegisterCounterparty, UpdateClient
from relayer.ports.ledger import ClientCondition

CREATE = CreateClient(
    client_state_type_url="/fake.ClientState",
    client_state=b"state",
    consensus_state_type_url="/fake.ConsensusState",
    consensus_state=b"consensus",
    signer=OPERATOR,
)
PAIR = RegisterCounterparty(
    client_id="fake-evm-1",
    counterparty_client_id="their-client-9",
    counterparty_merkle_prefix=(b"",),
    signer=OPERATOR,
)


def test_ids_are_numbered_over_all_clients(host) -> None:
    assert [host.create_client(), host.create_client()] == ["fake-evm-1", "fake-evm-2"]


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("client/32", {"client_state_type_url": "/unknown.ClientState"}),
        ("client/10", {"consensus_state_type_url": "/unknown.ConsensusState"}),
        ("ibc/17", {"client_state": bytes(32 * 1024 + 1)}),
        ("ibc/17", {"consensus_state": bytes(32 * 1024 + 1)}),
    ],
)
def test_creations_that_are_refused_take_no_number(host, code: str, changes: dict) -> None:
    assert host.one(replace(CREATE, **changes)).code_text == code
    assert host.create_client() == "fake-evm-1"


def test_a_client_must_start_active(host) -> None:
    host.light_client.state = ClientCondition.EXPIRED
    assert host.one(CREATE).code_text == "client/29"


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("clientv2/34", {"counterparty_merkle_prefix": ()}),
        ("ibc/17", {"counterparty_merkle_prefix": (b"",) * 33}),
        ("ibc/17", {"counterparty_merkle_prefix": (bytes(257),)}),
        ("clientv2/34", {"counterparty_client_id": "abc"}),
        ("clientv2/34", {"counterparty_client_id": "spaces are not allowed"}),
        ("ibc/2", {"signer": "somebody"}),
        ("ibc/2", {"client_id": "fake-evm-7"}),
    ],
)
def test_pairings_that_are_refused(host, code: str, changes: dict) -> None:
    host.create_client()
    assert host.one(replace(PAIR, **changes)).code_text == code
    assert not host.one(PAIR).refused


@pytest.mark.parametrize("name", ["base", "x" * 128])
def test_a_counterparty_may_have_a_name_of_its_own(host, name: str) -> None:
    host.create_client()
    assert not host.one(replace(PAIR, counterparty_client_id=name)).refused


def test_a_pairing_never_changes(host) -> None:
    host.create_client()
    host.one(PAIR)
    assert host.one(PAIR).code_text == "ibc/8"
    assert host.one(replace(PAIR, counterparty_client_id="their-client-8")).code_text == "ibc/8"


UPDATE = UpdateClient(client_id=ClientId("fake-evm-0"), type_url="/fake.Header", value=b"header")


@pytest.mark.parametrize("outcome", list(UpdateResult))
def test_an_update_reaches_the_module(host, outcome: UpdateResult) -> None:
    host.light_client.outcome = outcome
    assert not host.one(UPDATE).refused
    assert host.light_client.asked == [("update", "/fake.Header", b"header")]


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("client/29", {"client_id": ClientId("fake-evm-7")}),
        ("client/32", {"client_id": ClientId("unknown-7")}),
        ("ibc/17", {"value": bytes(512 * 1024 + 1)}),
    ],
)
def test_updates_that_are_refused(host, code: str, changes: dict) -> None:
    assert host.one(replace(UPDATE, **changes)).code_text == code
    assert host.light_client.asked == []


def test_a_frozen_client_takes_no_update(host) -> None:
    host.light_client.state = ClientCondition.FROZEN
    assert host.one(UPDATE).code_text == "client/29"


class TestRecovery:
    RECOVER = RecoverClient(subject=ClientId("fake-evm-0"), substitute=ClientId("fake-evm-1"))

    @pytest.fixture
    def two(self, host, monkeypatch):
        """fake-evm-0 is frozen at height 5, fake-evm-1 is active at height 9."""
        host.create_client()
        states = {"fake-evm-0": ClientCondition.FROZEN, "fake-evm-1": ClientCondition.ACTIVE}
        heights = {"fake-evm-0": 5, "fake-evm-1": 9}
        monkeypatch.setattr(
            host.light_client, "condition", lambda client: states.get(client.client_id, ClientCondition.UNKNOWN)
        )
        monkeypatch.setattr(host.light_client, "latest_height", lambda client: heights[client.client_id])
        return host, states, heights

    def test_a_frozen_client_takes_over_an_active_one(self, two) -> None:
        host, _, _ = two
        assert not host.one(self.RECOVER).refused
        assert host.light_client.asked == [("recover", "fake-evm-0", "fake-evm-1")]

    def test_an_active_client_has_nothing_to_recover(self, two) -> None:
        host, states, _ = two
        states["fake-evm-0"] = ClientCondition.ACTIVE
        assert host.one(self.RECOVER).code_text == "client/24"

    def test_the_substitute_must_be_active(self, two) -> None:
        host, states, _ = two
        states["fake-evm-1"] = ClientCondition.EXPIRED
        assert host.one(self.RECOVER).code_text == "client/29"

    def test_the_substitute_must_be_ahead(self, two) -> None:
        host, _, heights = two
        heights["fake-evm-1"] = 5
        assert host.one(self.RECOVER).code_text == "client/26"

    def test_clients_that_do_not_exist(self, two) -> None:
        host, _, _ = two
        assert host.one(replace(self.RECOVER, subject=ClientId("fake-evm-8"))).code_text == "client/24"


def test_heights_are_found_in_order(host) -> None:
    store = ClientStore(host.context().store, ClientId("fake-evm-0"))
    other = ClientStore(store._store, ClientId("fake-evm-1"))
    for height in (9, 10, 100, 11):
        store.add_consensus_state(height, b"state %d" % height)
    other.add_consensus_state(50, b"other")
    assert store.heights(limit=3) == [9, 10, 11]
    assert (store.height_after(11), store.height_after(100)) == (100, None)
    assert (store.height_before(10), store.height_before(9)) == (9, None)
    store.drop([10])
    assert (store.height_after(9), store.consensus_state(10), store.consensus_state(11)) == (11, None, b"state 11")
