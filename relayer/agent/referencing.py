"""Writes references back to business records: what is there is read first, and another reference is never overwritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from relayer.agent.claiming import Claiming
from relayer.agent.evm_writer import calldata
from relayer.agent.ports import EventSource, ReferenceWriter
from relayer.agent.store import AgentStore
from relayer.agent.values import NewEvent, ReferenceState, StoredClaim
from relayer.errors import InvalidInput, LedgerError
from relayer.ledgers.evm.errors import NodeRefused
from relayer.logs import Log
from relayer.rating.refusals import ActivityRefused
from relayer.rating.rules import Argument, Call, WriteBack

REFERENCES_AT_ONCE = 50
_log = Log(__name__)

_Outcome = tuple[StoredClaim, ReferenceState, str]
_Rule = tuple[WriteBack, Mapping[str, Argument]]
"""How an event's reference is written, and the event's fields."""
_Due = tuple[StoredClaim, _Rule | None]


class References:
    """For one rule file. `ledger`: the settlement ledger's chain id."""

    def __init__(
        self,
        source: EventSource,
        writer: ReferenceWriter | None,
        store: AgentStore | None,
        claiming: Claiming,
        *,
        ledger: str,
    ) -> None:
        """`writer` and `store` are needed to write, not to look."""
        self._source = source
        self._writer = writer
        self._store = store
        self._claiming = claiming
        self._ledger = ledger
        self._asked_for = any(rule.write_back for rule in claiming.rules.events)

    def wanted(self, claim: StoredClaim) -> bool:
        """Whether the rules write this claim's reference: that of an event's first claim is the record's. Asked in the
        store's thread."""
        if claim.claim.number != 0 or self._writer is None or self._store is None or not self._asked_for:
            return False
        return self._rule(self._store.event(claim.event).event) is not None

    async def present(self, claim: StoredClaim, event: NewEvent) -> tuple[Argument, Argument] | None:
        """The reference that the claim's record should have, and what it has; None: the rules ask for none."""
        found = self._rule(event) if claim.claim.number == 0 else None
        if found is None:
            return None
        rule, fields = found
        values: dict[str, Argument] = {**fields, **self._reference(claim)}
        return _value(rule.value, values), await self._source.call(rule.read, _filled(rule.read, values))

    async def write(self) -> int:
        """All that are due. How many records have theirs now. Raises LedgerError where the ledger cannot be asked."""
        assert self._store is not None
        written = 0
        while due := await self._store.in_thread(self._due):
            outcomes = await self._write(due)
            await self._store.in_thread(partial(AgentStore.referenced, outcomes=outcomes))
            written += sum(state is ReferenceState.WRITTEN for _, state, _ in outcomes)
            for claim, state, detail in outcomes:
                if state is not ReferenceState.WRITTEN:
                    _log.warning("reference not written", fact_id=claim.claim.fact.fact_id.hex(), reason=detail)
        return written

    def _due(self, store: AgentStore) -> list[_Due]:
        due = store.references_due(limit=REFERENCES_AT_ONCE)
        return [(claim, self._rule(store.event(claim.event).event)) for claim in due]

    async def _write(self, due: Sequence[_Due]) -> list[_Outcome]:
        outcomes: list[_Outcome] = []
        pending: list[tuple[StoredClaim, Call, list[Argument]]] = []
        for claim, found in due:
            if found is None or self._writer is None:
                outcomes.append((claim, ReferenceState.NONE, "the rule file asks for no reference any more"))
                continue
            rule, fields = found
            values: dict[str, Argument] = {**fields, **self._reference(claim)}
            written = _filled(rule.write, values)
            ended = await self._ended(rule, values, written)
            if ended is None:
                pending.append((claim, rule.write, written))
            else:
                outcomes.append((claim, *ended))
        if pending:
            assert self._writer is not None
            answers = await self._writer.write([(call, arguments) for _, call, arguments in pending])
            for (claim, _, _), refusal in zip(pending, answers, strict=True):
                state = ReferenceState.WRITTEN if refusal is None else ReferenceState.REFUSED
                outcomes.append((claim, state, refusal or ""))
        if not outcomes:
            raise LedgerError("no reference could be written; try again")
        return outcomes

    async def _ended(
        self, rule: WriteBack, values: Mapping[str, Argument], written: Sequence[Argument]
    ) -> tuple[ReferenceState, str] | None:
        """What the record has already, or why it gets nothing; None: it is to be written."""
        try:
            # What the ABI has no place for must not hold up the references of other records.
            calldata(rule.write, written)
            present = await self._source.call(rule.read, _filled(rule.read, values))
        except InvalidInput as error:
            return ReferenceState.REFUSED, str(error)
        except NodeRefused as error:
            if not error.is_revert:
                raise
            return ReferenceState.REFUSED, f"{rule.read.function.signature}: {error}"
        if present == _value(rule.value, values):
            return ReferenceState.WRITTEN, ""
        if not is_empty(present):
            return ReferenceState.DIFFERS, f"the record has {_shown(present)}, which is kept"
        return None

    def _rule(self, event: NewEvent) -> _Rule | None:
        try:
            decoded = self._claiming.decode(event)
        except ActivityRefused:
            return None
        if decoded is None or decoded.rule.write_back is None:
            return None
        return decoded.rule.write_back, decoded.activity.fields

    def _reference(self, claim: StoredClaim) -> dict[str, Argument]:
        assert claim.liability_id is not None
        assert claim.sequence is not None
        assert claim.head_hash is not None
        return {
            "liability_id": claim.liability_id,
            "fact_id": claim.claim.fact.fact_id,
            "head_hash": claim.head_hash,
            "sequence": claim.sequence,
            "ledger": self._ledger,
        }


def _filled(call: Call, values: Mapping[str, Argument]) -> list[Argument]:
    return [_value(each, values) for each in call.arguments]


def _value(argument: Argument, values: Mapping[str, Argument]) -> Argument:
    if isinstance(argument, str) and argument.startswith("{") and argument.endswith("}"):
        return values[argument[1:-1]]
    return argument


def is_empty(value: Argument) -> bool:
    """Whether it is what a contract's storage has where nothing was written."""
    return not any(value) if isinstance(value, bytes) else not value


def _shown(value: Argument) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)[:80]
