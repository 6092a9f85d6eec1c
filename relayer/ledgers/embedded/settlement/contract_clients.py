"""Light clients as the settlement rules ask them what a contract of another ledger stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from relayer.codes.settlement import RefusalCode
from relayer.core.ids import ClientId
from relayer.ledgers.embedded.host.clients import ClientRegistry
from relayer.ledgers.embedded.host.context import Context
from relayer.ledgers.embedded.host.light_clients import Client, LightClientModule
from relayer.ledgers.embedded.host.refusals import MessageRefused
from relayer.ledgers.embedded.settlement.client_trust import trusted_chains
from relayer.light_clients.kind import ContractStorage
from relayer.ports.ledger import ClientCondition
from relayer.settlement.errors import CommandRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedClient:
    """See relayer.settlement.rules.fact_proofs.ContractLedgerClient."""

    chain_id: int
    counterparty: str
    module: LightClientModule
    client: Client

    def storage(self, height: int, contract: bytes, account_proof: Sequence[bytes]) -> ContractStorage:
        """Raises ProofError."""
        found = self.module.contract_storage(self.client, height, contract, account_proof)
        if found is None:
            raise _unusable(self.client.client_id, "it follows no ledger with contracts")
        return found


def contract_ledger_client(registry: ClientRegistry, context: Context, client_id: str) -> HostedClient:
    """Raises CommandRefused(CLIENT_NOT_USABLE) for a client that does not exist or follows no ledger with contracts."""
    name = ClientId(client_id)
    try:
        module, client = registry.module(name), registry.client(context, name)
        exists = module.condition(client) is not ClientCondition.UNKNOWN
        chain_id = module.counterparty_chain_id(client) if exists else ""
    except MessageRefused as error:
        raise _unusable(client_id, str(error)) from error
    if not exists:
        raise _unusable(client_id, "it does not exist")
    if not chain_id.isdecimal():
        raise _unusable(client_id, "it follows no ledger with contracts")
    if chain_id not in trusted_chains(context, name, followed=chain_id):
        raise _unusable(client_id, f"it may not speak for chain {chain_id}")
    try:
        counterparty = registry.counterparty(context, name).client_id
    except MessageRefused:
        counterparty = ClientId("")
    return HostedClient(chain_id=int(chain_id), counterparty=counterparty, module=module, client=client)


def _unusable(client_id: str, why: str) -> CommandRefused:
    return CommandRefused(RefusalCode.CLIENT_NOT_USABLE, f"client {client_id}: {why}")
