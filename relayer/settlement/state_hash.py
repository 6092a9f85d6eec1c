"""One hash over a whole settlement state, for comparing replays and implementations."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from relayer.settlement.log import encode_origin, encode_record, liability_record
from relayer.settlement.state import Overlay


def state_hash(state: Overlay) -> bytes:
    """sha256 over everything that a replayed log leads to, in a fixed order (guarantee G16). For a state over EmptyState."""
    digest = sha256(state.head().head_hash + state.cut_off_seconds().to_bytes(8, "big"))
    for party, _ in _ascending(state.parties):
        digest.update(sha256(encode_record(party)).digest())
    for agreement in _ascending(state.agreements):
        digest.update(sha256(encode_record(agreement)).digest())
    for fact_id, liability in sorted(state.liabilities.items()):
        digest.update(fact_id + liability_record(liability) + sha256(encode_origin(liability.origin)).digest())
    for key, total in sorted(state.open_sums.items()):
        unit = (key.currency.encode(), bytes([key.exponent]), str(total).encode())
        for part in (key.debtor, key.creditor, *unit):
            digest.update(len(part).to_bytes(2, "big") + part)
    issuing = (state.issuers, state.mandates, state.contracts)
    for records in (state.payments, state.disputes, state.cycles, state.consents, *issuing):
        for record in _ascending(records):
            digest.update(sha256(encode_record(record)).digest())
    for account, head in sorted(state.revocations.items()):
        digest.update(sha256(account.encode()).digest() + head.head_hash)
    limits = state.rate_limits()
    numbers = [limits.limits.proposals_per_hour, limits.limits.disputes_per_hour, limits.sequence]
    for (party, kind), use in sorted(state.rate_uses.items()):
        digest.update(party + kind.encode())
        numbers += use
    digest.update(b"".join(number.to_bytes(8, "big") for number in numbers))
    return digest.digest()


def _ascending(records: Mapping[Any, Any]) -> list[Any]:
    return [records[key] for key in sorted(records)]
