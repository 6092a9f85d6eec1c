"""Who may issue facts for whom: accounts of parties, and mandates of creditors.

Whoever issues a fact for a creditor can claim in its name and give up what it is owed. So an account belongs to one party,
and only that party, or an account that it has given a mandate, speaks for it. Facts are proven from contracts alone that
the operators have bound to a light client.
"""

from __future__ import annotations

import re
from typing import assert_never

from relayer.codes.facts import KINDS_ISSUED_BY_CREDITOR, FactCode
from relayer.codes.settlement import RefusalCode
from relayer.facts.schema import Fact
from relayer.facts.ways import SIGNED_WAYS, Way
from relayer.settlement.model.events import LogEntry
from relayer.settlement.model.issuers import (
    BindContract,
    BindIssuer,
    ContractBound,
    ContractInForce,
    ContractReleased,
    GrantMandate,
    Issuer,
    IssuerBound,
    IssuerCommand,
    IssuerEvent,
    IssuerInForce,
    IssuerRemoved,
    IssuingState,
    MandateGranted,
    MandateInForce,
    MandateRevoked,
    ProvenContract,
    ReleaseContract,
    RemoveIssuer,
    RevokeMandate,
)
from relayer.settlement.reader import MutableState, SettlementReader
from relayer.settlement.rules.checks import (
    refuse,
    require_actor,
    require_operator,
    require_replaces,
    require_there,
    stored,
)

_ACCOUNT_BYTES = 20
_CLIENT_ID = re.compile(r"[a-z0-9-]{9,64}", re.ASCII)
"""As ICS-24 has it, of those that a ledger makes: its type, a dash and a number."""


def may_issue(state: SettlementReader, issuer: Issuer, fact: Fact, way: Way) -> bool:
    """Whether the fact comes from whom its kind must come from: an issuer of the creditor, or one with its mandate.

    Judged by the fact's sequence among its issuer's, so what was issued before an end counts whenever it arrives. That is
    for facts which a contract ledger has put into their order. A signature has no time, and its key may have been stolen
    since: after the end it counts for nothing new, whatever sequence it states.
    """
    bound = state.issuer(issuer)
    if fact.kind not in KINDS_ISSUED_BY_CREDITOR or bound is None or not _covers(bound, fact, way):
        return False
    if bound.party == fact.creditor:
        return True
    mandate = state.mandate(fact.creditor, issuer)
    return mandate is not None and _covers(mandate, fact, way)


def decide_issuer(state: SettlementReader, command: IssuerCommand) -> IssuerEvent:
    """Raises CommandRefused."""
    match command:
        case BindIssuer(issuer=issuer, party=party):
            require_operator(command.actor, "bind issuers")
            _check_issuer(issuer)
            require_there("party", party.hex(), state.party(party))
            _check_free(state, issuer)
            return IssuerBound(issuer=issuer, party=party)
        case RemoveIssuer(issuer=issuer, last_sequence=last):
            bound = _bound(state, issuer)
            require_actor(state, command.actor, (bound.party,), "remove an issuer of another party")
            _require_active(f"issuer {issuer}", bound.state)
            return IssuerRemoved(issuer=issuer, last_sequence=last)
        case GrantMandate(creditor=creditor, issuer=issuer, replaces=replaces):
            said = _mandate_before(state, command, replaces)
            if said is not None and said.state is IssuingState.ACTIVE:
                raise refuse(RefusalCode.WRONG_STATE, f"issuer {issuer} has the mandate of {creditor.hex()} already")
            _require_active(f"issuer {issuer}", stored(state.issuer(issuer), f"issuer {issuer}").state)
            return MandateGranted(creditor=creditor, issuer=issuer, replaces=replaces)
        case RevokeMandate(creditor=creditor, issuer=issuer, last_sequence=last, replaces=replaces):
            said = _mandate_before(state, command, replaces)
            mandate = require_there("mandate for issuer", str(issuer), said)
            _require_active(f"the mandate of {creditor.hex()} for issuer {issuer}", mandate.state)
            return MandateRevoked(creditor=creditor, issuer=issuer, last_sequence=last, replaces=replaces)
        case BindContract(client_id=client_id, contract=contract):
            require_operator(command.actor, "bind contracts")
            _check_contract(client_id, contract)
            _require_bound(state, ProvenContract(client_id, contract), expected=False)
            return ContractBound(client_id=client_id, contract=contract)
        case ReleaseContract(client_id=client_id, contract=contract):
            require_operator(command.actor, "release contracts")
            _check_contract(client_id, contract)
            _require_bound(state, ProvenContract(client_id, contract), expected=True)
            return ContractReleased(client_id=client_id, contract=contract)
        case _:
            assert_never(command)


