"""What a channel lets through, from its settings, as pure rules over payloads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from relayer.codes.facts import FactKind
from relayer.config.channels import Allowed, ChannelSettings, End, PayloadName
from relayer.core.ids import ChannelId, LedgerId
from relayer.core.packet import Payload
from relayer.core.policy import ChannelRules, PayloadRule, PayloadType, Policy, anything
from relayer.errors import InvalidInput
from relayer.facts.codec import ENCODING, FACT_VERSION, decode_packet_data
from relayer.facts.status_codec import STATUS_VERSION


def policy(channels: Iterable[ChannelSettings]) -> Policy:
    """What each end of a channel may send is a property of the channel, whatever ledgers it joins."""
    return Policy(channels={ChannelId(channel.name): _rules(channel) for channel in channels})


def _rules(channel: ChannelSettings) -> ChannelRules:
    one, other = channel.ends
    by_source = {
        LedgerId(source.ledger): _payloads(source, destination, channel.allowed)
        for source, destination in ((one, other), (other, one))
    }
    return ChannelRules(payloads={}, by_source=by_source)


def _payloads(source: End, destination: End, allowed: Allowed) -> Mapping[PayloadType, PayloadRule] | None:
    """Between the ports that the channel names, and no others."""
    if "anything" in source.sends:
        return None

    def payload(version: str) -> PayloadType:
        return PayloadType(source_port=source.port, destination_port=destination.port, version=version, encoding=ENCODING)

    rules: dict[PayloadName, tuple[PayloadType, PayloadRule]] = {
        "facts": (payload(FACT_VERSION), fact_rule(allowed)),
        "news": (payload(STATUS_VERSION), anything),
    }
    return dict(rules[name] for name in source.sends)


def fact_rule(allowed: Allowed) -> PayloadRule:
    """Without a list nothing is decoded: the settlement ledger judges facts anyway."""
    if allowed.issuers is None and allowed.kinds is None:
        return anything
    issuers = None if allowed.issuers is None else {bytes.fromhex(issuer[2:]) for issuer in allowed.issuers}
    kinds = None if allowed.kinds is None else {FactKind[kind.upper()] for kind in allowed.kinds}

    def judge(payload: Payload) -> str | None:
        try:
            data = decode_packet_data(payload.value)
        except InvalidInput as error:
            return str(error)
        if issuers is not None and data.issuer not in issuers:
            return f"issuer 0x{data.issuer.hex()} is not allowed on this channel"
        refused = [fact.kind for fact in data.facts if kinds is not None and fact.kind not in kinds]
        return f"fact kind {refused[0]} is not allowed on this channel" if refused else None

    return judge
