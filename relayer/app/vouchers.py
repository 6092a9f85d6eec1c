"""What the operators of authorities read about a light client that theirs do not sign for."""

from __future__ import annotations

import json
from collections.abc import Sequence

from relayer.ports.capabilities import Voucher
from relayer.ports.prover import ClientReference


def who(missing: Sequence[Voucher]) -> str:
    """Each with its address and reason."""
    return "; ".join(f"{each.name} at {each.endpoint} {each.error}" for each in missing)


def entry(client: ClientReference) -> str:
    """What authority.yaml lists under `clients` for it."""
    genesis = {"host_genesis": f"0x{client.host_genesis.hex()}"} if client.host_genesis else {}
    return json.dumps({"host_chain_id": client.host_chain_id, **genesis, "client_id": client.client_id})
