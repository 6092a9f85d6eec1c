"""What a file proves, and every way to change it: refused with its flaw, never believed in part."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from relayer.core.ids import ClientId, Height, TimestampSeconds
from relayer.core.packet import Acknowledgement
from relayer.evidence.codec import decode_evidence, encode_evidence
from relayer.evidence.errors import EvidenceRefused, Flaw
from relayer.evidence.model import LIVES, Claim, Ending, PacketEvidence, ProvenStatement
from relayer.evidence.trust import Trust, decode_trust, encode_trust
from relayer.evidence.verify import verify, verify_file
from relayer.light_clients.known import KNOWN
from relayer.light_clients.poa_evm import EvmTrust
from relayer.light_clients.tendermint import CometTrust
from relayer.proofs.comet.client_types import decode_client_header, encode_client_header
from relayer.proofs.comet.types import ABSENT, Validator, ValidatorSet
from relayer.proofs.poa_evm.types import decode_header, encode_header
from relayer.testing.factories import a_packet

Json = dict[str, Any]


def flaw_of(evidence: PacketEvidence, trust: Trust) -> Flaw:
    with pytest.raises(EvidenceRefused) as refused:
        verify(evidence, trust)
    return refused.value.flaw


def with_statement(evidence: PacketEvidence, index: int, **changes: Any) -> PacketEvidence:
    statements = list(evidence.statements)
    statements[index] = replace(statements[index], **changes)
    return replace(evidence, statements=tuple(statements))


def with_comet_header(evidence: PacketEvidence, index: int, change: Callable[[Any], Any]) -> PacketEvidence:
    header = change(decode_client_header(evidence.statements[index].header))
    return with_statement(evidence, index, header=encode_client_header(header))


# What holds.


async def test_an_acknowledged_packet_is_proven_from_end_to_end(acknowledged: PacketEvidence, trust: Trust) -> None:
    verdict = verify_file(encode_evidence(acknowledged), trust)
    assert verdict.ending is Ending.ACKNOWLEDGED
    assert (verdict.packet, verdict.acknowledgement) == (acknowledged.packet, acknowledged.acknowledgement)
    assert [(each.claim, each.chain_id, each.height) for each in verdict.proven] == [
        (Claim.PACKET_COMMITTED, "1337", 2),
        (Claim.ACKNOWLEDGEMENT_WRITTEN, "settlement-1", 3),
        (Claim.COMMITMENT_CLEARED, "1337", 3),
    ]


async def test_a_packet_that_timed_out_is_proven(timed_out: PacketEvidence, trust: Trust) -> None:
    verdict = verify_file(encode_evidence(timed_out), trust)
    assert verdict.ending is Ending.TIMED_OUT
    assert verdict.proven[1].timestamp >= timed_out.packet.timeout_timestamp


async def test_the_other_direction_is_proven_alike(returned: PacketEvidence, trust: Trust) -> None:
    assert verify_file(encode_evidence(returned), trust).ending is Ending.ACKNOWLEDGED


async def test_a_life_may_be_shown_in_part(acknowledged: PacketEvidence, timed_out: PacketEvidence, trust: Trust) -> None:
    def ending(evidence: PacketEvidence, count: int) -> Ending:
        answer = evidence.acknowledgement if count > 1 else None
        return verify(replace(evidence, acknowledgement=answer, statements=evidence.statements[:count]), trust).ending

    assert [ending(acknowledged, count) for count in (1, 2, 3)] == [Ending.SENT, Ending.ANSWERED, Ending.ACKNOWLEDGED]
    assert [ending(timed_out, count) for count in (1, 2, 3)] == [Ending.SENT, Ending.EXPIRED, Ending.TIMED_OUT]


async def test_the_order_of_the_trusted_ends_does_not_matter(acknowledged: PacketEvidence, trust: Trust) -> None:
    one, other = trust.ends
    assert verify(acknowledged, Trust(ends=(other, one))) == verify(acknowledged, trust)


async def test_a_header_without_the_votes_of_some_is_enough(acknowledged: PacketEvidence, trust: Trust) -> None:
    def silence_one(header: Any) -> Any:
        commit = header.signed.commit
        signed = replace(header.signed, commit=replace(commit, signatures=(ABSENT, *commit.signatures[1:])))
        return replace(header, signed=signed)

    assert verify(with_comet_header(acknowledged, 1, silence_one), trust).ending is Ending.ACKNOWLEDGED


async def test_any_of_the_trusted_validator_sets_may_have_signed(acknowledged: PacketEvidence, trust: Trust) -> None:
    evm, comet = trust.ends
    assert isinstance(comet.ledger, CometTrust)
    (members,) = comet.ledger.validator_sets
    later = ValidatorSet.of([replace(members.validators[0], power=11), *members.validators[1:]])
    both = replace(comet, ledger=replace(comet.ledger, validator_sets=(later, members)))
    assert verify(acknowledged, Trust(ends=(evm, both))).ending is Ending.ACKNOWLEDGED
    only_later = replace(comet, ledger=replace(comet.ledger, validator_sets=(later,)))
    assert flaw_of(acknowledged, Trust(ends=(evm, only_later))) is Flaw.SIGNERS


# What does not.


def _other(value: Any) -> Any:
    match value:
        case None:
            return "0x01"
        case int():
            return value + 1
        case str() if value.startswith("0x"):
            middle = 2 + len(value) // 2 // 2 * 2
            return value[:middle] + f"{int(value[middle : middle + 2], 16) ^ 1:02x}" + value[middle + 2 :]
        case str():
            return value + "x"
        case _:
            raise AssertionError(value)


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    match value:
        case dict():
            return [leaf for name, each in value.items() for leaf in _leaves(each, (*path, name))]
        case list():
            return [leaf for index, each in enumerate(value) for leaf in _leaves(each, (*path, index))]
        case _:
            return [path]


def _changed(document: Json, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> bytes:
    copy = json.loads(json.dumps(document))
    at = copy
    for step in path[:-1]:
        at = at[step]
    change(at, path[-1])
    return json.dumps(copy).encode()


async def test_every_single_field_matters(
    acknowledged: PacketEvidence, timed_out: PacketEvidence, returned: PacketEvidence, trust: Trust
) -> None:
    def alter(at: Any, name: Any) -> None:
        at[name] = _other(at[name])

    def drop(at: Any, name: Any) -> None:
        del at[name]

    def nothing(at: Any, name: Any) -> None:
        at[name] = [None] if at[name] is None else None

    checked = 0
    for evidence in (acknowledged, timed_out, returned):
        document = json.loads(encode_evidence(evidence))
        for path in _leaves(document):
            for change in (alter, drop, nothing):
                with pytest.raises(EvidenceRefused):
                    verify_file(_changed(document, path, change), trust)
                checked += 1
    assert checked == 3 * 3 * 28


async def test_every_part_of_every_byte_string_matters(acknowledged: PacketEvidence, trust: Trust) -> None:
    """One byte in each sixteenth of each header and proof, and one byte less or more."""
    for index, statement in enumerate(acknowledged.statements):
        for name in ("header", "proof"):
            raw: bytes = getattr(statement, name)
            places = sorted({0, len(raw) - 1, *(len(raw) * part // 16 for part in range(16))})
            changed = [raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :] for at in places]
            for other in [*changed, raw[:-1], raw + b"\0", b""]:
                flaw = flaw_of(with_statement(acknowledged, index, **{name: other}), trust)
                assert flaw in {Flaw.HEADER, Flaw.SIGNERS, Flaw.PROOF}


async def test_an_answer_to_another_packet_is_no_answer(acknowledged: PacketEvidence, trust: Trust) -> None:
    other = replace(acknowledged, acknowledgement=Acknowledgement(app_acknowledgements=(b"not fine",)))
    assert flaw_of(other, trust) is Flaw.PROOF


async def test_a_packet_of_another_channel_is_refused(acknowledged: PacketEvidence, trust: Trust) -> None:
    """Its commitment may be real, but whoever made that client cannot borrow the answers of this channel."""
    stranger = replace(acknowledged.packet, source_client=ClientId("client-9"))
    assert flaw_of(replace(acknowledged, packet=stranger), trust) is Flaw.OTHER_CHANNEL


async def test_a_packet_to_another_client_is_refused(ledgers: Any, acknowledged: PacketEvidence, trust: Trust) -> None:
    """Even one that the source did commit."""
    packet = replace(a_packet(12, timeout=2_000_000_000), destination_client=ClientId("poa-evm-9"))
    ledgers.evm.commit(packet)
    sent = await ledgers.on_evm(Claim.PACKET_COMMITTED, packet, at=ledgers.evm.seal())
    evidence = replace(acknowledged, packet=packet, acknowledgement=None, statements=(sent,))
    assert flaw_of(evidence, trust) is Flaw.OTHER_CHANNEL


@pytest.mark.parametrize("end", ["source_port", "destination_port"])
async def test_what_a_stranger_sent_from_another_port_through_the_same_clients_is_no_evidence(
    ledgers: Any, acknowledged: PacketEvidence, trust: Trust, end: str
) -> None:
    """Its commitment is real: on an open router anyone may register an application and send through the channel's client."""
    honest = a_packet(13, timeout=2_000_000_000)
    packet = replace(honest, payloads=tuple(replace(each, **{end: "stranger"}) for each in honest.payloads))
    ledgers.evm.commit(packet)
    sent = await ledgers.on_evm(Claim.PACKET_COMMITTED, packet, at=ledgers.evm.seal())
    evidence = replace(acknowledged, packet=packet, acknowledgement=None, statements=(sent,))
    assert flaw_of(evidence, trust) is Flaw.OTHER_APPLICATION
    ends = tuple(
        replace(each, port="stranger" if name == end else each.port)
        for name, each in zip(("source_port", "destination_port"), trust.ends, strict=True)
    )
    verify(evidence, replace(trust, ends=ends))
    of_any = replace(trust, ends=tuple(replace(each, port=None) for each in trust.ends))
    assert decode_trust(encode_trust(of_any), KNOWN.trust_readers) == of_any
    verify(evidence, of_any)


