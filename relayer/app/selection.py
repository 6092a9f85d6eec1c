"""Which channel a command is about, and which of its ends is which."""

from __future__ import annotations

from dataclasses import dataclass
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
    """A channel between a contract ledger and a settlement ledger."""

    settings: RelayerSettings
    channel: ChannelSettings
    contract_end: End
    settlement_end: End
    contract_ledger: EvmLedgerSettings
    settlement_ledger: SettlementLedgerSettings

    @property
    def contract_client(self) -> ClientId:
        """The settlement ledger's light client on the contract ledger."""
        return _opened(self.channel, self.contract_end)

    @property
    def settlement_client(self) -> ClientId:
        """The contract ledger's light client on the settlement ledger."""
        return _opened(self.channel, self.settlement_end)


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
    """Raises ConfigurationError if there is no such channel, or it does not join the two kinds of ledger."""
    chosen = choose(path, name)
    return selected(chosen.settings, chosen.channel)


def selected(settings: RelayerSettings, channel: ChannelSettings) -> Selection:
    """Raises ConfigurationError if the channel does not join the two kinds of ledger."""
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
    raise ConfigurationError(
        f"channel {channel.name!r} must join an EVM ledger with a settlement ledger (embedded, remote or cosmos)"
    )


def _opened(channel: ChannelSettings, end: End) -> ClientId:
    if end.client is None:
        raise ConfigurationError(
            f"channel {channel.name!r} has no client on {end.ledger!r} yet; run `relayer channel open {channel.name}`"
        )
    return ClientId(end.client)
