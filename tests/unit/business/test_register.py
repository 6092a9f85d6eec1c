"""What `settlement apply` sends: only what is not in force, each change with what it replaces; and accounts of parties,
bound where the ledger knows accounts, refused in words where it does not."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from relayer.business.register import Applied, Register, RegistrationOutcome, register_on_settlement
from relayer.codes.settlement import RefusalCode
from relayer.commands.register_file import read_register
from relayer.errors import ConfigurationError, InvalidInput, LedgerRefused
from relayer.facts.schema import party_id
from relayer.ports.settlement import IssuingRights
from relayer.settlement.errors import CommandRefused
from relayer.settlement.model.acts import LogHead
from relayer.settlement.model.commands import Command
from relayer.settlement.model.issuers import Issuer
from relayer.settlement.model.parties import AgreementInForce, Party, RecordAgreement
from tests.support.settlement_bench import CHAIN_ID, SettlementBench

ACCOUNT = "cosmos1843jkxhyfl8zffc8ul2erxkjptcav7kydu59am"


@dataclass
class Tokens:
    """A settlement ledger that knows people by tokens."""

    executed: list[Command] = field(default_factory=list)
    bench: SettlementBench = field(default_factory=SettlementBench)

    async def execute(self, command: Command) -> LogHead:
        self.executed.append(command)
        try:
            return self.bench.execute(command).reference
        except CommandRefused as refused:
            raise LedgerRefused(f"settlement/{refused.code}", str(refused)) from refused

    async def parties(self) -> list[Party]:
        return [party for party, _ in self.bench.state.parties.values()]

    async def issuing_rights(self) -> IssuingRights:
        state = self.bench.state
        return IssuingRights(issuers=tuple(state.issuers.values()), mandates=tuple(state.mandates.values()))

    async def agreements(self) -> list[AgreementInForce]:
        return list(self.bench.state.agreements.values())


@dataclass
class Accounts(Tokens):
    """One that knows them by accounts."""

    bound: list[tuple[str, bytes]] = field(default_factory=list)

    async def bind_account(self, account: str, party_id: bytes) -> None:
        assert self.executed, "a party has to be registered first"
        self.bound.append((account, party_id))


async def apply(service: Tokens, register: Register) -> tuple[RegistrationOutcome, ...]:
    return await register_on_settlement(service, register, contract_chain_id=CHAIN_ID)


def registered(path: Path, **party: str) -> Register:
    rows = [{"id": "FR*KCS", "name": "KiezCar", **party}, {"id": "FR*NBM", "name": "Nordbahn"}]
    path.write_text(json.dumps({"parties": rows}))
    return read_register(path)


async def test_an_account_is_bound_to_its_party(tmp_path: Path) -> None:
    service = Accounts()
    await apply(service, registered(tmp_path / "settlement.json", settlement_account=ACCOUNT))
    assert service.bound == [(ACCOUNT, party_id("FR*KCS"))]
    assert len(service.executed) == 2


async def test_a_ledger_of_tokens_says_what_to_do_instead(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="party_tokens"):
        await apply(Tokens(), registered(tmp_path / "settlement.json", settlement_account=ACCOUNT))
    service = Tokens()
    await apply(service, registered(tmp_path / "settlement.json"))
    assert len(service.executed) == 2


AGREED = {"creditor": "FR*KCS", "debtor": "FR*NBM", "currencies": [{"currency": "EUR", "exponent": 2}]}


def agreed(path: Path, *, limit: int | None = None) -> Register:
    rows = [{"id": "FR*KCS", "name": "KiezCar"}, {"id": "FR*NBM", "name": "Nordbahn"}]
    terms = {"currency": "EUR", "exponent": 2, **({} if limit is None else {"open_limit": limit})}
    path.write_text(json.dumps({"parties": rows, "agreements": [{**AGREED, "currencies": [terms]}]}))
    return read_register(path)


async def test_what_is_in_force_is_not_sent_and_going_back_is_a_change(tmp_path: Path) -> None:
    service = Tokens()
    before, after = agreed(tmp_path / "a.json"), agreed(tmp_path / "b.json", limit=500)
    said = [
        [outcome.applied for outcome in await apply(service, register)]
        for register in (before, before, after, before, after, after)
    ]
    recorded, unchanged = Applied.RECORDED, Applied.UNCHANGED
    assert said[0] == [recorded] * 3
    assert said[1] == [unchanged] * 3
    assert said[2:] == [[unchanged, unchanged, recorded]] * 3 + [[unchanged] * 3]
    sent = [command for command in service.executed if isinstance(command, RecordAgreement)]
    assert len({command.request_id for command in sent}) == 4
    (in_force,) = [each for each in await service.agreements() if each.agreement.agreement_id == "FR*NBM>FR*KCS"]
    assert in_force.agreement.currencies[0].open_limit == 500


async def test_a_refused_party_is_said_and_the_others_are_applied(tmp_path: Path) -> None:
    service = Accounts()
    await apply(service, registered(tmp_path / "a.json"))
    changed = registered(tmp_path / "b.json", lei="A" * 20, settlement_account=ACCOUNT)
    refused, unchanged = await apply(service, changed)
    assert (refused.subject, refused.applied, unchanged.applied) == ("party FR*KCS", Applied.REFUSED, Applied.UNCHANGED)
    assert refused.refusal is not None
    assert refused.refusal.code == f"settlement/{RefusalCode.PARTY_EXISTS}"
    assert service.bound == []


def test_an_empty_account_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="settlement_account"):
        registered(tmp_path / "settlement.json", settlement_account="")


async def test_an_issuer_is_bound_once_and_one_of_another_party_is_refused(tmp_path: Path) -> None:
    service, account = Tokens(), "0x" + "15" * 20

    def register(name: str, ocpi_id: str) -> Register:
        row = {"id": ocpi_id, "name": ocpi_id, "account": account, "issuer": True}
        (tmp_path / name).write_text(json.dumps({"parties": [row]}))
        return read_register(tmp_path / name)

    said = [[each.applied for each in await apply(service, register("a.json", "FR*KCS"))] for _ in range(2)]
    assert said == [[Applied.RECORDED] * 2, [Applied.UNCHANGED] * 2]
    issuer = Issuer(CHAIN_ID, bytes.fromhex(account[2:]))
    assert service.bench.state.issuers[issuer].party == party_id("FR*KCS")
    _, refused = await apply(service, register("b.json", "FR*NBM"))
    assert (refused.subject, refused.applied) == ("issuer of FR*NBM", Applied.REFUSED)
    assert refused.refusal is not None
    assert refused.refusal.code == f"settlement/{RefusalCode.ISSUER_TAKEN}"