async def test_another_ledger_or_kind_of_ledger_is_refused(acknowledged: PacketEvidence, trust: Trust) -> None:
    for changed in (
        replace(acknowledged, source=replace(acknowledged.source, chain_id="1338")),
        replace(acknowledged, source=replace(acknowledged.source, client_type="07-tendermint")),
        replace(acknowledged, destination=acknowledged.source),
    ):
        assert flaw_of(changed, trust) is Flaw.OTHER_LEDGER
    turned = replace(acknowledged, source=acknowledged.destination, destination=acknowledged.source)
    assert flaw_of(turned, trust) is Flaw.OTHER_CHANNEL


async def test_claims_must_make_a_life(acknowledged: PacketEvidence, timed_out: PacketEvidence, trust: Trust) -> None:
    sent, answered, cleared = acknowledged.statements
    absent = timed_out.statements[1]
    for statements in (
        (),
        (answered,),
        (cleared,),
        (sent, cleared),
        (sent, sent),
        (answered, sent),
        (sent, cleared, answered),
        (sent, answered, absent),
        (sent, answered, cleared, cleared),
    ):
        assert flaw_of(replace(acknowledged, statements=statements), trust) is Flaw.STORY
    assert flaw_of(replace(acknowledged, acknowledgement=None), trust) is Flaw.STORY
    assert flaw_of(replace(timed_out, acknowledgement=acknowledged.acknowledgement), trust) is Flaw.STORY
    assert set(LIVES.values()) == set(Ending)


