"""What people do on a settlement ledger: net, pay, dispute. Over the settlement port alone, whatever ledger is behind it.

Request ids follow from the content wherever that can be asked for only once, so a repeat after an interruption is answered
with the first result. Nothing here decides: the ledger checks every step again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Self, assert_never

from relayer.errors import InvalidInput
from relayer.iso20022.payment import payment_id_for
from relayer.ports.sending import Sending
from relayer.ports.settlement import NettingInput, SettlementService
from relayer.settlement.log import encode_command
from relayer.settlement.model.acts import OPERATOR, LogHead, UnitKey
from relayer.settlement.model.commands import Command
from relayer.settlement.model.cycles import Cycle, ProposeCycle, VerifyCycle
from relayer.settlement.model.payments import InstructPayment, PaymentState
from relayer.settlement.netting.debts import Debt, PartyId
from relayer.settlement.netting.modes import (
    CycleResult,
    NettingMode,
    NettingResult,
    net_bilateral,
    net_cycle,
    net_hub,
    remaining,
)
from relayer.settlement.netting.ortools_solver import solve as solve_with_ortools
from relayer.settlement.netting.solver import Solver, solve
from relayer.settlement.rules.eligible import Scope
from relayer.settlement.rules.plans import check_plan, proof_hash_of

SOLVERS: Mapping[str, Solver] = {"built-in": solve, "ortools": solve_with_ortools}
OPERATOR_NAME = "operator"
"""What the ledger's operator is called among parties."""
_NO_CURRENCY = UnitKey("XXX", 0)
"""ISO 4217: no currency is involved, so no debt is either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A settlement ledger that is open for business, and its parties' names by party id."""

    service: SettlementService
    names: Mapping[bytes, str]
    titles: Mapping[bytes, str] = field(default_factory=dict)
    """What the parties are called beside their ids, such as `Nordbahn`; not always one party's alone."""
    sending: Sending = nullcontext

    @classmethod
    async def at(cls, service: SettlementService, *, sending: Sending = nullcontext) -> Self:
        """`sending` is entered around each command. Raises what the ledger raises."""
        parties = await service.parties()
        return cls(
            service=service,
            names={party.party_id: party.ocpi_id for party in parties},
            titles={party.party_id: party.name for party in parties},
            sending=sending,
        )

    def name(self, party: bytes) -> str:
        """OCPI id, `operator`, or hexadecimal for a party that the ledger does not list."""
        return OPERATOR_NAME if party == OPERATOR else self.names.get(party, f"0x{party.hex()[:16]}")

    async def execute(self, command: Command) -> LogHead:
        """With a request id made from the canonical command, which names what it replaces, unless it has one."""
        request_id = command.request_id or request_id_of(command)
        with self.sending():
            head = await self.service.execute(replace(command, request_id=request_id))
        return head  # noqa: RET504  (mypy: the type of what is entered may end an error)

    async def consenting(self) -> frozenset[bytes]:
        """The parties that agree to novation."""
        nothing = Scope(unit=_NO_CURRENCY, cut_off_seconds=0, value_date_seconds=0)
        return (await self.service.netting_input(nothing)).consenting

    async def unit(self, currency: str, exponent: int | None) -> UnitKey:
        """The unit of a currency; its exponent is that of the ledger's positions. Raises InvalidInput if that is unclear."""
        if exponent is not None:
            return UnitKey(currency, exponent)
        found = {each.exponent for each in await self.service.positions() if each.currency == currency}
        if len(found) != 1:
            raise InvalidInput(
                f"{currency} is used with {len(found)} exponents on this ledger; name a currency that is used, or --exponent"
            )
        return UnitKey(currency, found.pop())


def request_id_of(command: Command) -> str:
    """The same for the same content, whatever request id the command has."""
    return f"settle-{sha256(encode_command(replace(command, request_id=''))).hexdigest()[:40]}"


