"""What `relayer agent check` looks at: both files, both ledgers, and whether they agree about who issues for whom."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from relayer.app.agent_source import source_of
from relayer.app.evm_settings import open_account
from relayer.app.ledgers import connected, make_settlement
from relayer.config.agent_file import AgentSettings
from relayer.config.rules_file import load_rules
from relayer.errors import RelayerError
from relayer.facts.schema import party_id
from relayer.facts.signing import issuer_of_key
from relayer.facts.ways import Way
from relayer.ports.settlement import SettlementService
from relayer.rating.rules import RuleFile
from relayer.settlement.model.issuers import IssuingState
from relayer.views.checks import CheckedThing


async def check_agent(settings: AgentSettings) -> list[CheckedThing]:
    """Everything that is wrong, not only the first. Raises ConfigurationError for files that cannot be read."""
    rules = load_rules(settings.rules)
    issuer = issuer_of_key(open_account(settings.issuer).key)
    things = [_good("rules", f"{rules.name}, 0x{rules.digest.hex()}")]
    things.append(await _looked("contract ledger", lambda: _contracts(settings, rules)))
    things.append(await _looked("settlement ledger", lambda: _settlement(settings, rules, issuer, things)))
    return things


async def _looked(subject: str, look: Callable[[], Awaitable[str]]) -> CheckedThing:
    try:
        return _good(subject, await look())
    except RelayerError as error:
        return CheckedThing(subject=subject, good=False, found=str(error), remedy="correct what it says, and check again")


async def _contracts(settings: AgentSettings, rules: RuleFile) -> str:
    source = source_of(settings, rules)
    try:
        head = await source.head()
        for contract in rules.contracts.values():
            await source.require_code(contract.address, contract.name)
        return f"chain {rules.chain_id}, block {head.number} is final, {len(rules.contracts)} contracts"
    finally:
        await source.close()


async def _settlement(settings: AgentSettings, rules: RuleFile, issuer: bytes, things: list[CheckedThing]) -> str:
    settlement = make_settlement("settlement", settings.settlement)
    async with connected(settlement.ledger):
        service = settlement.service
        things += await _rights(service, rules, issuer)
        return settings.settlement.chain_id


async def _rights(service: SettlementService, rules: RuleFile, issuer: bytes) -> list[CheckedThing]:
    rights = await service.issuing_rights()
    mine = [
        each
        for each in rights.issuers
        if each.issuer.account == issuer and each.issuer.chain_id == rules.chain_id and each.state is IssuingState.ACTIVE
    ]
    things = []
    if not mine:
        things.append(
            CheckedThing(
                subject="issuer",
                good=False,
                found=f"0x{issuer.hex()} belongs to no party of the settlement ledger",
                remedy="register it with `relayer settlement apply`",
            )
        )
        return things
    mandates = {
        each.creditor
        for each in rights.mandates
        if each.issuer.account == issuer and each.issuer.chain_id == rules.chain_id and each.state is IssuingState.ACTIVE
    }
    may = {mine[0].party, *mandates}
    things.append(_good("issuer", f"0x{issuer.hex()}, with {len(mandates)} mandates"))
    pulled = {
        (each.agreement.creditor, each.agreement.debtor)
        for each in await service.agreements()
        if Way.PULLED in each.agreement.ways
    }
    for creditor, debtor in sorted(_pairs(rules)):
        if party_id(creditor) in may and (party_id(creditor), party_id(debtor)) not in pulled:
            things.append(
                CheckedThing(
                    subject=f"{creditor} from {debtor}",
                    good=False,
                    found="no agreement accepts pulled facts",
                    remedy="agree on the way `pulled` with `relayer settlement apply`, unless there is nothing between them",
                )
            )
    return things


def _pairs(rules: RuleFile) -> Iterator[tuple[str, str]]:
    """All that the rules can make."""
    seen: set[tuple[str, str]] = set()
    for rule in rules.events:
        for claim in rule.claims:
            creditors, debtors = (
                [side] if isinstance(side, str) else sorted(set(rules.parties[side.mapping].values()))
                for side in (claim.creditor, claim.debtor)
            )
            seen |= {(one, other) for one in creditors for other in debtors if one != other}
    yield from seen


def _good(subject: str, found: str) -> CheckedThing:
    return CheckedThing(subject=subject, good=True, found=found, remedy="")
