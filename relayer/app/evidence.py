"""Evidence of one packet: what the journal remembers, proven again by the ledgers' provers.

The journal only says where to look. Everything that goes into the file comes from a ledger, and is verified before it is
given out, against what this relayer trusts itself. A ledger that has pruned the state that had the commitment can no
longer prove it; the other statements are then made at its newest height.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from relayer.app.ledgers import connected, make_ledger
from relayer.config.relayer_file import RelayerSettings
from relayer.core import events as ev
from relayer.core.channels import Route
from relayer.core.effects import EffectKind
from relayer.core.ids import ClientId, Height
from relayer.core.packet import Acknowledgement, Packet, PacketKey
from relayer.errors import ConfigurationError, HeightPruned, InvalidInput
from relayer.evidence.model import ON_SOURCE, Claim, LedgerName, PacketEvidence, ProvenStatement, Verdict
from relayer.evidence.trust import Trust, TrustedEnd
from relayer.evidence.verify import claimed_path, verify
from relayer.facts.codec import PORT
from relayer.light_clients.known import KNOWN
from relayer.light_clients.registry import LightClients
from relayer.ports.capabilities import RotatesVouchers, capability
from relayer.ports.journal import Entry
from relayer.ports.ledger import Ledger, client_reference
from relayer.ports.prover import ClientTerms, Prover

_TERMS = ClientTerms(trusting_period_seconds=1_209_600, max_clock_drift_seconds=60)
"""Not used for any client: the states of a new client tell what its ledger is."""


class ProvingLedger(Ledger, Prover, Protocol):
    """A ledger that proves what it stores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvingEnd:
    """A ledger of the channel, and the client on it that follows the other one."""

    ledger: ProvingLedger
    client: ClientId
    port: str | None = PORT
    """Of the application whose packets the channel carries; None: it carries those of any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What a journal reports of one packet, with the heights of the ledgers. None: it has not come to that."""

    packet: Packet
    committed_at: Height
    answer: ev.AcknowledgementWritten | None
    has_expired: bool
    cleared_at: Height | None


def life_of(key: PacketKey, entries: Sequence[Entry]) -> Life:
    """From the rows that moved the packet. Raises InvalidInput if its commitment is not among them."""
    told = [entry.event for entry in entries]
    committed = next((event for event in told if isinstance(event, ev.PacketCommitted)), None)
    if committed is None:
        raise InvalidInput("the journal does not know the packet's commitment; `relayer packets` lists what it knows")
    cleared = next((event for event in told if isinstance(event, ev.PacketAcknowledged | ev.PacketTimedOut)), None)
    return Life(
        packet=committed.packet,
        committed_at=committed.height,
        answer=next((event for event in told if isinstance(event, ev.AcknowledgementWritten)), None),
        has_expired=isinstance(cleared, ev.PacketTimedOut)
        or any(note.kind is EffectKind.TIMEOUT for entry in entries for note in entry.effects if note.key == key),
        cleared_at=None if cleared is None else cleared.height,
    )


async def gather(
    life: Life, *, source: ProvingEnd, destination: ProvingEnd, light_clients: LightClients = KNOWN
) -> tuple[PacketEvidence, Verdict]:
    """The evidence, and what it proves. Raises LedgerError, or EvidenceRefused if a ledger proves something else."""
    statements = [
        await _state(claim, life.packet, at=at, here=here, there=there, light_clients=light_clients)
        for claim, at, here, there in await _claims(life, source, destination)
    ]
    answered = any(each.claim is Claim.ACKNOWLEDGEMENT_WRITTEN for each in statements)
    evidence = PacketEvidence(
        source=await _name(source),
        destination=await _name(destination),
        packet=life.packet,
        acknowledgement=_answer(life) if answered else None,
        statements=tuple(statements),
    )
    trust = await trust_of(source, destination, light_clients)
    return evidence, verify(evidence, _with_signers(trust, evidence))


async def trust_of(one: ProvingEnd, other: ProvingEnd, light_clients: LightClients = KNOWN) -> Trust:
    """Whom this channel's light clients trust now, for readers who have reason to trust them too. Raises ConfigurationError
    for those that the configuration does not name."""
    return Trust(ends=(await _trusted_end(one, other, light_clients), await _trusted_end(other, one, light_clients)))


async def changes_needed(one: ProvingEnd, other: ProvingEnd) -> tuple[str, ...]:
    """What the configuration has to say differently after rotations, so that it names those whom the clients trust."""
    found = []
    for end, host in ((one, other), (other, one)):
        rotating = capability(end.ledger, RotatesVouchers)
        if rotating is not None:
            reference = client_reference(host.ledger, host.client, await host.ledger.client_status(host.client))
            found.append(rotating.named_for(reference).change)
    return tuple(change for change in found if change)