def apply_issuer(state: MutableState, event: IssuerEvent, entry: LogEntry) -> None:
    """What the event does to the state."""
    sequence = entry.head.sequence
    match event:
        case IssuerBound(issuer=issuer, party=party):
            _set_issuer(state, issuer, party, sequence=sequence)
        case IssuerRemoved(issuer=issuer, last_sequence=last):
            bound = stored(state.issuer(issuer), f"issuer {issuer}")
            _set_issuer(state, issuer, bound.party, sequence=sequence, ended_at=last)
        case MandateGranted(creditor=creditor, issuer=issuer):
            _set_mandate(state, creditor, issuer, sequence=sequence)
        case MandateRevoked(creditor=creditor, issuer=issuer, last_sequence=last):
            _set_mandate(state, creditor, issuer, sequence=sequence, ended_at=last)
        case ContractBound(client_id=client_id, contract=contract):
            _set_contract(state, ProvenContract(client_id, contract), IssuingState.ACTIVE, sequence)
        case ContractReleased(client_id=client_id, contract=contract):
            _set_contract(state, ProvenContract(client_id, contract), IssuingState.ENDED, sequence)
        case _:
            assert_never(event)


def is_bound(state: SettlementReader, name: ProvenContract) -> bool:
    """Whether facts of the contract may be proven through the client."""
    said = state.contract(name)
    return said is not None and said.state is IssuingState.ACTIVE


def code_of_issuer(state: SettlementReader, issuer: Issuer, fact: Fact, way: Way) -> FactCode | None:
    """ISSUER_NOT_AUTHORISED unless the issuer may issue this fact."""
    return None if may_issue(state, issuer, fact, way) else FactCode.ISSUER_NOT_AUTHORISED


def _covers(right: IssuerInForce | MandateInForce, fact: Fact, way: Way) -> bool:
    """Whether the fact was issued before the end."""
    if right.state is IssuingState.ACTIVE:
        return True
    return way not in SIGNED_WAYS and fact.issuer_sequence <= right.last_sequence


def _bound(state: SettlementReader, issuer: Issuer) -> IssuerInForce:
    return require_there("issuer", str(issuer), state.issuer(issuer) if _is_issuer(issuer) else None)


def _is_issuer(issuer: Issuer) -> bool:
    return len(issuer.account) == _ACCOUNT_BYTES and 0 < issuer.chain_id < 1 << 256


def _check_issuer(issuer: Issuer) -> None:
    if not _is_issuer(issuer):
        raise refuse(RefusalCode.INVALID_COMMAND, f"issuer {issuer}: expected a chain id above 0 and an account of 20 bytes")


def _check_free(state: SettlementReader, issuer: Issuer) -> None:
    bound = state.issuer(issuer)
    if bound is not None:
        raise refuse(
            RefusalCode.ISSUER_TAKEN,
            f"issuer {issuer} belongs to party {bound.party.hex()} and is {bound.state.value}; use another account",
        )


def _check_contract(client_id: str, contract: bytes) -> None:
    if not _CLIENT_ID.fullmatch(client_id) or len(contract) != _ACCOUNT_BYTES:
        raise refuse(
            RefusalCode.INVALID_COMMAND,
            f"contract of client {client_id[:64]!r}: expected the client's id and the contract's address (20 bytes)",
        )


def _require_bound(state: SettlementReader, name: ProvenContract, *, expected: bool) -> None:
    if is_bound(state, name) is not expected:
        now = "is not bound" if expected else "is bound already"
        raise refuse(RefusalCode.WRONG_STATE, f"contract {name} {now}")


def _mandate_before(state: SettlementReader, command: GrantMandate | RevokeMandate, replaces: int) -> MandateInForce | None:
    """What the creditor said before. Only it may say more, about an issuer of another party."""
    creditor, issuer = command.creditor, command.issuer
    require_there("party", creditor.hex(), state.party(creditor))
    bound = _bound(state, issuer)
    require_actor(state, command.actor, (creditor,), "decide on a mandate of another creditor")
    if bound.party == creditor:
        raise refuse(RefusalCode.INVALID_COMMAND, f"issuer {issuer} belongs to the creditor itself and needs no mandate")
    said = state.mandate(creditor, issuer)
    require_replaces(f"mandate of {creditor.hex()} for issuer {issuer}", replaces, said.sequence if said else 0)
    return said


def _require_active(what: str, found: IssuingState) -> None:
    if found is IssuingState.ENDED:
        raise refuse(RefusalCode.WRONG_STATE, f"{what} has ended; bind another account, or grant a new mandate")


def _state_of(ended_at: int | None) -> tuple[IssuingState, int]:
    return (IssuingState.ACTIVE, 0) if ended_at is None else (IssuingState.ENDED, ended_at)


def _set_issuer(state: MutableState, issuer: Issuer, party: bytes, *, sequence: int, ended_at: int | None = None) -> None:
    standing, last = _state_of(ended_at)
    state.issuers[issuer] = IssuerInForce(issuer=issuer, party=party, state=standing, last_sequence=last, sequence=sequence)


def _set_mandate(
    state: MutableState, creditor: bytes, issuer: Issuer, *, sequence: int, ended_at: int | None = None
) -> None:
    standing, last = _state_of(ended_at)
    state.mandates[creditor, issuer] = MandateInForce(
        creditor=creditor, issuer=issuer, state=standing, last_sequence=last, sequence=sequence
    )


def _set_contract(state: MutableState, name: ProvenContract, standing: IssuingState, sequence: int) -> None:
    state.contracts[name] = ContractInForce(
        client_id=name.client_id, contract=name.contract, state=standing, sequence=sequence
    )
