"""`relayer facts prove`: facts of the contract ledger, delivered with proofs of what their contract stores."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from relayer.app.ends import open_facts
from relayer.app.ledgers import FullLedger, Rights, connected, make_ledger, make_settlement
from relayer.app.selection import Selection, select
from relayer.business.facts import TrackedFact, tracked
from relayer.business.naming import hash_prefix, one_hash
from relayer.commands.delivered import DELIVERY_DOUBT, show_answers
from relayer.commands.form import OutputForm
from relayer.commands.output import in_doubt, step
from relayer.commands.settlement.contracts import contract_of
from relayer.core.ids import ClientId, Height
from relayer.facts.codec import FactAnswer
from relayer.ledgers.evm.fact_proofs import FACTS_AT_ONCE, FactsToProve
from relayer.ports.facts import FactState
from relayer.ports.ledger import SubmissionBatch, client_reference

_ENDED = frozenset({FactState.NONE, FactState.REJECTED, FactState.CANCELLED})


def prove_facts(config: Path, channel: str | None, fact_ids: Sequence[str], form: OutputForm) -> None:
    """`facts prove`. Ends with status 1 if a fact was rejected."""
    selection = select(config, channel)
    wanted = [hash_prefix("fact id", each) for each in fact_ids]
    with step("proving facts of the contract ledger"), in_doubt(DELIVERY_DOUBT):
        answered = asyncio.run(_prove(selection, wanted))
    show_answers([(each.minted.fact.fact_id, answer) for each, answer in answered], form)


async def _prove(selection: Selection, wanted: Sequence[str]) -> list[tuple[TrackedFact, FactAnswer]]:
    name = contract_of(selection)
    settlement = make_settlement(selection.settlement_end.ledger, selection.settlement_ledger, rights=Rights.OPERATOR)
    contracts = make_ledger(selection.contract_end.ledger, selection.contract_ledger)
    answered: list[tuple[TrackedFact, FactAnswer]] = []
    async with connected(settlement.ledger), connected(contracts), open_facts(selection) as registry:
        chosen = _chosen(await tracked(registry), wanted)
        if not chosen:
            return []
        at = await _known_height(settlement.ledger, contracts, selection.settlement_client, chosen)
        for issuer, part in _parts(chosen):
            facts = FactsToProve(
                contract=name.contract,
                issuer=issuer,
                facts=[each.minted.fact for each in part],
                client_id=name.client_id,
                ledger_id=settlement.ledger.chain_id,
            )
            answers = await settlement.service.record_facts(await registry.prove(facts, at=at))
            answered += zip(part, answers, strict=True)
    return answered


def _chosen(every: Sequence[TrackedFact], wanted: Sequence[str]) -> list[TrackedFact]:
    """Those that were named, or all that no settlement ledger has answered and that have not ended."""
    if not wanted:
        return [each for each in every if each.record.state not in _ENDED and not each.record.state.is_acknowledged]
    known = {each.minted.fact.fact_id: each for each in every}
    return [known[one_hash("fact id", each, known, "relayer facts show")] for each in wanted]


async def _known_height(
    settlement: FullLedger, contracts: FullLedger, client: ClientId, chosen: Sequence[TrackedFact]
) -> Height:
    """A block in which all of them are minted, and that the client knows: it is updated if it does not yet."""
    status = await settlement.client_status(client)
    if max(each.minted.height for each in chosen) <= status.latest_height:
        return status.latest_height
    at = (await contracts.head()).height
    reference = client_reference(settlement, client, status)
    update = await contracts.client_update(reference, trusted=status.latest_height, target=at)
    await settlement.submit(SubmissionBatch(client_id=client, update=update, messages=()))
    return at


def _parts(chosen: Sequence[TrackedFact]) -> Iterator[tuple[bytes, list[TrackedFact]]]:
    """Facts of one issuer, as many as one request should have."""
    by_issuer = sorted(chosen, key=lambda each: each.minted.issuer)
    for issuer, group in groupby(by_issuer, key=lambda each: each.minted.issuer):
        every = list(group)
        for first in range(0, len(every), FACTS_AT_ONCE):
            yield issuer, every[first : first + FACTS_AT_ONCE]
