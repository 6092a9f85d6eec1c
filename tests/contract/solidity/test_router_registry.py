"""The router's surface, as other people's relayers use it, and its clients and ports."""

from __future__ import annotations

from typing import Any

import pytest
from evm_harness import OWNER, STRANGER, Refused
from router_bench import LOCAL, PREFIX, REMOTE, Bench

from relayer.ledgers.evm.contracts import Contract, artifact, signature
from relayer.proofs.keccak import keccak256


@pytest.fixture
def bench() -> Bench:
    return Bench()


class TestSurface:
    """Selectors and topics that other people's relayers use."""

    @pytest.mark.parametrize(
        ("function", "selector"),
        [
            ("sendPacket", "4d6e7ce3"),
            ("recvPacket", "5ebd10ca"),
            ("ackPacket", "1bca011a"),
            ("timeoutPacket", "b98c330a"),
            ("updateClient", "6fbf8079"),
            ("addClient((string,bytes[]),address)", "e3cb36a0"),
            ("addClient(string,(string,bytes[]),address)", "1ec43e23"),
            ("migrateClient", "cce0b265"),
            ("submitMisbehaviour", "9e2e5c83"),
            ("addIBCApp(address)", "4b720d5b"),
            ("addIBCApp(string,address)", "5f516889"),
            ("multicall", "ac9650d8"),
            ("getCommitment", "7795820c"),
            ("getClient", "7eb78932"),
            ("getCounterparty", "b0777bfa"),
            ("getIBCApp", "2447af29"),
            ("getNextClientSeq", "27f146f3"),
        ],
    )
    def test_functions(self, function: str, selector: str) -> None:
        entries = artifact(Contract.ROUTER).entries("function")
        found = [signature(entry) for entry in entries if function in {entry["name"], signature(entry)}]
        assert [keccak256(each.encode())[:4].hex() for each in found] == [selector]

    @pytest.mark.parametrize(
        ("event", "topic"),
        [
            ("SendPacket", "ab3a4458a269be61dfa43faa33aa7b1f5d570716f83ad078bc2ba5dab039abae"),
            ("WriteAcknowledgement", "76765590e2b799b0506100f8a6610cfecab2c71e8e1f8aa981b099aff0dfdb74"),
            ("AckPacket", "f9bab74bcdb634f4d3dd064cc42a13df056598e1c0336905d2f5750fbfb08b7b"),
            ("TimeoutPacket", "01e5ed58494819ef3f6480dd08e433b7c08ed75c7abdf2c22c6f04b71340a168"),
            ("Noop", "d08bf58b0e4eec5bfc697a4fdbb6839057fbf4dd06f1b1ce07445c0e5a654caf"),
            ("IBCAppRecvPacketCallbackError", "b9edb487"),
            ("IBCAppAdded", "a6ec8e86"),
            ("ICS02ClientAdded", "0ecded31"),
            ("ICS02ClientUpdated", "87bbef27"),
            ("ICS02ClientMigrated", "23c2e29d"),
            ("ICS02MisbehaviourSubmitted", "a263f0a9"),
        ],
    )
    def test_events(self, event: str, topic: str) -> None:
        entry = next(entry for entry in artifact(Contract.ROUTER).entries("event") if entry["name"] == event)
        assert keccak256(signature(entry).encode()).hex().startswith(topic)

    @pytest.mark.parametrize(
        ("function", "selector"),
        [
            ("updateClient", "0bece356"),
            ("verifyMembership", "682ed5f0"),
            ("verifyNonMembership", "4d6d9ffb"),
            ("misbehaviour", "ddba6537"),
            ("getClientState", "ef913a4b"),
            ("getConsensusTimestamp", "5832611b"),
        ],
    )
    def test_the_light_clients_functions(self, function: str, selector: str) -> None:
        entries = artifact(Contract.COMET_BFT_LIGHT_CLIENT).entries("function")
        entry = next(entry for entry in entries if entry["name"] == function)
        assert keccak256(signature(entry).encode())[:4].hex() == selector

    @pytest.mark.parametrize(
        ("function", "selector"),
        [("onRecvPacket", "078c4a79"), ("onAcknowledgementPacket", "428e4e17"), ("onTimeoutPacket", "5e32b6b6")],
    )
    def test_the_applications_functions(self, function: str, selector: str) -> None:
        entries = artifact(Contract.BUSINESS_FACTS).entries("function")
        entry = next(entry for entry in entries if entry["name"] == function)
        assert keccak256(signature(entry).encode())[:4].hex() == selector


