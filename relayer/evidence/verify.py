"""Decides what a file proves, from only the bytes of the file and the reader's trust. All or nothing.

Order of the checks: the ledgers and the channel, the sequence of claims, then each statement: header, height, proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from relayer.core.commitment import (
    CommitmentPath,
    PathKind,
    acknowledgement_commitment,
    commitment_path,
    packet_commitment,
)
from relayer.core.packet import Acknowledgement, Packet
from relayer.evidence.codec import decode_evidence
from relayer.evidence.errors import EvidenceRefused, Flaw
from relayer.evidence.headers import Anchor, believe
from relayer.evidence.model import (
    LIVES,
    ON_SOURCE,
    Claim,
    Ending,
    LedgerName,
    PacketEvidence,
    Proven,
    ProvenStatement,
    Verdict,
)
from relayer.evidence.trust import Trust, TrustedEnd
from relayer.proofs.client import ClientIdentity
from relayer.proofs.errors import ProofError


def verify_file(raw: bytes, trust: Trust) -> Verdict:
    """Raises EvidenceRefused, and nothing else."""
    return verify(decode_evidence(raw), trust)


def verify(evidence: PacketEvidence, trust: Trust) -> Verdict:
    """Raises EvidenceRefused."""
    source, destination = _ends(evidence, trust)
    ending = _ending(evidence)
    proven = []
    for statement in evidence.statements:
        here, there = (source, destination) if statement.claim in ON_SOURCE else (destination, source)
        proven.append(_prove(statement, evidence.packet, evidence.acknowledgement, here=here, there=there))
    _check_order(proven)
    return Verdict(ending=ending, packet=evidence.packet, acknowledgement=evidence.acknowledgement, proven=tuple(proven))


def claimed_path(claim: Claim, packet: Packet) -> CommitmentPath:
    """The path at which the claim's ledger stores the value (ICS-24 v2)."""
    match claim:
        case Claim.PACKET_COMMITTED | Claim.COMMITMENT_CLEARED:
            return commitment_path(packet.source_client, PathKind.COMMITMENT, packet.sequence)
        case Claim.ACKNOWLEDGEMENT_WRITTEN:
            return commitment_path(packet.destination_client, PathKind.ACKNOWLEDGEMENT, packet.sequence)
        case Claim.RECEIPT_ABSENT:
            return commitment_path(packet.destination_client, PathKind.RECEIPT, packet.sequence)
        case _:
            assert_never(claim)


def _ends(evidence: PacketEvidence, trust: Trust) -> tuple[TrustedEnd, TrustedEnd]:
    """The trusted ends that match the file's source and destination."""
    source, destination = (_end(name, trust) for name in (evidence.source, evidence.destination))
    if source is destination:
        raise EvidenceRefused(Flaw.OTHER_LEDGER, "source and destination are the same ledger")
    clients = (evidence.packet.source_client, evidence.packet.destination_client)
    if clients != (source.client_id, destination.client_id):
        raise EvidenceRefused(
            Flaw.OTHER_CHANNEL,
            f"the packet went from {clients[0]} to {clients[1]}; "
            f"the trusted channel goes from {source.client_id} to {destination.client_id}",
        )
    for payload in evidence.packet.payloads:
        if source.port not in {None, payload.source_port} or destination.port not in {None, payload.destination_port}:
            raise EvidenceRefused(
                Flaw.OTHER_APPLICATION,
                f"the packet went from port {payload.source_port!r} to {payload.destination_port!r}; the trusted channel "
                f"goes from {source.port!r} to {destination.port!r}",
            )
    return source, destination


def _end(name: LedgerName, trust: Trust) -> TrustedEnd:
    for end in trust.ends:
        if (end.ledger.chain_id, end.ledger.client_type) == (name.chain_id, name.client_type):
            return end
    raise EvidenceRefused(
        Flaw.OTHER_LEDGER, f"{name.chain_id!r} followed as {name.client_type!r} is not a ledger of the trust file"
    )


def _ending(evidence: PacketEvidence) -> Ending:
    claims = tuple(each.claim for each in evidence.statements)
    if claims not in LIVES:
        raise EvidenceRefused(Flaw.STORY, f"{', '.join(claims)}: this is not the life of a packet")
    if (evidence.acknowledgement is not None) != (Claim.ACKNOWLEDGEMENT_WRITTEN in claims):
        raise EvidenceRefused(Flaw.STORY, "the file must hold an acknowledgement if and only if it is proven")
    return LIVES[claims]


def _prove(
    statement: ProvenStatement, packet: Packet, answer: Acknowledgement | None, *, here: TrustedEnd, there: TrustedEnd
) -> Proven:
    """`here`: the ledger that the statement is about. The other one hosts the client that its headers were made for."""
    identity = ClientIdentity(
        host_chain_id=there.ledger.chain_id, host_genesis=there.genesis_hash, client_id=there.client_id
    )
    anchor = believe(here.ledger, statement.header, identity)
    if anchor.height != statement.height:
        raise EvidenceRefused(
            Flaw.HEADER, f"{statement.claim}: stated at height {statement.height}, but the header is of {anchor.height}"
        )
    try:
        _check_claim(statement, packet, answer, anchor)
    except ProofError as error:
        raise EvidenceRefused(Flaw.PROOF, f"{statement.claim} at height {statement.height}: {error}") from error
    return Proven(
        claim=statement.claim,
        chain_id=here.ledger.chain_id,
        height=statement.height,
        timestamp=anchor.timestamp,
    )


def _check_claim(statement: ProvenStatement, packet: Packet, answer: Acknowledgement | None, anchor: Anchor) -> None:
    """Raises ProofError or EvidenceRefused(TOO_EARLY)."""
    path = claimed_path(statement.claim, packet)
    match statement.claim:
        case Claim.PACKET_COMMITTED:
            anchor.require_present(path, packet_commitment(packet), statement.proof)
        case Claim.ACKNOWLEDGEMENT_WRITTEN:
            assert answer is not None
            anchor.require_present(path, acknowledgement_commitment(answer), statement.proof)
        case Claim.RECEIPT_ABSENT:
            anchor.require_absent(path, statement.proof)
            if anchor.timestamp < packet.timeout_timestamp:
                raise EvidenceRefused(
                    Flaw.TOO_EARLY,
                    f"no receipt at time {anchor.timestamp}, but the packet may arrive until {packet.timeout_timestamp}",
                )
        case Claim.COMMITMENT_CLEARED:
            anchor.require_absent(path, statement.proof)
        case _:
            assert_never(statement.claim)


def _check_order(proven: Sequence[Proven]) -> None:
    """A commitment is cleared after it was stored: an absence before that proves nothing."""
    heights = {each.claim: each.height for each in proven}
    cleared = heights.get(Claim.COMMITMENT_CLEARED)
    if cleared is not None and cleared <= heights[Claim.PACKET_COMMITTED]:
        raise EvidenceRefused(Flaw.STORY, "the commitment is shown as cleared before it is shown as stored")
