"""What both services share: typed errors become gRPC statuses, and nothing else leaves a call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import structlog

from relayer.errors import RelayerError
from relayer.messages.statuses import detail_of, metadata_of, status_of

Context = grpc.aio.ServicerContext[Any, Any]

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def answering(context: Context) -> AsyncIterator[None]:
    """Ends the call with the status of a typed error. Our own faults are logged, because the caller learns no more than
    that there was one."""
    try:
        yield
    except RelayerError as error:
        status = status_of(error)
        if status is grpc.StatusCode.INTERNAL:
            _log.error("call failed", error=str(error), kind=type(error).__name__)
        await context.abort(status, detail_of(error), metadata_of(error))
