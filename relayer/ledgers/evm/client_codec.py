"""From the standard forms of headers and proofs to what the light client on the router reads."""

from __future__ import annotations

from typing import Protocol

from relayer.core.ids import ClientId
from relayer.ports.prover import ClientMessage, Proof


class LightClientCodec(Protocol):
    """Raises InvalidInput for bytes that are not the standard form."""

    async def update(self, client: ClientId, message: ClientMessage) -> bytes:
        """The argument of updateClient."""
        ...

    def proof(self, proof: Proof) -> Proof:
        """The same proof in the light client's form, height and revision untouched."""
        ...
