"""relayer.yaml: the shipped example is sound, and each mutation of it is refused with its line, its path and a remedy."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest
from pydantic import Field

from relayer.config import relayer_file
from relayer.config.deployment import Contracts, Deployment, deployment_path, read_deployment, write_deployment
from relayer.config.fields import ConfirmationDepth, Section
from relayer.config.ledgers import EvmLedgerSettings, RemoteLedgerSettings
from relayer.config.relayer_file import load_relayer
from relayer.config.serving import load_authority, load_ledger
from relayer.errors import ConfigurationError

EXAMPLES = resources.files("relayer.examples")
EXAMPLE = EXAMPLES.joinpath("relayer.yaml").read_text()
ROUTER = "0x" + "ab" * 20


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write_text(text: str) -> Path:
        path = tmp_path / "relayer.yaml"
        path.write_text(text)
        return path

    return write_text


def mutated(*changes: tuple[str, str]) -> str:
    text = EXAMPLE
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the example"
        text = text.replace(old, new)
    return text


def refusal(path: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_relayer(path)
    return str(caught.value)


def test_the_example_is_sound(write: Callable[[str], Path]) -> None:
    path = write(EXAMPLE)
    settings = load_relayer(path)
    contracts, settlement = settings.ledgers["contracts"], settings.ledgers["settlement"]
    assert isinstance(contracts, EvmLedgerSettings)
    assert isinstance(settlement, RemoteLedgerSettings)
    assert contracts.authorities.threshold == 2
    assert contracts.account.keystore == path.parent / "keys/relayer.json"
    assert settings.channels[0].ends[0].client is None


def test_the_digest_is_of_what_differs_from_the_defaults(write: Callable[[str], Path]) -> None:
    """So a version that adds a setting asks nobody for a restart."""
    digest = load_relayer(write(EXAMPLE)).digest
    engine = "engine: {poll_seconds: 1, batch_packets: 150, batch_bytes: 1000000}\n"
    assert load_relayer(write(mutated((engine, "")))).digest == digest
    assert load_relayer(write(mutated((engine, "engine: {batch_packets: 149}\n")))).digest != digest
    service = "service: {host: 127.0.0.1, port: 8484}"
    assert load_relayer(write(mutated((service, service.replace("8484", "8485"))))).digest != digest


def test_an_added_setting_with_its_default_changes_no_digest(
    write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = load_relayer(write(EXAMPLE)).digest

    class Added(Section):
        limit: int = 3

    class Later(relayer_file.RelayerSettings):
        added: Added = Field(default_factory=Added)
        number: int = 7

    monkeypatch.setattr(relayer_file, "RelayerSettings", Later)
    assert load_relayer(write(EXAMPLE)).digest == digest


def test_the_other_examples_are_sound(tmp_path: Path) -> None:
    for name in ("authority.yaml", "ledger.yaml"):
        (tmp_path / name).write_text(EXAMPLES.joinpath(name).read_text())
    assert load_authority(tmp_path / "authority.yaml").clients[0].client_id == "poa-evm-0"
    assert load_ledger(tmp_path / "ledger.yaml").chain_id == "settlement-1"


def test_confirmations_are_a_finality(write: Callable[[str], Path]) -> None:
    settings = load_relayer(write(mutated(("finality: latest", "finality: {confirmations: 12}"))))
    contracts = settings.ledgers["contracts"]
    assert isinstance(contracts, EvmLedgerSettings)
    assert contracts.finality == ConfirmationDepth(confirmations=12)


LITERAL_SECRET = "hunter2-do-not-show"

# ruff: noqa: E501 (one mutation a line reads best)
REFUSED = {
    "unknown key": (("finality: latest", "finalty: latest"), "ledgers.contracts.finalty: unknown key; did you mean finality?"),
    "unknown key at the top": (("version: 1", "version: 1\nzzzz: 2"), "zzzz: unknown key; remove it"),
    "missing key": (("    chain_id: 1337\n", ""), "ledgers.contracts.chain_id: is missing; add it"),
    "unknown type": (("type: evm", "type: fabric"), "unknown type; write type: evm, embedded, remote or cosmos"),
    "missing type": (("    type: evm\n", ""), "the type is missing"),
    "chain id as text": (("chain_id: 1337", 'chain_id: "1337"'), "ledgers.contracts.chain_id: "),
    "endpoint": (("http://127.0.0.1:8545", "127.0.0.1:8545"), "ledgers.contracts.endpoints[0]: is not an endpoint"),
    "port of an endpoint": (("127.0.0.1:8545", "127.0.0.1:65536"), "ledgers.contracts.endpoints[0]: is not an endpoint"),
    "port 0 of an endpoint": (("127.0.0.1:8545", "127.0.0.1:0"), "ledgers.contracts.endpoints[0]: is not an endpoint"),
    "port in words": (("127.0.0.1:8545", "127.0.0.1:http"), "ledgers.contracts.endpoints[0]: is not an endpoint"),
    "half an IPv6 endpoint": (("http://127.0.0.1:8545", '"http://[::1:8545"'), "ledgers.contracts.endpoints[0]: is not an endpoint"),
    "port without a host": (("127.0.0.1:8545", ":8545"), "ledgers.contracts.endpoints[0]: is not an endpoint"),
    "websocket alone": (("http://127.0.0.1:8545", "ws://127.0.0.1:8545"), "ledgers.contracts: has no http:// or https:// endpoint"),
    "password in an endpoint": (("http://127.0.0.1:8545", f"http://me:{LITERAL_SECRET}@host"), "without a user name"),
    "finality": (("finality: latest", "finality: soon"), "ledgers.contracts.finality: "),
    "literal password": (("{file: keys/relayer.password}", LITERAL_SECRET), "never written here"),
    "literal token": (("{file: keys/ledger.token}", LITERAL_SECRET), "never written here"),
    "two secrets": (("{file: keys/ledger.token}", "{file: a, env: B}"), "needs exactly one of file and env"),
    "account": (("      keystore: keys/relayer.json\n", ""), "needs keystore and password, or key"),
    "fee cap": (("policy: eip1559, cap_wei: 100000000000", "policy: legacy"), "ledgers.contracts.fees: has the policy legacy without"),
    "zero fee with a cap": (("policy: eip1559", "policy: zero"), "takes neither cap_wei nor tip_wei"),
    "threshold": (("threshold: 2", "threshold: 4"), "ledgers.contracts.authorities: needs 4 signatures of 3 members"),
    "threshold 0": (("threshold: 2", "threshold: 0"), "ledgers.contracts.authorities.threshold: "),
    "authority twice": (("0x1000000000000000000000000000000000000002", "0x1000000000000000000000000000000000000001"), "twice"),
    "address": (('"0x1000000000000000000000000000000000000001"', "0x12"), "is not an address"),
    "checksum": (
        ("0x1000000000000000000000000000000000000001", "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
        "wrong EIP-55 checksum",
    ),
    "remote address": (("address: unix:ledger/ledger.sock", "address: http://127.0.0.1"), "expected host:port"),
    "nameless socket": (("address: unix:ledger/ledger.sock", "address: 'unix:'"), "names no socket"),
    "token over a plain port": (("address: unix:ledger/ledger.sock", "address: 127.0.0.1:7070"), "another user's process may listen"),
    "unknown ledger": (("{ledger: settlement}", "{ledger: setlement}"), "unknown ledger 'setlement'; known ledgers: contracts, settlement"),
    "one ledger twice": (("{ledger: settlement}", "{ledger: contracts}"), "joins the ledger 'contracts' with itself"),
    "client id": (("{ledger: settlement}", "{ledger: settlement, client: x}"), "channels[0].ends[1].client: client id 'x'"),
    "port that is an address": (("{ledger: contracts}", '{ledger: contracts, port: "0x' + "c0" * 20 + '"}'), "channels[0].ends[0].port: is an address; write `port: address`"),
    "port in no form": (("{ledger: contracts}", "{ledger: contracts, port: f}"), "channels[0].ends[0].port: port 'f'"),
    "port of a settlement ledger": (("{ledger: settlement}", "{ledger: settlement, port: facts-7}"), "channels[0].ends[1].port: 'facts-7': the application of a settlement ledger is on port settlement"),
    "kind": (('    # allowed: {issuers: ["0x..."], kinds', "    allowed: {kinds"), "unknown kind"),
    "timeout": (("timeout_seconds: 3600", "timeout_seconds: 90000"), "channels[0].timeout_seconds: "),
    "public service": (("host: 127.0.0.1, port: 8484", "host: 0.0.0.0, port: 8484"), "service: listens on 0.0.0.0 for other"),
    "token without tls": (("host: 127.0.0.1, port: 8484", "port: 8484, token: {file: t}"), "service: has a token without tls"),
    "every address is ours": (("{host: 127.0.0.1, port: 8484}", "{host: '::', port: 9101, tls: {certificate: c, key: k}}"), "127.0.0.1:9101 is also the"),
    "no host": (("host: 127.0.0.1, port: 8484", "host: 'a b', port: 8484"), "service.host: is not a host"),
    "authority's token without tls": (('"127.0.0.1:9101"}', '"127.0.0.1:9101", token: {file: t}}'), "members[0]: has a token without tls"),
    "port clash": (("address: unix:ledger/ledger.sock", "tls: ca.pem\n    address: 127.0.0.1:8484"), "127.0.0.1:8484 is also the status service"),
    "authority at the ledger's port": (("address: unix:ledger/ledger.sock", "tls: ca.pem\n    address: localhost:9101"), "give one of them another port"),
    "home of nobody": (("path: relayer.journal", "path: ~nobody-here/relayer.journal"), "a user that this machine does not know"),
    "log level": (("level: info", "level: loud"), "logging.level: "),
    "ledger name": (("  settlement:\n", "  Settlement!:\n"), "ledger name 'Settlement!'"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_one_mutation_is_refused(case: str, write: Callable[[str], Path]) -> None:
    change, words = REFUSED[case]
    text = mutated(change).replace("kinds: [trip_completed, charge", "kinds: [trip_complete, charge")
    message = refusal(write(text))
    assert words in message
    assert LITERAL_SECRET not in message


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "relayer.example.org", "127.0.0.1"])
def test_listening_for_other_machines_takes_a_certificate(host: str, write: Callable[[str], Path]) -> None:
    listen = f"{{host: '{host}', port: 8484, tls: {{certificate: c.pem, key: c.key}}, token: {{file: t}}}}"
    path = write(mutated(("{host: 127.0.0.1, port: 8484}", listen)))
    service = load_relayer(path).service
    assert service.tls is not None
    assert (service.host, service.tls.certificate) == (host, path.parent / "c.pem")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "relayer.example.org"])
def test_neither_authority_nor_ledger_listens_for_other_machines_without_one(host: str, tmp_path: Path) -> None:
    for name, load, plain in (
        ("authority.yaml", load_authority, "listen: {host: 127.0.0.1, port: 9101}"),
        ("ledger.yaml", load_ledger, "listen: {socket: ledger/ledger.sock}"),
    ):
        text = EXAMPLES.joinpath(name).read_text()
        assert plain in text
        path = tmp_path / name
        path.write_text(text.replace(plain, f"listen: {{host: '{host}', port: 9101}}"))
        with pytest.raises(ConfigurationError, match=r"name a certificate|add tls"):
            load(path)
        tls = "tls: {certificate: c.pem, key: c.key}"
        path.write_text(text.replace(plain, f"listen: {{host: '{host}', port: 9101, {tls}}}"))
        assert load(path).listen.host == host


def test_every_problem_stands_in_one_report_with_its_line(write: Callable[[str], Path]) -> None:
    text = mutated(
        ("chain_id: 1337", "chain_id: 0"),
        ("{ledger: settlement}", "{ledger: nowhere}"),
        ("{file: keys/ledger.token}", LITERAL_SECRET),
        ("journal: {path: relayer.journal}", "journal: {folder: x}"),
    )
    message = refusal(write(text))
    assert message.startswith("5 problems in the configuration:\n"), message
    line = text.splitlines().index("      - {ledger: nowhere}")
    assert f"relayer.yaml:{line + 1}: channels[0].ends[1].ledger: unknown ledger 'nowhere'" in message


def test_duplicate_channel_and_client(write: Callable[[str], Path]) -> None:
    ends = "{name: %s, ends: [{ledger: contracts, client: client-0}, {ledger: settlement, client: poa-evm-0}]}"
    start = EXAMPLE.index("channels:")
    end = EXAMPLE.index("journal:")
    message = refusal(write(f"{EXAMPLE[:start]}channels: [{ends % 'a'}, {ends % 'a'}, {ends % 'b'}]\n{EXAMPLE[end:]}"))
    assert "channels[1].name: 'a' is defined twice" in message
    assert "the client client-0 already belongs to channel 'a'" in message
    assert "the client poa-evm-0 already belongs to channel 'a'" in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "is not YAML"),
        ("- a", "is not a mapping"),
        ("version: 1\nversion: 1", ":2: version is defined twice"),
        ("a: &x 1\nb: *x", "anchors and aliases are refused"),
        ("a: " + "[" * 40 + "]" * 40, "nested deeper"),
        ("a: " + "[" * 20_000, "nested deeper"),
        ("a:\n" + "- b\n" * 60_000, "more than 50000 keys and values"),
        ("a: \xff", "unknown key"),
        ("#" * 1_000_001, "at most"),
    ],
)
def test_foreign_yaml_is_refused(text: str, words: str, write: Callable[[str], Path]) -> None:
    assert words in refusal(write(text))


def test_an_unquoted_address_stays_text(write: Callable[[str], Path]) -> None:
    settings = load_relayer(write(mutated(('# router: "0x..."', f"router: {ROUTER}"))))
    contracts = settings.ledgers["contracts"]
    assert isinstance(contracts, EvmLedgerSettings)
    assert contracts.router is not None
    assert contracts.router.lower() == ROUTER


def test_absent_file_names_the_remedy(tmp_path: Path) -> None:
    assert "relayer init" in refusal(tmp_path / "nothing.yaml")


def test_what_channel_open_noted_completes_the_settings(write: Callable[[str], Path]) -> None:
    path = write(EXAMPLE)
    deployment = (
        Deployment().with_contracts("contracts", Contracts(router=ROUTER)).with_client("main", "contracts", "client-0")
    )
    write_deployment(deployment_path(path), deployment)
    assert read_deployment(deployment_path(path)).clients == {"main": {"contracts": "client-0"}}
    settings = load_relayer(path)
    contracts = settings.ledgers["contracts"]
    assert isinstance(contracts, EvmLedgerSettings)
    assert contracts.router
    assert contracts.router.lower() == ROUTER
    assert [end.client for end in settings.channels[0].ends] == ["client-0", None]
    assert path.read_text() == EXAMPLE


def test_a_ledger_is_read_from_the_block_in_which_its_router_was_deployed(write: Callable[[str], Path]) -> None:
    """The fault: commands read every block from the first one, which nodes with caps or without old blocks refuse."""
    path = write(EXAMPLE)
    noted = Deployment().with_contracts("contracts", Contracts(router=ROUTER, deployed_at_height=700))
    write_deployment(deployment_path(path), noted)
    assert load_relayer(path).ledgers["contracts"].read_above == 699
    path.write_text(mutated(("finality:", "start_height: 900\n    finality:")))
    assert load_relayer(path).ledgers["contracts"].read_above == 900
    path.write_text(mutated(("finality:", "deployed_at_height: 600\n    finality:")))
    assert "ledgers.contracts.deployed_at_height: differs from 700" in refusal(path)


COSMOS = """  chain:
    type: cosmos
    chain_id: chain-1
    endpoints: [http://127.0.0.1:26657]
    account: {keystore: keys/chain.json, password: {file: keys/chain.password}}
    fees: {gas_price: 0stake}
channels:
"""


def test_a_chain_is_read_from_the_height_at_which_its_channels_were_opened(write: Callable[[str], Path]) -> None:
    """The fault: a chain was read from its first block, which nodes with pruned blocks no longer have."""
    text = mutated(("channels:\n", COSMOS)) + "\n"
    more = "".join(
        f"  - {{name: {name}, timeout_seconds: 3600, ends: [{{ledger: contracts}}, {{ledger: chain{client}}}]}}\n"
        for name, client in (("one", ""), ("two", ""))
    )
    path = write(text.replace(COSMOS, COSMOS + more))

    def above(deployment: Deployment) -> int:
        write_deployment(deployment_path(path), deployment)
        return load_relayer(path).ledgers["chain"].read_above

    one = Deployment().with_client("one", "chain", "poa-evm-0", above=700)
    both = one.with_client("two", "chain", "poa-evm-1", above=900)
    assert above(both) == 700
    assert above(one) == 0
    assert above(one.with_client("two", "chain", "poa-evm-1")) == 0
    path.write_text(path.read_text().replace("ledger: chain}", "ledger: chain, client: poa-evm-7}", 1))
    assert above(Deployment().with_client("two", "chain", "poa-evm-1", above=900)) == 0
    path.write_text(path.read_text().replace(", client: poa-evm-7", "").replace("0stake}", "0stake}\n    start_height: 950"))
    assert above(both) == 950
    path.write_text(path.read_text().replace("start_height", "opened_above_height"))
    with pytest.raises(ConfigurationError, match="differs from 700"):
        above(both)


def test_a_contradiction_between_the_two_files_is_refused(write: Callable[[str], Path]) -> None:
    path = write(mutated(('# router: "0x..."', 'router: "0x' + "cd" * 20 + '"')))
    write_deployment(deployment_path(path), Deployment().with_contracts("contracts", Contracts(router=ROUTER)))
    assert "ledgers.contracts.router: differs from" in refusal(path)


def test_a_damaged_deployment_file_is_refused(write: Callable[[str], Path]) -> None:
    path = write(EXAMPLE)
    deployment_path(path).write_text("{")
    assert "relayer.deployed.json: is not what" in refusal(path)


def test_secrets_are_read_by_reference(write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(mutated(("password: {file: keys/relayer.password}", "password: {env: RELAYER_PASSWORD}")))
    contracts = load_relayer(path).ledgers["contracts"]
    assert isinstance(contracts, EvmLedgerSettings)
    assert contracts.account.password is not None
    with pytest.raises(ConfigurationError, match="RELAYER_PASSWORD is not set"):
        contracts.account.password.resolve()
    monkeypatch.setenv("RELAYER_PASSWORD", "secret")
    assert contracts.account.password.resolve() == "secret"


def test_a_secret_file(write: Callable[[str], Path]) -> None:
    path = write(EXAMPLE)
    contracts = load_relayer(path).ledgers["contracts"]
    assert isinstance(contracts, EvmLedgerSettings)
    password = contracts.account.password
    assert password is not None
    with pytest.raises(ConfigurationError, match="cannot be read"):
        password.resolve()
    (path.parent / "keys").mkdir()
    (path.parent / "keys/relayer.password").write_text("\n")
    with pytest.raises(ConfigurationError, match="is empty"):
        password.resolve()
    (path.parent / "keys/relayer.password").write_text("secret\n")
    assert password.resolve() == "secret"


def test_a_port_may_be_named_and_is_the_same_for_all_channels_of_a_ledger(write: Callable[[str], Path]) -> None:
    assert [end.port for end in load_relayer(write(EXAMPLE)).channels[0].ends] == ["settlement", "settlement"]
    named = mutated(("{ledger: contracts}", "{ledger: contracts, port: facts-7}"))
    assert [end.port for end in load_relayer(write(named)).channels[0].ends] == ["facts-7", "settlement"]
    second = "channels:\n  - {name: second, ends: [{ledger: contracts, port: facts-8}, {ledger: settlement}]}\n"
    message = refusal(write(named.replace("channels:\n", second)))
    assert "channels[1].ends[0].port: 'facts-7', but channel 'second' has 'facts-8' on the same ledger" in message


def test_the_port_of_a_contract_without_a_name_is_its_address_once_that_is_known(write: Callable[[str], Path]) -> None:
    path = write(mutated(("{ledger: contracts}", "{ledger: contracts, port: address}")))
    end = load_relayer(path).channels[0].ends[0]
    assert (end.port, end.named_port) == ("address", None)
    facts = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    write_deployment(deployment_path(path), Deployment(contracts={"contracts": Contracts(router=ROUTER, facts=facts)}))
    end = load_relayer(path).channels[0].ends[0]
    assert (end.port, end.named_port) == (facts.lower(), None)
