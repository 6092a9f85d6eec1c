"""A light client of the relayer's own, in memory: what it believes of a ledger without believing the ledger's node.

It follows the ledger as the counterparty's light client does, by headers that are vouched for, under the name of that
client, because authorities sign for it. Where only headers say who vouches for the next ones, it starts from the newest
state that the counterparty's light client has verified, as the counterparty's own node reports it: a node that makes up
a ledger from its first header on would need the other ledger's node to lie as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from relayer.core.commitment import CommitmentPath
from relayer.core.ids import ClientId, Height
from relayer.engine.aiming import Aim
from relayer.engine.links import LedgerLink
from relayer.errors import (
    AuthoritiesUnavailable,
    ClientUnusable,
    ClientUpdateRefused,
    ConfigurationError,
    HeightPruned,
    NotFinal,
)
from relayer.light_clients.kind import FollowsLedger, Instant, ProvenPath
from relayer.logs import Log
from relayer.ports import ledger as port
from relayer.ports.ledger import ClientCondition, Head, client_reference
from relayer.ports.prover import ClientCreation, ClientMessage, ClientReference, ClientTerms, Proof
from relayer.proofs.client import ClientIdentity, ClientStatus, Frozen, MappingConsensusStates, Updated
from relayer.proofs.comet.types import NANOSECONDS, TimestampNanoseconds
from relayer.proofs.errors import ProofError

KindOf = Callable[[str], FollowsLedger[Any, Any] | None]
"""The type of light client with a name, for example ``poa-evm``; None: this program does not know it."""

_DRIFT_SECONDS = 60
_TRUSTING_SECONDS = 1_209_600
"""Unless the counterparty's light client has a trusting period."""
_log = Log(__name__)


NOTHING = b""
"""What is stored at a path where nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which of a few values the ledger stores at a path (ICS-24 v2)."""

    path: CommitmentPath
    values: tuple[bytes, ...]


@dataclass(slots=True)
class _Trusted:
    """The client's own state. `height` is None until a header was vouched for."""

    kind: FollowsLedger[Any, Any]
    state: Any
    consensus: Any
    latest: Height
    height: Height | None

    @property
    def states(self) -> MappingConsensusStates[Any]:
        return MappingConsensusStates({self.latest: self.consensus})


