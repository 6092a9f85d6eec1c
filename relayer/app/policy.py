"""What a channel lets through, from its settings, as pure rules over payloads."""

from __future__ import annotations

from collections.abc import Iterable

from relayer.config.channels import Allowed, ChannelSettings
from relayer.core.ids import ChannelId
from relayer.core.packet import Payload
from relayer.core.policy import ChannelRules, PayloadRule, PayloadType, Policy, anything
from relayer.errors import InvalidInput
from relayer.facts.codec import ENCODING, FACT_VERSION, PORT, decode_packet_data
from relayer.facts.schema import FactKind
from relayer.facts.status_codec import STATUS_VERSION

FACTS = PayloadType(source_port=PORT, destination_port=PORT, version=FACT_VERSION, encoding=ENCODING)
NEWS = PayloadType(source_port=PORT, destination_port=PORT, version=STATUS_VERSION, encoding=ENCODING)


def policy(channels: Iterable[ChannelSettings]) -> Policy:
    """Channels carry facts and the news of them, and nothing else. Which end may send what is for the ledgers: a contract
    sends no news, and a settlement ledger no facts."""
    return Policy(
        channels={
            ChannelId(channel.name): ChannelRules(payloads={FACTS: fact_rule(channel.allowed), NEWS: anything})
            for channel in channels
        }
    )


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
