"""`relayer facts sign` and `facts deliver`: facts of a business system without a token, by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from relayer.app.ends import open_settlement
from relayer.app.ledgers import Rights
from relayer.app.selection import Selection, select
from relayer.commands.delivered import DELIVERY_DOUBT, show_answers
from relayer.commands.fact_file import read_facts, read_text
from relayer.commands.form import OutputForm
from relayer.commands.keys import IssuerKey
from relayer.commands.output import doubting, say, show_json, step, write_file
from relayer.errors import InvalidInput, WrongLedger
from relayer.facts.codec import FactAnswer, fact_id
from relayer.facts.json_text import JsonFault, load_json
from relayer.facts.signed_json import signed_from_json, signed_to_json
from relayer.facts.signing import SignedFacts, contract_of_system, issuer_of_key, ledger_identity, sign_facts
from relayer.facts.ways import Way
from relayer.views.values import hex_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningRequest:
    """Arguments of `facts sign`."""

    file: Path
    output: Path
    system: str
    first_sequence: int
    object_ids: tuple[str, ...]
    issuer: IssuerKey


def sign_file(config: Path, channel: str | None, request: SigningRequest, form: OutputForm) -> None:
    """`facts sign`."""
    selection = select(config, channel)
    forms = read_facts(request.file)
    account = request.issuer.open()
    with step("asking the settlement ledger what identifies it"):
        ledger = asyncio.run(_identity(selection))
    chain_id, contract = selection.contract_ledger.chain_id, contract_of_system(request.system)
    issuer = issuer_of_key(account.key)
    sequences = range(request.first_sequence, request.first_sequence + len(forms))
    signed = sign_facts(
        account.key,
        ledger,
        way=Way.PUSHED,
        chain_id=chain_id,
        contract=contract,
        facts=[
            each.issue(fact_id=fact_id(chain_id, contract, issuer, sequence), issuer_sequence=sequence)
            for each, sequence in zip(forms, sequences, strict=True)
        ],
        object_ids=request.object_ids,
        system=request.system,
    )
    write_file(request.output, json.dumps(signed_to_json(signed), indent=1) + "\n")
    if form is OutputForm.JSON:
        show_json([hex_of(fact.fact_id) for fact in signed.facts])
    say(
        f"{request.output}: {len(signed.facts)} facts, signed by {account.address} for ledger "
        f"{selection.settlement_ledger.chain_id}; the next sequence of this issuer and system is {sequences.stop}"
    )


def deliver_file(config: Path, channel: str | None, file: Path, form: OutputForm) -> None:
    """`facts deliver`. Ends with status 1 if a fact was rejected."""
    selection = select(config, channel)
    signed = _read(file)
    with step(f"delivering {len(signed.facts)} signed facts"), doubting(DELIVERY_DOUBT) as begin:
        answers = asyncio.run(_deliver(selection, signed, begin))
    show_answers([(fact.fact_id, answer) for fact, answer in zip(signed.facts, answers, strict=True)], form)


def _read(file: Path) -> SignedFacts:
    try:
        return signed_from_json(load_json(read_text(file)))
    except (JsonFault, InvalidInput) as error:
        raise InvalidInput(f"{file}: {error}") from error


async def _identity(selection: Selection) -> bytes:
    """Raises WrongLedger if another ledger answers than the configured one."""
    expected = selection.settlement_ledger.chain_id
    async with open_settlement(selection) as service:
        identity = await service.identity()
    if identity != ledger_identity(expected, identity[:32]):
        raise WrongLedger(f"ledger {selection.settlement_end.ledger} identifies itself as another one than {expected}")
    return identity


async def _deliver(
    selection: Selection, signed: SignedFacts, sending: Callable[[], AbstractContextManager[None]]
) -> Sequence[FactAnswer]:
    async with open_settlement(selection, rights=Rights.OPERATOR) as service:
        with sending():
            return await service.record_facts(signed)
