"""`relayer verify`, from two files to an exit status, and files that are never overwritten."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from relayer.cli import app
from relayer.codes.facts import FactCode, FactStatus
from relayer.commands.exits import exit_status
from relayer.core.commitment import acknowledgement_commitment
from relayer.core.packet import Acknowledgement
from relayer.errors import InvalidInput, RelayerError
from relayer.evidence.codec import encode_evidence
from relayer.evidence.model import Claim, PacketEvidence
from relayer.evidence.trust import Trust, encode_trust
from relayer.evidence.verify import claimed_path
from relayer.facts.codec import FactAnswer, encode_answers
from relayer.testing.factories import a_fact, a_fact_payload, a_packet
from tests.support.outputs import output


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def refused(*arguments: str) -> RelayerError:
    result = run(*arguments)
    assert isinstance(result.exception, RelayerError), result.output
    return result.exception


@pytest.fixture
def files(tmp_path: Path, acknowledged: PacketEvidence, trust: Trust) -> tuple[str, str]:
    (tmp_path / "evidence.json").write_bytes(encode_evidence(acknowledged))
    (tmp_path / "trust.json").write_bytes(encode_trust(trust))
    return str(tmp_path / "evidence.json"), str(tmp_path / "trust.json")


def test_evidence_that_holds_is_told_and_ends_with_status_0(files: tuple[str, str]) -> None:
    file, trust = files
    result = run("verify", file, "--trust", trust)
    assert result.exit_code == 0
    assert "VERIFIED" in result.output
    assert "acknowledgement written" in result.output
    told = output("verify", run("verify", file, "--trust", trust, "--json").stdout)
    assert (told["proven"], told["ending"], told["sequence"]) == (True, "acknowledged", 7)
    assert [each["height"] for each in told["statements"]] == [2, 3, 3]


def test_evidence_that_does_not_hold_ends_with_status_1_and_says_why(files: tuple[str, str]) -> None:
    file, trust = files
    document = json.loads(Path(file).read_text())
    document["packet"]["timeout_timestamp"] += 1
    Path(file).write_text(json.dumps(document))
    result = run("verify", file, "--trust", trust)
    assert result.exit_code == 1
    assert "REFUSED" in result.output
    told = output("verify", run("verify", file, "--trust", trust, "--json").stdout)
    assert (told["proven"], told["flaw"]) == (False, "PROOF")


def test_a_bad_trust_file_is_wrong_input_and_not_a_verdict(files: tuple[str, str]) -> None:
    file, trust = files
    assert exit_status(refused("verify", file, "--trust", file)) == 5
    assert exit_status(refused("verify", file, "--trust", trust + ".none")) == 5
    assert exit_status(refused("verify", file + ".none", "--trust", trust)) == 5


async def test_facts_and_their_answers_are_shown(
    tmp_path: Path, ledgers: Any, acknowledged: PacketEvidence, trust: Trust
) -> None:
    facts = a_fact(1), a_fact(2), a_fact(3)
    packet = replace(a_packet(8, timeout=2_000_000_000), payloads=(a_fact_payload(*facts),))
    accepted = FactAnswer(
        status=FactStatus.ACCEPTED, liability_id=b"\x01" * 32, sequence=1, head_hash=b"\x02" * 32, code=FactCode.OK
    )
    rejected = FactAnswer(
        status=FactStatus.REJECTED, liability_id=bytes(32), sequence=0, head_hash=bytes(32), code=FactCode.NO_AGREEMENT
    )
    answer = Acknowledgement(app_acknowledgements=(encode_answers([accepted, rejected, accepted]),))
    ledgers.evm.commit(packet)
    sent = await ledgers.on_evm(Claim.PACKET_COMMITTED, packet, at=ledgers.evm.seal())
    ledgers.comet.put(claimed_path(Claim.ACKNOWLEDGEMENT_WRITTEN, packet), acknowledgement_commitment(answer))
    ledgers.clock.advance(1)
    ledgers.seal_comet()
    statements = (sent, ledgers.on_comet(Claim.ACKNOWLEDGEMENT_WRITTEN, packet))
    evidence = replace(acknowledged, packet=packet, acknowledgement=answer, statements=statements)
    (tmp_path / "e.json").write_bytes(encode_evidence(evidence))
    (tmp_path / "t.json").write_bytes(encode_trust(trust))
    arguments = ("verify", str(tmp_path / "e.json"), "--trust", str(tmp_path / "t.json"))
    told = output("verify", run(*arguments, "--json").stdout)
    assert [(each["fact_id"], each["answer"], each["liability_id"]) for each in told["facts"]] == [
        (f"0x{facts[0].fact_id.hex()}", "accepted", "0x" + "01" * 32),
        (f"0x{facts[1].fact_id.hex()}", "no_agreement", None),
        (f"0x{facts[2].fact_id.hex()}", "accepted", "0x" + "01" * 32),
    ]
    assert "11.90 EUR" in run(*arguments).output


def test_no_file_is_overwritten(tmp_path: Path) -> None:
    run("init", str(tmp_path))
    there = tmp_path / "there.json"
    there.write_text("precious")
    config = str(tmp_path / "relayer.yaml")
    for arguments in (("export", "main/contracts/1", "-o", str(there), "-c", config), ("trust", str(there), "-c", config)):
        assert "exists already" in str(refused(*arguments))
    assert there.read_text() == "precious"


def test_a_packet_of_an_unknown_channel_is_wrong_input(tmp_path: Path) -> None:
    run("init", str(tmp_path))
    error = refused("export", "main", "-c", str(tmp_path / "relayer.yaml"))
    assert isinstance(error, InvalidInput)
