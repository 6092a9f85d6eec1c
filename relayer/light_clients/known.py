"""The types of light clients that this relayer knows. A new one is registered here and nowhere else."""

from __future__ import annotations

from relayer.light_clients.poa_evm import PoaEvm
from relayer.light_clients.registry import LightClients
from relayer.light_clients.tendermint import Tendermint

KNOWN = LightClients((PoaEvm(), Tendermint()))
