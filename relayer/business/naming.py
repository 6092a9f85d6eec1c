"""What people call things: whole ids, beginnings of ids that fit one thing alone, and names that are nearly right."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches

from relayer.errors import InvalidInput, LedgerRefused, RelayerError

_NEAR = 3
_LISTED = 5
_LEAST_DIGITS = 4
"""Of a hash: fewer fit by chance what was not meant."""
HASH_DIGITS = 64
_PARTY = re.compile(r"(?<![0-9A-Za-z])(?:0x)?([0-9a-f]{64}|[0-9a-f]{16}…)")
"""A party as ledgers name it in errors, whole or abridged."""


def near_names(text: str, known: Collection[str]) -> str:
    """`; did you mean DE*KCS?`, or nothing if no name is near."""
    by_case = {name.casefold(): name for name in known}
    found = [by_case[each] for each in get_close_matches(text.casefold(), by_case, n=_NEAR)]
    return f"; did you mean {' or '.join(found)}?" if found else ""


def one_of(what: str, text: str, known: Collection[str], listing: str) -> str:
    """The name itself, or the only one that begins like this.

    `listing`: the command that lists them. Raises InvalidInput with the names that are near, or with all that begin so.
    """
    if text in known:
        return text
    fitting = sorted(name for name in known if text and name.startswith(text))
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        more = ", ..." if len(fitting) > _LISTED else ""
        raise InvalidInput(f"{what} {text[:80]}: {len(fitting)} begin like this: {', '.join(fitting[:_LISTED])}{more}")
    raise InvalidInput(f"{what} {text[:80]} is not on this ledger; `{listing}` lists them{near_names(text, known)}")


def one_party(text: str, ids: Mapping[bytes, str], titles: Mapping[bytes, str]) -> bytes:
    """A party by its id, else by its name, else by the only beginning of either. `ids` and `titles`: by party.

    An exact id always wins, because names are not unique and a party might bear another one's id as its name. Raises
    InvalidInput with the names that are near, or with all parties that are called like this.
    """

    def fitting(fits: Callable[[str], bool], *called: Mapping[bytes, str]) -> list[bytes]:
        return sorted(
            {party for each in called for party, name in each.items() if party in ids and fits(name)}, key=ids.__getitem__
        )

    for found in (
        fitting(text.__eq__, ids),
        fitting(text.__eq__, titles),
        fitting(lambda name: bool(text) and name.startswith(text), ids, titles),
    ):
        if len(found) == 1:
            return found[0]
        if found:
            listed = [f"{ids[each]} ({titles[each]})" if titles.get(each) else ids[each] for each in found[:_LISTED]]
            more = ", ..." if len(found) > _LISTED else ""
            raise InvalidInput(f"party {text[:80]}: {len(found)} are called like this: {', '.join(listed)}{more}")
    near = near_names(text, [*ids.values(), *filter(None, titles.values())])
    raise InvalidInput(f"party {text[:80]} is not registered on this ledger; `relayer settlement apply` registers{near}")


def hash_prefix(what: str, text: str) -> str:
    """Digits of a hash or of its beginning, in lower case, without 0x and without the sign of an abridged one.

    Raises InvalidInput.
    """
    digits = text.removeprefix("0x").rstrip("…~").lower()
    is_hash = _LEAST_DIGITS <= len(digits) <= HASH_DIGITS and all(each in "0123456789abcdef" for each in digits)
    if not is_hash:
        raise InvalidInput(
            f"{what} {text[:80]!r}: expected 0x and {HASH_DIGITS} hexadecimal digits, or at least the first {_LEAST_DIGITS}"
        )
    return digits


def one_hash(what: str, text: str, known: Collection[bytes], listing: str) -> bytes:
    """The same for hashes of 32 bytes, which may be given by their first digits. Raises InvalidInput."""
    digits = hash_prefix(what, text)
    return bytes.fromhex(one_of(what, f"0x{digits}", {f"0x{each.hex()}" for each in known}, listing)[2:])


def with_names(text: str, names: Mapping[bytes, str]) -> str:
    """What a ledger says, with the names of the parties in place of their ids. `names`: by party id."""

    def name(found: re.Match[str]) -> str:
        digits = found[1].rstrip("…")
        fitting = [known for party, known in names.items() if party.hex().startswith(digits)]
        return fitting[0] if len(fitting) == 1 else found[0]

    return _PARTY.sub(name, text)


@contextmanager
def named_parties(names: Mapping[bytes, str]) -> Iterator[None]:
    """Errors that pass give the names of parties: a ledger itself knows ids alone."""
    try:
        yield
    except RelayerError as error:
        error.args = tuple(with_names(each, names) if isinstance(each, str) else each for each in error.args)
        if isinstance(error, LedgerRefused):
            error.message = with_names(error.message, names)
        raise
