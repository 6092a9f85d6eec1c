"""Refusals of messages by an IBC host, and what helps against each.

Made by devnet/generate_codes.py of proto/codes.yaml; change it there.
"""

from __future__ import annotations

from enum import Enum, StrEnum


class Remedy(StrEnum):
    """Who or what can make a refused message pass."""

    MESSAGE = "message"
    """Nothing: the message itself is at fault."""
    LATER = "later"
    """A newer proof, a client update, or time."""
    CLIENT = "client"
    """The owner of the light client, or the ledger's authority: until then no message to this client passes."""
    ACCOUNT = "account"
    """Another account, or this one once it is admitted or can pay."""


class _Code(Enum):
    def __init__(self, codespace: str, number: int, remedy: Remedy) -> None:
        self.codespace = codespace
        self.number = number
        self.remedy = remedy

    def __str__(self) -> str:
        """As a refusal names itself, for example ``channelv2/9``."""
        return f"{self.codespace}/{self.number}"

    @property
    def retryable(self) -> bool:
        """Whether the message, unchanged but for its proof, may pass later."""
        return self.remedy is not Remedy.MESSAGE


class IbcCode(_Code):
    """As ibc-go v11.2.0 registers them."""

    INVALID_PACKET = ("channelv2", 2, Remedy.MESSAGE)
    """Another packet than the one committed, or an impossible one."""
    INVALID_PAYLOAD = ("channelv2", 3, Remedy.MESSAGE)
    """Not one payload, too large, or a part of it is empty."""
    SEQUENCE_SEND_NOT_FOUND = ("channelv2", 4, Remedy.MESSAGE)
    """The source client was never paired."""
    INVALID_ACKNOWLEDGEMENT = ("channelv2", 5, Remedy.MESSAGE)
    """An acknowledgement that no application may give."""
    INVALID_TIMEOUT = ("channelv2", 8, Remedy.MESSAGE)
    """The timeout is too far away."""
    TIMEOUT_ELAPSED = ("channelv2", 9, Remedy.MESSAGE)
    """Too late to receive; what remains is the timeout on the other ledger."""
    TIMEOUT_NOT_REACHED = ("channelv2", 10, Remedy.LATER)
    """The proof's height is before the timeout; prove at a later one."""
    ACKNOWLEDGEMENT_EXISTS = ("channelv2", 11, Remedy.MESSAGE)
    """The packet has been answered."""
    ALL_REDUNDANT = ("channel", 22, Remedy.MESSAGE)
    """Every packet message of the transaction was relayed before."""
    INVALID_CLIENT = ("client", 3, Remedy.MESSAGE)
    """A client state that no client may start from."""
    CLIENT_NOT_FOUND = ("client", 4, Remedy.CLIENT)
    """No such client exists."""
    CLIENT_FROZEN = ("client", 5, Remedy.CLIENT)
    """The client saw misbehaviour."""
    CONSENSUS_STATE_NOT_FOUND = ("client", 7, Remedy.LATER)
    """The client has no state for the proof's height; update it."""
    INVALID_CONSENSUS = ("client", 8, Remedy.MESSAGE)
    """A consensus state that no client may start from."""
    INVALID_CLIENT_TYPE = ("client", 10, Remedy.CLIENT)
    """The ledger does not admit clients of this type, or the update is for another type."""
    INVALID_HEADER = ("client", 12, Remedy.LATER)
    """The header does not convince the client; build another."""
    INVALID_MISBEHAVIOUR = ("client", 13, Remedy.MESSAGE)
    """The evidence shows no misbehaviour."""
    INVALID_RECOVERY = ("client", 24, Remedy.MESSAGE)
    """The client needs no recovery, or the substitute does not follow the same chain."""
    INVALID_HEIGHT = ("client", 26, Remedy.LATER)
    """A height that the client has not reached or does not count; update it."""
    CLIENT_NOT_ACTIVE = ("client", 29, Remedy.CLIENT)
    """The client is frozen, expired or unknown."""
    MEMBERSHIP_FAILED = ("client", 30, Remedy.LATER)
    """The proof does not show the value; prove again."""
    NON_MEMBERSHIP_FAILED = ("client", 31, Remedy.LATER)
    """The proof does not show absence; prove again."""
    ROUTE_NOT_FOUND = ("client", 32, Remedy.CLIENT)
    """The ledger has no light client of this type."""
    INVALID_COUNTERPARTY = ("clientv2", 34, Remedy.MESSAGE)
    """The packet names another client than the registered counterparty."""
    COUNTERPARTY_NOT_FOUND = ("clientv2", 35, Remedy.MESSAGE)
    """The client has no counterparty, or does not exist."""
    INVALID_PROOF = ("commitment", 2, Remedy.LATER)
    """The proof is empty or leads to another root; prove again."""
    INVALID_ID = ("host", 2, Remedy.MESSAGE)
    """An identifier that breaks ICS-24."""
    HOST_INVALID_PACKET = ("host", 4, Remedy.MESSAGE)
    """A packet that breaks ICS-24."""
    PORT_NOT_ROUTED = ("port", 5, Remedy.MESSAGE)
    """No application listens on the port."""
    UNAUTHORIZED = ("ibc", 2, Remedy.ACCOUNT)
    """The account is not among those that the client allows, or did not create it."""
    INVALID_REQUEST = ("ibc", 8, Remedy.MESSAGE)
    """The ledger's state does not allow it, such as a second pairing."""
    PROOF_HEIGHT_AHEAD = ("ibc", 9, Remedy.LATER)
    """The proof's height is ahead of the client; update it."""
    MALFORMED = ("ibc", 14, Remedy.MESSAGE)
    """The bytes are not a message that the ledger knows."""
    TOO_LARGE = ("ibc", 17, Remedy.MESSAGE)
    """Longer than the ledger takes."""