def compare(found: NettingInput, *, solver: Solver) -> dict[NettingMode, NettingResult]:
    """Every mode on the same debts. HUB is shown as if all had agreed; only the ledger says whether they have."""
    everyone = frozenset(found.network.parties)
    return {mode: _net(found, mode, solver=solver, consents=everyone) for mode in NettingMode}


async def propose(
    at: Desk, *, cycle_id: str, mode: NettingMode, scope: Scope, actor: bytes, expires_at_seconds: int, solver: Solver
) -> NettingResult:
    """Solves the current debts and proposes the result. Raises NettingRefused or LedgerRefused."""
    found = await at.service.netting_input(scope)
    consents = frozenset(map(PartyId, found.consenting))
    result = _net(found, mode, solver=solver, consents=consents)
    await at.execute(
        ProposeCycle(
            request_id="",
            actor=actor,
            cycle_id=cycle_id,
            mode=mode,
            currency=scope.unit.currency,
            exponent=scope.unit.exponent,
            cut_off_seconds=scope.cut_off_seconds,
            value_date_seconds=scope.value_date_seconds,
            expires_at_seconds=expires_at_seconds,
            debts_hash=found.network.digest(),
            proof=result.certificate.encode() if isinstance(result, CycleResult) else b"",
        )
    )
    return result


async def read_cycle(at: Desk, cycle_id: str) -> tuple[Cycle, NettingResult]:
    """A cycle whose proof this process has checked itself. Raises NettingRefused if it does not hold."""
    cycle = await at.service.cycle(cycle_id)
    if cycle is None:
        raise InvalidInput(f"cycle {cycle_id} is not on this ledger; `relayer settlement cycles` lists them")
    return cycle, check_plan(cycle.plan)


async def verify_cycle(at: Desk, cycle_id: str, *, actor: bytes) -> tuple[Cycle, NettingResult]:
    """Checks the proof here, and tells the ledger that this very proof was checked."""
    cycle, result = await read_cycle(at, cycle_id)
    await at.execute(VerifyCycle(request_id="", actor=actor, cycle_id=cycle_id, proof_hash=proof_hash_of(cycle.plan)))
    return cycle, result


async def payments_of(at: Desk, cycle_id: str, *, expires_at_seconds: int, actor: bytes) -> Sequence[InstructPayment]:
    """What a cycle left that is not paid or instructed yet. Ids are the end-to-end ids that the bank will carry.

    `actor` a party: only what it owes itself.
    """
    cycle, result = await read_cycle(at, cycle_id)
    found = []
    for debt in remaining(result):
        if actor not in (OPERATOR, debt.debtor):
            continue
        payment_id = await _free_payment_id(at, cycle, debt)
        if payment_id is not None:
            found.append(
                InstructPayment(
                    request_id="",
                    actor=actor,
                    payment_id=payment_id,
                    debtor=debt.debtor,
                    creditor=debt.creditor,
                    currency=cycle.plan.currency,
                    exponent=cycle.plan.exponent,
                    amount=debt.amount,
                    cycle_id=cycle_id,
                    expires_at_seconds=expires_at_seconds,
                )
            )
    return found


async def _free_payment_id(at: Desk, cycle: Cycle, debt: Debt) -> str | None:
    """The id of the next attempt, or None while one is under way or done."""
    attempt = 1
    while True:
        payment_id = payment_id_for(
            cycle_id=cycle.plan.cycle_id,
            debtor=at.name(debt.debtor),
            creditor=at.name(debt.creditor),
            currency=cycle.plan.currency,
            attempt=attempt,
        )
        known = await at.service.payment(payment_id)
        if known is None:
            return payment_id
        if known.state not in {PaymentState.RETURNED, PaymentState.EXPIRED}:
            return None
        attempt += 1


def _net(found: NettingInput, mode: NettingMode, *, solver: Solver, consents: frozenset[PartyId]) -> NettingResult:
    match mode:
        case NettingMode.BILATERAL:
            return net_bilateral(found.network)
        case NettingMode.CYCLE:
            return net_cycle(found.network, solver=solver)
        case NettingMode.HUB:
            return net_hub(found.network, consents=consents)
        case _:
            assert_never(mode)
