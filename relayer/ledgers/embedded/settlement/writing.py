"""What one block changes of the settlement state, as rows."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from relayer.ledgers.embedded.settlement.liability_rows import INSERT_LIABILITY, liability_to_row
from relayer.settlement.log import encode_record
from relayer.settlement.model.cycles import Cycle
from relayer.settlement.model.deadlines import deadline_of
from relayer.settlement.model.disputes import Dispute
from relayer.settlement.model.payments import Payment
from relayer.settlement.postings import Posting
from relayer.settlement.state import Overlay

RECORD_TABLES: Mapping[type[Any], tuple[str, str]] = {
    Payment: ("settlement_payment", "payment_id"),
    Dispute: ("settlement_dispute", "dispute_id"),
    Cycle: ("settlement_cycle", "cycle_id"),
}
"""Table and key of records that have a state and a deadline."""


def write_changes(connection: sqlite3.Connection, changes: Overlay, *, height: int) -> None:
    """Writes into the open transaction: the log first, then what follows from it."""
    run = connection.executemany
    run(
        "INSERT INTO settlement_log (sequence, head_hash, height, entry) VALUES (?, ?, ?, ?)",
        [(*entry.head, height, entry.encoded) for entry in changes.entries],
    )
    run(
        "INSERT INTO settlement_request (actor, request_id, digest, sequence, head_hash) VALUES (?, ?, ?, ?, ?)",
        [(*key, result.digest, *result.reference) for key, result in changes.requests.items()],
    )
    _write_parties(connection, changes)
    run(INSERT_LIABILITY, [liability_to_row(liability) for liability in changes.liabilities.values()])
    run(
        "INSERT INTO settlement_position (debtor, creditor, currency, exponent, open) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (debtor, creditor, currency, exponent) DO UPDATE SET open = excluded.open",
        [(*key, str(total)) for key, total in changes.open_sums.items()],
    )
    run(
        "INSERT INTO settlement_posting (sequence, line, liability, source, target, amount) VALUES (?, ?, ?, ?, ?, ?)",
        _posting_rows(changes.postings),
    )
    for kind, records in ((Payment, changes.payments), (Dispute, changes.disputes), (Cycle, changes.cycles)):
        _write_records(connection, kind, records)
    run(
        "INSERT INTO settlement_evidence (debtor, creditor, kind, reference, payment_id) VALUES (?, ?, ?, ?, ?)",
        [(*key, payment_id) for key, payment_id in changes.evidence.items()],
    )
    run(
        "INSERT INTO settlement_unit (currency, exponent, running, cut_off_seconds) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (currency, exponent) DO UPDATE SET running = excluded.running, "
        "cut_off_seconds = excluded.cut_off_seconds",
        [(*unit, *cycles) for unit, cycles in changes.units.items()],
    )
    _write_rates(connection, changes)


def _write_rates(connection: sqlite3.Connection, changes: Overlay) -> None:
    """Limits in force, and what counts towards them."""
    if changes.new_rate_limits is not None:
        limits, sequence, head_hash = changes.new_rate_limits
        connection.execute(
            "INSERT OR REPLACE INTO settlement_rate_limits (single, proposals_per_hour, disputes_per_hour, sequence, "
            "head_hash) VALUES (1, ?, ?, ?, ?)",
            (limits.proposals_per_hour, limits.disputes_per_hour, sequence, head_hash),
        )
    connection.executemany(
        "INSERT INTO settlement_rate_use (party_id, kind, hour, used) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (party_id, kind) DO UPDATE SET hour = excluded.hour, used = excluded.used",
        [(party, kind.value, *use) for (party, kind), use in changes.rate_uses.items()],
    )


def _write_parties(connection: sqlite3.Connection, changes: Overlay) -> None:
    """Parties, terms, consents, issuers, mandates, proven contracts, revoked accounts and the cut-off."""
    run = connection.executemany
    run(
        "INSERT INTO settlement_party (party_id, ocpi_id, body, sequence, head_hash) VALUES (?, ?, ?, ?, ?)",
        [(party.party_id, party.ocpi_id, encode_record(party), *reference) for party, reference in changes.parties.values()],
    )
    run(
        "INSERT INTO settlement_agreement (creditor, debtor, agreement_id, body) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (creditor, debtor) DO UPDATE SET body = excluded.body",
        [(*pair, each.agreement.agreement_id, encode_record(each)) for pair, each in changes.agreements.items()],
    )
    run(
        "INSERT INTO settlement_consent (party_id, body) VALUES (?, ?) "
        "ON CONFLICT (party_id) DO UPDATE SET body = excluded.body",
        [(party, encode_record(each)) for party, each in changes.consents.items()],
    )
    run(
        "INSERT INTO settlement_issuer (issuer, body) VALUES (?, ?) ON CONFLICT (issuer) DO UPDATE SET body = excluded.body",
        [(issuer.key, encode_record(each)) for issuer, each in changes.issuers.items()],
    )
    run(
        "INSERT INTO settlement_mandate (creditor, issuer, body) VALUES (?, ?, ?) "
        "ON CONFLICT (creditor, issuer) DO UPDATE SET body = excluded.body",
        [(creditor, issuer.key, encode_record(each)) for (creditor, issuer), each in changes.mandates.items()],
    )
    run(
        "INSERT INTO settlement_contract (client_id, contract, body) VALUES (?, ?, ?) "
        "ON CONFLICT (client_id, contract) DO UPDATE SET body = excluded.body",
        [(*name, encode_record(each)) for name, each in changes.contracts.items()],
    )
    run(
        "INSERT INTO settlement_revocation (account, sequence, head_hash) VALUES (?, ?, ?)",
        [(account, *head) for account, head in changes.revocations.items()],
    )
    if changes.new_cut_off is not None:
        connection.execute(
            "INSERT INTO settlement_period (single, cut_off_seconds) VALUES (1, ?) "
            "ON CONFLICT (single) DO UPDATE SET cut_off_seconds = excluded.cut_off_seconds",
            (changes.new_cut_off,),
        )


def _write_records(
    connection: sqlite3.Connection, kind: type[Any], records: Mapping[str, Payment | Dispute | Cycle]
) -> None:
    table, key = RECORD_TABLES[kind]
    connection.executemany(
        f"INSERT INTO {table} ({key}, state, sequence, deadline, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT ({key}) "  # noqa: S608
        "DO UPDATE SET state = excluded.state, sequence = excluded.sequence, deadline = excluded.deadline, "
        "body = excluded.body",
        [(name, each.state.value, each.sequence, _deadline(each), encode_record(each)) for name, each in records.items()],
    )


def _deadline(record: Payment | Dispute | Cycle) -> int | None:
    found = deadline_of(record)
    return None if found is None else found.at_seconds


def _posting_rows(postings: Iterable[Posting]) -> Iterator[tuple[object, ...]]:
    lines: Counter[int] = Counter()
    for posting in postings:
        lines[posting.sequence] += 1
        yield (
            posting.sequence,
            lines[posting.sequence],
            posting.liability,
            posting.source.value,
            posting.target.value,
            str(posting.amount),
        )
