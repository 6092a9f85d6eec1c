"""Brings claims to the settlement ledger: signed batches in the order of events, each answer stored, and the next try later.

At least once: whatever may have been sent is sent again after a restart, and the ledger answers a repeat with the first
liability. A pair's later claims wait for its earlier ones; other pairs go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from relayer.agent.ports import FactRecorder
from relayer.agent.proving import ProvenPull
from relayer.agent.store import AgentStore
from relayer.agent.values import AgentCode, Refusal, StoredClaim
from relayer.codes.facts import FactCode, FactStatus
from relayer.codes.limits import MAXIMUM_SIGNED_FACTS
from relayer.errors import InvalidInput, LedgerError, LedgerRefused
from relayer.facts.codec import FactAnswer
from relayer.facts.signing import issuer_of_key, sign_facts
from relayer.facts.ways import Way
from relayer.ledgers.evm.minted import minted_fact
from relayer.logs import Log
from relayer.ports.clock import Clock

_FIRST_WAIT_SECONDS = 2.0
_LONGEST_WAIT_SECONDS = 3_600.0
_log = Log(__name__)


@dataclass(slots=True, kw_only=True)
class Delivered:
    """What one round achieved."""

    recorded: int = 0
    refused: int = 0
    put_off: int = 0
    codes: dict[str, int] = field(default_factory=dict)

    def count(self, code: str) -> None:
        """One more refusal with this code."""
        self.codes[code] = self.codes.get(code, 0) + 1


class Delivery:
    """For one issuer, whose key signs what is not proven."""

    def __init__(
        self,
        recorder: FactRecorder,
        store: AgentStore,
        clock: Clock,
        *,
        key: bytes,
        chain_id: int,
        batch: int,
        wants_reference: Callable[[StoredClaim], bool],
        proven: ProvenPull | None = None,
    ) -> None:
        """`batch`: facts of one request at most. `wants_reference` is asked in the store's thread."""
        self._recorder = recorder
        self._store = store
        self._clock = clock
        self._key = key
        self._chain_id = chain_id
        self._batch = min(batch, MAXIMUM_SIGNED_FACTS)
        self._wants_reference = wants_reference
        self._proven = proven
        self._identity: bytes | None = None

    async def deliver(self) -> Delivered:
        """All claims that are due. Raises LedgerError where the settlement ledger cannot be asked, or refuses the signature;
        everything that it answered by then is stored."""
        total = Delivered()
        while claims := await self._store.in_thread(self._taken):
            await self._send(claims, total)
        return total

    def _taken(self, store: AgentStore) -> list[StoredClaim]:
        """Claims that are sent next, noted as attempted."""
        claims = self._due(store)
        if claims:
            store.attempted(claims)
        return claims

    def _due(self, store: AgentStore) -> list[StoredClaim]:
        """Claims of one contract and one rule file, in order. One of another kind holds back its pair for a round."""
        due = store.due(now=self._clock.now(), limit=self._batch)
        if not due:
            return []
        kind = _kind(due[0])
        chosen, held = [], set()
        for each in due:
            pair = (each.claim.fact.creditor, each.claim.fact.debtor)
            if _kind(each) == kind and pair not in held:
                chosen.append(each)
            else:
                held.add(pair)
        return chosen

    async def _send(self, claims: Sequence[StoredClaim], total: Delivered) -> None:
        try:
            answers = await self._asked(claims)
        except LedgerRefused as error:
            await self._refused_whole(claims, error, total)
            return
        except InvalidInput as error:
            await self._not_readable(claims, error, total)
            return
        if len(answers) != len(claims):
            raise LedgerError(
                f"the settlement ledger gave {len(answers)} answers for {len(claims)} facts; check its version"
            )
        await self._note(list(zip(claims, answers, strict=True)), total)

    async def _refused_whole(self, claims: Sequence[StoredClaim], error: LedgerRefused, total: Delivered) -> None:
        """One fact may be at fault, so halves are tried; where even one alone is refused, all of it waits."""
        why = Refusal(code=error.code, detail=error.message)
        if len(claims) == 1:
            await self._put_off(claims, why)
            total.put_off += 1
            total.count(error.code)
            return
        try:
            answers = await self._asked(claims[:1])
        except LedgerRefused as again:
            if again.code == error.code:
                await self._put_off(claims, why)
                raise
            answers = ()
        if answers:
            await self._note([(claims[0], answers[0])], total)
        rest = claims[1:]
        middle = (len(rest) + 1) // 2
        for part in (rest[:middle], rest[middle:]):
            if part:
                await self._send(part, total)

    async def _not_readable(self, claims: Sequence[StoredClaim], error: InvalidInput, total: Delivered) -> None:
        """Facts are at fault, so halves are tried until each of them is alone; it waits, and with it its pair."""
        if len(claims) > 1:
            middle = len(claims) // 2
            for part in (claims[:middle], claims[middle:]):
                await self._send(part, total)
            return
        why = Refusal(
            code=AgentCode.NOT_READABLE.value,
            detail=f"the settlement ledger cannot read it: {error}; compare the versions of agent and ledger",
        )
        await self._put_off(claims, why)
        total.put_off += 1
        total.count(why.code)

    async def _put_off(self, claims: Sequence[StoredClaim], why: Refusal) -> None:
        rows = [(each, why, self._next_try(each)) for each in claims]
        await self._store.in_thread(lambda store: store.put_off(rows))

    async def _asked(self, claims: Sequence[StoredClaim]) -> Sequence[FactAnswer]:
        contract, rules = _kind(claims[0])
        if self._proven is None or rules or not self._proven.proves(contract):
            return await self._signed(claims)
        events = await self._store.in_thread(lambda store: [store.event(each.event).event for each in claims])
        issuers = [minted_fact(each.data)[0] for each in events]
        blocks = [each.block for each in events]
        answers = list(await self._proven.record(contract, claims, issuers=issuers, blocks=blocks))
        # Where a pair accepts signatures and no proofs, the agent's own facts are signed.
        own = issuer_of_key(self._key)
        signed = [
            place
            for place, (answer, issuer) in enumerate(zip(answers, issuers, strict=True))
            if answer.code is FactCode.WAY_NOT_AGREED and issuer == own
        ]
        if signed:
            for place, answer in zip(signed, await self._signed([claims[each] for each in signed]), strict=True):
                answers[place] = answer
        return answers

    async def _signed(self, claims: Sequence[StoredClaim]) -> Sequence[FactAnswer]:
        if self._identity is None:
            self._identity = await self._recorder.identity()
        contract, rules = _kind(claims[0])
        request = sign_facts(
            self._key,
            self._identity,
            way=Way.PULLED,
            chain_id=self._chain_id,
            contract=contract,
            facts=[each.claim.fact for each in claims],
            object_ids=[each.claim.object_id for each in claims],
            rules=rules,
        )
        return await self._recorder.record_facts(request)

    async def _note(self, answered: Sequence[tuple[StoredClaim, FactAnswer]], total: Delivered) -> None:
        recorded, refused, put_off = [], [], []
        for claim, answer in answered:
            if answer.status is FactStatus.ACCEPTED:
                recorded.append((claim, answer))
                continue
            why = _why(answer.code)
            total.count(why.code)
            if answer.code.may_pass_later:
                put_off.append((claim, why, self._next_try(claim)))
            else:
                refused.append((claim, why))

        def store_answers(store: AgentStore) -> None:
            references = frozenset(each.claim.fact.fact_id for each, _ in recorded if self._wants_reference(each))
            store.recorded(recorded, references=references)
            store.put_off(put_off)
            store.refused(refused)

        await self._store.in_thread(store_answers)
        total.recorded += len(recorded)
        total.refused += len(refused)
        total.put_off += len(put_off)
        for code, group in groupby(sorted(why.code for _, why in refused)):
            _log.warning("facts refused", code=code, facts=len(list(group)))

    def _next_try(self, claim: StoredClaim) -> float:
        wait: float = _FIRST_WAIT_SECONDS * 2 ** min(claim.attempts, 20)
        return self._clock.now() + min(wait, _LONGEST_WAIT_SECONDS)


def _kind(claim: StoredClaim) -> tuple[bytes, bytes]:
    """What one signature is for."""
    return claim.contract, claim.claim.rules


def _why(code: FactCode) -> Refusal:
    if code is FactCode.BAD_HASH:
        return Refusal(
            code=AgentCode.SETTLED_OTHERWISE.value,
            detail="the settlement ledger has this fact with another content, so it was rated by other rules before; "
            "`relayer agent correct` records the difference",
        )
    return Refusal(code=code.name.lower(), detail=f"the settlement ledger answers {code.name.lower()}")