class TestClients:
    def test_anyone_gets_the_next_counted_id(self, bench: Bench) -> None:
        outcome = bench.router.call(
            "addClient((string,bytes[]),address)", ("other-7", [b""]), bench.light_client.address, sender=STRANGER
        )
        assert outcome.value == "client-1"
        assert outcome.named("ICS02ClientAdded")[0].arguments["clientId"] == "client-1"
        assert bench.router.call("getCounterparty", "client-1").value == ("other-7", (b"",))
        assert bench.router.call("getClient", "client-1").value == bench.light_client.address
        assert bench.router.call("getNextClientSeq").value == 2

    @pytest.mark.parametrize(
        ("counterparty", "error"),
        [(("", PREFIX), "IBCInvalidClientId"), ((REMOTE, []), "InvalidMerklePrefix")],
    )
    def test_an_id_is_not_used_up_by_half_a_counterparty(self, bench: Bench, counterparty: Any, error: str) -> None:
        address = bench.light_client.address
        assert bench.router.refusal("addClient((string,bytes[]),address)", counterparty, address) == error
        custom = "addClient(string,(string,bytes[]),address)"
        assert bench.router.refusal(custom, "named", counterparty, address, sender=OWNER) == error
        assert bench.router.refusal("migrateClient", LOCAL, counterparty, address, sender=OWNER) == error
        assert bench.router.call("getNextClientSeq").value == 1

    def test_a_light_client_is_a_contract(self, bench: Bench) -> None:
        function = "addClient((string,bytes[]),address)"
        assert bench.router.refusal(function, (REMOTE, PREFIX), STRANGER) == "IBCInvalidLightClient"

    def test_chosen_ids_are_the_owners(self, bench: Bench) -> None:
        function, address = "addClient(string,(string,bytes[]),address)", bench.light_client.address
        with pytest.raises(Refused, match="Ownable"):
            bench.router.call(function, "hub-1", (REMOTE, PREFIX), address, sender=STRANGER)
        assert bench.router.call(function, "hub-1", (REMOTE, PREFIX), address, sender=OWNER).value == "hub-1"
        assert bench.router.refusal(function, "hub-1", (REMOTE, PREFIX), address, sender=OWNER) == "IBCClientAlreadyExists"

    @pytest.mark.parametrize("client_id", ["", "abc", "x" * 129, "client-5", "channel-5", "with space", "ümlaut", "a/b/c/d"])
    def test_ids_that_cannot_be_chosen(self, bench: Bench, client_id: str) -> None:
        function = "addClient(string,(string,bytes[]),address)"
        arguments = (client_id, (REMOTE, PREFIX), bench.light_client.address)
        assert bench.router.refusal(function, *arguments, sender=OWNER) == "IBCInvalidClientId"

    @pytest.mark.parametrize("client_id", ["abcd", "x" * 128, "azAZ09._+-#[]<>"])
    def test_ids_that_can_be_chosen(self, bench: Bench, client_id: str) -> None:
        function = "addClient(string,(string,bytes[]),address)"
        arguments = (client_id, (REMOTE, PREFIX), bench.light_client.address)
        assert bench.router.call(function, *arguments, sender=OWNER).value == client_id

    def test_replacing_a_client_is_the_owners(self, bench: Bench) -> None:
        other = bench.evm.deploy("ScriptedLightClient")
        arguments = (LOCAL, ("settlement-9", [b"x"]), other.address)
        with pytest.raises(Refused, match="Ownable"):
            bench.router.call("migrateClient", *arguments, sender=STRANGER)
        outcome = bench.router.call("migrateClient", *arguments, sender=OWNER)
        assert outcome.named("ICS02ClientMigrated")[0].arguments["clientId"] == LOCAL
        assert bench.router.call("getClient", LOCAL).value == other.address
        assert bench.router.call("getCounterparty", LOCAL).value == ("settlement-9", (b"x",))
        assert bench.router.refusal("migrateClient", "client-9", *arguments[1:], sender=OWNER) == "IBCClientNotFound"

    def test_updates_and_misbehaviour_reach_the_light_client(self, bench: Bench) -> None:
        for result in range(3):
            outcome = bench.router.call("updateClient", LOCAL, bytes((result,)))
            assert outcome.value == result
            assert dict(outcome.named("ICS02ClientUpdated")[0].arguments) == {"clientId": LOCAL, "result": result}
        outcome = bench.router.call("submitMisbehaviour", LOCAL, b"x")
        assert outcome.named("ICS02MisbehaviourSubmitted")[0].arguments["clientId"] == LOCAL
        assert bench.light_client.call("misbehaviours").value == 1
        assert bench.router.refusal("updateClient", "client-9", b"\x00") == "IBCClientNotFound"
        assert bench.router.refusal("submitMisbehaviour", "client-9", b"\x00") == "IBCClientNotFound"
        assert bench.router.refusal("getCounterparty", "client-9") == "IBCCounterpartyClientNotFound"


class TestPorts:
    def test_anyone_registers_under_its_own_address(self, bench: Bench) -> None:
        outcome = bench.router.call("addIBCApp(address)", bench.app.address, sender=STRANGER)
        assert dict(outcome.named("IBCAppAdded")[0].arguments) == {"portId": bench.app.address, "app": bench.app.address}
        assert bench.router.call("getIBCApp", bench.app.address).value == bench.app.address
        assert bench.router.refusal("addIBCApp(address)", bench.app.address) == "IBCPortAlreadyExists"

    def test_names_are_the_owners(self, bench: Bench) -> None:
        with pytest.raises(Refused, match="Ownable"):
            bench.router.call("addIBCApp(string,address)", "named", STRANGER, sender=STRANGER)
        assert (
            bench.router.refusal("addIBCApp(string,address)", "scripted", STRANGER, sender=OWNER) == "IBCPortAlreadyExists"
        )
        assert bench.router.refusal("getIBCApp", "nothing") == "IBCAppNotFound"

    @pytest.mark.parametrize("port", ["", "abc", "channel-1", "a b c d", "0x" + "aB" * 20, "ab" * 20, "0X" + "12" * 20])
    def test_names_that_are_refused(self, bench: Bench, port: str) -> None:
        assert bench.router.refusal("addIBCApp(string,address)", port, STRANGER, sender=OWNER) == "IBCInvalidPortIdentifier"
