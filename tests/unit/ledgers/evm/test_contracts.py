"""The compiled contracts as Python sees them: errors by selector, call data, and that the artifacts are the sources'."""

from __future__ import annotations

import hashlib
import json
from types import ModuleType

import pytest
from eth_abi.abi import decode

from relayer.errors import InvalidInput
from relayer.ledgers.evm.contracts import (
    Contract,
    artifact,
    call_data,
    creation_code,
    error_by_selector,
    error_name,
    input_types,
    known_errors,
    signature,
)
from relayer.ledgers.evm.error_definitions import FOREIGN_ERRORS, LANGUAGE_ERRORS
from relayer.proofs.keccak import keccak256
from tests.support.paths import ROOT
from tests.support.scripts import load_script

COMPILING = ROOT / "contracts" / "evm" / "compile.py"
COMPARED = "interledger/artifacts"

# As published for IBC v2 routers on EVM ledgers.
SHARED_ERRORS = {
    "IBCInvalidTimeoutTimestamp": "65d30129",
    "IBCInvalidTimeoutDuration": "715fed60",
    "IBCInvalidCounterparty": "9fff831f",
    "IBCAppNotFound": "a09dbf59",
    "IBCUnauthorizedSender": "be2f2b45",
    "IBCFailedCallback": "adef7fb8",
    "IBCAsyncAcknowledgementNotSupported": "ecfef798",
    "IBCPacketCommitmentMismatch": "3f87a2ec",
    "IBCPacketReceiptMismatch": "657b94fe",
    "IBCMultiPayloadPacketNotSupported": "356f4dbd",
    "IBCClientNotFound": "a0db16fe",
    "NotMember": "291fc442",
    "NotNonMember": "9a960b4f",
    "FrozenClientState": "928b1233",
    "ConsensusTimestampNotFound": "f7caaa5c",
}


@pytest.mark.parametrize("name", SHARED_ERRORS)
def test_shared_errors_have_the_shared_selectors(name: str) -> None:
    assert error_name(bytes.fromhex(SHARED_ERRORS[name])) == name


@pytest.mark.parametrize("contract", list(Contract))
def test_every_error_of_the_abi_is_found_by_its_selector(contract: Contract) -> None:
    entries = artifact(contract).entries("error")
    assert entries
    for entry in entries:
        found = error_by_selector(keccak256(signature(entry).encode())[:4])
        assert found is not None
        assert (found.name, found.types) == (entry["name"], input_types(entry))


def test_no_two_errors_share_a_selector() -> None:
    names = {entry["name"] for contract in Contract for entry in artifact(contract).entries("error")}
    foreign = {each.name for each in (*LANGUAGE_ERRORS, *FOREIGN_ERRORS)}
    assert not names & foreign
    assert len(known_errors()) == len(names | foreign)


@pytest.mark.parametrize(
    ("selector", "name"),
    [
        ("068ca9d8", "AccessManagedUnauthorized"),
        ("e2517d3f", "AccessControlUnauthorizedAccount"),
        ("118cdaa7", "OwnableUnauthorizedAccount"),
        ("d93c0665", "EnforcedPause"),
    ],
)
def test_errors_of_routers_that_others_deployed_have_their_names(selector: str, name: str) -> None:
    """As OpenZeppelin publishes them."""
    assert error_name(bytes.fromhex(selector)) == name


def test_unknown_and_short_revert_data_have_no_name() -> None:
    assert error_name(b"") is None
    assert error_name(b"\x65\xd3") is None
    assert error_by_selector(b"\xde\xad\xbe\xef") is None
    assert error_name(bytes.fromhex("08c379a0")) == "Error"


def test_call_data_is_selector_and_arguments() -> None:
    data = call_data(Contract.ROUTER, "updateClient", "client-0", b"\x01\x02")
    assert data[:4].hex() == "6fbf8079"
    assert decode(["string", "bytes"], data[4:]) == ("client-0", b"\x01\x02")
    assert call_data(Contract.ROUTER, "addIBCApp(address)", "0x" + "11" * 20)[:4].hex() == "4b720d5b"


@pytest.mark.parametrize(
    ("function", "arguments"),
    [("nothing", ()), ("addIBCApp", ("0x" + "11" * 20,)), ("updateClient", ("client-0",)), ("updateClient", (1, 2))],
    ids=["unknown", "overloaded", "too few", "of another type"],
)
def test_calls_that_cannot_be_encoded(function: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(InvalidInput):
        call_data(Contract.ROUTER, function, *arguments)


def test_creation_code_appends_the_constructors_arguments() -> None:
    assert creation_code(Contract.ROUTER) == artifact(Contract.ROUTER).bytecode
    code = creation_code(Contract.BUSINESS_FACTS, "0x" + "11" * 20, 1337, "facts-7")
    assert code.startswith(artifact(Contract.BUSINESS_FACTS).bytecode)
    arguments = code[len(artifact(Contract.BUSINESS_FACTS).bytecode) :]
    assert decode(["address", "uint256", "string"], arguments) == ("0x" + "11" * 20, 1337, "facts-7")
    with pytest.raises(InvalidInput):
        creation_code(Contract.BUSINESS_FACTS, 1337)


@pytest.mark.parametrize("contract", list(Contract))
def test_every_contract_can_be_deployed(contract: Contract) -> None:
    assert 0 < artifact(contract).deployed_size_bytes <= 24_576


def test_the_artifacts_are_what_the_sources_compile_to(pytestconfig: pytest.Config) -> None:
    """The compiler takes a minute, so files that were compared in this checkout before are not compared again."""
    compiling = load_script(COMPILING)
    remembered: pytest.Cache | None = getattr(pytestconfig, "cache", None)
    compared = _digest(compiling)
    if remembered is not None and remembered.get(COMPARED, "") == compared:
        return
    built = compiling.build()
    assert {path.stem for path in built} >= {contract.value for contract in Contract}
    stale = [path.name for path, text in built.items() if json.loads(path.read_text()) != json.loads(text)]
    assert stale == [], "run contracts/evm/compile.py and commit the artifacts"
    if remembered is not None:
        remembered.set(COMPARED, compared)


def _digest(compiling: ModuleType) -> str:
    """Of everything that the comparison depends on: sources, settings, compiler, artifacts."""
    found = hashlib.sha256(json.dumps(compiling.read_sources(), sort_keys=True).encode())
    folders = (compiling.PACKAGE_ARTIFACTS, compiling.EXAMPLE_ARTIFACTS, compiling.TEST_ARTIFACTS)
    artifacts = [path for folder in folders for path in sorted(folder.glob("*.json"))]
    compiler = compiling.FOLDER / "node_modules" / "solc"
    for path in (COMPILING, compiler / "package.json", compiler / "soljson.js", *artifacts):
        found.update(f"{path.name} ".encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()
