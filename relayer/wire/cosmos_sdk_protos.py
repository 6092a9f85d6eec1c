"""The Cosmos SDK's transactions and queries that cosmpy ships, for ledgers that are chains of the SDK.

Apart from cosmos_protos, so that whoever talks to no such chain does not wait for these modules to load.
"""

from __future__ import annotations

import cosmpy.protos  # noqa: F401  (must come first: it makes the imports below possible)
from cosmos.auth.v1beta1 import query_pb2 as auth_query
from cosmos.bank.v1beta1 import query_pb2 as bank_query
from cosmos.base.abci.v1beta1 import abci_pb2 as base_abci
from cosmos.base.node.v1beta1 import query_pb2 as node_query
from cosmos.base.v1beta1 import coin_pb2 as coin
from cosmos.crypto.secp256k1 import keys_pb2 as secp256k1_keys
from cosmos.staking.v1beta1 import query_pb2 as staking_query
from cosmos.tx.signing.v1beta1 import signing_pb2 as tx_signing
from cosmos.tx.v1beta1 import tx_pb2 as tx
from ibc.core.channel.v2 import query_pb2 as channel_query
from ibc.core.client.v1 import query_pb2 as client_query
from ibc.core.client.v2 import query_pb2 as client_v2_query

__all__ = [
    "auth_query",
    "bank_query",
    "base_abci",
    "channel_query",
    "client_query",
    "client_v2_query",
    "coin",
    "node_query",
    "secp256k1_keys",
    "staking_query",
    "tx",
    "tx_signing",
]