async def test_a_commitment_that_was_not_made_yet_was_not_cleared(
    acknowledged: PacketEvidence, ledgers: Any, trust: Trust
) -> None:
    before = await ledgers.on_evm(Claim.COMMITMENT_CLEARED, acknowledged.packet, at=Height(1))
    statements = (*acknowledged.statements[:2], before)
    assert flaw_of(replace(acknowledged, statements=statements), trust) is Flaw.STORY


async def test_absence_before_the_timeout_is_no_timeout(timed_out: PacketEvidence, trust: Trust) -> None:
    """The same header a second before the packet's timeout, with a commitment to match."""
    late = replace(timed_out.packet, timeout_timestamp=TimestampSeconds(timed_out.packet.timeout_timestamp + 1000))
    assert flaw_of(replace(timed_out, packet=late), trust) is Flaw.PROOF, "the timeout is part of the commitment"


async def test_a_receipt_that_is_absent_too_early(ledgers: Any, trust: Trust, timed_out: PacketEvidence) -> None:
    packet = a_packet(11, timeout=int(ledgers.clock.now()) + 1)
    ledgers.evm.commit(packet)
    sent = await ledgers.on_evm(Claim.PACKET_COMMITTED, packet, at=ledgers.evm.seal())
    absent = ledgers.on_comet(Claim.RECEIPT_ABSENT, packet)
    evidence = replace(timed_out, packet=packet, statements=(sent, absent))
    assert flaw_of(evidence, trust) is Flaw.TOO_EARLY
    ledgers.clock.advance(1)
    ledgers.seal_comet()
    in_time = replace(evidence, statements=(sent, ledgers.on_comet(Claim.RECEIPT_ABSENT, packet)))
    assert verify(in_time, trust).ending is Ending.EXPIRED


