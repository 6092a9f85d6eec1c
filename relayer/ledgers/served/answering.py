"""What both services share: typed errors become gRPC statuses, and nothing else leaves a call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from relayer.errors import RelayerError
from relayer.logs import Log
from relayer.messages.statuses import detail_of, metadata_of, status_of
from relayer.recurrence import Recurrence

Context = grpc.aio.ServicerContext[Any, Any]

_log = Log(__name__)
_failures = Recurrence()


@asynccontextmanager
async def answering(context: Context) -> AsyncIterator[None]:
    """Ends the call with the status of a typed error. Our own faults are logged, because the caller learns no more than
    that there was one."""
    try:
        yield
    except RelayerError as error:
        status = status_of(error)
        if status is grpc.StatusCode.INTERNAL:
            # Callers may repeat it as often as they like.
            unlogged = _failures.met(type(error).__name__, "", asyncio.get_running_loop().time())
            if unlogged is not None:
                _log.error("call failed", error=str(error), kind=type(error).__name__, not_logged=unlogged)
        await context.abort(status, detail_of(error), metadata_of(error))
