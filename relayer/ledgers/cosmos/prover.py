"""Headers and proofs of the chain for light clients `07-tendermint`, checked before anybody pays for them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from relayer.core.commitment import CommitmentPath
from relayer.core.ids import Height
from relayer.errors import ConfigurationError, HeightPruned, LedgerUnavailable
from relayer.ledgers.cosmos.chain_view import ChainView
from relayer.ledgers.cosmos.errors import MalformedAnswer, QueryRefused
from relayer.ledgers.cosmos.headers import parse_signed_header
from relayer.ledgers.cosmos.light_blocks import LightBlock, LightBlocks, follows
from relayer.ledgers.cosmos.questions import ask
from relayer.ledgers.cosmos.rpc import AbciAnswer, CometRpc
from relayer.ledgers.nodes.errors import printable
from relayer.messages.tendermint_clients import (
    client_creation,
    client_message,
    first_header_message,
    sufficient_unbonding_nanoseconds,
)
from relayer.ports.prover import ClientCreation, ClientMessage, ClientReference, ClientTerms, Proof
from relayer.proofs import ics23
from relayer.proofs.comet.client_types import ClientHeader, revision_of
from relayer.proofs.comet.types import NANOSECONDS, ValidatorSet
from relayer.proofs.errors import ProofError
from relayer.proofs.protobuf import message_field
from relayer.wire.cosmos_sdk_protos import staking_query

MERKLE_PREFIX = (b"ibc", b"")
_STORE = b"ibc"
_QUERY_PATH = "store/ibc/key"
_OP_KINDS = ("ics23:iavl", "ics23:simple")
_PATHS_AT_ONCE = 100
_STAKING_PARAMETERS = "/cosmos.staking.v1beta1.Query/Params"
_UNKNOWN_QUERY = ("sdk", 6)
"""The chain has no such service."""


class CosmosProver:
    """Proves what the IBC store of one chain holds."""

    def __init__(self, rpc: CometRpc, view: ChainView, blocks: LightBlocks, *, chain_id: str) -> None:
        self._rpc = rpc
        self._view = view
        self._blocks = blocks
        self._chain_id = chain_id

    async def initial_client(self, terms: ClientTerms, *, at: Height | None = None) -> ClientCreation:
        """States at the newest header, or at an older one. Raises ConfigurationError for a trusting period that the chain's
        staking forbids."""
        height = (await self._view.head()).height if at is None else at
        block, unbonding = await asyncio.gather(self._blocks.at(height), self._unbonding_nanoseconds(terms))
        return client_creation(block.signed.header, terms, unbonding_nanoseconds=unbonding)

    async def first_header(self, height: Height) -> ClientMessage:
        """Signed by validators with two thirds of the power. Raises LedgerUnavailable unless every configured node shows the
        same."""
        block = await self._blocks.at(height)
        expected = block.signed.commit.block_id.hash
        answers = await self._rpc.every("commit", {"height": str(height)})
        found = [parse_signed_header(answer).commit.block_id.hash for answer in answers]
        if len(found) < self._rpc.nodes:
            raise LedgerUnavailable(
                f"header {height}: {len(found)} of {self._rpc.nodes} nodes show it, and all of them must agree on the first "
                "header of a light client; start the others, or take them out of the configuration"
            )
        if any(each != expected for each in found):
            raise LedgerUnavailable(
                f"the nodes show different headers {height} ({', '.join(sorted({each.hex() for each in found}))}); find out "
                "which of them is wrong before a light client starts there"
            )
        return first_header_message(block.signed, block.validators)

    async def client_update(self, client: ClientReference, *, trusted: Height, target: Height) -> ClientMessage:
        """The header of `target`; if too few of the validators that the client trusts have signed it, the furthest one
        found below it that they did sign. Anyone may have the header: it is signed for every client alike."""
        del client
        if target <= trusted:
            raise HeightPruned(f"a client that trusts height {trusted} cannot go back to {target}; prove at a newer height")
        await self._view.require_final(target)
        validators, block = await self._trusted_validators(trusted), await self._blocks.at(target)
        while not self._follows(trusted, validators, block):
            # At worst the very next header, which is signed by exactly the validators that were announced.
            block = await self._blocks.at(Height((trusted + block.height) // 2))
        header = ClientHeader(
            signed=block.signed, validators=block.validators, trusted_height=trusted, trusted_validators=validators
        )
        return client_message(header)

    async def prove(self, paths: Sequence[CommitmentPath], *, at: Height) -> Sequence[Proof]:
        """Merkle proofs in the order of `paths`, of presence or absence."""
        if not paths:
            return ()
        await self._view.require_final(at)
        # Header `at` carries the root of the state after the block before it.
        state = Height(at - 1)
        if state < 1:
            raise HeightPruned(f"nothing is stored before the first block, so nothing can be proven at height {at}")
        parts = [paths[first : first + _PATHS_AT_ONCE] for first in range(0, len(paths), _PATHS_AT_ONCE)]
        block = await self._blocks.at(at)
        proofs: list[Proof] = []
        for part in parts:
            for path, answer in zip(part, await self._answers(part, state), strict=True):
                proofs.append(self._proof(path, answer, block, at))
        return proofs

    async def _answers(self, paths: Sequence[CommitmentPath], state: Height) -> Sequence[AbciAnswer]:
        """Of one node; the others are asked too if it does not have the state. Raises HeightPruned if none has."""
        queries = [(_QUERY_PATH, path) for path in paths]
        refused = None
        for _ in range(self._rpc.nodes):
            answers = await self._rpc.abci_queries(queries, height=state, prove=True)
            refused = next((answer for answer in answers if answer.code), None)
            if refused is None:
                return answers
            self._rpc.doubt()
        assert refused is not None
        raise HeightPruned(
            f"no node gives proofs of the state after block {state} ({refused.codespace} {refused.code}: "
            f"{printable(refused.log)}); name a node that keeps more states (pruning in its app.toml)"
        )

    def _proof(self, path: CommitmentPath, answer: AbciAnswer, block: LightBlock, at: Height) -> Proof:
        if answer.height != at - 1 or tuple(op.kind for op in answer.proof_ops) != _OP_KINDS:
            raise self._lie(f"proof at height {at}: the node gave another height or another kind of proof")
        proof = b"".join(message_field(1, op.data) for op in answer.proof_ops)
        try:
            if answer.value:
                ics23.verify_membership(proof, root=block.app_hash, path=(_STORE, path), value=answer.value)
            else:
                ics23.verify_non_membership(proof, root=block.app_hash, path=(_STORE, path))
        except ProofError as error:
            raise self._lie(f"proof at height {at}: {error}") from error
        return Proof(value=proof, height=at, revision=revision_of(self._chain_id))

    async def _trusted_validators(self, trusted: Height) -> ValidatorSet:
        try:
            return await self._blocks.next_validators(trusted)
        except HeightPruned:
            # Sets change seldom, and a client that has not been updated for long is the one that most needs to be. If the
            # set did change since, the client refuses this one, and nothing but a node that keeps more can help.
            oldest = (await self._rpc.status()).earliest_height
            return (await self._blocks.at(oldest)).validators

    def _follows(self, trusted: Height, validators: ValidatorSet, block: LightBlock) -> bool:
        try:
            return follows(trusted, validators, block, chain_id=self._chain_id)
        except ProofError as error:
            raise self._lie(f"header {block.height} does not follow from {trusted}: {error}") from error

    def _lie(self, words: str) -> MalformedAnswer:
        self._rpc.doubt()
        return MalformedAnswer(words)

    async def _unbonding_nanoseconds(self, terms: ClientTerms) -> int:
        """The chain's own; a third above the trusting period if it has no staking, where unbonding is impossible."""
        trusting = terms.trusting_period_seconds * NANOSECONDS
        try:
            answer = await ask(
                self._rpc, _STAKING_PARAMETERS, staking_query.QueryParamsRequest(), staking_query.QueryParamsResponse
            )
        except QueryRefused as error:
            if (error.codespace, error.code) == _UNKNOWN_QUERY:
                return sufficient_unbonding_nanoseconds(terms)
            raise
        found = answer.params.unbonding_time
        unbonding: int = found.seconds * NANOSECONDS + found.nanos
        if trusting >= unbonding:
            raise ConfigurationError(
                f"a trusting period of {terms.trusting_period_seconds} s: validators of {self._chain_id} may unbond after "
                f"{unbonding // NANOSECONDS} s and then lie for free; configure a shorter one"
            )
        return unbonding
