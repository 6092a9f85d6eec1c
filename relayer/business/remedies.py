"""Which verb mends a difference that reconciliation has found. Pure; the page about reconciliation has the same table."""

from __future__ import annotations

from relayer.business.reconcile import Difference, Finding, Source, Standing

_WRITE_OFF = 'settlement write-off {fact} {remaining} --reason "no claim"'
_DISPUTE = 'settlement dispute {fact} {remaining} --reason "another fact was minted"'
_DELIVERED = "push retry {name} --delivered"
_REISSUE = "push reissue {name}"
_DRIVE = "queue dead-letters drive {name}"
_DROP = "queue dead-letters drop {name}"
_REPEAT = "agent retry --event {name}"
_CORRECT = "agent correct {name}"
_VERIFY = "ledger verify"

REMEDIES: dict[Source, dict[Finding, str]] = {
    Source.INTERLEDGER: {
        Finding.LIABILITY_MISSING: "agent pull",
        Finding.FACT_UNKNOWN: _WRITE_OFF,
        Finding.LIABILITY_TWICE: _WRITE_OFF,
        Finding.OBJECT_TWICE: _WRITE_OFF,
        Finding.AMOUNT_DIFFERS: _DISPUTE,
        Finding.PARTIES_DIFFER: _DISPUTE,
        Finding.HASH_DIFFERS: _DISPUTE,
        Finding.LIABILITY_UNEXPECTED: "facts send {fact}",
        Finding.REFERENCE_DIFFERS: "export",
        Finding.LIABILITY_ID_WRONG: _VERIFY,
    },
    Source.PUSHED: {
        Finding.LIABILITY_MISSING: _DELIVERED,
        Finding.FACT_UNKNOWN: _WRITE_OFF,
        Finding.LIABILITY_TWICE: _WRITE_OFF,
        Finding.OBJECT_TWICE: _WRITE_OFF,
        Finding.AMOUNT_DIFFERS: _REISSUE,
        Finding.PARTIES_DIFFER: _REISSUE,
        Finding.HASH_DIFFERS: _REISSUE,
        Finding.OBJECT_DIFFERS: _REISSUE,
        Finding.REFERENCE_MISSING: "push retry {name}",
        Finding.REFERENCE_DIFFERS: _DELIVERED,
        Finding.LIABILITY_ID_WRONG: _VERIFY,
    },
    Source.QUEUED: {
        Finding.LIABILITY_MISSING: _DRIVE,
        Finding.LIABILITY_TWICE: _WRITE_OFF,
        Finding.OBJECT_TWICE: _WRITE_OFF,
        Finding.AMOUNT_DIFFERS: _DROP,
        Finding.PARTIES_DIFFER: _DROP,
        Finding.HASH_DIFFERS: _DROP,
        Finding.OBJECT_DIFFERS: _DROP,
        Finding.REFERENCE_MISSING: _DRIVE,
        Finding.REFERENCE_DIFFERS: "facts deliver",
        Finding.LIABILITY_ID_WRONG: _VERIFY,
    },
    Source.PULLED: {
        Finding.LIABILITY_MISSING: _REPEAT,
        Finding.ACTIVITY_MISSING: "agent pull --from-block {block}",
        Finding.FACT_UNKNOWN: _WRITE_OFF,
        Finding.LIABILITY_TWICE: _WRITE_OFF,
        Finding.OBJECT_TWICE: _WRITE_OFF,
        Finding.AMOUNT_DIFFERS: _CORRECT,
        Finding.PARTIES_DIFFER: _CORRECT,
        Finding.HASH_DIFFERS: _CORRECT,
        Finding.RATING_DIFFERS: _CORRECT,
        Finding.OBJECT_DIFFERS: _WRITE_OFF,
        Finding.LIABILITY_UNEXPECTED: _WRITE_OFF,
        Finding.REFERENCE_MISSING: _REPEAT,
        Finding.REFERENCE_DIFFERS: _REPEAT,
        Finding.RECORD_EMPTY: _REPEAT,
        Finding.RECORD_DIFFERS: _REPEAT,
        Finding.LIABILITY_ID_WRONG: _VERIFY,
    },
}
"""The command without its first word, `relayer`."""

OTHERWISE: dict[tuple[Source, Finding, Standing], str] = {
    (Source.INTERLEDGER, Finding.LIABILITY_UNEXPECTED, Standing.WITHDRAWN): _WRITE_OFF,
    (Source.PUSHED, Finding.LIABILITY_MISSING, Standing.SET_ASIDE): "push retry {name}",
    (Source.QUEUED, Finding.LIABILITY_MISSING, Standing.REFERENCED): "facts deliver",
    (Source.PULLED, Finding.LIABILITY_MISSING, Standing.DERIVED): "agent pull",
    (Source.PULLED, Finding.REFERENCE_MISSING, Standing.UNSTORED): "agent pull --from-block {block}",
}
"""Where the state of the claim calls for another one."""


def remedy(source: Source, difference: Difference) -> str:
    """The command, ready to be run. A difference that this source cannot have is our own bug: KeyError."""
    fact, finding = difference.fact, difference.finding
    template = REMEDIES[source][finding]
    if fact is not None:
        template = OTHERWISE.get((source, finding, fact.standing), template)
    return "relayer " + template.format(
        fact=f"0x{difference.fact_id.hex()}",
        name=difference.name,
        remaining=_money(difference.remaining, difference.exponent),
        block=0 if fact is None else fact.block,
    )


def _money(amount: int, exponent: int) -> str:
    """As commands read it."""
    digits = str(amount).rjust(exponent + 1, "0")
    return f"{digits[:-exponent]}.{digits[-exponent:]}" if exponent else digits
