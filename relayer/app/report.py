"""From the engine's snapshot to the status service's report."""

from __future__ import annotations

from relayer.engine.status import EngineSnapshot
from relayer.views.relaying import (
    ClientReport,
    ErrorCount,
    LedgerReport,
    PacketCount,
    PendingReport,
    RelayerIdentity,
    RelayerReport,
    SpendingReport,
)


def service_report(snapshot: EngineSnapshot, identity: RelayerIdentity) -> RelayerReport:
    """Counts of both directions of a channel are added up."""
    counts: dict[tuple[str, str], int] = {}
    for row in snapshot.packets:
        counts[row.channel, row.state] = counts.get((row.channel, row.state), 0) + row.count
    return RelayerReport(
        identity=identity,
        now_seconds=snapshot.now,
        standstill=snapshot.standstill(),
        journal_rows=snapshot.journal_row,
        ledgers=tuple(
            LedgerReport(
                name=ledger.ledger,
                height=ledger.height,
                timestamp_seconds=ledger.timestamp,
                last_error=ledger.error,
                unproven_ends=ledger.unproven_ends,
                disproved=ledger.disproved,
            )
            for ledger in snapshot.ledgers
        ),
        clients=tuple(
            ClientReport(
                ledger=lane.ledger,
                client=lane.client,
                condition=lane.client_status.condition if lane.client_status else "",
                expires_at_seconds=lane.expires_at,
            )
            for lane in snapshot.lanes
        ),
        packets=tuple(PacketCount(channel=channel, state=state, count=count) for (channel, state), count in counts.items()),
        errors=tuple(
            ErrorCount(ledger=ledger, client=client, kind=kind, count=count)
            for ledger, client, errors in (
                *((each.ledger, "", each.errors) for each in snapshot.ledgers),
                *((each.ledger, each.client, each.errors) for each in snapshot.lanes),
            )
            for kind, count in errors.items()
        ),
        spending=tuple(
            SpendingReport(
                ledger=lane.ledger,
                client=lane.client,
                fee=lane.spent.fee,
                gas=lane.spent.gas,
                transactions=lane.spent.transactions,
            )
            for lane in snapshot.lanes
        ),
        pending=tuple(
            PendingReport(ledger=row.ledger, kind=row.kind, count=row.count, oldest=str(row.oldest))
            for row in snapshot.pending
        ),
    )
