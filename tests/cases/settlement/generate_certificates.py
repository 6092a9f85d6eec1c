"""Writes networks with what each mode leaves of them, and certificates with the reason why each is refused, or none.

Of the certificates one is the solver's own; the others differ from it in one value. The last network is the demo's, with the
figures that are published for it. A test fails when the file differs.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from relayer.examples.consortium import PUBLISHED, published_debts
from relayer.settlement.netting.certificate import Certificate, check
from relayer.settlement.netting.debts import Debt, DebtNetwork, PartyId, Unit, debt_network
from relayer.settlement.netting.errors import NettingRefused
from relayer.settlement.netting.modes import net_bilateral, net_hub
from relayer.settlement.netting.solver import solve

EUR = Unit(currency="EUR", exponent=2)
HERE = Path(__file__).parent
Case = dict[str, Any]


def _cases() -> Iterator[Case]:
    source = random.Random(20_261_122)
    for parties, debts, largest in ((2, 1, 9), (2, 2, 9), (3, 6, 9), (4, 12, 3), (6, 20, 1000), (7, 30, 1 << 120)):
        names = [PartyId(source.randbytes(32)) for _ in range(parties)]
        pairs = source.sample([(a, b) for a in names for b in names if a != b], debts)
        rows = [Debt(debtor=a, creditor=b, amount=source.randint(1, largest)) for a, b in pairs]
        used = {party for row in rows for party in (row.debtor, row.creditor)}
        yield _certificate_case(debt_network(unit=EUR, parties=used, debts=rows))
    rows = [Debt(debtor=PartyId(a), creditor=PartyId(b), amount=cents) for (a, b), cents in published_debts().items()]
    used = {party for row in rows for party in (row.debtor, row.creditor)}
    published = {name: [str(owed), debts] for name, (owed, debts) in PUBLISHED.items()}
    yield {**_certificate_case(debt_network(unit=EUR, parties=used, debts=rows)), "published": published}


def _certificate_case(network: DebtNetwork) -> Case:
    certificate = solve(network)
    hub = net_hub(network, consents=frozenset(network.parties))
    return {
        "debts": [[debt.debtor.hex(), debt.creditor.hex(), str(debt.amount)] for debt in network.debts()],
        "digest": network.digest().hex(),
        "bilateral": [str(rest) for rest in net_bilateral(network).remainder],
        "hub": [[debt.debtor.hex(), debt.creditor.hex(), str(debt.amount)] for debt in hub.payments],
        "certificates": [[each.encode().hex(), _verdict(network, each)] for each in _mutations(certificate)],
    }


def _mutations(certificate: Certificate) -> Iterator[Certificate]:
    yield certificate
    yield replace(certificate, debts_hash=bytes(32))
    yield replace(certificate, remainder=certificate.remainder[:-1])
    yield replace(certificate, potentials=(*certificate.potentials, 0))
    for row, rest in enumerate(certificate.remainder):
        for other in (rest - 1, rest + 1, 0, (1 << 128) - 1):
            if 0 <= other != rest:
                changed = (*certificate.remainder[:row], other, *certificate.remainder[row + 1 :])
                yield replace(certificate, remainder=changed)
    for party, potential in enumerate(certificate.potentials):
        for other in (potential - 1, potential + 1, potential + 2, 1 << 63, (1 << 63) - 2, (1 << 64) - 1):
            if other >= 0:
                changed = (*certificate.potentials[:party], other, *certificate.potentials[party + 1 :])
                yield replace(certificate, potentials=changed)
    yield replace(certificate, potentials=tuple(each + 1 for each in certificate.potentials))


def _verdict(network: DebtNetwork, certificate: Certificate) -> str:
    try:
        check(network, certificate)
    except NettingRefused as refused:
        return refused.code.value
    return ""


def build() -> list[Case]:
    """All cases."""
    return list(_cases())


def main() -> None:
    (HERE / "certificates.json").write_text(json.dumps(build(), indent=1) + "\n")


if __name__ == "__main__":
    main()
