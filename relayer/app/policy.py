"""What a channel lets through, from its settings, as pure rules over payloads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from relayer.codes.facts import FactKind
from relayer.config.channels import Allowed, ChannelSettings, End, PayloadName
from relayer.core.ids import ChannelId, LedgerId
from relayer.core.packet import Payload
from relayer.core.policy import ChannelRules, PayloadRule, PayloadType, Policy, anything
from relayer.errors import InvalidInput
from relayer.facts.codec import ENCODING, FACT_VERSION, PORT, decode_packet_data
from relayer.facts.status_codec import STATUS_VERSION

FACTS = PayloadType(source_port=PORT, destination_port=PORT, version=FACT_VERSION, encoding=ENCODING)
NEWS = PayloadType(source_port=PORT, destination_port=PORT, version=STATUS_VERSION, encoding=ENCODING)


def policy(channels: Iterable[ChannelSettings]) -> Policy:
    """What each end of a channel may send is a property of the channel, whatever ledgers it joins."""
    return Policy(channels={ChannelId(channel.name): _rules(channel) for channel in channels})


def _rules(channel: ChannelSettings) -> ChannelRules:
    return ChannelRules(
        payloads={}, by_source={LedgerId(end.ledger): _payloads(end, channel.allowed) for end in channel.ends}
    )


def _payloads(end: End, allowed: Allowed) -> Mapping[PayloadType, PayloadRule] | None:
    if "anything" in end.sends:
        return None
    rules: dict[PayloadName, tuple[PayloadType, PayloadRule]] = {
        "facts": (FACTS, fact_rule(allowed)),
        "news": (NEWS, anything),
    }
    return dict(rules[name] for name in end.sends)


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
