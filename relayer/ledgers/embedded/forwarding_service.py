"""The route table of the embedded ledger, in process (port ForwardingService), and whom its clients may speak for."""

from __future__ import annotations

from collections.abc import Sequence

from relayer.codes.limits import MAXIMUM_LISTED
from relayer.core.ids import ClientId
from relayer.forwarding.model import Forward, ForwardCommand, RemoveRoute, RouteUse
from relayer.ledgers.embedded.chain.chain import Chain
from relayer.ledgers.embedded.chain.session import Session
from relayer.ledgers.embedded.forwarding.store import ForwardStore
from relayer.ledgers.embedded.host.transactions import TrustChains
from relayer.ledgers.embedded.settlement.client_trust import trusted_chains
from relayer.ports.ledger import ClientCondition


class EmbeddedForwarding:
    """Reads are of the newest block."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def change(self, command: ForwardCommand) -> None:
        """A route that is there already makes no block."""
        if not isinstance(command, RemoveRoute):
            known = [use.route for use in await self.routes()]
            if command.route in known:
                return
        await self._session.execute(command)

    async def routes(self) -> Sequence[RouteUse]:
        now = self._session.now()
        return await self._session.run(lambda chain: ForwardStore(chain.query(now=now), chain.machine.clients).uses())

    async def forwards(self, *, after: tuple[str, int], limit: int) -> Sequence[Forward]:
        now = self._session.now()
        most = min(limit, MAXIMUM_LISTED)
        return await self._session.run(
            lambda chain: ForwardStore(chain.query(now=now), chain.machine.clients).forwards(after=after, limit=most)
        )

    async def trust_chains(self, client: ClientId, chains: Sequence[str]) -> None:
        """See TrustsChains. Raises LedgerRefused."""
        if tuple(chains) != await self.trusted_chains(client):
            await self._session.execute(TrustChains(client_id=client, chains=tuple(chains)))

    async def trusted_chains(self, client: ClientId) -> tuple[str, ...]:
        """See TrustsChains."""
        now = self._session.now()

        def read(chain: Chain) -> tuple[str, ...]:
            context, clients = chain.query(now=now), chain.machine.clients
            module, found = clients.module(client), clients.client(context, client)
            if module.condition(found) is ClientCondition.UNKNOWN:
                return ()
            return trusted_chains(context, client, followed=module.counterparty_chain_id(found))

        return await self._session.run(read)
