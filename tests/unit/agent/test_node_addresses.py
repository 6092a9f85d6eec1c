"""What the agent says of a node that fails: never its address, which may have an access key in it."""

from __future__ import annotations

import pytest
from aiohttp import web

from relayer.agent.web3_source import Web3Source
from relayer.errors import LedgerUnavailable
from relayer.ledgers.evm.finality import LatestIsFinal
from relayer.service.listener import bind

KEY = "5ecret5ecret5ecret5ecret"


@pytest.mark.parametrize("status", [403, 502])
async def test_the_key_in_a_nodes_address_stays_out_of_errors(status: int) -> None:
    """The error is logged, and answered to whoever asks for the agent's health."""

    async def refuse(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/{key}", refuse)
    runner = web.AppRunner(app)
    await runner.setup()
    listener = bind("127.0.0.1", 0)
    await web.SockSite(runner, listener).start()
    source = Web3Source([f"http://127.0.0.1:{listener.getsockname()[1]}/{KEY}"], chain_id=1337, finality=LatestIsFinal())
    try:
        with pytest.raises(LedgerUnavailable, match=f"HTTP status {status}") as caught:
            await source.head()
    finally:
        await source.close()
        await runner.cleanup()
    assert KEY not in str(caught.value)
