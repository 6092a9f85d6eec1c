"""Decides what a file proves about a forwarded packet: every hop by itself, and that the hops are those of one way.

Nothing here trusts a hub: each hop is proven by the two ledgers that it joins, and the bytes of the payload, which both hops
commit to, show that it is the same business on the whole way.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from relayer.evidence.codec import decode_hops
from relayer.evidence.errors import EvidenceRefused, Flaw
from relayer.evidence.model import PacketEvidence, Verdict
from relayer.evidence.trust import Trust
from relayer.evidence.verify import verify


def verify_hops(raw: bytes, trusts: Sequence[Trust]) -> tuple[Verdict, ...]:
    """One verdict a hop, the first one first; one for a packet that was not forwarded. `trusts`: one for each channel.

    Raises EvidenceRefused, and nothing else."""
    hops = decode_hops(raw)
    for number, (one, following) in enumerate(pairwise(hops), start=1):
        _require_tied(number, one, following)
    return tuple(verify(hop, _trust_for(hop, trusts)) for hop in hops)


def _require_tied(number: int, one: PacketEvidence, following: PacketEvidence) -> None:
    """`number`: of the first of the two, from 1."""
    first, second = f"hop {number}", f"hop {number + 1}"
    if one.destination.chain_id != following.source.chain_id:
        raise EvidenceRefused(
            Flaw.STORY, f"{first} ends at {one.destination.chain_id!r}, but {second} begins at {following.source.chain_id!r}"
        )
    mine, theirs = one.packet.payload, following.packet.payload
    if (mine.version, mine.encoding, mine.value) != (theirs.version, theirs.encoding, theirs.value):
        raise EvidenceRefused(Flaw.STORY, f"{second} carries another payload than {first}, so it does not forward it")
    if following.packet.timeout_timestamp >= one.packet.timeout_timestamp:
        raise EvidenceRefused(Flaw.STORY, f"{second} does not end before {first}, so it does not forward it")


def _trust_for(hop: PacketEvidence, trusts: Sequence[Trust]) -> Trust:
    """The one of its channel, or else of its ledgers, whose own check then says what is wrong."""
    ledgers = {hop.source.chain_id, hop.destination.chain_id}
    clients = {hop.packet.source_client, hop.packet.destination_client}
    of_ledgers = [each for each in trusts if {end.ledger.chain_id for end in each.ends} == ledgers]
    of_channel = [each for each in of_ledgers if {end.client_id for end in each.ends} == clients]
    found = [*of_channel, *of_ledgers]
    if not found:
        raise EvidenceRefused(
            Flaw.OTHER_LEDGER, f"no trust file is about a channel of {' and '.join(sorted(ledgers))}; name one for each hop"
        )
    return found[0]
