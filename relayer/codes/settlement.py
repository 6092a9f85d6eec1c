"""Refusals of settlement commands.

Made by devnet/generate_codes.py of proto/codes.yaml; change it there.
"""

from __future__ import annotations

from enum import IntEnum


class RefusalCode(IntEnum):
    """Stable numbers of the refusals, as a ledger prints them behind its codespace ``settlement``."""

    ID_REUSED = 2
    """The request id was used before with other content."""
    INVALID_COMMAND = 3
    """A field of the command is outside its range."""
    PARTY_EXISTS = 4
    """The party is registered with other particulars."""
    PARTY_UNKNOWN = 5
    """The agreement names a party that is not registered."""
    AGREEMENT_TAKEN = 6
    """The agreement id belongs to another pair of parties."""
    CUT_OFF_NOT_LATER = 7
    """The cut-off only moves forward."""
    NOT_AUTHORISED = 8
    """The actor may not do this."""
    NOT_FOUND = 9
    """Nothing is stored under this id."""
    ID_TAKEN = 10
    """The id is in use."""
    WRONG_STATE = 11
    """The state does not allow this step."""
    AMOUNT_OUT_OF_RANGE = 12
    """The amount is out of range."""
    EXCEEDS_OPEN = 13
    """More than is open and not held."""
    CURRENCY_UNSUPPORTED = 14
    """The agreement does not cover the currency."""
    EXPONENT_MISMATCH = 15
    """The agreement states the currency with another exponent."""
    NO_AGREEMENT = 16
    """The pair has no agreement."""
    DEADLINE_INVALID = 17
    """The deadline must lie ahead, and not too far."""
    DEADLINE_PASSED = 18
    """The deadline has passed."""
    DEADLINE_NOT_REACHED = 19
    """The deadline has not passed."""
    EVIDENCE_USED = 20
    """The evidence has proved another movement."""
    EVIDENCE_MISMATCH = 21
    """The evidence states another amount."""
    DEBTS_CHANGED = 22
    """Made for other debts than the ledger has now."""
    PROOF_MALFORMED = 23
    """The proof does not have the form of one."""
    PROOF_FALSE = 24
    """The proof does not hold."""
    CONSENT_MISSING = 25
    """A party has not agreed to novation."""
    CYCLE_RUNNING = 26
    """Another cycle runs in this currency."""
    CUT_OFF_INVALID = 27
    """The cut-off lies before the last one or after block time."""
    NOTHING_TO_NET = 28
    """Nothing can be set off."""
    SAME_ACTOR = 29
    """Another than the proposer must verify."""
    SUPERSEDED = 30
    """What the change replaces is not in force any more."""
    ISSUER_TAKEN = 31
    """The account belongs to a party already, or was removed."""
    RATE_EXCEEDED = 32
    """The party has asked for this as often as it may within one hour."""
    BAD_SIGNATURE = 33
    """The issuer has not signed these facts for this ledger."""
    CONTRACT_NOT_BOUND = 34
    """No operator has bound the contract to this client."""
    CLIENT_NOT_USABLE = 35
    """The light client does not exist, is not trusted, is frozen or has expired."""
    HEIGHT_UNKNOWN = 36
    """The light client has no state for the proof's height; update it."""
    BAD_PROOF = 37
    """The proofs do not show what the contract stores."""

    @property
    def may_pass_later(self) -> bool:
        """Whether the same content may be accepted later without being changed."""
        return self in _REFUSALCODE_LATER


_REFUSALCODE_LATER = frozenset(
    {
        RefusalCode.PARTY_UNKNOWN,
        RefusalCode.NOT_FOUND,
        RefusalCode.EXCEEDS_OPEN,
        RefusalCode.CURRENCY_UNSUPPORTED,
        RefusalCode.NO_AGREEMENT,
        RefusalCode.DEADLINE_NOT_REACHED,
        RefusalCode.CONSENT_MISSING,
        RefusalCode.CYCLE_RUNNING,
        RefusalCode.NOTHING_TO_NET,
        RefusalCode.RATE_EXCEEDED,
        RefusalCode.CONTRACT_NOT_BOUND,
        RefusalCode.CLIENT_NOT_USABLE,
        RefusalCode.HEIGHT_UNKNOWN,
    }
)
