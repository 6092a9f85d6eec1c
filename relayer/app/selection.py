"""Which channel a command is about, and which of its ends is which."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from relayer.app.ledgers import contract_settings, settlement_settings
from relayer.business.naming import near_names
from relayer.config.channels import ChannelSettings, End
from relayer.config.ledgers import EvmLedgerSettings, SettlementLedgerSettings
from relayer.config.relayer_file import RelayerSettings, load_relayer
from relayer.core.ids import ClientId
from relayer.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Facts of one contract ledger, and the settlement ledger that records them. `channel` is the one that they leave by."""

    settings: RelayerSettings
    channel: ChannelSettings
    contract_end: End
    settlement_end: End
    contract_ledger: EvmLedgerSettings
    settlement_ledger: SettlementLedgerSettings
    hub: str | None = None
    """Name of the ledger at the channel's other end, if that forwards the facts."""

    @property
    def contract_client(self) -> ClientId:
        """On the contract ledger, of the ledger at the channel's other end."""
        return _opened(self.channel, self.contract_end)

    @property
    def settlement_client(self) -> ClientId:
        """The contract ledger's light client on the settlement ledger. Raises ConfigurationError if it has none."""
        if self.hub is not None:
            raise ConfigurationError(
                f"{self.settlement_end.ledger} follows the hub {self.hub}, so it cannot verify what "
                f"{self.contract_end.ledger} stores; this needs a channel between the two"
            )
        return _opened(self.channel, self.settlement_end)

    @property
    def destination(self) -> str:
        """What a packet of facts names as its destination; empty for the ledger at the channel's other end."""
        return "" if self.hub is None else self.settlement_ledger.chain_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A channel between any two ledgers."""

    settings: RelayerSettings
    channel: ChannelSettings

    def client(self, end: End) -> ClientId:
        """The light client on an end's ledger. Raises ConfigurationError if the channel is not open yet."""
        return _opened(self.channel, end)


def choose(path: Path, name: str | None) -> Chosen:
    """Raises ConfigurationError if there is no such channel, or several and none is named."""
    settings = load_relayer(path)
    names = [channel.name for channel in settings.channels]
    if name is None and len(names) > 1:
        raise ConfigurationError(f"{path} has several channels; name one with --channel: {', '.join(names)}")
    channels = [channel for channel in settings.channels if name in (None, channel.name)]
    if not channels:
        raise ConfigurationError(f"{path} has no channel {name!r}; it has {', '.join(names)}{near_names(name or '', names)}")
    return Chosen(settings=settings, channel=channels[0])


def select(path: Path, name: str | None) -> Selection:
    """A channel between the two kinds of ledger, or the leg of a hub that leads to a settlement ledger. `LEG/OTHER` says by
    which other leg the facts come, where several bring some.

    Raises ConfigurationError if there is no such channel, or it does not join the two kinds of ledger.
    """
    leg, _, contracts = (name or "").partition("/")
    chosen = choose(path, leg or None)
    return selected(chosen.settings, chosen.channel, contracts or None)


def selected(settings: RelayerSettings, channel: ChannelSettings, contracts: str | None = None) -> Selection:
    """Raises ConfigurationError if the channel neither joins the two kinds of ledger nor is a hub's leg to one of them."""
    direct = _direct(settings, channel)
    if direct is not None and contracts is None:
        return direct
    hub, far = settings.hub, channel.ends[0]
    settlement = settlement_settings(settings.ledgers[far.ledger])
    if direct is not None or hub is None or settlement is None or channel.ends[1].ledger != hub.ledger:
        raise ConfigurationError(
            f"channel {channel.name!r} must join an EVM ledger with a settlement ledger (embedded, remote or cosmos), or a "
            f"hub with a settlement ledger{', and only then names another leg behind a `/`' if contracts else ''}"
        )
    sources = {
        each.name: found
        for each in settings.channels
        if each.ends[1].ledger == hub.ledger and (found := _direct(settings, each)) is not None
    }
    if contracts is None and len(sources) == 1:
        (source,) = sources.values()
    elif contracts in sources:
        source = sources[contracts]
    else:
        offered = ", ".join(f"{channel.name}/{each}" for each in sources) or "no leg leads to an EVM ledger"
        raise ConfigurationError(
            f"channel {channel.name!r} is behind the hub {hub.ledger}; say whose facts are meant: {offered}"
        )
    return replace(source, settlement_end=far, settlement_ledger=settlement, hub=hub.ledger)


def _direct(settings: RelayerSettings, channel: ChannelSettings) -> Selection | None:
    one, other = channel.ends
    for contract_end, settlement_end in ((one, other), (other, one)):
        contract = contract_settings(settings.ledgers[contract_end.ledger])
        settlement = settlement_settings(settings.ledgers[settlement_end.ledger])
        if contract is not None and settlement is not None:
            return Selection(
                settings=settings,
                channel=channel,
                contract_end=contract_end,
                settlement_end=settlement_end,
                contract_ledger=contract,
                settlement_ledger=settlement,
            )
    return None


def _opened(channel: ChannelSettings, end: End) -> ClientId:
    if end.client is None:
        raise ConfigurationError(
            f"channel {channel.name!r} has no client on {end.ledger!r} yet; run `relayer channel open {channel.name}`"
        )
    return ClientId(end.client)
