"""Proven pull: facts of contracts that the settlement ledger's operators have bound to its light client.

The settlement ledger then checks itself what a contract stores, so the agent signs nothing for these facts and takes those
of every issuer. It proves at a block that the client knows; whoever relays packets keeps the client up to date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from relayer.agent.ports import FactRecorder
from relayer.agent.values import StoredClaim
from relayer.codes.settlement import RefusalCode
from relayer.core.ids import ClientId, Height
from relayer.errors import LedgerRefused
from relayer.facts.codec import FactAnswer
from relayer.ledgers.evm.fact_proofs import FACTS_AT_ONCE, FactsToProve, ProvesStorage, prove_facts
from relayer.ports.ledger import ClientCondition, Ledger
from relayer.settlement.model.issuers import IssuingState


class ProvenPull:
    """Of one contract ledger (EIP-155 id) for one settlement ledger."""

    def __init__(self, source: ProvesStorage, ledger: Ledger, recorder: FactRecorder, *, chain_id: int) -> None:
        self._source = source
        self._ledger = ledger
        self._recorder = recorder
        self._chain_id = str(chain_id)
        self._clients: Mapping[bytes, ClientId] = {}

    async def look(self) -> None:
        """Which contracts are bound now, to clients of this contract ledger. Raises LedgerError."""
        rights = await self._recorder.issuing_rights()
        bound = [each for each in rights.contracts if each.state is IssuingState.ACTIVE]
        clients: dict[bytes, ClientId] = {}
        for each in bound:
            status = await self._ledger.client_status(ClientId(each.client_id))
            if status.condition is ClientCondition.ACTIVE and status.counterparty_chain_id == self._chain_id:
                clients[each.contract] = ClientId(each.client_id)
        self._clients = clients

    def proves(self, contract: bytes) -> bool:
        """Whether facts of the contract are proven rather than signed."""
        return contract in self._clients

    async def record(
        self, contract: bytes, claims: Sequence[StoredClaim], *, issuers: Sequence[bytes], blocks: Sequence[int]
    ) -> Sequence[FactAnswer]:
        """One answer for each claim. `issuers` and `blocks` are those of the events. Raises LedgerRefused for claims whose
        block the client does not know yet, and as record_facts does."""
        client = self._clients[contract]
        status = await self._ledger.client_status(client)
        if max(blocks) > status.latest_height:
            raise LedgerRefused(
                f"settlement/{RefusalCode.HEIGHT_UNKNOWN.value}",
                f"client {client} knows block {status.latest_height} and not block {max(blocks)} yet; a running relayer, or "
                "`relayer facts prove`, updates it",
            )
        answers: dict[int, FactAnswer] = {}
        by_issuer = sorted(range(len(claims)), key=lambda place: issuers[place])
        for issuer, group in groupby(by_issuer, key=lambda place: issuers[place]):
            places = list(group)
            for first in range(0, len(places), FACTS_AT_ONCE):
                part = places[first : first + FACTS_AT_ONCE]
                wanted = FactsToProve(
                    contract=contract,
                    issuer=issuer,
                    facts=[claims[place].claim.fact for place in part],
                    client_id=client,
                    ledger_id=self._ledger.chain_id,
                )
                proof = await prove_facts(self._source, wanted, at=Height(status.latest_height))
                answers |= zip(part, await self._recorder.record_facts(proof), strict=True)
        return [answers[place] for place in range(len(claims))]
