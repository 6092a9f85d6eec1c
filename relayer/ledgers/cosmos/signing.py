"""Transactions of the Cosmos SDK as bytes, signed in mode DIRECT (ADR 020): what is signed is what is sent.

Messages come framed, each as in TxBody, so that a batch is assembled without encoding anything twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from google.protobuf.message import Message

from relayer.ledgers.cosmos.account import CosmosAccount
from relayer.proofs.protobuf import bytes_field, message_field, varint_field
from relayer.wire.cosmos_protos import any_
from relayer.wire.cosmos_sdk_protos import coin, secp256k1_keys, tx, tx_signing

_MESSAGES_FIELD = 1
_TIMEOUT_HEIGHT_FIELD = 3
_PUBLIC_KEY_URL = "/cosmos.crypto.secp256k1.PubKey"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a signature binds beside the messages. `fee` is in `denomination`; 0: none is offered."""

    chain_id: str
    account_number: int
    sequence: int
    gas: int
    fee: int
    denomination: str
    timeout_height: int
    """The last block that may hold the transaction; 0: any."""


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """TxRaw bytes, and their sha256 by which nodes know them."""

    raw: bytes
    hash: bytes


def framed(message: Message) -> bytes:
    """The message as an Any in TxBody's list of messages."""
    value = message.SerializeToString(deterministic=True)
    packed = bytes_field(1, f"/{message.DESCRIPTOR.full_name}".encode()) + bytes_field(2, value)
    return message_field(_MESSAGES_FIELD, packed)


def sign(messages: Sequence[bytes], account: CosmosAccount, terms: Terms) -> SignedTransaction:
    """`messages` are framed ones."""
    body = b"".join(messages) + varint_field(_TIMEOUT_HEIGHT_FIELD, terms.timeout_height)
    authorisation = _authorisation(account, terms)
    document = tx.SignDoc(
        body_bytes=body,
        auth_info_bytes=authorisation,
        chain_id=terms.chain_id,
        account_number=terms.account_number,
    )
    signature = account.sign(document.SerializeToString())
    raw = tx.TxRaw(body_bytes=body, auth_info_bytes=authorisation, signatures=[signature]).SerializeToString()
    return SignedTransaction(raw, hashlib.sha256(raw).digest())


def _authorisation(account: CosmosAccount, terms: Terms) -> bytes:
    key = secp256k1_keys.PubKey(key=account.public_key).SerializeToString()
    signer = tx.SignerInfo(
        public_key=any_.Any(type_url=_PUBLIC_KEY_URL, value=key),
        mode_info=tx.ModeInfo(single=tx.ModeInfo.Single(mode=tx_signing.SIGN_MODE_DIRECT)),
        sequence=terms.sequence,
    )
    amount = [coin.Coin(denom=terms.denomination, amount=str(terms.fee))] if terms.fee else []
    info = tx.AuthInfo(signer_infos=[signer], fee=tx.Fee(amount=amount, gas_limit=terms.gas))
    encoded: bytes = info.SerializeToString()
    return encoded
