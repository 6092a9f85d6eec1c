"""Evidence of one packet: what the journal remembers, proven anew by the ledgers' provers.

The journal only says where to look. Everything that goes into the file comes from a ledger, and is verified before it is
given out, against what this relayer trusts itself. A ledger that has pruned the state in which the commitment stood can no
longer prove it; the other statements are then made at its newest height.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol, assert_never

from relayer.app.ledgers import connected, make_ledger
from relayer.config.relayer_file import RelayerSettings
from relayer.core import events as ev
from relayer.core.channels import Route
from relayer.core.effects import EffectKind
from relayer.core.ids import ClientId, Height
from relayer.core.packet import Acknowledgement, Packet, PacketKey
from relayer.errors import ConfigurationError, HeightPruned, InvalidInput
from relayer.evidence.model import ON_SOURCE, Claim, Evidence, LedgerName, Statement, Verdict
from relayer.evidence.trust import CometTrust, EvmTrust, LedgerTrust, Trust, TrustedEnd
from relayer.evidence.verify import claimed_path, verify
from relayer.ports.journal import Entry
from relayer.ports.ledger import Ledger
from relayer.ports.prover import ClientCreation, ClientReference, ClientTerms, Prover
from relayer.proofs.comet import client_types as comet_client_types
from relayer.proofs.comet.client_types import decode_client_header, encode_client_header
from relayer.proofs.poa_evm import types as poa_evm_types

_TERMS = ClientTerms(trusting_period_seconds=1_209_600, max_clock_drift_seconds=60)
"""Not used for any client: the states of a new client tell what its ledger is."""


class ProvingLedger(Ledger, Prover, Protocol):
    """A ledger that proves what it stores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A ledger of the channel, and the client on it that follows the other one."""

    ledger: ProvingLedger
    client: ClientId


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What a journal tells of one packet, with the heights of the ledgers. None: it has not come to that."""

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


async def gather(life: Life, *, source: End, destination: End) -> tuple[Evidence, Verdict]:
    """The evidence, and what it proves. Raises LedgerError, or EvidenceRefused if a ledger proves something else."""
    statements = [
        await _state(claim, life.packet, at=at, here=here, there=there)
        for claim, at, here, there in await _claims(life, source, destination)
    ]
    answered = any(each.claim is Claim.ACKNOWLEDGEMENT_WRITTEN for each in statements)
    evidence = Evidence(
        source=await _name(source),
        destination=await _name(destination),
        packet=life.packet,
        acknowledgement=_answer(life) if answered else None,
        statements=tuple(statements),
    )
    return evidence, verify(evidence, await _own_trust(evidence, source, destination))


async def trust_of(one: End, other: End) -> Trust:
    """What this relayer's configuration trusts now, for readers who have reason to trust it too."""
    return Trust(ends=(await _trusted_end(one, other), await _trusted_end(other, one)))


@asynccontextmanager
async def connected_ends(settings: RelayerSettings, route: Route) -> AsyncIterator[tuple[End, End]]:
    """Source and destination of a route, connected."""
    source, destination = (make_ledger(name, settings.ledgers[name]) for name in (route.source, route.destination))
    async with connected(source), connected(destination):
        yield (
            End(ledger=source, client=route.source_client),
            End(ledger=destination, client=route.destination_client),
        )


async def _claims(life: Life, source: End, destination: End) -> list[tuple[Claim, Height, End, End]]:
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


async def _state(claim: Claim, packet: Packet, *, at: Height, here: End, there: End) -> Statement:
    reference = ClientReference(host_chain_id=there.ledger.chain_id, client_id=there.client)
    path = claimed_path(claim, packet)
    try:
        (proof,) = await here.ledger.prove([path], at=at)
    except HeightPruned:
        if claim is Claim.PACKET_COMMITTED:
            raise
        at = (await here.ledger.head()).height
        (proof,) = await here.ledger.prove([path], at=at)
    update = await here.ledger.client_update(reference, trusted=Height(at - 1), target=at)
    return Statement(claim=claim, height=at, header=_one_form(update.type_url, update.value), proof=proof.value)


def _one_form(type_url: str, header: bytes) -> bytes:
    """Nodes may name any proposer in a validator set; evidence has one form."""
    if type_url != comet_client_types.HEADER_TYPE_URL:
        return header
    return encode_client_header(decode_client_header(header))


async def _name(end: End) -> LedgerName:
    creation = await end.ledger.initial_client(_TERMS)
    return LedgerName(chain_id=end.ledger.chain_id, client_type=creation.client_type)


async def _own_trust(evidence: Evidence, source: End, destination: End) -> Trust:
    """As trust_of, with the validators that signed at the heights of the evidence."""
    trust = await trust_of(source, destination)
    ends = []
    for end, is_source in zip(trust.ends, (True, False), strict=True):
        headers = [each.header for each in evidence.statements if (each.claim in ON_SOURCE) is is_source]
        ends.append(replace(end, ledger=_with_signers(end.ledger, headers)))
    return Trust(ends=(ends[0], ends[1]))


def _with_signers(ledger: LedgerTrust, headers: Sequence[bytes]) -> LedgerTrust:
    match ledger:
        case EvmTrust():
            return ledger
        case CometTrust():
            signers = (decode_client_header(header).validators for header in headers)
            return replace(ledger, validator_sets=(*ledger.validator_sets, *signers))
        case _:
            assert_never(ledger)


async def _trusted_end(end: End, other: End) -> TrustedEnd:
    creation = await end.ledger.initial_client(_TERMS)
    return TrustedEnd(client_id=end.client, ledger=await _trusted_ledger(creation, end, other))


async def _trusted_ledger(creation: ClientCreation, end: End, other: End) -> LedgerTrust:
    match creation.client_type:
        case poa_evm_types.CLIENT_TYPE:
            evm = poa_evm_types.decode_client_state(creation.client_state)
            return EvmTrust(chain_id=str(evm.chain_id), router=evm.router, engine=evm.engine)
        case comet_client_types.CLIENT_TYPE:
            reference = ClientReference(host_chain_id=other.ledger.chain_id, client_id=other.client)
            head = creation.height
            update = await end.ledger.client_update(reference, trusted=Height(head - 1), target=head)
            validators = decode_client_header(update.value).validators
            return CometTrust(chain_id=end.ledger.chain_id, validator_sets=(validators,))
        case unknown:
            raise ConfigurationError(
                f"ledger {end.ledger.ledger_id} is followed by a {unknown} client, which evidence does not know yet"
            )
