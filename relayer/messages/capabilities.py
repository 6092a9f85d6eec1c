"""What a ledger offers beyond the common ports, to and from interledger.adapter.v1."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from relayer.encoding.decimal_text import number
from relayer.errors import InvalidInput
from relayer.messages.ledger import result_from_message, result_to_message
from relayer.ports.capabilities import (
    BindsPorts,
    Checked,
    CheckLine,
    PairsAtCreation,
    Priced,
    TrustsChains,
    TrustsClients,
    Vouched,
    Voucher,
    Vouching,
    capability,
)
from relayer.ports.ledger import Quote
from relayer.wire.interledger.adapter.v1 import adapter_pb2 as wire

_CAPABILITIES: dict[type, wire.Capability] = {
    Priced: wire.PRICED,
    Vouched: wire.VOUCHED,
    Checked: wire.CHECKED,
    TrustsClients: wire.TRUSTS_CLIENTS,
    PairsAtCreation: wire.PAIRS_AT_CREATION,
    BindsPorts: wire.BINDS_PORTS,
    TrustsChains: wire.TRUSTS_CHAINS,
}
_MAXIMUM_CHECK_TEXT = 2_000


def capabilities_to_message(ledger: object) -> list[wire.Capability]:
    """What the ledger offers now."""
    return [number for kind, number in _CAPABILITIES.items() if capability(ledger, kind) is not None]


def capabilities_from_message(listed: Iterable[int]) -> frozenset[type]:
    """The Protocols. One that is not known here is left out: a newer service may offer more."""
    offered = set(listed)
    return frozenset(kind for kind, number in _CAPABILITIES.items() if number in offered)


def quote_to_message(quote: Quote) -> wire.QuoteResponse:
    """interledger.adapter.v1.QuoteResponse."""
    return wire.QuoteResponse(
        transactions=quote.transactions,
        gas=quote.gas,
        price_numerator=str(quote.price.numerator),
        price_denominator=str(quote.price.denominator),
        fee=str(quote.fee),
        messages=[
            wire.QuotedMessage() if refusal is None else wire.QuotedMessage(refusal=result_to_message(refusal))
            for refusal in quote.refusals
        ],
    )


def quote_from_message(message: wire.QuoteResponse) -> Quote:
    """Raises InvalidInput for numbers that are not plain decimals, and outcomes that the service does not define."""
    denominator = number("price denominator", message.price_denominator)
    if denominator < 1:
        raise InvalidInput("price denominator 0: a price has a positive denominator")
    return Quote(
        transactions=message.transactions,
        gas=message.gas,
        price=Fraction(number("price numerator", message.price_numerator), denominator),
        fee=number("fee", message.fee),
        refusals=tuple(result_from_message(each.refusal) if each.HasField("refusal") else None for each in message.messages),
    )


def vouching_to_message(vouching: Vouching) -> wire.Vouching:
    """interledger.adapter.v1.Vouching."""
    return wire.Vouching(
        threshold=vouching.threshold,
        vouchers=[wire.Voucher(name=each.name, endpoint=each.endpoint, error=each.error) for each in vouching.vouchers],
    )


def vouching_from_message(message: wire.Vouching) -> Vouching:
    """Raises InvalidInput for a threshold that the vouchers cannot reach."""
    if not 1 <= message.threshold <= len(message.vouchers):
        raise InvalidInput(f"vouching: threshold {message.threshold} of {len(message.vouchers)} vouchers")
    vouchers = (Voucher(name=each.name, endpoint=each.endpoint, error=each.error) for each in message.vouchers)
    return Vouching(threshold=message.threshold, vouchers=tuple(vouchers))


def check_line_to_message(line: CheckLine) -> wire.CheckLine:
    """interledger.adapter.v1.CheckLine."""
    return wire.CheckLine(subject=line.subject, found=line.found, remedy=line.remedy)


def check_line_from_message(message: wire.CheckLine) -> CheckLine:
    """Texts of a stranger are shown to a person, so they are printable and of bounded length."""
    subject, found, remedy = (_shown(text) for text in (message.subject, message.found, message.remedy))
    return CheckLine(subject=subject, found=found, remedy=remedy)


def _shown(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text[:_MAXIMUM_CHECK_TEXT])
