"""What a contract of the followed EVM ledger stores, by proofs below a state that the light client knows (EIP-1186).

The client proves its router's commitments by the router's storage root; any other contract needs its account's proof first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from relayer.proofs.client import ConsensusStates, require_active
from relayer.proofs.errors import MembershipRefused, Refusal
from relayer.proofs.poa_evm import mpt
from relayer.proofs.poa_evm.client import consensus_at, status
from relayer.proofs.poa_evm.types import ClientState, ConsensusState

_ADDRESS_BYTES = 20
_WORD_BYTES = 32


@dataclass(frozen=True, slots=True)
class ContractStorage:
    """The storage of one contract in one block, as far as proofs show it."""

    root: bytes

    def word(self, slot: bytes, nodes: Sequence[bytes]) -> bytes:
        """The 32 bytes in a 32-byte slot; zeros if `nodes` prove that nothing is stored there. Raises ProofError."""
        if len(slot) != _WORD_BYTES:
            raise MembershipRefused(Refusal.PROOF_PATH, f"a slot of {len(slot)} bytes, expected {_WORD_BYTES}")
        return mpt.verify_storage(nodes, storage_root=self.root, slot=slot) or bytes(_WORD_BYTES)


def contract_storage(
    client: ClientState,
    states: ConsensusStates[ConsensusState],
    *,
    height: int,
    contract: bytes,
    account_proof: Sequence[bytes],
    now_seconds: int,
) -> ContractStorage:
    """The storage of the contract at a 20-byte address in block `height`.

    Raises ProofError: ClientRefused as membership proofs do, MembershipRefused (VALUE_ABSENT if there is no such account).
    """
    require_active(status(client, states, now_seconds=now_seconds))
    if len(contract) != _ADDRESS_BYTES:
        raise MembershipRefused(
            Refusal.PROOF_PATH, f"a contract's address of {len(contract)} bytes, expected {_ADDRESS_BYTES}"
        )
    consensus = consensus_at(states, height)
    account = mpt.verify_account(account_proof, state_root=consensus.state_root, address=contract)
    return ContractStorage(account.storage_root)
