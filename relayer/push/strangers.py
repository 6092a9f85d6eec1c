"""Code of others that runs inside ours: database drivers, signers and callbacks. They may raise anything.

This is the one module of the library that catches everything: a driver's error becomes one of this library's, and a callback
that fails costs nothing but itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from inspect import isawaitable
from typing import Any, TypeVar

from relayer.errors import RelayerError
from relayer.push.errors import OutboxUnavailable, SignerUnavailable
from relayer.push.queries import Rows

T = TypeVar("T")
Sign = Callable[[bytes], bytes | Awaitable[bytes]]
"""Signs a digest of 32 bytes with the issuer's key: 65 bytes, r, s and v (27 or 28, low s)."""


async def ask_database(work: Awaitable[T]) -> T:
    """Raises OutboxUnavailable for whatever the driver raises."""
    try:
        return await work
    except RelayerError:
        raise
    except Exception as error:
        raise OutboxUnavailable(f"the outbox's database: {described(error)}") from error


def ask_database_now(work: Callable[[], T]) -> T:
    """The same for work that does not wait."""
    try:
        return work()
    except RelayerError:
        raise
    except Exception as error:
        raise OutboxUnavailable(f"the outbox's database: {described(error)}") from error


async def ask_signer(sign: Sign, digest: bytes) -> bytes:
    """Raises SignerUnavailable for whatever the signer raises."""
    try:
        signature = sign(digest)
        return await signature if isawaitable(signature) else signature
    except RelayerError:
        raise
    except Exception as error:
        raise SignerUnavailable(f"the signer: {described(error)}") from error


def call(function: Callable[[Any, Any], Any], connection: Any, argument: Any) -> Rows:
    """Calls back; one row with the error if the function raises one."""
    try:
        if isawaitable(found := function(connection, argument)):
            found.close()  # type: ignore[attr-defined]
            return (("it is a coroutine function, which needs an async connection",),)
    except Exception as error:
        return ((described(error),),)
    return ()


async def call_async(function: Callable[[Any, Any], Any], connection: Any, argument: Any) -> Rows:
    """The same for a function that may be a coroutine's."""
    try:
        if isawaitable(found := function(connection, argument)):
            await found
    except Exception as error:
        return ((described(error),),)
    return ()


def described(error: BaseException) -> str:
    """In one line, with the kind of the error."""
    text = " ".join(str(error).split())[:300]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def discard(connection: Any) -> None:
    """Closes a connection that may be broken already."""
    with suppress(Exception):
        connection.close()


async def discard_async(connection: Any) -> None:
    """The same for an async one."""
    with suppress(Exception):
        await connection.close()
