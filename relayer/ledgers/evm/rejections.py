"""What a revert means for a message: the contract's error by selector, and whether the same message may pass later.

Never by text: nodes word the same revert in different ways.
"""

from __future__ import annotations

from relayer.errors import ClientUnusable, InvalidInput
from relayer.ledgers.evm.abi import decode_values
from relayer.ledgers.evm.contracts import error_by_selector
from relayer.ledgers.evm.errors import NodeRefused
from relayer.ports.ledger import MessageResult, Outcome, PacketMessage, TimeoutPacket

EMPTY_REVERT = "EMPTY_REVERT"
_MAXIMUM_DETAIL = 300

_UNUSABLE_CLIENT = frozenset({"FrozenClientState", "ClientExpired", "IBCClientNotFound", "IBCCounterpartyClientNotFound"})
"""The light client cannot serve any message until its owner acts."""

_PERMANENT = frozenset(
    {
        "IBCAppNotFound",
        "IBCAsyncAcknowledgementNotSupported",
        "IBCErrorUniversalAcknowledgement",
        "IBCInvalidCounterparty",
        "IBCMultiPayloadPacketNotSupported",
        "IBCPacketCommitmentMismatch",
        "IBCPacketReceiptMismatch",
    }
)
"""The packet itself is at fault: no proof and no time make it acceptable."""

_TIMEOUT_ERROR = "IBCInvalidTimeoutTimestamp"


def describe_revert(revert: bytes | None) -> tuple[str, str]:
    """Name and arguments of the error in revert data; an unknown selector is its own name."""
    if not revert or len(revert) < 4:
        return EMPTY_REVERT, ""
    known = error_by_selector(revert[:4])
    if known is None:
        return "0x" + revert[:4].hex(), ""
    try:
        values = decode_values(known.types, revert[4:])
    except InvalidInput:
        return known.name, "its arguments do not decode"
    shown = ("0x" + value.hex() if isinstance(value, bytes) else str(value) for value in values)
    return known.name, ", ".join(shown)[:_MAXIMUM_DETAIL]


def rejection(refusal: NodeRefused, message: PacketMessage | None) -> MessageResult:
    """`message` is None when the client update itself was refused."""
    name, detail = describe_revert(refusal.data)
    permanent = name in _PERMANENT or (name == _TIMEOUT_ERROR and not isinstance(message, TimeoutPacket))
    return MessageResult(outcome=Outcome.REJECTED, code=name, detail=detail or str(refusal), retryable=not permanent)


def require_usable_client(refusal: MessageResult) -> None:
    """Raises ClientUnusable for a refusal that every message of this client would meet."""
    if refusal.code in _UNUSABLE_CLIENT:
        raise ClientUnusable(
            f"the light client on the router refuses with {refusal.code}; `relayer check` shows its state, "
            "its owner must recover or replace it"
        )