class OwnClient:
    """Follows `followed`, as `client` on `host` does. Not for concurrent use."""

    def __init__(self, followed: LedgerLink, host: LedgerLink, client: ClientId, kind_of: KindOf) -> None:
        self._followed = followed
        self._host = host
        self._client = client
        self._kind_of = kind_of
        self._trusted: _Trusted | None = None
        self._must_update = False
        self._aim = Aim(followed.ledger)
        self._signing: ClientReference | None = None

    async def look_up(self, questions: Sequence[Question], *, since: Height) -> Sequence[bytes | None]:
        """For each question what the ledger stores at the path, in a state not older than `since`: one of the values that it
        names, or `NOTHING`; None if the node's proof shows none of that. Raises what the prover raises, and
        ClientUpdateRefused for headers without enough signatures."""
        head = await self._followed.ledger.head()
        if head.height < since:
            raise NotFinal(f"ledger {self._followed.ledger_id}: height {since} is not final; the newest is {head.height}")
        try:
            trusted = await self._vouched(head, since)
        except AuthoritiesUnavailable as error:
            self._aim.missed(error)
            await self._follow_rotation()
            raise
        at = trusted.latest
        try:
            proofs = await self._followed.prover.prove([question.path for question in questions], at=at)
        except HeightPruned:
            self._must_update = True
            raise
        now = _instant(self._identity(), head)
        return [self._stored(trusted, each, proof, now) for each, proof in zip(questions, proofs, strict=True)]

    async def _vouched(self, head: Head, since: Height) -> _Trusted:
        """The client at a height from `since` on, updated if it has to be."""
        reference = self._reference
        target = await self._aim.at(reference, head.height)
        if target < since:
            raise NotFinal(
                f"ledger {self._followed.ledger_id}: too few of those who vouch for it have seen height {since}; the newest "
                f"that enough have seen is {target}"
            )
        trusted = await self._usable(head, target)
        while self._must_update or trusted.height is None or trusted.height < since:
            if trusted.height is not None and trusted.height >= target:
                break
            # One message may be a step on the way only.
            await self._update(trusted, head, target)
            self._must_update = self._must_update and trusted.height != target
        return trusted

    async def _usable(self, head: Head, target: Height) -> _Trusted:
        trusted = self._trusted
        if trusted is not None and (trusted.height is not None or trusted.latest <= target):
            now = _instant(self._identity(), head)
            if trusted.kind.status(trusted.state, trusted.states, now) is not ClientStatus.EXPIRED:
                return trusted
            _log.warning("own_client_expired", ledger=self._followed.ledger_id, height=trusted.latest)
        self._trusted = await self._start(target if self._aim.is_low else None)
        return self._trusted

    async def _start(self, at: Height | None) -> _Trusted:
        status = await self._status()
        terms = ClientTerms(
            trusting_period_seconds=status.trusting_period_seconds or _TRUSTING_SECONDS,
            max_clock_drift_seconds=_DRIFT_SECONDS,
        )
        creation = await self._followed.prover.initial_client(terms, at=self._first_height(status) or at)
        kind = self._kind_of(creation.client_type)
        if kind is None:
            raise ConfigurationError(
                f"ledger {self._followed.ledger_id} is followed by light clients of type {creation.client_type!r}, which "
                "this program does not know, so that it cannot check what its node reports; use a version that does"
            )
        try:
            state, consensus = kind.decode_client(creation.client_state), kind.decode_consensus(creation.consensus_state)
            kind.create(state, consensus)
            if status.client_state and not kind.signers_in_header:
                state = kind.trusting(state, kind.decode_client(status.client_state))
        except ProofError as error:
            raise self._refused(f"its first state cannot be used ({error})") from error
        if kind.signers_in_header:
            await self._require_verified(creation)
        vouched = creation.height if kind.signers_in_header else None
        return _Trusted(kind=kind, state=state, consensus=consensus, latest=creation.height, height=vouched)

    def _first_height(self, status: port.ClientStatus) -> Height | None:
        """Where the counterparty's light client is, if that has to be believed; None: at the head."""
        kind = self._kind_of(status.client_type)
        if kind is None or not kind.signers_in_header:
            return None
        if status.condition is not ClientCondition.ACTIVE:
            raise ClientUnusable(
                f"ledger {self._followed.ledger_id}: what its node reports cannot be checked, because light client "
                f"{self._client} on ledger {self._host.ledger_id} is {status.condition}; `relayer channel recover` starts "
                "it again"
            )
        return status.latest_height

    async def _require_verified(self, creation: ClientCreation) -> None:
        """Refuses a first state that the counterparty's light client has not stored."""
        stored = await self._host.ledger.stores_consensus_state(
            self._client, height=creation.height, consensus_state=creation.consensus_state
        )
        if not stored:
            raise self._refused(
                f"the state that its node shows at height {creation.height} is one that light client {self._client} on "
                f"ledger {self._host.ledger_id} has not verified"
            )

    async def _follow_rotation(self) -> None:
        """Those who signed until now may have handed over, as the client that this one follows says."""
        trusted, status = self._trusted, await self._status()
        if trusted is None or trusted.kind.signers_in_header or not status.client_state:
            return
        try:
            trusted.state = trusted.kind.trusting(trusted.state, trusted.kind.decode_client(status.client_state))
        except ProofError as error:
            raise self._refused(f"the state of {self._client} cannot be read ({error})") from error

    @property
    def _reference(self) -> ClientReference:
        """As far as the host was asked: it says who must sign."""
        return self._signing or client_reference(self._host.ledger, self._client)

    async def _status(self) -> port.ClientStatus:
        status = await self._host.ledger.client_status(self._client)
        self._signing = client_reference(self._host.ledger, self._client, status)
        return status

    async def _update(self, trusted: _Trusted, head: Head, target: Height) -> None:
        # A header of the height that is known already may still lack who vouches for it.
        before = min(trusted.latest, Height(target - 1))
        message = await self._followed.prover.client_update(self._reference, trusted=before, target=target)
        outcome = self._outcome(trusted, message, head)
        if isinstance(outcome, Updated):
            trusted.state, trusted.consensus = outcome.client_state, outcome.consensus_state
            trusted.latest = Height(outcome.height)
        elif outcome.height != trusted.latest:
            raise self._refused(f"header {outcome.height} was given when {target} was asked for")
        trusted.height = trusted.latest

    def _outcome(self, trusted: _Trusted, message: ClientMessage, head: Head) -> Any:
        kind = trusted.kind
        if message.type_url != kind.header_type_url:
            raise self._refused(f"{message.type_url} was given in place of a header: it has two histories")
        try:
            outcome = kind.update(trusted.state, trusted.states, message.value, _instant(self._identity(), head))
        except ProofError as error:
            raise self._refused(f"header {message.height} convinces no light client ({error})") from error
        if isinstance(outcome, Frozen):
            raise self._refused(f"header {message.height} contradicts one that was vouched for before")
        return outcome

    def _stored(self, trusted: _Trusted, question: Question, proof: Proof, now: Instant) -> bytes | None:
        *stores, prefix = self._followed.ledger.merkle_prefix
        proven = ProvenPath(height=trusted.latest, path=(*stores, prefix + question.path), proof=proof.value)
        with suppress(ProofError):
            trusted.kind.verify_non_membership(trusted.state, trusted.states, proven, now)
            return NOTHING
        for value in question.values:
            with suppress(ProofError):
                trusted.kind.verify_membership(trusted.state, trusted.states, proven, value, now)
                return value
        return None

    def _identity(self) -> ClientIdentity:
        host = self._host.ledger
        return ClientIdentity(host_chain_id=host.chain_id, host_genesis=host.genesis_hash, client_id=self._client)

    def _refused(self, words: str) -> ClientUpdateRefused:
        return ClientUpdateRefused(
            f"ledger {self._followed.ledger_id}: {words}; compare its node with its authorities, or with another node"
        )


def _instant(identity: ClientIdentity, head: Head) -> Instant:
    """The time of the ledger that is followed: how old what it says is does not make it false."""
    return Instant(identity=identity, now=TimestampNanoseconds((head.timestamp + 1) * NANOSECONDS))
