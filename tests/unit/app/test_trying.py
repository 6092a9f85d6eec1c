"""What `check` tries of a channel: an update of each light client, and whether all authorities sign for it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from relayer.app.trying import named_line, update_line, vouching_line
from relayer.core.ids import ClientId
from relayer.errors import AccessDenied, ConfigurationError, FeeCapExceeded, NoPriceYet, RelayerError
from relayer.ports.capabilities import CheckLine, NamedVouchers, Voucher, Vouching
from relayer.ports.ledger import ClientStatus, Quote, SubmissionBatch
from relayer.ports.prover import ClientReference
from relayer.testing.clock import VirtualClock
from relayer.testing.simulated import SimulatedLedger
from relayer.testing.world import World

CLIENT = ClientId("simulated-0")


class PaidLedger(SimulatedLedger):
    """It prices what is tried, and its authorities sign for named clients."""

    funds = 10**9
    trouble: RelayerError | None = None
    tried: SubmissionBatch | None = None
    missing: tuple[Voucher, ...] = ()
    silent: tuple[str, ...] = ()

    async def balance(self) -> int:
        return self.funds

    async def quote(self, batch: SubmissionBatch) -> Quote:
        self.tried = batch
        if self.trouble is not None:
            raise self.trouble
        return Quote(transactions=1, gas=400_000, price=Fraction(5, 2), fee=1_000_000, refusals=())

    async def vouching(self) -> Vouching:
        errors = dict.fromkeys(self.silent, "UNAVAILABLE")
        vouchers = (Voucher(name=name, endpoint="there", error=errors.get(name, "")) for name in ("0x1", "0x2"))
        return Vouching(threshold=1, vouchers=tuple(vouchers))

    async def not_serving(self, client: ClientReference) -> tuple[Voucher, ...]:
        del client
        return self.missing


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = VirtualClock()
    made = clock.run(World.build(clock, tmp_path / "journal.db"))
    made.contracts.__class__ = PaidLedger
    yield made
    clock.close()


def tried(world: World) -> CheckLine:
    """An update on the paid ledger, of the client that follows the other one."""

    async def line() -> CheckLine:
        host: Any = world.contracts
        followed: Any = world.settlement
        return await update_line("update", host, followed, await host.client_status(CLIENT))

    return world.clock.run(line())


async def grown(world: World) -> None:
    await world.clock.sleep(60.0)


def test_an_update_is_tried_with_its_header_and_its_price(world: World) -> None:
    world.clock.run(grown(world))
    line = tried(world)
    assert line.good
    assert line.found.endswith("would pass; 400000 gas at 2.5 each")
    assert world.contracts.tried.update is not None
    assert world.contracts.tried.messages == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"trouble": ConfigurationError("fee: choose `legacy`")}, "fee: choose `legacy`"),
        ({"trouble": FeeCapExceeded("raise the cap")}, "raise the cap"),
        ({"trouble": AccessDenied("the account is not among the relayers")}, "not among the relayers"),
        ({"funds": 999_999}, "send the account funds: it has 999999, an update may cost 1000000"),
    ],
    ids=["a wrong fee policy", "a price above the cap", "a missing role", "too little money"],
)
def test_what_would_stop_an_update_is_found_with_its_remedy(world: World, change: dict[str, object], words: str) -> None:
    """The fault: check said that all is well, and the first packet was stuck."""
    world.clock.run(grown(world))
    for name, value in change.items():
        setattr(world.contracts, name, value)
    line = tried(world)
    assert not line.good
    assert words in line.remedy


def test_authorities_that_do_not_sign_stop_an_update(world: World) -> None:
    world.clock.run(grown(world))
    world.settlement.faults.authorities_down = True
    line = tried(world)
    assert line.found == "no update of simulated-0 would pass"
    assert line.remedy


def test_a_quiet_ledger_that_cannot_price_yet_is_no_fault(world: World) -> None:
    world.clock.run(grown(world))
    world.contracts.trouble = NoPriceYet("there is no price yet")
    line = tried(world)
    assert line.good
    assert "there is no price yet" in line.found


def test_without_a_newer_header_gas_is_priced_all_the_same(world: World) -> None:
    world.contracts.trouble = ConfigurationError("fee: choose `legacy`")
    assert tried(world).remedy == "fee: choose `legacy`"


def status_of(world: World) -> ClientStatus:
    return world.clock.run(world.settlement.client_status(CLIENT))


class RotatedLedger(PaidLedger):
    """Light clients may trust others than the configured authorities."""

    named = NamedVouchers()

    async def vouching_for(self, client: ClientReference) -> Vouching:
        del client
        return Vouching(threshold=1, vouchers=(Voucher(name="0x3", endpoint="there", error="UNAVAILABLE"),))

    def named_for(self, client: ClientReference) -> NamedVouchers:
        del client
        return self.named


def test_a_configuration_that_a_rotation_left_behind_is_found_with_what_to_change(world: World) -> None:
    host: Any = world.settlement
    followed: Any = world.contracts
    assert named_line("named", host, followed, status_of(world)) is None
    world.contracts.__class__ = RotatedLedger
    assert named_line("named", host, followed, status_of(world)) == CheckLine(
        subject="named", found="exactly those whom simulated-0 trusts"
    )
    world.contracts.named = NamedVouchers(change="set `threshold` to 2")
    found = named_line("named", host, followed, status_of(world))
    assert found is not None
    assert found.remedy == "set `threshold` to 2"
    world.contracts.missing = (Voucher(name="0x3", endpoint="there", error="UNAVAILABLE"),)
    silent = world.clock.run(vouching_line("authorities", host, followed, status_of(world)))
    assert silent is not None
    assert silent.remedy == "start those that do not answer"


def test_authorities_are_named_with_the_line_that_theirs_needs(world: World) -> None:
    def line() -> CheckLine | None:
        host: Any = world.settlement
        followed: Any = world.contracts
        return world.clock.run(vouching_line("authorities", host, followed, status_of(world)))

    assert line() == CheckLine(subject="authorities", found="all who vouch for it sign for simulated-0")
    unaware = Voucher(name="0x1", endpoint="there:9101", error="does not serve the client")
    world.contracts.missing = (unaware, Voucher(name="0x2", endpoint="there:9102", error="UNAVAILABLE"))
    world.contracts.silent = ("0x2",)
    found = line()
    assert found is not None
    assert "0x1 at there:9101 does not serve the client; 0x2 at there:9102 UNAVAILABLE" in found.found
    assert f'add {{"host_chain_id": "{world.settlement.chain_id}"' in found.remedy
    assert found.remedy.endswith(
        '"client_id": "simulated-0"} to `clients` in the authority.yaml of 0x1, and start them again'
    )
    world.contracts.missing = world.contracts.missing[1:]
    found = line()
    assert found is not None
    assert found.remedy == "start those that do not answer"
