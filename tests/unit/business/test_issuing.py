"""Removing an issuer, granting and revoking a mandate, on both ledgers: an end names the last fact that was minted."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from relayer.business.issuing import grant_mandate, mandate_on, remove_issuer, revoke_mandate
from relayer.business.settling import Desk
from relayer.errors import InvalidInput, LedgerRefused
from relayer.ports.settlement import IssuingRights
from relayer.settlement.errors import CommandRefused
from relayer.settlement.model.acts import OPERATOR, LogHead
from relayer.settlement.model.commands import Command
from relayer.settlement.model.issuers import Issuer, IssuingState
from tests.support.settlement_bench import CHAIN_ID, PARTIES, SettlementBench, issuer_of

KCS, NBM, ATX = (PARTIES[name] for name in ("KCS", "NBM", "ATX"))
PLATFORM = Issuer(CHAIN_ID, issuer_of(ATX))


@dataclass
class Service:
    """A settlement ledger in memory."""

    bench: SettlementBench = field(default_factory=SettlementBench)

    async def execute(self, command: Command) -> LogHead:
        try:
            return self.bench.execute(command).reference
        except CommandRefused as refused:
            raise LedgerRefused(f"settlement/{refused.code}", str(refused)) from refused

    async def issuing_rights(self) -> IssuingRights:
        state = self.bench.state
        return IssuingRights(issuers=tuple(state.issuers.values()), mandates=tuple(state.mandates.values()))


@dataclass
class Registry:
    """A contract whose issuers minted so many facts."""

    minted: int = 7
    ended: set[bytes] = field(default_factory=set)
    mandates: set[tuple[bytes, bytes]] = field(default_factory=set)

    async def register_party(self, ocpi_id: str, account: bytes, *, lei: str = "", vat_id: str = "") -> None:
        raise NotImplementedError

    async def add_issuer(self, issuer: bytes, party_id: bytes) -> None:
        raise NotImplementedError

    async def remove_issuer(self, issuer: bytes) -> int:
        self.ended.add(issuer)
        return self.minted

    async def grant_mandate(self, creditor: bytes, issuer: bytes) -> None:
        self.mandates.add((creditor, issuer))

    async def revoke_mandate(self, creditor: bytes, issuer: bytes) -> int:
        self.mandates.discard((creditor, issuer))
        return self.minted


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def desk(service: Service) -> Desk:
    return Desk(service=service, names={})  # type: ignore[arg-type]


async def test_a_removed_issuer_ends_on_both_ledgers_with_its_last_fact(service: Service, desk: Desk) -> None:
    registry = Registry()
    first = await remove_issuer(registry, desk, PLATFORM, actor=ATX)
    ended = service.bench.state.issuers[PLATFORM]
    assert (ended.state, ended.last_sequence, ended.sequence) == (IssuingState.ENDED, 7, first.sequence)
    assert registry.ended == {PLATFORM.account}
    registry.minted = 9
    assert await remove_issuer(registry, desk, PLATFORM, actor=ATX) == first


async def test_a_removal_that_was_interrupted_goes_on(service: Service, desk: Desk) -> None:
    registry = Registry(ended={PLATFORM.account})
    await remove_issuer(registry, desk, PLATFORM, actor=OPERATOR)
    assert service.bench.state.issuers[PLATFORM].state is IssuingState.ENDED


async def test_another_party_removes_nobodys_issuer(service: Service, desk: Desk) -> None:
    with pytest.raises(LedgerRefused, match="may not remove an issuer of another party"):
        await remove_issuer(Registry(), desk, PLATFORM, actor=NBM)
    assert service.bench.state.issuers[PLATFORM].state is IssuingState.ACTIVE


async def test_a_mandate_is_granted_revoked_and_granted_again(service: Service, desk: Desk) -> None:
    registry = Registry()
    for _ in range(2):
        granted = await grant_mandate(registry, desk, KCS, PLATFORM, actor=KCS)
        assert await grant_mandate(registry, desk, KCS, PLATFORM, actor=KCS) == granted
        assert registry.mandates == {(KCS, PLATFORM.account)}
        ended = await revoke_mandate(registry, desk, KCS, PLATFORM, actor=KCS)
        assert (ended.last_sequence, registry.mandates) == (7, set())
        assert await revoke_mandate(registry, desk, KCS, PLATFORM, actor=KCS) == ended
    said = await mandate_on(desk, KCS, PLATFORM)
    assert said is not None
    assert said.state is IssuingState.ENDED


async def test_what_was_never_there_is_said(desk: Desk) -> None:
    with pytest.raises(InvalidInput, match="has no mandate of this creditor"):
        await revoke_mandate(Registry(), desk, KCS, PLATFORM, actor=KCS)
    with pytest.raises(InvalidInput, match="belongs to no party"):
        await remove_issuer(Registry(), desk, Issuer(CHAIN_ID, bytes(20)), actor=OPERATOR)
