"""`relayer status`: the journal at a glance beside what the running relayer reports."""

from __future__ import annotations

from relayer.app.running import running_report
from relayer.config.relayer_file import RelayerSettings
from relayer.journal.summary import read_summary
from relayer.views.relaying import PacketCount, RejectedCount, Status


def read_status(settings: RelayerSettings) -> Status:
    """Raises JournalUnavailable, JournalCorrupt."""
    summary = read_summary(settings.journal.path)
    counts = sorted(summary.packets.items())
    return Status(
        journal_rows=summary.rows,
        packets=tuple(PacketCount(channel=channel, state=state, count=count) for (channel, state), count in counts),
        rejected=tuple(
            RejectedCount(channel=channel, code=code, count=count)
            for (channel, code), count in sorted(summary.rejected.items())
        ),
        running=running_report(settings.service.host, settings.service.port),
    )
