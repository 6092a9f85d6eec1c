"""The proof that a set-off is right and that no other one clears more; this check is what ledgers run.

A certificate says, for each debt, what remains of it, and gives each party an integer potential. Linear programming
duality (complementary slackness; Ahuja, Magnanti, Orlin, "Network Flows", theorem 9.4) turns the potentials into a proof of
optimality that is checked row by row, in time linear in the debts, without trusting whoever solved it. This module must
never call a solver, and must never accept a certificate because of where it came from.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from relayer.codes.limits import MAXIMUM_DEBTS, MAXIMUM_PARTIES, MAXIMUM_POTENTIAL
from relayer.settlement.netting.debts import DebtNetwork, name_debt, name_party
from relayer.settlement.netting.errors import NettingCode, NettingRefused

_DOMAIN = b"interledger.netting.certificate.v1"
_COUNTS = struct.Struct(">II")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What remains of each debt, and why nothing more can be cleared. Unchecked until `check` has passed."""

    debts_hash: bytes
    """`DebtNetwork.digest` of the debts that this is about, 32 bytes."""
    remainder: tuple[int, ...]
    """Minor units, one for each row of the network."""
    potentials: tuple[int, ...]
    """One for each party of the network; the smallest is 0, so that one proof has one form."""

    def encode(self) -> bytes:
        """Canonical bytes. Raises NettingRefused (CERTIFICATE_MALFORMED) for values that have no such form.

        Domain, debts hash (32), number of parties (4) and of debts (4), potentials (8 each), remainder (16 each); integers
        are unsigned, big-endian.
        """
        try:
            return b"".join(
                [
                    _DOMAIN,
                    self.debts_hash,
                    _COUNTS.pack(len(self.potentials), len(self.remainder)),
                    struct.pack(f">{len(self.potentials)}Q", *self.potentials),
                    *[amount.to_bytes(16, "big") for amount in self.remainder],
                ]
            )
        except (struct.error, OverflowError, AttributeError, TypeError) as unfit:
            raise _malformed("a number is negative, too large or not whole") from unfit

    def digest(self) -> bytes:
        """SHA-256 of the canonical bytes, for a ledger to commit to."""
        return hashlib.sha256(self.encode()).digest()


def decode(data: bytes) -> Certificate:
    """The certificate in canonical bytes. Raises NettingRefused (CERTIFICATE_MALFORMED) on any other byte string."""
    start = len(_DOMAIN) + 32
    head = start + _COUNTS.size
    if len(data) < head or data[: len(_DOMAIN)] != _DOMAIN:
        raise _malformed("not a certificate of version 1")
    parties, debts = _COUNTS.unpack_from(data, start)
    if parties > MAXIMUM_PARTIES or debts > MAXIMUM_DEBTS:
        raise _malformed(f"{parties} parties and {debts} debts are more than a cycle may have")
    body = head + 8 * parties
    if len(data) != body + 16 * debts:
        raise _malformed(f"{len(data)} bytes, expected {body + 16 * debts} for {parties} parties and {debts} debts")
    return Certificate(
        debts_hash=data[len(_DOMAIN) : start],
        potentials=struct.unpack_from(f">{parties}Q", data, head),
        remainder=tuple([int.from_bytes(data[at : at + 16], "big") for at in range(body, len(data), 16)]),
    )


def check(network: DebtNetwork, certificate: Certificate) -> None:
    """Accepts a certificate, or raises NettingRefused with the first rule that it breaks, naming the debt or the party.

    In this order: it is about these debts (CERTIFICATE_OF_OTHER_DEBTS) and has their shape (CERTIFICATE_MALFORMED);
    0 <= remainder <= debt (REMAINDER_OUT_OF_RANGE); every net position is what it was (POSITION_CHANGED); potentials are in
    canonical form (POTENTIAL_OUT_OF_RANGE); and, with the reduced cost 1 + potential of debtor - potential of creditor,
    a debt that was reduced has one >= 0 and a debt that remains has one <= 0 (NOT_OPTIMAL). Time: linear in the debts.
    """
    remainder, potentials = certificate.remainder, certificate.potentials
    if certificate.debts_hash != network.digest():
        raise NettingRefused(
            "certificate: made for other debts, perhaps before one was held or added; solve again",
            code=NettingCode.CERTIFICATE_OF_OTHER_DEBTS,
        )
    if len(remainder) != len(network.amounts) or len(potentials) != len(network.parties):
        raise _malformed("it needs one remainder for each debt and one potential for each party")
    check_remainder(network, remainder)
    if potentials and (not {*map(type, potentials)} <= {int} or min(potentials) != 0 or max(potentials) > MAXIMUM_POTENTIAL):
        raise NettingRefused(
            f"certificate: potentials must be whole, the smallest 0, the largest at most {MAXIMUM_POTENTIAL}",
            code=NettingCode.POTENTIAL_OUT_OF_RANGE,
        )
    rows = zip(network.debtors, network.creditors, network.amounts, remainder, strict=True)
    for row, (debtor, creditor, amount, rest) in enumerate(rows):
        reduced_cost = 1 + potentials[debtor] - potentials[creditor]
        if (reduced_cost < 0 and rest < amount) or (reduced_cost > 0 and rest > 0):
            raise _row_refused(network, row, NettingCode.NOT_OPTIMAL, f"reduced cost {reduced_cost} with {rest} left")


def check_remainder(network: DebtNetwork, remainder: tuple[int, ...]) -> None:
    """No party gains, loses or owes more: 0 <= remainder <= debt in each row, net positions unchanged.

    Raises NettingRefused: REMAINDER_OUT_OF_RANGE naming the debt, POSITION_CHANGED naming the party.
    """
    if len(remainder) != len(network.amounts):
        raise _malformed("it needs one remainder for each debt")
    for row, (amount, rest) in enumerate(zip(network.amounts, remainder, strict=True)):
        if type(rest) is not int or not 0 <= rest <= amount:
            raise _row_refused(network, row, NettingCode.REMAINDER_OUT_OF_RANGE, f"{rest!r} left of {amount}")
    before, after = network.positions(), network.positions(remainder)
    if before != after:
        party = next(number for number, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1])
        raise NettingRefused(
            f"party {name_party(network.parties[party])}: net position was {before[party]} and would be {after[party]}",
            code=NettingCode.POSITION_CHANGED,
            debtor=network.parties[party],
        )


def _row_refused(network: DebtNetwork, row: int, code: NettingCode, reason: str) -> NettingRefused:
    debt = network.debt(row)
    sentence = f"{name_debt(debt.debtor, debt.creditor)}: {reason}; refuse this result"
    return NettingRefused(sentence, code=code, debtor=debt.debtor, creditor=debt.creditor)


def _malformed(reason: str) -> NettingRefused:
    return NettingRefused(f"certificate: {reason}", code=NettingCode.CERTIFICATE_MALFORMED)