@asynccontextmanager
async def connected_ends(settings: RelayerSettings, route: Route) -> AsyncIterator[tuple[ProvingEnd, ProvingEnd]]:
    """Source and destination of a route, connected."""
    (ends,) = (channel.ends for channel in settings.channels if channel.name == route.channel)
    is_open_to_all = any("anything" in end.sends for end in ends)
    ports = {end.ledger: None if is_open_to_all else end.port for end in ends}
    source, destination = (make_ledger(name, settings.ledgers[name]) for name in (route.source, route.destination))
    async with connected(source), connected(destination):
        yield (
            ProvingEnd(ledger=source, client=route.source_client, port=ports[route.source]),
            ProvingEnd(ledger=destination, client=route.destination_client, port=ports[route.destination]),
        )


async def _claims(
    life: Life, source: ProvingEnd, destination: ProvingEnd
) -> list[tuple[Claim, Height, ProvingEnd, ProvingEnd]]:
    claims = [(Claim.PACKET_COMMITTED, life.committed_at)]
    if life.answer is not None:
        claims.append((Claim.ACKNOWLEDGEMENT_WRITTEN, life.answer.height))
    elif life.has_expired:
        claims.append((Claim.RECEIPT_ABSENT, (await destination.ledger.head()).height))
    if life.cleared_at is not None and len(claims) > 1:
        claims.append((Claim.COMMITMENT_CLEARED, life.cleared_at))
    return [(claim, at, *((source, destination) if claim in ON_SOURCE else (destination, source))) for claim, at in claims]


def _answer(life: Life) -> Acknowledgement:
    assert life.answer is not None
    return life.answer.acknowledgement


async def _state(
    claim: Claim, packet: Packet, *, at: Height, here: ProvingEnd, there: ProvingEnd, light_clients: LightClients
) -> ProvenStatement:
    reference = client_reference(there.ledger, there.client, await there.ledger.client_status(there.client))
    path = claimed_path(claim, packet)
    try:
        (proof,) = await here.ledger.prove([path], at=at)
    except HeightPruned:
        if claim is Claim.PACKET_COMMITTED:
            raise
        at = (await here.ledger.head()).height
        (proof,) = await here.ledger.prove([path], at=at)
    update = await here.ledger.client_update(reference, trusted=Height(at - 1), target=at)
    kind = light_clients.of_header(update.type_url)
    if kind is None:
        raise _unknown(here, update.type_url)
    header = kind.evidence_header(update.value)
    return ProvenStatement(claim=claim, height=at, header=header, proof=proof.value)


async def _name(end: ProvingEnd) -> LedgerName:
    creation = await end.ledger.initial_client(_TERMS)
    return LedgerName(chain_id=end.ledger.chain_id, client_type=creation.client_type)


def _with_signers(trust: Trust, evidence: PacketEvidence) -> Trust:
    """Also trusts whoever signed at the heights of the evidence, as this relayer just read it from the ledgers."""
    ends = []
    for end, is_source in zip(trust.ends, (True, False), strict=True):
        headers = [each.header for each in evidence.statements if (each.claim in ON_SOURCE) is is_source]
        ends.append(replace(end, ledger=end.ledger.with_signers_of(headers)))
    return Trust(ends=(ends[0], ends[1]))


async def _trusted_end(end: ProvingEnd, other: ProvingEnd, light_clients: LightClients) -> TrustedEnd:
    creation = await end.ledger.initial_client(_TERMS)
    kind = light_clients.of_type(creation.client_type)
    if kind is None:
        raise _unknown(end, creation.client_type)
    status = await other.ledger.client_status(other.client)
    reference = client_reference(other.ledger, other.client, status)
    header: bytes | None = None
    if kind.signers_in_header:
        head = creation.height
        header = (await end.ledger.client_update(reference, trusted=Height(head - 1), target=head)).value
    rotating = capability(end.ledger, RotatesVouchers)
    trusted = creation.client_state
    if rotating is not None and status.client_state:
        # Those who were handed over to, if this relayer's operator has named them.
        named = rotating.named_for(reference)
        if named.unknown:
            raise ConfigurationError(
                f"{other.client} on {other.ledger.ledger_id} trusts authorities of {end.ledger.ledger_id} that relayer.yaml "
                f"does not name: {', '.join(named.unknown)}. If they were rotated, name them: {named.change}"
            )
        trusted = kind.encode_client(kind.trusting(*map(kind.decode_client, (trusted, status.client_state))))
    return TrustedEnd(
        client_id=end.client,
        genesis_hash=end.ledger.genesis_hash,
        ledger=kind.trust_of(trusted, header),
        port=end.port,
    )


def _unknown(end: ProvingEnd, kind: str) -> ConfigurationError:
    return ConfigurationError(f"ledger {end.ledger.ledger_id} is followed by an unknown type of light client: {kind}")
