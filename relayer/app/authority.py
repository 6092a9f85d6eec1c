"""The authority process from its settings."""

from __future__ import annotations

import asyncio

from relayer.app.certificates import certificate_of
from relayer.app.evm_settings import finality_rule
from relayer.authority.attestor import Attestor
from relayer.authority.server import start
from relayer.authority.store import SignedHashes
from relayer.config.serving import AuthoritySettings
from relayer.keystore import open_keystore
from relayer.ledgers.evm.block_source import EvmBlockSource
from relayer.ledgers.evm.rpc import JsonRpc
from relayer.logs import Log
from relayer.proofs.client import ClientIdentity

_log = Log(__name__)


async def serve_authority(settings: AuthoritySettings, stopping: asyncio.Event) -> None:
    """Serves until `stopping` is set. Raises ConfigurationError, WrongLedger, StoreUnusable before it listens."""
    certificate = None if settings.listen.tls is None else certificate_of(settings.listen.tls)
    token = None if settings.listen.token is None else settings.listen.token.resolve()
    account = open_keystore(settings.keystore, settings.password.resolve())
    rpc = JsonRpc((settings.endpoint,), chain_id=settings.chain_id)
    source = EvmBlockSource(rpc, finality_rule(settings.finality))
    try:
        with SignedHashes(settings.store, counter=settings.counter) as store:
            attestor = Attestor(
                account=account,
                chain_id=settings.chain_id,
                clients=served_clients(settings),
                source=source,
                store=store,
            )
            running = await start(
                attestor, host=settings.listen.host, port=settings.listen.port, certificate=certificate, token=token
            )
            _log.info("authority serves", address=account.address, port=running.port, chain_id=settings.chain_id)
            await stopping.wait()
            await running.stop()
    finally:
        await source.close()


def served_clients(settings: AuthoritySettings) -> list[ClientIdentity]:
    """The light clients that the authority signs for; an empty first block stands for any."""
    return [
        ClientIdentity(
            host_chain_id=client.host_chain_id,
            host_genesis=bytes.fromhex((client.host_genesis or "0x")[2:]),
            client_id=client.client_id,
        )
        for client in settings.clients
    ]
