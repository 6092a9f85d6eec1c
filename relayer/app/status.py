"""`relayer status`: the journal at a glance beside what the running relayer reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from relayer.app.running import answering
from relayer.config.channels import ChannelSettings
from relayer.config.hub import HubSettings
from relayer.config.relayer_file import RelayerSettings
from relayer.journal.summary import read_summary
from relayer.views.relaying import LegStatus, PacketCount, RejectedCount, RelayerReport, StarStatus, Status

_BACKLOG = ("Committed", "Expired", "Answered")
"""States in which a message is wanted, by the names of their classes: loading the lifecycle takes longer than all else."""
_IN_FLIGHT = ("Received", "ReceivedEarly", "AnsweredEarly")
_SET_ASIDE = ("Quarantined", "Contradicted")
_ENDED = ("Acknowledged", "TimedOut")


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
        star=None if settings.hub is None else _star(settings, settings.hub, summary.packets, found.report),
        running=found.report,
        mistaken=found.mistaken,
    )


def _star(
    settings: RelayerSettings, hub: HubSettings, packets: Mapping[tuple[str, str], int], report: RelayerReport | None
) -> StarStatus:
    served = {channel.name: channel for channel in settings.channels}
    return StarStatus(
        hub=hub.ledger,
        legs=tuple(
            _leg(served[leg.channel], packets, () if report is None else report.standstill)
            for leg in hub.legs
            if leg.channel in served
        ),
    )


def _leg(channel: ChannelSettings, packets: Mapping[tuple[str, str], int], standstill: Sequence[str]) -> LegStatus:
    def count(states: Iterable[str]) -> int:
        return sum(packets.get((channel.name, state), 0) for state in states)

    mine, at_the_hub = channel.ends
    # As the engine words them: a ledger, or a client of a ledger.
    about = (
        f"ledger {mine.ledger}: ",
        f"of ledger {mine.ledger}: ",
        f"to client {at_the_hub.client} of ledger {at_the_hub.ledger}: ",
    )
    return LegStatus(
        channel=channel.name,
        ledger=mine.ledger,
        backlog=count(_BACKLOG),
        in_flight=count(_IN_FLIGHT),
        set_aside=count(_SET_ASIDE),
        ended=count(_ENDED),
        stalled=tuple(each for each in standstill if any(words in each for words in about)),
    )
