"""What a relayer would submit now, with header and proofs built and the transaction priced, and nothing sent or written.

It takes the same steps as watchers and lanes: read the ledgers to their heads, ask the machine what is wanted, take one
batch for each client. It must never call `submit`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from relayer.core.effects import Effect, EffectKind
from relayer.core.events import HeadFinalised
from relayer.core.ids import ClientId, Height, LedgerId
from relayer.core.machine import Machine
from relayer.core.packet import PacketKey
from relayer.core.policy import Policy
from relayer.engine.lane_queue import Age, LaneQueue
from relayer.engine.links import LedgerLink
from relayer.engine.messages import LaneKey, kind_of, lane_of, message, proof_path
from relayer.engine.settings import EngineSettings
from relayer.errors import ClientUnusable, NotFinal, RelayerError
from relayer.ports.capabilities import Priced, capability
from relayer.ports.ledger import ClientCondition, ClientStatus, Quote, SubmissionBatch, client_reference
from relayer.ports.prover import ClientMessage
from relayer.ports.vouching import signable


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsedStep:
    """One message of a submission."""

    key: PacketKey
    kind: EffectKind
    proof_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """The next submission to one client. `waiting` more messages would follow it.

    `updated_to` is None if the client knows the needed height already. `quote` and `balance` are None where submitting
    costs nothing. `error` says why there would be no submission; it is empty if there would.
    """

    ledger: LedgerId
    client: ClientId
    prove_on: LedgerId
    acts: tuple[RehearsedStep, ...] = ()
    waiting: int = 0
    updated_to: Height | None = None
    update_bytes: int = 0
    quote: Quote | None = None
    balance: int | None = None
    error: str = ""


@dataclass(slots=True)
class Rehearsal:
    """`machine` is brought up to date in memory only."""

    machine: Machine
    links: Mapping[LedgerId, LedgerLink]
    policy: Policy
    settings: EngineSettings
    unavailable: dict[LedgerId, str] = field(default_factory=dict)
    """Ledgers that could not be read to their head, with the reason."""

    async def run(self, cursors: Mapping[LedgerId, Height]) -> list[Rehearsed]:
        """One for each client with a pending message. `cursors`: the height to which the machine has read each ledger."""
        for link in self.links.values():
            try:
                await self._catch_up(link, max(link.origin, cursors.get(link.ledger_id, Height(0))))
            except RelayerError as error:
                self.unavailable[link.ledger_id] = str(error)
        lanes: dict[LaneKey, LaneQueue] = {}
        for effect in self.machine.wanted():
            lanes.setdefault(lane_of(effect), LaneQueue()).offer(effect, Age.BACKLOG)
        return [await self._lane(key, queue) for key, queue in lanes.items()]

    async def _catch_up(self, link: LedgerLink, at: Height) -> None:
        await link.ledger.connect()
        head = await link.ledger.head()
        while at < head.height:
            until = Height(min(at + self.settings.page_blocks, head.height))
            facts = await link.ledger.events(after=at, until=until)
            self.machine.apply(self.machine.plan(facts, self.policy))
            at = until
        told = HeadFinalised(ledger=link.ledger_id, height=head.height, timestamp=head.timestamp)
        self.machine.apply(self.machine.plan([told], self.policy))

    async def _lane(self, key: LaneKey, queue: LaneQueue) -> Rehearsed:
        chosen = queue.choose(0.0, messages=self.settings.batch_messages, size=self.settings.batch_bytes)
        effects = [pending.effect for pending in chosen]
        try:
            return await self._submission(key, effects, waiting=len(queue) - len(effects))
        except RelayerError as error:
            return Rehearsed(
                ledger=key.ledger,
                client=key.client,
                prove_on=key.prove_on,
                acts=_acts(effects, [0] * len(effects)),
                waiting=len(queue) - len(effects),
                error=str(error),
            )

    async def _submission(self, key: LaneKey, wanted: Sequence[Effect], *, waiting: int) -> Rehearsed:
        host, origin = self.links[key.ledger], self.links[key.prove_on]
        status = await self._usable(key)
        needed = max(effect.provable_from for effect in wanted)
        update: ClientMessage | None = None
        target = status.latest_height
        if needed > status.latest_height:
            reference = client_reference(host.ledger, key.client, status)
            target = await signable(origin.ledger, reference, (await origin.ledger.head()).height)
            if min(effect.provable_from for effect in wanted) > max(target, status.latest_height):
                raise NotFinal(f"ledger {key.prove_on}: height {needed} is not final yet; the newest is {target}")
        if target > status.latest_height:
            update = await origin.prover.client_update(reference, trusted=status.latest_height, target=target)
        at = update.height if update else status.latest_height
        # An update may be a step on the way; what needs a later header is not part of this submission.
        effects = [effect for effect in wanted if effect.provable_from <= at]
        proofs = await origin.prover.prove(list(map(proof_path, effects)), at=at) if effects else ()
        messages = tuple(message(effect, proof) for effect, proof in zip(effects, proofs, strict=True))
        batch = SubmissionBatch(client_id=key.client, update=update, messages=messages)
        priced = capability(host.ledger, Priced)
        return Rehearsed(
            ledger=key.ledger,
            client=key.client,
            prove_on=key.prove_on,
            acts=_acts(effects, [len(proof.value) for proof in proofs]),
            waiting=waiting + len(wanted) - len(effects),
            updated_to=update.height if update else None,
            update_bytes=len(update.value) if update else 0,
            quote=await priced.quote(batch) if priced else None,
            balance=await priced.balance() if priced else None,
        )

    async def _usable(self, key: LaneKey) -> ClientStatus:
        status = await self.links[key.ledger].ledger.client_status(key.client)
        if status.condition is not ClientCondition.ACTIVE:
            raise ClientUnusable(
                f"client {key.client} of ledger {key.ledger} is {status.condition}: nothing can be proven to it; "
                "`relayer check` says what to do"
            )
        return status


def _acts(effects: Iterable[Effect], sizes: Iterable[int]) -> tuple[RehearsedStep, ...]:
    return tuple(
        RehearsedStep(key=effect.key, kind=kind_of(effect), proof_bytes=size)
        for effect, size in zip(effects, sizes, strict=True)
    )
