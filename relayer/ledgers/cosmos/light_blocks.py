"""Headers of the chain with their validators, as a light client follows them: form, hashes, votes, and whether the
validators known before have signed too (CometBFT's skipping verification).

The first header is taken on faith, because nothing is known before it; a light client elsewhere has its own beginning and
is convinced by no one here. This ensures that one lying node among several is detected, and that no one pays for a
header which cannot convince any client.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from relayer.core.ids import Height
from relayer.errors import HeightPruned, LedgerUnavailable, NotFinal
from relayer.ledgers.cosmos import values
from relayer.ledgers.cosmos.errors import KeyTypeUnknown, MalformedAnswer, NodeRefused
from relayer.ledgers.cosmos.headers import parse_signed_header, parse_validators
from relayer.ledgers.cosmos.rpc import CometRpc
from relayer.proofs.comet.client_types import ONE_THIRD
from relayer.proofs.comet.types import MAXIMUM_VALIDATORS, SignedHeader, Validator, ValidatorSet
from relayer.proofs.comet.votes import VoteCount
from relayer.proofs.errors import HeaderRefused, ProofError, Refusal

_PAGE = 100
_REMEMBERED_BLOCKS = 64
_REMEMBERED_SETS = 16

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class LightBlock:
    """A header, the votes for it, and the validators that voted."""

    signed: SignedHeader
    validators: ValidatorSet

    @property
    def height(self) -> Height:
        """Of the header."""
        return Height(self.signed.header.height)

    @property
    def app_hash(self) -> bytes:
        """Of the state before this block: what proofs at its height lead to."""
        return self.signed.header.app_hash


class LightBlocks:
    """Reads and remembers light blocks of one chain."""

    def __init__(self, rpc: CometRpc, *, chain_id: str) -> None:
        self._rpc = rpc
        self._chain_id = chain_id
        self._blocks: OrderedDict[Height, LightBlock] = OrderedDict()
        self._sets: OrderedDict[bytes, ValidatorSet] = OrderedDict()
        self._newest: LightBlock | None = None
        self._reading = asyncio.Lock()

    async def at(self, height: Height) -> LightBlock:
        """Raises NotFinal, HeightPruned, KeyTypeUnknown, LedgerUnavailable."""
        # A header and proofs under it are usually asked for at the same time.
        async with self._reading:
            with self._doubting():
                return await self._at(height)

    async def next_validators(self, height: Height) -> ValidatorSet:
        """Who may sign the header after `height`, as that of `height` announces. Raises as `at` does."""
        async with self._reading:
            with self._doubting():
                return await self._announced(await self._at(height))

    @contextmanager
    def _doubting(self) -> Iterator[None]:
        """An inconsistent or missing part counts against the node that was asked."""
        try:
            yield
        except (MalformedAnswer, KeyTypeUnknown, NodeRefused):
            self._rpc.doubt()
            raise

    async def _at(self, height: Height) -> LightBlock:
        known = self._blocks.get(height)
        if known is not None:
            return known
        block, newest = await self._read(height), self._newest
        if newest is None:
            self._newest = block
        elif height > newest.height:
            await self._follow(newest, block)
            self._newest = block
        _remember(self._blocks, height, block, _REMEMBERED_BLOCKS)
        return block

    async def _follow(self, known: LightBlock, block: LightBlock) -> None:
        """Raises MalformedAnswer unless those who are known have signed, or announced, those who sign now."""
        steps = [block]
        while steps:
            step = steps[-1]
            trusted = await self._announced(known)
            try:
                is_believable = follows(known.height, trusted, step, chain_id=self._chain_id)
            except ProofError as error:
                raise MalformedAnswer(f"header {step.height} does not follow from {known.height}: {error}") from error
            if is_believable:
                known = steps.pop()
            else:
                # At worst the very next header, which is signed by exactly the validators that were announced.
                steps.append(await self._read(Height((known.height + step.height) // 2)))

    async def _announced(self, block: LightBlock) -> ValidatorSet:
        return await self._validators(Height(block.height + 1), block.signed.header.next_validators_hash)

    async def _read(self, height: Height) -> LightBlock:
        try:
            answer = await self._rpc.call("commit", {"height": str(height)})
        except NodeRefused as error:
            raise await missing(self._rpc, height, error) from error
        signed = parse_signed_header(answer)
        try:
            signed.check(self._chain_id)
            validators = await self._validators(height, signed.header.validators_hash)
            VoteCount(chain_id=self._chain_id, commit=signed.commit).require_two_thirds(validators)
        except ProofError as error:
            raise MalformedAnswer(f"header {height}: {error}") from error
        if signed.header.height != height:
            raise MalformedAnswer(f"the node gave header {signed.header.height} when asked for {height}")
        return LightBlock(signed=signed, validators=validators)

    async def _validators(self, height: Height, expected: bytes) -> ValidatorSet:
        """The set of a height, which changes seldom: it is known by its hash."""
        known = self._sets.get(expected)
        if known is not None:
            return known
        try:
            found = ValidatorSet(validators=tuple(await self._read_validators(height)))
        except NodeRefused as error:
            raise await missing(self._rpc, height, error) from error
        try:
            found.check()
        except ProofError as error:
            raise MalformedAnswer(f"validators of height {height}: {error}") from error
        if found.hash() != expected:
            raise MalformedAnswer(f"validators of height {height}: not those that its header names")
        _remember(self._sets, expected, found, _REMEMBERED_SETS)
        return found

    async def _read_validators(self, height: Height) -> list[Validator]:
        found: list[Validator] = []
        total = 1
        while len(found) < total:
            page = {"height": str(height), "page": str(len(found) // _PAGE + 1), "per_page": str(_PAGE)}
            answer = await self._rpc.call("validators", page)
            total = values.integer(values.member(answer, "total", "validators"), "total", maximum=MAXIMUM_VALIDATORS)
            part = parse_validators(answer)
            if not part or len(found) + len(part) > total or (len(part) < _PAGE and len(found) + len(part) < total):
                raise MalformedAnswer(f"validators of height {height}: pages that do not add up to {total}")
            found += part
        return found


def follows(known: Height, trusted: ValidatorSet, block: LightBlock, *, chain_id: str) -> bool:
    """Whether who believes the header of `known`, which announced `trusted`, believes the later `block`. False: too few of
    them signed, so a header between the two is needed. Raises HeaderRefused for what no honest chain has."""
    if block.height == known + 1:
        if block.signed.header.validators_hash != trusted.hash():
            raise HeaderRefused(Refusal.VALIDATORS_HASH, "not signed by the validators that the header before it announced")
        return True
    votes = VoteCount(chain_id=chain_id, commit=block.signed.commit)
    try:
        votes.require_trusted(trusted, numerator=ONE_THIRD.numerator, denominator=ONE_THIRD.denominator)
    except HeaderRefused as error:
        if error.code is Refusal.POWER_TRUSTED:
            return False
        raise
    return True


async def missing(
    rpc: CometRpc, height: Height, refusal: NodeRefused, *, is_history: bool = False
) -> NotFinal | HeightPruned | LedgerUnavailable:
    """What it means that a node has nothing to show for a height: the range that it keeps tells. `is_history`: events are
    read, which may begin later."""
    kept = await rpc.status()
    if height > kept.height:
        return NotFinal(f"height {height} is not reached yet; the newest header is {kept.height}")
    if height < kept.earliest_height:
        later = f", or, if nothing of the channels is older, set start_height: {kept.earliest_height} for this ledger"
        return HeightPruned(
            f"the node keeps nothing below height {kept.earliest_height}, so nothing is known of {height}; "
            f"name a node that keeps more (min-retain-blocks in its app.toml){later if is_history else ''}"
        )
    if is_history:
        return LedgerUnavailable(
            f"{refusal}; a node that keeps the block and not what it did has discard_abci_responses = true in its "
            "config.toml: set it to false and let the node sync again, or name another one"
        )
    return refusal


def _remember(memory: OrderedDict[_Key, _Value], key: _Key, value: _Value, most: int) -> None:
    memory[key] = value
    while len(memory) > most:
        memory.popitem(last=False)