class ChainCode(_Code):
    """What a Cosmos SDK chain and our light client on it add."""

    UNAUTHORISED = ("sdk", 4, Remedy.ACCOUNT)
    """The signature does not fit account, sequence or chain id."""
    FUNDS_INSUFFICIENT = ("sdk", 5, Remedy.ACCOUNT)
    """The account cannot pay."""
    UNKNOWN_ACCOUNT = ("sdk", 9, Remedy.ACCOUNT)
    """The account does not exist yet."""
    OUT_OF_GAS = ("sdk", 11, Remedy.LATER)
    """The gas that was asked for, or that a node grants to a simulation, does not suffice."""
    FEE_INSUFFICIENT = ("sdk", 13, Remedy.ACCOUNT)
    """The node asks for a higher gas price."""
    ALREADY_IN_POOL = ("sdk", 19, Remedy.LATER)
    """The node has this transaction."""
    POOL_FULL = ("sdk", 20, Remedy.LATER)
    """The node's pool of transactions is full."""
    TRANSACTION_TOO_LARGE = ("sdk", 21, Remedy.LATER)
    """The transaction has more bytes than the chain takes."""
    KEY_NOT_FOUND = ("sdk", 22, Remedy.LATER)
    """Nothing is stored under the key."""
    TIMEOUT_HEIGHT_PASSED = ("sdk", 30, Remedy.LATER)
    """The last block for the transaction has passed."""
    WRONG_SEQUENCE = ("sdk", 32, Remedy.LATER)
    """Another transaction of the account comes first."""
    GAS_LIMIT_INVALID = ("sdk", 41, Remedy.LATER)
    """The transaction asks for more gas than a block has."""
    PANIC = ("sdk", 111222, Remedy.MESSAGE)
    """The chain's code panicked, as ibc-go does for a port without application."""
    POA_EVM_FROZEN = ("poa-evm", 18, Remedy.CLIENT)
    """The client saw misbehaviour."""
    POA_EVM_EXPIRED = ("poa-evm", 19, Remedy.CLIENT)
    """The client's newest header is too old."""


_REMEDIES: dict[str, Remedy] = {str(each): each.remedy for each in (*IbcCode, *ChainCode)}


def remedy_of(code: str) -> Remedy:
    """Of a code such as ``channelv2/9``. One that is not listed blames no message: its cause may pass."""
    return _REMEDIES.get(code, Remedy.LATER)
