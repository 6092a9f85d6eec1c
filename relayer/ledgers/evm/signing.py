"""Signed transactions: legacy with replay protection (EIP-155) and dynamic fee (EIP-1559, type 2), as raw bytes."""

from __future__ import annotations

from collections.abc import Sequence

from relayer.keystore import LocalAccount
from relayer.ledgers.evm.fees import Offer
from relayer.proofs.keccak import keccak256
from relayer.proofs.poa_evm import rlp
from relayer.proofs.poa_evm.attestation import sign_digest

_DYNAMIC_FEE = b"\x02"
_V_OFFSET = 27
_REPLAY_PROTECTION = 35

Field = int | bytes


def sign_transaction(
    account: LocalAccount, *, chain_id: int, nonce: int, offer: Offer, gas: int, to: bytes | None, calldata: bytes
) -> bytes:
    """A transaction without value; without `to` it creates a contract from `calldata`. Deterministic (RFC 6979)."""
    call: tuple[Field, ...] = (gas, to or b"", 0, calldata)
    if offer.tip is None:
        legacy = (nonce, offer.price, *call)
        v, r, s = _sign(account, _list((*legacy, chain_id, 0, 0)))
        return _list((*legacy, chain_id * 2 + _REPLAY_PROTECTION + v, r, s))
    fields = (chain_id, nonce, offer.tip, offer.price, *call)
    signature = _sign(account, _DYNAMIC_FEE + _list(fields, access_list=True))
    return _DYNAMIC_FEE + _list(fields, access_list=True, signature=signature)


def _sign(account: LocalAccount, document: bytes) -> tuple[int, int, int]:
    """Parity of the point's y, r and s."""
    signature = sign_digest(account.key, keccak256(document))
    return signature[64] - _V_OFFSET, int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")


def _list(fields: Sequence[Field], *, access_list: bool = False, signature: Sequence[int] = ()) -> bytes:
    """RLP of the fields; those of type 2 are followed by an access list, which is empty here, and the signature."""
    items = [_item(field) for field in fields]
    if access_list:
        items.append(rlp.encode_list([]))
    items.extend(_item(field) for field in signature)
    return rlp.encode_list(items)


def _item(value: Field) -> bytes:
    if isinstance(value, int):
        value = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return rlp.encode_bytes(value)
