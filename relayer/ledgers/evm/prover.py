"""Headers and proofs of an EVM ledger for the light client `poa-evm`, checked before anybody pays for them."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from relayer.core.commitment import CommitmentPath
from relayer.core.ids import Height
from relayer.errors import AuthoritiesUnavailable
from relayer.ledgers.evm.authorities import AuthorityQuorum
from relayer.ledgers.evm.calls import COMMITMENTS_SLOT, storage_slot
from relayer.ledgers.evm.chain_view import ChainView
from relayer.ledgers.evm.errors import AuthoritiesContradict, MalformedAnswer
from relayer.ledgers.evm.node import EvmNode
from relayer.ledgers.evm.statements import TwoHistories, VouchedHash
from relayer.logs import Log
from relayer.ports.prover import ClientCreation, ClientMessage, ClientReference, ClientTerms, Proof
from relayer.proofs.client import ClientIdentity
from relayer.proofs.errors import ProofError
from relayer.proofs.poa_evm import mpt
from relayer.proofs.poa_evm.evm_header import EvmHeader, encode_block
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine
from relayer.proofs.poa_evm.types import (
    CLIENT_STATE_TYPE_URL,
    CLIENT_TYPE,
    CONSENSUS_STATE_TYPE_URL,
    HEADER_TYPE_URL,
    MISBEHAVIOUR_TYPE_URL,
    ClientState,
    ConsensusState,
    Misbehaviour,
    SealedHeader,
    decode_client_state,
    encode_client_state,
    encode_consensus_state,
    encode_header,
    encode_misbehaviour,
    encode_storage_proof,
)

_SLOTS_PER_QUERY = 256
_REMEMBERED_HEIGHTS = 32
_log = Log(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Anchor:
    """A block's header and the proof of the router's account under it, verified."""

    header: EvmHeader
    account_proof: tuple[bytes, ...]
    storage_root: bytes


class EvmProver:
    """Proves what one router stores."""

    def __init__(self, node: EvmNode, view: ChainView, quorum: AuthorityQuorum, *, chain_id: int, router: bytes) -> None:
        self._node = node
        self._view = view
        self._quorum = quorum
        self._chain_id = chain_id
        self._router = router
        self._anchors: OrderedDict[Height, _Anchor] = OrderedDict()
        self._anchoring = asyncio.Lock()

    async def initial_client(self, terms: ClientTerms, *, at: Height | None = None) -> ClientCreation:
        """States of a new client at the newest final block, or at an older one."""
        if at is not None:
            await self._view.require_final(at)
        height = (await self._view.head()).number if at is None else at
        anchor = await self._anchor(height)
        client = ClientState(
            chain_id=self._chain_id,
            router=self._router,
            commitments_slot=COMMITMENTS_SLOT,
            engine=self._quorum.engine,
            trusting_period_seconds=terms.trusting_period_seconds,
            max_clock_drift_seconds=terms.max_clock_drift_seconds,
            latest_height=height,
        )
        client.check()
        return ClientCreation(
            client_type=CLIENT_TYPE,
            client_state_type_url=CLIENT_STATE_TYPE_URL,
            client_state=encode_client_state(client),
            consensus_state_type_url=CONSENSUS_STATE_TYPE_URL,
            consensus_state=encode_consensus_state(_consensus_state(anchor)),
            height=height,
        )

    async def first_header(self, height: Height) -> ClientMessage:
        """Without seals, because a seal is made for one client, and there is none yet: the authorities have signed the hash
        for clients that they serve already. Raises AuthoritiesUnavailable, LedgerUnavailable."""
        anchor = await self._anchor(height)
        await self._node.require_agreement(height, anchor.header.hash)
        await self._quorum.confirm(number=height, block_hash=anchor.header.hash)
        header = SealedHeader(header_rlp=anchor.header.encoding, seals=(), account_proof=anchor.account_proof)
        return ClientMessage(type_url=HEADER_TYPE_URL, value=encode_header(header), height=height)

    async def client_update(self, client: ClientReference, *, trusted: Height, target: Height) -> ClientMessage:
        """One header with its seals; poa-evm needs no chain of headers from `trusted` to `target`.

        If the authorities have vouched for two hashes of one block, it is the evidence of that, which freezes the client.
        """
        del trusted
        await self._view.require_final(target)
        anchor = await self._anchor(target)
        identity = ClientIdentity(
            host_chain_id=client.host_chain_id, host_genesis=client.host_genesis, client_id=client.client_id
        )
        try:
            seals = await self._quorum.collect(
                identity, number=target, block_hash=anchor.header.hash, engine=engine_in_force(client)
            )
        except AuthoritiesUnavailable:
            if self._quorum.histories(identity) is None:
                raise
            seals = ()
        if (histories := self._quorum.histories(identity)) is not None:
            return await self._misbehaviour(histories, target)
        header = SealedHeader(header_rlp=anchor.header.encoding, seals=seals, account_proof=anchor.account_proof)
        return ClientMessage(type_url=HEADER_TYPE_URL, value=encode_header(header), height=target)

    async def _misbehaviour(self, histories: TwoHistories, target: Height) -> ClientMessage:
        """Raises AuthoritiesContradict if no node has one of the two headers."""
        first, second = [await self._sealed(each, histories.number) for each in histories.hashes]
        evidence = encode_misbehaviour(Misbehaviour(header_1=first, header_2=second))
        _log.critical("authorities_misbehave", chain_id=self._chain_id, number=histories.number, evidence=evidence.hex())
        return ClientMessage(type_url=MISBEHAVIOUR_TYPE_URL, value=evidence, height=target)

    async def _sealed(self, vouched: VouchedHash, number: int) -> SealedHeader:
        for raw in await self._node.blocks_of_hash(vouched.block_hash):
            try:
                header = encode_block(raw)
            except ProofError:
                continue
            if header.hash == vouched.block_hash:
                return SealedHeader(header_rlp=header.encoding, seals=vouched.signatures)
        raise AuthoritiesContradict(
            f"the authorities vouch for two hashes of block {number}, and no node has the header of "
            f"{vouched.block_hash.hex()}; stop relaying, find out which ledger is the real one, and replace the authorities"
        )

    async def prove(self, paths: Sequence[CommitmentPath], *, at: Height) -> Sequence[Proof]:
        """Storage proofs in the order of `paths`, of presence or absence."""
        if not paths:
            return ()
        await self._view.require_final(at)
        anchor = await self._anchor(at)
        slots = [storage_slot(path) for path in paths]
        proofs: list[Proof] = []
        for first in range(0, len(slots), _SLOTS_PER_QUERY):
            part = slots[first : first + _SLOTS_PER_QUERY]
            answer = await self._node.proof(self._router, part, at)
            for slot, nodes in zip(part, answer.storage, strict=True):
                try:
                    mpt.verify_storage(nodes, storage_root=anchor.storage_root, slot=slot)
                except ProofError as error:
                    raise MalformedAnswer(f"eth_getProof at block {at}: {error}") from error
                proofs.append(Proof(value=encode_storage_proof(nodes), height=at))
        return proofs

    async def _anchor(self, height: Height) -> _Anchor:
        # A header and proofs under it are usually asked for at the same time.
        async with self._anchoring:
            return self._anchors.get(height) or await self._new_anchor(height)

    async def _new_anchor(self, height: Height) -> _Anchor:
        block, proof = await asyncio.gather(self._node.block(height), self._node.proof(self._router, (), height))
        try:
            header = encode_block(block.raw)
            account = mpt.verify_account(proof.account, state_root=header.state_root, address=self._router)
        except ProofError as error:
            raise MalformedAnswer(f"block {height} and its account proof: {error}") from error
        anchor = _Anchor(header=header, account_proof=proof.account, storage_root=account.storage_root)
        self._anchors[height] = anchor
        while len(self._anchors) > _REMEMBERED_HEIGHTS:
            self._anchors.popitem(last=False)
        return anchor


def _consensus_state(anchor: _Anchor) -> ConsensusState:
    return ConsensusState(
        timestamp_seconds=anchor.header.timestamp_seconds,
        block_hash=anchor.header.hash,
        state_root=anchor.header.state_root,
        storage_root=anchor.storage_root,
    )


def engine_in_force(client: ClientReference) -> AuthorityEngine | None:
    """Whom the client trusts now, which a rotation may have changed since it was created; None if its state is not known."""
    if not client.client_state:
        return None
    try:
        return decode_client_state(client.client_state).engine
    except ProofError as error:
        raise MalformedAnswer(f"the state of client {client.client_id} on {client.host_chain_id}: {error}") from error
