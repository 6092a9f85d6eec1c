"""The process of a development network: it starts everything, serves the authorities itself, and ends everything.

Nothing that it started outlives it, even if it is killed: Ganache and the chain's nodes end with their standard input.
"""

from __future__ import annotations

import asyncio
import os
import time
import urllib.parse
from contextlib import ExitStack
from functools import partial

from relayer.app.authority import serve_authority
from relayer.app.process import configure_logging, run_until_signal
from relayer.app.serving import serve_ledger
from relayer.commands.form import OutputForm
from relayer.config.fields import Logging
from relayer.config.ledgers import CosmosLedgerSettings
from relayer.config.queue_file import load_queue
from relayer.config.serving import load_authority, load_ledger
from relayer.devnet.broker import MessageBroker
from relayer.devnet.chain_node import ChainOptions, SettlementChain
from relayer.devnet.folder import DevnetFolder
from relayer.devnet.layout import accounts_needed
from relayer.devnet.nodes import Ganache, GanacheOptions
from relayer.devnet.ports import is_listening
from relayer.errors import LedgerUnavailable
from relayer.logs import Log
from relayer.waiting import Patience

_log = Log(__name__)
_POLL_SECONDS = 0.05
_START_WORK_SECONDS = 120.0
"""CPU time that the authorities and the ledger may take to start."""


def supervise(folder: DevnetFolder, form: OutputForm) -> None:
    """Returns when the network has ended after a signal. Raises what its parts raise if one of them cannot go on."""
    configure_logging(Logging(format="console"), as_json=form is OutputForm.JSON)
    with folder.held():
        run_until_signal(lambda stopping: _supervise(folder, stopping))


async def _supervise(folder: DevnetFolder, stopping: asyncio.Event) -> None:
    contracts, settlement = folder.ledgers()
    with ExitStack() as stack:
        port = urllib.parse.urlsplit(contracts.endpoints[0]).port or 0
        options = GanacheOptions(chain_id=contracts.chain_id, accounts=accounts_needed(), folder=folder.contracts, port=port)
        stack.enter_context(await asyncio.to_thread(Ganache, options))
        _log.info("contract ledger answers", url=contracts.endpoints[0])
        if folder.queue_file.is_file():
            server = load_queue(folder.queue_file).broker.servers[0]
            broker = partial(MessageBroker, folder.broker, port=urllib.parse.urlsplit(server).port or 0)
            stack.enter_context(await asyncio.to_thread(broker))
            _log.info("message broker answers", server=server)
        if isinstance(settlement, CosmosLedgerSettings):
            chain = SettlementChain(ChainOptions(folder=folder.chain))
            stack.callback(chain.stop)
            await asyncio.to_thread(chain.start)
            _log.info("settlement chain makes blocks", endpoints=chain.endpoints)
        await _serve(folder, isinstance(settlement, CosmosLedgerSettings), stopping)


async def _serve(folder: DevnetFolder, is_on_chain: bool, stopping: asyncio.Event) -> None:  # noqa: FBT001
    authorities = [load_authority(path) for path in folder.authority_files]
    places = [f"{each.listen.host}:{each.listen.port}" for each in authorities]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(serve_authority(each, stopping)) for each in authorities]
        if not is_on_chain:
            own = load_ledger(folder.path / "ledger.yaml")
            places.append(f"unix:{own.listen.socket}")
            tasks.append(group.create_task(serve_ledger(own, stopping)))
        await _until_listening(places, tasks, stopping)
        if not stopping.is_set():
            folder.ready_file.write_text(str(os.getpid()))
            _log.info("the network is ready")
            await stopping.wait()
            _log.info("the network ends")


async def _until_listening(places: list[str], tasks: list[asyncio.Task[None]], stopping: asyncio.Event) -> None:
    patience = Patience()
    while not stopping.is_set() and not all(map(is_listening, places)):
        if any(task.done() for task in tasks):
            # Its error ends the group.
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            stopping.set()
            return
        if patience.is_over(lambda: min(round(time.process_time()), _START_WORK_SECONDS)):
            stopping.set()
            raise LedgerUnavailable(patience.words(f"{', '.join(places)} to listen"))
        await asyncio.sleep(_POLL_SECONDS)