async def test_proofs_do_not_pass_for_each_other(
    acknowledged: PacketEvidence, timed_out: PacketEvidence, trust: Trust
) -> None:
    sent, answered, cleared = acknowledged.statements
    for index, proof in ((0, cleared.proof), (2, sent.proof), (1, timed_out.statements[1].proof), (0, answered.proof)):
        assert flaw_of(with_statement(acknowledged, index, proof=proof), trust) is Flaw.PROOF
    assert flaw_of(with_statement(timed_out, 1, proof=answered.proof), trust) is Flaw.PROOF


async def test_a_header_of_another_height_does_not_serve(acknowledged: PacketEvidence, trust: Trust) -> None:
    sent, _, cleared = acknowledged.statements
    swapped = with_statement(acknowledged, 0, header=cleared.header, height=cleared.height)
    assert flaw_of(swapped, trust) is Flaw.PROOF
    assert flaw_of(with_statement(acknowledged, 0, header=cleared.header), trust) is Flaw.HEADER
    assert sent.height != cleared.height


async def test_headers_of_the_other_kind_do_not_serve(acknowledged: PacketEvidence, trust: Trust) -> None:
    sent, answered, _ = acknowledged.statements
    assert flaw_of(with_statement(acknowledged, 0, header=answered.header), trust) is Flaw.HEADER
    assert flaw_of(with_statement(acknowledged, 1, header=sent.header), trust) is Flaw.HEADER


# Who signed.


async def test_validators_must_be_the_trusted_ones(acknowledged: PacketEvidence, trust: Trust) -> None:
    evm, comet = trust.ends
    assert isinstance(comet.ledger, CometTrust)
    members = comet.ledger.validator_sets[0].validators
    stranger = Validator(public_key=b"\x02" + bytes(31) + b"\x01", power=10)
    for others in (members[1:], (stranger, *members[1:]), (replace(members[0], power=1), *members[1:])):
        changed = replace(comet, ledger=replace(comet.ledger, validator_sets=(ValidatorSet.of(others),)))
        assert flaw_of(acknowledged, Trust(ends=(evm, changed))) is Flaw.SIGNERS
    renamed = replace(comet, ledger=replace(comet.ledger, chain_id="settlement-2"))
    evidence = replace(acknowledged, destination=replace(acknowledged.destination, chain_id="settlement-2"))
    assert flaw_of(evidence, Trust(ends=(evm, renamed))) is Flaw.SIGNERS


