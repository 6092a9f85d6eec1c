"""The Cosmos, IBC and CometBFT protobuf modules that cosmpy ships, under one name.

Importing `cosmpy.protos` puts its folder on sys.path; only after that do `ibc`, `tendermint` and `cosmos` exist.
Registering the same files a second time would clash, so every module of this package imports them from here.
"""

from __future__ import annotations

import cosmpy.protos  # noqa: F401  (must come first: it makes the imports below possible)
from cosmos.ics23.v1 import proofs_pb2 as ics23
from google.protobuf import any_pb2 as any_
from ibc.core.channel.v2 import packet_pb2 as channel_packet
from ibc.core.channel.v2 import tx_pb2 as channel_tx
from ibc.core.client.v1 import client_pb2 as client
from ibc.core.client.v1 import tx_pb2 as client_tx
from ibc.core.client.v2 import counterparty_pb2 as client_v2_counterparty
from ibc.core.client.v2 import tx_pb2 as client_v2_tx
from ibc.core.commitment.v1 import commitment_pb2 as commitment
from ibc.lightclients.tendermint.v1 import tendermint_pb2 as tendermint_client
from tendermint.crypto import keys_pb2 as crypto_keys
from tendermint.types import types_pb2 as tendermint_types
from tendermint.types import validator_pb2 as tendermint_validator
from tendermint.version import types_pb2 as tendermint_version

__all__ = [
    "any_",
    "channel_packet",
    "channel_tx",
    "client",
    "client_tx",
    "client_v2_counterparty",
    "client_v2_tx",
    "commitment",
    "crypto_keys",
    "ics23",
    "tendermint_client",
    "tendermint_types",
    "tendermint_validator",
    "tendermint_version",
]
