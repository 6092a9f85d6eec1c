"""`relayer status`: the journal at a glance beside what the running relayer reports."""

from __future__ import annotations

from relayer.app.running import answering
from relayer.config.relayer_file import RelayerSettings
from relayer.journal.summary import read_summary
from relayer.views.relaying import PacketCount, RejectedCount, Status


def read_status(settings: RelayerSettings) -> Status:
    """Raises JournalUnavailable, JournalCorrupt."""
    summary, found = read_summary(settings.journal.path), answering(settings)
    counts = sorted(summary.packets.items())
    return Status(
        journal_rows=summary.rows,
        packets=tuple(PacketCount(channel=channel, state=state, count=count) for (channel, state), count in counts),
        rejected=tuple(
            RejectedCount(channel=channel, code=code, count=count)
            for (channel, code), count in sorted(summary.rejected.items())
        ),
        running=found.report,
        mistaken=found.mistaken,
    )