async def test_two_thirds_of_the_power_is_not_enough(acknowledged: PacketEvidence, trust: Trust) -> None:
    def silence_two(header: Any) -> Any:
        commit = header.signed.commit
        signed = replace(header.signed, commit=replace(commit, signatures=(ABSENT, ABSENT, *commit.signatures[2:])))
        return replace(header, signed=signed)

    assert flaw_of(with_comet_header(acknowledged, 1, silence_two), trust) is Flaw.SIGNERS


async def test_a_signature_beyond_the_quorum_must_be_good_too(acknowledged: PacketEvidence, trust: Trust) -> None:
    def spoil_last(header: Any) -> Any:
        commit = header.signed.commit
        spoilt = commit.with_signature(3, commit.signatures[2].signature)
        return replace(header, signed=replace(header.signed, commit=spoilt))

    assert flaw_of(with_comet_header(acknowledged, 1, spoil_last), trust) is Flaw.SIGNERS


async def test_nothing_unsigned_can_be_slipped_into_a_header(acknowledged: PacketEvidence, trust: Trust) -> None:
    def trusted_long_ago(header: Any) -> Any:
        return replace(header, trusted_height=1)

    def trusting_others(header: Any) -> Any:
        return replace(header, trusted_validators=ValidatorSet(validators=header.validators.validators[:3]))

    assert flaw_of(with_comet_header(acknowledged, 1, trusted_long_ago), trust) is Flaw.HEADER
    assert flaw_of(with_comet_header(acknowledged, 1, trusting_others), trust) is Flaw.SIGNERS


async def test_authorities_must_be_the_trusted_ones(acknowledged: PacketEvidence, trust: Trust) -> None:
    evm, comet = trust.ends
    assert isinstance(evm.ledger, EvmTrust)
    engine = evm.ledger.engine
    for ledger in (
        replace(evm.ledger, engine=replace(engine, authorities=engine.authorities[:2])),
        replace(evm.ledger, engine=replace(engine, authorities=(*engine.authorities[:2], b"\xff" * 20))),
        replace(evm.ledger, router=b"\xcd" * 20),
    ):
        assert flaw_of(acknowledged, Trust(ends=(replace(evm, ledger=ledger), comet))) is Flaw.SIGNERS


async def test_fewer_authorities_than_the_threshold_are_not_enough(acknowledged: PacketEvidence, trust: Trust) -> None:
    header = decode_header(acknowledged.statements[0].header)
    two = replace(header, seals=header.seals[1:])
    assert verify(with_statement(acknowledged, 0, header=encode_header(two)), trust).ending is Ending.ACKNOWLEDGED
    for seals in (header.seals[:1], (header.seals[0], header.seals[0]), ()):
        changed = encode_header(replace(header, seals=seals))
        assert flaw_of(with_statement(acknowledged, 0, header=changed), trust) is Flaw.SIGNERS


async def test_signatures_for_another_channel_do_not_count(acknowledged: PacketEvidence, trust: Trust) -> None:
    """The authorities sign for one client of one ledger: their word to another one is not carried over."""
    evm, comet = trust.ends
    assert isinstance(comet.ledger, CometTrust)
    moved = replace(comet, client_id=ClientId("poa-evm-1"))
    packet = replace(acknowledged.packet, destination_client=ClientId("poa-evm-1"))
    assert flaw_of(replace(acknowledged, packet=packet), Trust(ends=(evm, moved))) is Flaw.SIGNERS


async def test_reading_gives_back_what_was_written(
    acknowledged: PacketEvidence, timed_out: PacketEvidence, returned: PacketEvidence
) -> None:
    for evidence in (acknowledged, timed_out, returned):
        assert decode_evidence(encode_evidence(evidence)) == evidence


async def test_a_statement_needs_its_own_header(acknowledged: PacketEvidence, trust: Trust) -> None:
    answered = acknowledged.statements[1]
    borrowed = ProvenStatement(
        claim=Claim.PACKET_COMMITTED, height=answered.height, header=answered.header, proof=answered.proof
    )
    changed = replace(acknowledged, statements=(borrowed, *acknowledged.statements[1:]))
    assert flaw_of(changed, trust) is Flaw.HEADER
