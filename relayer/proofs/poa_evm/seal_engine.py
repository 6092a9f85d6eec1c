"""What vouches for a header of an EVM ledger. One engine per consensus; the rest of the client is the same for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from relayer.codes.limits import MAXIMUM_AUTHORITIES
from relayer.proofs.client import ClientIdentity
from relayer.proofs.errors import ClientRefused, Refusal
from relayer.proofs.keccak import keccak256
from relayer.proofs.poa_evm.attestation import authority_digest, check_quorum
from relayer.proofs.poa_evm.evm_header import EvmHeader


class SealEngine(Protocol):
    """Decides whether a header is vouched for. Must read only its arguments and its parameters."""

    def verify(self, header_rlp: bytes, header: EvmHeader, seals: Sequence[bytes]) -> None:
        """Raises HeaderRefused unless `seals` make this header final by the engine's rule."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityEngine:
    """k of n named keys. `authorities` are 20-byte addresses, ascending and distinct."""

    threshold: int
    authorities: tuple[bytes, ...]

    @property
    def set_hash(self) -> bytes:
        """32 bytes: keccak256 of the threshold and the addresses, each as a word of 32 bytes."""
        words = (self.threshold.to_bytes(32, "big"), *(each.rjust(32, b"\0") for each in self.authorities))
        return keccak256(b"".join(words))

    def check(self) -> None:
        """Raises ClientRefused(PARAMETERS) for a set that must not be trusted."""
        if not 1 <= len(self.authorities) <= MAXIMUM_AUTHORITIES:
            raise ClientRefused(Refusal.PARAMETERS, f"{len(self.authorities)} authorities; 1 to {MAXIMUM_AUTHORITIES}")
        if any(len(each) != 20 or not any(each) for each in self.authorities):
            raise ClientRefused(Refusal.PARAMETERS, "an authority is not an address of 20 bytes")
        if list(self.authorities) != sorted(set(self.authorities)):
            raise ClientRefused(Refusal.PARAMETERS, "authorities must be ascending and distinct")
        if not 1 <= self.threshold <= len(self.authorities):
            raise ClientRefused(
                Refusal.PARAMETERS, f"threshold {self.threshold} of {len(self.authorities)} authorities is impossible"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthoritySeals:
    """The authority engine bound to one chain and one client, as its digest requires."""

    engine: AuthorityEngine
    chain_id: int
    identity: ClientIdentity

    def verify(self, header_rlp: bytes, header: EvmHeader, seals: Sequence[bytes]) -> None:  # noqa: ARG002 (other engines read it)
        """The seals are signatures of the authority digest over the block's number and hash."""
        digest = authority_digest(
            chain_id=self.chain_id, identity=self.identity, number=header.number, block_hash=header.hash
        )
        check_quorum(digest, seals, authorities=self.engine.authorities, threshold=self.engine.threshold)
