"""The extra data of a header that a BFT engine sealed (QBFT and IBFT 2.0 of Besu, QBFT and Istanbul BFT of GoQuorum).

Such a header carries its round and its commit seals in `extraData`, and the block hash is taken over the header without
them: validators seal at different times, and a block has one hash. The engines mark their headers in `mixHash`.

    QBFT      [vanity, validators, vote or (), round, seals]            hashed with round 0 and no seals
    IBFT 2.0  [vanity, validators, vote or "", round (4 bytes), seals]  hashed as [vanity, validators, vote or ""]
    Istanbul  vanity, behind it [validators, proposer's seal, seals]    hashed without seals, with the proposer's seal

QBFT of GoQuorum has the form and the hash of IBFT 2.0. Sources: Besu's codecs, `core/types/istanbul.go` of GoQuorum.
"""

from __future__ import annotations

from typing import Final

from relayer.proofs.errors import MalformedBytes
from relayer.proofs.poa_evm import rlp

MIX_HASH: Final = b"ctical byzantine fault tolerance"
"""`mixHash` of every header that such an engine sealed."""

_VANITY_BYTES = 32
_ADDRESS_BYTES = 20
_ROUND_BYTES = 4
_NO_VOTE_QBFT = rlp.RawList(b"\xc0")
_NO_SEALS = b"\xc0"
_ROUND_ZERO = b"\x80"


def hashed_extra_data(extra_data: bytes) -> bytes | None:
    """The extra data over which the block hash is taken, or None if these bytes are not a BFT engine's.

    Every header has one block hash: bytes that no rule fits, such as those of a genesis block, are hashed as they are.
    """
    try:
        items = rlp.decode_list(extra_data)
    except MalformedBytes:
        return _without_istanbul_seals(extra_data)
    if len(items) != 5 or not _has_form(*items):
        return None
    vanity, validators, vote, round_number, _ = items
    kept = [rlp.encode_item(vanity), rlp.encode_item(validators), rlp.encode_item(vote)]
    if len(_string(round_number)) == _ROUND_BYTES and vote != _NO_VOTE_QBFT:
        return rlp.encode_list(kept)
    if isinstance(vote, rlp.RawList) and _string(round_number)[:1] != b"\x00":
        return rlp.encode_list([*kept, _ROUND_ZERO, _NO_SEALS])
    return None


def _without_istanbul_seals(extra_data: bytes) -> bytes | None:
    vanity, rest = extra_data[:_VANITY_BYTES], extra_data[_VANITY_BYTES:]
    try:
        items = rlp.decode_list(rest)
        if len(items) != 3 or not isinstance(items[0], rlp.RawList) or not isinstance(items[2], rlp.RawList):
            return None
        validators, seals = (rlp.decode_list(each.encoding) for each in (items[0], items[2]))
    except MalformedBytes:
        return None
    if any(len(_string(each)) != _ADDRESS_BYTES for each in validators):
        return None
    if any(isinstance(each, rlp.RawList) for each in (items[1], *seals)):
        return None
    return vanity + rlp.encode_list([*map(rlp.encode_item, items[:2]), _NO_SEALS])


def _has_form(vanity: rlp.Item, validators: rlp.Item, vote: rlp.Item, round_number: rlp.Item, seals: rlp.Item) -> bool:
    """What the two engines have in common. An IBFT 2.0 round has exactly four bytes; QBFT's is a number of at most four."""
    return (
        not isinstance(vanity, rlp.RawList)
        and len(vanity) == _VANITY_BYTES
        and isinstance(validators, rlp.RawList)
        and (isinstance(vote, rlp.RawList) or not vote)
        and not isinstance(round_number, rlp.RawList)
        and len(round_number) <= _ROUND_BYTES
        and isinstance(seals, rlp.RawList)
    )


def _string(item: rlp.Item) -> bytes:
    return b"" if isinstance(item, rlp.RawList) else item
