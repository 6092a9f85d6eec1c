"""What a revert means for a message: the contract's error by selector, and whether the same message may pass later.

Never by text: nodes word the same revert in different ways.
"""

from __future__ import annotations

from relayer.codes.ibc import IbcCode, Remedy
from relayer.errors import ClientUnusable, InvalidInput
from relayer.ledgers.evm.abi_types import decode
from relayer.ledgers.evm.contracts import error_by_selector
from relayer.ledgers.evm.errors import NodeRefused
from relayer.ports.ledger import MessageResult, Outcome, PacketMessage, TimeoutPacket

EMPTY_REVERT = "EMPTY_REVERT"
_MAXIMUM_DETAIL = 300

MEANINGS = {
    "ClientExpired": IbcCode.CLIENT_NOT_ACTIVE,
    "ConsensusTimestampNotFound": IbcCode.CONSENSUS_STATE_NOT_FOUND,
    "FrozenClientState": IbcCode.CLIENT_FROZEN,
    "IBCAppNotFound": IbcCode.PORT_NOT_ROUTED,
    "IBCAsyncAcknowledgementNotSupported": IbcCode.INVALID_ACKNOWLEDGEMENT,
    "IBCClientNotFound": IbcCode.CLIENT_NOT_FOUND,
    "IBCCounterpartyClientNotFound": IbcCode.COUNTERPARTY_NOT_FOUND,
    "IBCErrorUniversalAcknowledgement": IbcCode.INVALID_ACKNOWLEDGEMENT,
    "IBCInvalidCounterparty": IbcCode.INVALID_COUNTERPARTY,
    "IBCMultiPayloadPacketNotSupported": IbcCode.INVALID_PAYLOAD,
    "IBCPacketCommitmentMismatch": IbcCode.INVALID_PACKET,
    "IBCPacketReceiptMismatch": IbcCode.INVALID_PACKET,
    "MALFORMED_PROOF": IbcCode.INVALID_PROOF,
    "NotMember": IbcCode.INVALID_PROOF,
    "NotNonMember": IbcCode.INVALID_PROOF,
    "ProofKeyInvalid": IbcCode.INVALID_PROOF,
    "ProofMalformed": IbcCode.INVALID_PROOF,
    "RevisionMismatch": IbcCode.CONSENSUS_STATE_NOT_FOUND,
}
"""The refusal of ibc-go that means the same, for errors of the router and its light client."""

_TIMEOUT_ERROR = "IBCInvalidTimeoutTimestamp"


def describe_revert(revert: bytes | None) -> tuple[str, str]:
    """Name and arguments of the error in revert data; an unknown selector is its own name."""
    if not revert or len(revert) < 4:
        return EMPTY_REVERT, ""
    known = error_by_selector(revert[:4])
    if known is None:
        return "0x" + revert[:4].hex(), ""
    try:
        values = decode(known.types, revert[4:])
    except InvalidInput:
        return known.name, "its arguments do not decode"
    shown = ("0x" + value.hex() if isinstance(value, bytes) else str(value) for value in values)
    return known.name, ", ".join(shown)[:_MAXIMUM_DETAIL]


def remedy(name: str, message: PacketMessage | None) -> Remedy:
    """What helps against an error of that name. One without a meaning here blames no message: its cause may pass."""
    if name == _TIMEOUT_ERROR:
        code = IbcCode.TIMEOUT_NOT_REACHED if isinstance(message, TimeoutPacket) else IbcCode.TIMEOUT_ELAPSED
        return code.remedy
    return MEANINGS[name].remedy if name in MEANINGS else Remedy.LATER


def refused_message(name: str, detail: str, message: PacketMessage | None) -> MessageResult:
    """`message` is None when the client update itself was refused."""
    retryable = remedy(name, message) is not Remedy.MESSAGE
    return MessageResult(outcome=Outcome.REFUSED, code=name, detail=detail, retryable=retryable)


def reverted_message(refusal: NodeRefused, message: PacketMessage | None) -> MessageResult:
    """The result for the error in a node's revert data."""
    name, detail = describe_revert(refusal.data)
    return refused_message(name, detail or str(refusal), message)


def require_usable_client(refusal: MessageResult) -> None:
    """Raises ClientUnusable for a refusal that every message of this client would meet."""
    if remedy(refusal.code, None) is Remedy.CLIENT:
        raise ClientUnusable(
            f"the light client on the router refuses with {refusal.code}; `relayer check` shows its state, "
            "its owner must recover or replace it"
        )
