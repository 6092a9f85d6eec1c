"""Compares who may issue for whom on a contract ledger and on a settlement ledger, and names the verb that mends it.

Pure. Each ledger decides by its own record, so a fact passes only if both hold the right. The settlement ledger believes its
operator, or the creditor, about the last fact that counts; the contract ledger has counted it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from relayer.ports.facts import RegisteredIssuer, RegisteredMandate, RegisteredRights
from relayer.ports.settlement import IssuingRights
from relayer.settlement.model.issuers import IssuerInForce, IssuingState, MandateInForce


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsDifference:
    """One disagreement of the two ledgers. `account`: 20 bytes."""

    account: bytes
    creditor: bytes
    finding: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRights:
    """Both ledgers' records of one contract. `name` turns a party's id into what people call it."""

    registered: RegisteredRights
    recorded: IssuingRights
    chain_id: int
    name: Callable[[bytes], str]

    def differences(self) -> tuple[RightsDifference, ...]:
        """Issuers first, then mandates of issuers that have not ended on both."""
        return (*self._issuers(), *self._mandates())

    @property
    def agreeing(self) -> tuple[int, int]:
        """How many issuers and mandates the settlement ledger holds of this chain."""
        here = [each for each in self.recorded.mandates if each.issuer.chain_id == self.chain_id]
        return len(self._recorded_issuers()), len(here)

    def _issuers(self) -> Iterator[RightsDifference]:
        registered = {each.account: each for each in self.registered.issuers}
        recorded = self._recorded_issuers()
        for account in sorted({*registered, *recorded}):
            there, here = registered.get(account), recorded.get(account)
            party = here.party if here is not None else there.party if there is not None else b""
            found = _issuer_finding(there, here, account=f"0x{account.hex()}", name=self.name)
            if found is not None:
                yield RightsDifference(account=account, creditor=party, finding=found[0], remedy=found[1])

    def _mandates(self) -> Iterator[RightsDifference]:
        registered = {(each.creditor, each.account): each for each in self.registered.mandates}
        recorded = {
            (each.creditor, each.issuer.account): each
            for each in self.recorded.mandates
            if each.issuer.chain_id == self.chain_id
        }
        ended = {each.account for each in self.registered.issuers if each.last_sequence is not None}
        ended &= {account for account, each in self._recorded_issuers().items() if each.state is IssuingState.ENDED}
        for creditor, account in sorted({*registered, *recorded}):
            if account in ended:
                continue
            verb = f"relayer settlement mandate {self.name(creditor)} 0x{account.hex()}"
            found = _mandate_finding(registered.get((creditor, account)), recorded.get((creditor, account)), verb=verb)
            if found is not None:
                yield RightsDifference(account=account, creditor=creditor, finding=found[0], remedy=found[1])

    def _recorded_issuers(self) -> dict[bytes, IssuerInForce]:
        return {each.issuer.account: each for each in self.recorded.issuers if each.issuer.chain_id == self.chain_id}


def _issuer_finding(
    there: RegisteredIssuer | None, here: IssuerInForce | None, *, account: str, name: Callable[[bytes], str]
) -> tuple[str, str] | None:
    """What differs and what to do; `there` is the contract ledger, `here` the settlement ledger."""
    remove = f"run `relayer settlement remove-issuer {account}`"
    on_contract, on_settlement = _standing(there), _standing(here)
    match on_contract, on_settlement:
        case IssuingState.ACTIVE, None:
            assert there is not None
            return (
                f"issues for {name(there.party)} on the contract ledger and is not known to the settlement ledger",
                "describe it in settlement.json and run `relayer settlement apply`, or else its facts are refused",
            )
        case None, IssuingState.ACTIVE:
            assert here is not None
            return (
                f"issues for {name(here.party)} on the settlement ledger and is not known to the contract ledger",
                "describe it in settlement.json and run `relayer settlement apply`",
            )
        case (None, _) | (_, None):
            return None
    assert there is not None
    assert here is not None
    if there.party != here.party:
        return (
            f"belongs to {name(there.party)} on the contract ledger and to {name(here.party)} on the settlement ledger",
            f"an account never changes hands: {remove}, and register another account of the right party",
        )
    if on_contract is not on_settlement:
        removed, other = ("contract", "settlement") if on_contract is IssuingState.ENDED else ("settlement", "contract")
        return f"was removed on the {removed} ledger and still issues on the {other} ledger", remove
    return _end_finding(
        there.last_sequence,
        here,
        remedy="the removal is final; issue what is missing again with another issuer of the party",
    )


def _mandate_finding(there: RegisteredMandate | None, here: MandateInForce | None, *, verb: str) -> tuple[str, str] | None:
    on_contract, on_settlement = _standing(there), _standing(here)
    if (on_contract is IssuingState.ACTIVE) != (on_settlement is IssuingState.ACTIVE):
        held, other = ("contract", "settlement") if on_contract is IssuingState.ACTIVE else ("settlement", "contract")
        return (
            f"has the creditor's mandate on the {held} ledger and not on the {other} ledger",
            f"run `{verb}` to grant it on both, or with --revoke to end it on both",
        )
    if there is None or here is None or on_contract is IssuingState.ACTIVE:
        return None
    return _end_finding(
        there.last_sequence, here, remedy=f"run `{verb}`, and again with --revoke: a mandate covers all up to its next end"
    )


def _end_finding(counted: int | None, here: IssuerInForce | MandateInForce, *, remedy: str) -> tuple[str, str] | None:
    """The last fact that counts: the contract ledger has counted it, the settlement ledger was given it."""
    if counted is None or here.state is IssuingState.ACTIVE or counted == here.last_sequence:
        return None
    told = f"its last fact is number {counted} on the contract ledger and {here.last_sequence} on the settlement ledger"
    if counted < here.last_sequence:
        return (
            told,
            f"no fact of the contract ledger is missing; ask who recorded entry {here.sequence} of the log",
        )
    return f"{told}, which refuses those after it", remedy


def _standing(right: RegisteredIssuer | RegisteredMandate | IssuerInForce | MandateInForce | None) -> IssuingState | None:
    if right is None:
        return None
    if isinstance(right, IssuerInForce | MandateInForce):
        return right.state
    return IssuingState.ACTIVE if right.last_sequence is None else IssuingState.ENDED
