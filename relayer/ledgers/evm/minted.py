"""The event of a minted fact, for everyone who reads it from a contract ledger."""

from __future__ import annotations

from relayer.errors import InvalidInput
from relayer.facts.codec import fact_hash
from relayer.facts.schema import Fact
from relayer.ledgers.evm.abi_types import decode
from relayer.proofs.keccak import keccak256

FACT_TUPLE = (
    "(bytes32,uint16,uint16,uint16,bytes32,bytes32,bytes3,uint8,uint128,uint128,uint64,uint64,uint64,bytes32,bytes32)"
)
"""A fact in the ABI."""
FACT_MINTED = keccak256(f"FactMinted(bytes32,bytes32,bytes32,address,bytes32,{FACT_TUPLE})".encode())
"""The first topic."""


def minted_fact(data: bytes) -> tuple[bytes, Fact]:
    """Of the log's data: the issuer (20 bytes) and the fact. Raises InvalidInput, also if the stated hash is another one."""
    issuer, digest, values = decode(("address", "bytes32", FACT_TUPLE), data)
    fact = Fact(**dict(zip(Fact.__dataclass_fields__, values, strict=True)))
    if fact_hash(fact) != digest:
        raise InvalidInput(f"fact 0x{fact.fact_id.hex()}: its hash is not the one that the event states")
    return bytes.fromhex(issuer[2:]), fact
