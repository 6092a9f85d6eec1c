"""What a channel lets through by its settings: issuers and kinds, and nothing but facts and their news."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayer.app.policy import fact_rule, policy
from relayer.codes.facts import FactKind
from relayer.config.channels import Allowed, ChannelSettings, End
from relayer.core.channels import ChannelEnd, Route, routes_of
from relayer.core.ids import ChannelId, ClientId, LedgerId, Sequence, TimestampSeconds
from relayer.core.packet import Packet, Payload
from relayer.examples.consortium import issue, scenario
from relayer.facts.codec import ENCODING, FACT_VERSION, PORT, FactPacketData, encode_packet_data, fact_hash
from relayer.facts.status_codec import STATUS_VERSION

ISSUER = bytes([7]) * 20
FACT = issue(scenario(200).first[6], fact_id=bytes(32), issuer_sequence=1, related_fact=bytes(32))
VALUE = encode_packet_data(
    FactPacketData(
        chain_id=1, contract=bytes(20), issuer=ISSUER, destination="", facts=(FACT,), fact_hashes=(fact_hash(FACT),)
    )
)
PAYLOAD = Payload(source_port=PORT, destination_port=PORT, version=FACT_VERSION, encoding=ENCODING, value=VALUE)


def judge(**lists: tuple[str, ...]) -> str | None:
    return fact_rule(Allowed(**lists))(PAYLOAD)


def test_without_a_list_everything_passes() -> None:
    assert judge() is None


def test_an_issuer_that_is_named_passes() -> None:
    assert judge(issuers=("0x" + ISSUER.hex(),)) is None


def test_another_issuer_is_refused_by_name() -> None:
    reason = judge(issuers=("0x" + "11" * 20,))
    assert reason is not None
    assert ISSUER.hex() in reason


def test_a_kind_that_is_named_passes() -> None:
    assert judge(kinds=(FactKind(FACT.kind).name.lower(),)) is None


def test_another_kind_is_refused_by_number() -> None:
    reason = judge(kinds=("fine",))
    assert reason == f"fact kind {FACT.kind} is not allowed on this channel"


def test_a_payload_that_is_no_fact_packet_is_refused_with_the_reason() -> None:
    reason = fact_rule(Allowed(kinds=("fine",)))(replace(PAYLOAD, value=VALUE[:-1]))
    assert reason is not None
    assert "fact packet" in reason


SETTINGS = ChannelSettings(name="main", ends=(End(ledger="contracts"), End(ledger="settlement")))
THERE, BACK = routes_of(
    ChannelId("main"),
    ChannelEnd(ledger=LedgerId("contracts"), client=ClientId("client-0")),
    ChannelEnd(ledger=LedgerId("settlement"), client=ClientId("poa-evm-0")),
)


def packet(route: Route, payload: Payload) -> Packet:
    return Packet(
        sequence=Sequence(1),
        source_client=route.source_client,
        destination_client=route.destination_client,
        timeout_timestamp=TimestampSeconds(1),
        payloads=(payload,),
    )


@pytest.mark.parametrize(
    "change", [{"version": "fact-2"}, {"destination_port": "transfer"}, {"encoding": "application/json"}]
)
def test_a_channel_carries_facts_and_nothing_else(change: dict[str, str]) -> None:
    assert policy([SETTINGS]).refusal(THERE, packet(THERE, PAYLOAD)) is None
    reason = policy([SETTINGS]).refusal(THERE, packet(THERE, replace(PAYLOAD, **change)))
    assert reason is not None
    assert "does not carry" in reason


@pytest.mark.parametrize("change", [{"version": "status-2"}, {"source_port": "transfer"}, {"encoding": "application/json"}])
def test_it_carries_the_news_of_them(change: dict[str, str]) -> None:
    strict = replace_allowed(SETTINGS, Allowed(kinds=("fine",), issuers=("0x" + "11" * 20,)))
    news = replace(PAYLOAD, version=STATUS_VERSION, value=b"whatever the contract makes of it")
    assert policy([strict]).refusal(BACK, packet(BACK, news)) is None
    assert policy([strict]).refusal(BACK, packet(BACK, replace(news, **change))) is not None


def test_each_end_sends_what_the_channel_carries_from_it() -> None:
    """Facts one way and news the other, whatever ledgers stand at the ends."""
    there, back = End(ledger="contracts", sends=("facts",)), End(ledger="settlement", sends=("news",))
    rules = policy([ChannelSettings(name="main", ends=(there, back))])
    news = replace(PAYLOAD, version=STATUS_VERSION, value=b"news")
    assert rules.refusal(THERE, packet(THERE, PAYLOAD)) is None
    assert rules.refusal(BACK, packet(BACK, news)) is None
    assert rules.refusal(THERE, packet(THERE, news)) is not None
    assert rules.refusal(BACK, packet(BACK, PAYLOAD)) is not None


def test_an_end_may_send_what_the_relayer_does_not_inspect() -> None:
    ends = (End(ledger="contracts", sends=("anything",)), End(ledger="settlement"))
    rules = policy([ChannelSettings(name="main", ends=ends)])
    letter = replace(PAYLOAD, source_port="letters", destination_port="letters", version="letter-1")
    assert rules.refusal(THERE, packet(THERE, letter)) is None
    assert rules.refusal(BACK, packet(BACK, letter)) is not None


@pytest.mark.parametrize("port", ["facts-7", "0x" + "c0" * 20])
def test_a_channel_carries_what_its_own_ports_send_to_each_other(port: str) -> None:
    """The attacker: whoever registers an application on any other port of the same client, `settlement` included."""
    ends = (
        End.model_construct(ledger="contracts", client=None, port=port, sends=("facts", "news")),
        End(ledger="settlement"),
    )
    rules = policy([ChannelSettings.model_construct(name="main", ends=ends, allowed=Allowed())])
    facts = replace(PAYLOAD, source_port=port)
    news = replace(PAYLOAD, version=STATUS_VERSION, destination_port=port, value=b"news")
    assert rules.foreign(THERE, packet(THERE, facts)) is None
    assert rules.refusal(THERE, packet(THERE, facts)) is None
    assert rules.refusal(BACK, packet(BACK, news)) is None
    for stranger in ("settlement", "facts-8", "0x" + "c1" * 20):
        assert rules.foreign(THERE, packet(THERE, replace(facts, source_port=stranger))) is not None
        assert rules.refusal(BACK, packet(BACK, replace(news, destination_port=stranger))) is not None


def replace_allowed(settings: ChannelSettings, allowed: Allowed) -> ChannelSettings:
    return settings.model_copy(update={"allowed": allowed})
