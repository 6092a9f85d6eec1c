"""Headers of evidence: what a reader trusts of a ledger, and what can be shown under a header that this vouches for.

What vouches for a header is the light client type's business; see relayer.light_clients. Time plays no part: a header does
not become false by growing old, and whether keys can still be trusted is the reader's decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

from relayer.core.ids import TimestampSeconds
from relayer.evidence.errors import EvidenceRefused, Flaw
from relayer.evidence.strict_json import JsonReader
from relayer.proofs.client import ClientIdentity
from relayer.proofs.errors import MalformedBytes, ProofError


class Anchor(Protocol):
    """An accepted header: its ledger's state can be proven under it. The methods raise ProofError."""

    @property
    def height(self) -> int:
        """The height whose state can be shown."""
        ...

    @property
    def timestamp(self) -> TimestampSeconds:
        """Unix seconds of the header."""
        ...

    def require_present(self, path: bytes, value: bytes, proof: bytes) -> None:
        """Raises ProofError unless `proof` shows `value` at `path`."""
        ...

    def require_absent(self, path: bytes, proof: bytes) -> None:
        """Raises ProofError unless `proof` shows that nothing is stored at `path`."""
        ...


class LedgerTrust(Protocol):
    """Who vouches for one ledger, as a reader trusts beforehand."""

    @property
    def chain_id(self) -> str:
        """As the ledger calls itself."""
        ...

    @property
    def client_type(self) -> str:
        """The type of light client by which others follow the ledger."""
        ...

    def to_json(self) -> dict[str, object]:
        """The fields of the type's own in a trust file."""
        ...

    def with_signers_of(self, headers: Sequence[bytes]) -> Self:
        """The same, which also trusts whoever signed these headers, for one's own evidence alone."""
        ...

    def believe(self, raw: bytes, identity: ClientIdentity) -> Anchor:
        """`identity`: the light client that the header was made for. Raises ProofError, EvidenceRefused(HEADER, SIGNERS)."""
        ...


class TrustReader(Protocol):
    """Reads what a trust file says of ledgers that one type of light client follows."""

    @property
    def trust_fields(self) -> tuple[str, ...]:
        """Names of the fields beside ``chain_id``, ``client_id`` and ``client_type``."""
        ...

    def read_trust(self, reader: JsonReader, found: dict[str, object], where: str) -> LedgerTrust:
        """`found` has exactly the common fields and `trust_fields`. Refuses through `reader`; raises ProofError."""
        ...


def believe(ledger: LedgerTrust, raw: bytes, identity: ClientIdentity) -> Anchor:
    """`identity`: the light client that the header was made for. Raises EvidenceRefused(HEADER, SIGNERS)."""
    try:
        return ledger.believe(raw, identity)
    except MalformedBytes as error:
        raise EvidenceRefused(Flaw.HEADER, f"a header of {ledger.chain_id}: {error}") from error
    except ProofError as error:
        raise EvidenceRefused(Flaw.SIGNERS, f"a header of {ledger.chain_id}: {error}") from error
