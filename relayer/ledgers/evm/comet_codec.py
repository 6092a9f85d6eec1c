"""Headers and proofs of a CometBFT ledger for the CometBFT light client on the router, asking it what it knows already."""

from __future__ import annotations

from collections.abc import Collection

from relayer.core.ids import ClientId
from relayer.errors import ClientUnusable, InvalidInput
from relayer.ledgers.evm.clients import RouterClients
from relayer.ledgers.evm.comet_abi import pack_proof, update_message, validators_hashes
from relayer.ledgers.evm.contracts import Contract, call_data
from relayer.ledgers.evm.errors import NodeRefused
from relayer.ledgers.evm.node import EvmNode
from relayer.ledgers.evm.quantity import data
from relayer.ledgers.evm.rpc import Call
from relayer.ports.prover import ClientMessage, Proof
from relayer.proofs.comet.client_types import HEADER_TYPE_URL

_TRUE = (1).to_bytes(32, "big")


class CometCodec:
    """Implements LightClientCodec. Sets that a light client knows are remembered: it never forgets one."""

    def __init__(self, node: EvmNode, clients: RouterClients) -> None:
        self._node = node
        self._clients = clients
        self._known: dict[ClientId, set[bytes]] = {}

    async def update(self, client: ClientId, message: ClientMessage) -> bytes:
        """The argument of updateClient. Raises InvalidInput, ProofError, ClientUnusable for an unknown client."""
        if message.type_url != HEADER_TYPE_URL:
            raise InvalidInput(f"client message {message.type_url}: the light client of {client} takes {HEADER_TYPE_URL}")
        known = await self._known_sets(client, validators_hashes(message.value))
        return update_message(message.value, known_sets=known)

    def proof(self, proof: Proof) -> Proof:
        """The packed form. Raises ProofError."""
        return Proof(value=pack_proof(proof.value), height=proof.height, revision=proof.revision)

    async def _known_sets(self, client: ClientId, hashes: Collection[bytes]) -> Collection[bytes]:
        known = self._known.setdefault(client, set())
        unsure = [each for each in hashes if each not in known]
        if unsure:
            address = await self._clients.address(client)
            if address is None:
                raise ClientUnusable(f"the router knows no client {client}; create it with `relayer channel open`")
            calls = [_known_call(address, each) for each in unsure]
            for each, answer in zip(unsure, await self._node.rpc.batch(calls), strict=True):
                if isinstance(answer, NodeRefused):
                    raise answer
                if data(answer, "isValidatorSetKnown") == _TRUE:
                    known.add(each)
        return known


def _known_call(address: bytes, validators_hash: bytes) -> Call:
    calldata = call_data(Contract.COMET_BFT_LIGHT_CLIENT, "isValidatorSetKnown", validators_hash)
    return Call("eth_call", ({"to": "0x" + address.hex(), "data": "0x" + calldata.hex()}, "latest"))
