"""Light clients on a chain with ibc-go: created, paired and, with the chain's authority, recovered (port ClientHost)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from relayer.codes.ibc import IbcCode
from relayer.core.ids import ClientId, parse_client_id
from relayer.errors import AccessDenied, InvalidInput, LedgerRefused
from relayer.ledgers.cosmos.account import governance_address
from relayer.ledgers.cosmos.client_view import ClientView, Pairing
from relayer.ledgers.cosmos.commander import Commander
from relayer.ledgers.cosmos.errors import MalformedAnswer
from relayer.ledgers.cosmos.questions import ask
from relayer.ledgers.cosmos.rpc import CometRpc
from relayer.ledgers.nodes.errors import printable
from relayer.ports.prover import ClientCreation
from relayer.wire.cosmos_protos import any_, client_tx, client_v2_tx
from relayer.wire.cosmos_sdk_protos import client_query

_CREATOR = "/ibc.core.client.v1.Query/ClientCreator"
_STATUS = "/ibc.core.client.v1.Query/ClientStatus"
_ACTIVE = "Active"
_ALREADY_ACTIVE = "client/24"
"""ibc-go's code for an invalid recovery."""


class CosmosClientHost:
    """Whoever creates a client may pair it, and only once."""

    def __init__(self, rpc: CometRpc, clients: ClientView, commander: Commander, *, prefix: str) -> None:
        """`prefix`: the chain's bech32 prefix, for the address of its governance."""
        self._rpc = rpc
        self._clients = clients
        self._commander = commander
        self._prefix = prefix

    async def create_client(self, creation: ClientCreation) -> ClientId:
        """Pairing follows with register_counterparty. Raises LedgerRefused."""
        message = client_tx.MsgCreateClient(
            client_state=any_.Any(type_url=creation.client_state_type_url, value=creation.client_state),
            consensus_state=any_.Any(type_url=creation.consensus_state_type_url, value=creation.consensus_state),
            signer=self._commander.address,
        )
        what = f"creation of a client of type {creation.client_type}"
        answer = await self._commander.execute(message, client_tx.MsgCreateClientResponse, what=what)
        try:
            return parse_client_id(answer.client_id)
        except InvalidInput as error:
            raise MalformedAnswer(f"{what}: {error}") from error

    async def register_counterparty(
        self, client: ClientId, *, counterparty_client_id: ClientId, counterparty_merkle_prefix: Sequence[bytes]
    ) -> None:
        """A repeat with the same content is a success. Raises LedgerRefused for a different pairing than the stored one,
        AccessDenied for a client that another account created."""
        wanted = Pairing(client_id=counterparty_client_id, merkle_prefix=tuple(counterparty_merkle_prefix))
        found = await self._clients.pairing(client)
        if found == wanted:
            return
        if found is not None:
            raise LedgerRefused(
                "ibc/8",
                f"client {client} is paired with {printable(found.client_id)!r} permanently, not with "
                f"{counterparty_client_id!r}; create a new client",
            )
        message = client_v2_tx.MsgRegisterCounterparty(
            client_id=client,
            counterparty_merkle_prefix=list(counterparty_merkle_prefix),
            counterparty_client_id=counterparty_client_id,
            signer=self._commander.address,
        )
        try:
            await self._commander.execute(
                message, client_v2_tx.MsgRegisterCounterpartyResponse, what=f"pairing of client {client}"
            )
        except LedgerRefused as error:
            if error.code != str(IbcCode.UNAUTHORIZED):
                raise
            raise AccessDenied(
                f"client {client} was created by {await self._creator(client)}, and only that account may pair it; "
                f"this relayer's account is {self._commander.address}: use that one, or create a client of your own"
            ) from error

    async def recover_client(self, client: ClientId, start: ClientCreation) -> None:
        """Makes the substitute that a recovery needs, and raises AccessDenied that says what the chain's authority must do
        with it: no single account may recover a client there. LedgerRefused for an active client."""
        request = client_query.QueryClientStatusRequest(client_id=client)
        status = (await ask(self._rpc, _STATUS, request, client_query.QueryClientStatusResponse)).status
        if status == _ACTIVE:
            raise LedgerRefused(_ALREADY_ACTIVE, f"client {client} is active and needs no recovery")
        substitute = await self.create_client(start)
        authority = governance_address(self._prefix)
        proposal = {
            "messages": [
                {
                    "@type": f"/{client_tx.MsgRecoverClient.DESCRIPTOR.full_name}",
                    "subject_client_id": client,
                    "substitute_client_id": substitute,
                    "signer": authority,
                }
            ],
            "deposit": "",
            "title": f"Recover client {client}",
            "summary": f"Client {client} is {status.lower()}; {substitute} takes its place with the same id and pairing.",
        }
        raise AccessDenied(
            f"only the chain's authority {authority} may recover client {client}. Client {substitute} was made for it: let "
            "the chain's governance pass this proposal (`tx gov submit-proposal FILE`, with the deposit that the chain asks "
            f"for) before {substitute} expires: {json.dumps(proposal)}"
        )

    async def _creator(self, client: ClientId) -> str:
        request = client_query.QueryClientCreatorRequest(client_id=client)
        answer = await ask(self._rpc, _CREATOR, request, client_query.QueryClientCreatorResponse)
        return printable(answer.creator) or "an account that the chain does not remember"
