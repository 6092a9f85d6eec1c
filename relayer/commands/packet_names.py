"""What people call a packet: channel/source-ledger/sequence, or as much of it as tells one packet of the journal apart."""

from __future__ import annotations

from collections.abc import Sequence

from relayer.business.naming import near_names
from relayer.commands.stories import STORIES
from relayer.config.relayer_file import RelayerSettings
from relayer.core.ids import LedgerId, parse_sequence
from relayer.core.packet import PacketKey
from relayer.errors import InvalidInput
from relayer.ports.journal import JournalReader, PacketLine

_SEQUENCE_DIGITS = 20
_NEWEST = 1_000


def require_channel(settings: RelayerSettings, name: str) -> None:
    """Raises InvalidInput with the names that are near."""
    names = [each.name for each in settings.channels]
    if name not in names:
        raise InvalidInput(f"channel {name[:80]}: configured are {', '.join(names)}{near_names(name, names)}")


def keys_named(settings: RelayerSettings, text: str) -> tuple[PacketKey, ...]:
    """What `text` may mean, by the configuration alone: channel and ledger may be left out or given by their beginnings.

    Raises InvalidInput with the part of the name that is wrong.
    """
    *names, number = text.split("/")
    if len(names) > 2 or not (number.isascii() and number.isdigit()) or len(number) > _SEQUENCE_DIGITS:
        raise InvalidInput(
            f"packet {text[:200]!r}: expected channel/source-ledger/sequence, such as main/contracts/7, or the end of it"
        )
    sequence = parse_sequence(int(number))
    channel, ledger = [*[""] * (2 - len(names)), *names]
    channels = _fitting(channel, [each.name for each in settings.channels])
    if not channels:
        require_channel(settings, channel)
    ends = {each.name: [end.ledger for end in each.ends] for each in settings.channels if each.name in channels}
    keys = [PacketKey(name, LedgerId(end), sequence) for name, both in ends.items() for end in _fitting(ledger, both)]
    if not keys:
        known = sorted({end for both in ends.values() for end in both})
        raise InvalidInput(
            f"packet {text[:200]}: channel {' or '.join(ends)} joins {' and '.join(known)}, not {ledger}"
            f"{near_names(ledger, known)}"
        )
    return tuple(keys)


def packet_of(journal: JournalReader, keys: Sequence[PacketKey]) -> PacketLine:
    """The one of them that the journal has. Raises InvalidInput if it has none of them, or several."""
    found = [line for key in keys if (line := journal.packet(key)) is not None]
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidInput(
            f"{len(found)} packets are called so: {', '.join(str(line.key) for line in found)}; name one of them"
        )
    routes = {key[:2] for key in keys}
    sent = [line.key for line in journal.packets(limit=_NEWEST) if line.key[:2] in routes]
    newest = max(sent, key=lambda key: key.sequence, default=None)
    why, moves = STORIES["Unseen"]
    raise InvalidInput(
        f"packet {' or '.join(map(str, keys))} is not in the journal: {why}"
        f"{f'; the newest is {newest}' if newest else ''}; what changes it: {moves}"
    )


def _fitting(text: str, names: Sequence[str]) -> list[str]:
    return [text] if text in names else [name for name in names if name.startswith(text)]
