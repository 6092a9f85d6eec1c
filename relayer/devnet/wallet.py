"""Accounts of a development node from its mnemonic (BIP-39, BIP-32), by the path that Ethereum wallets use (BIP-44).

For development alone: a mnemonic that anybody knows protects nothing.
"""

from __future__ import annotations

import hashlib
import hmac

from coincurve import PrivateKey

from relayer.keystore import LocalAccount, account_from_key

_ROUNDS = 2048
_HARDENED = 1 << 31
_ETHEREUM = (44 + _HARDENED, 60 + _HARDENED, _HARDENED, 0)


def account_of(mnemonic: str, index: int) -> LocalAccount:
    """The account at m/44'/60'/0'/0/`index`, without a passphrase."""
    seed = hashlib.pbkdf2_hmac("sha512", mnemonic.encode(), b"mnemonic", _ROUNDS)
    node = hmac.digest(b"Bitcoin seed", seed, "sha512")
    for step in (*_ETHEREUM, index):
        key, chain_code = PrivateKey(node[:32]), node[32:]
        parent = b"\x00" + key.secret if step >= _HARDENED else key.public_key.format(compressed=True)
        child = hmac.digest(chain_code, parent + step.to_bytes(4, "big"), "sha512")
        node = key.add(child[:32]).secret + child[32:]
    return account_from_key(node[:32].hex())
