"""An authority's consent to a rotation, on record before it is given: one plan for each generation of a light client.

Two plans for one generation, each with enough consents, would let whoever submits first choose between them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from relayer.authority.errors import ClientNotServed, ContradictingRotation, StoreUnusable
from relayer.authority.rotation import Consent, RotationPlan
from relayer.errors import InvalidInput
from relayer.keystore import LocalAccount
from relayer.private_files import private_file
from relayer.proofs.client import ClientIdentity
from relayer.proofs.poa_evm.attestation import sign_digest

_SCHEMA = """
CREATE TABLE IF NOT EXISTS consent (
  host_genesis BLOB NOT NULL CHECK (length(host_genesis) = 32),
  host_chain_id TEXT NOT NULL,
  client_id TEXT NOT NULL,
  generation TEXT NOT NULL,
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  PRIMARY KEY (host_genesis, host_chain_id, client_id, generation)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS consent_is_kept BEFORE UPDATE ON consent
  BEGIN SELECT RAISE(ABORT, 'a consent is never changed'); END;
CREATE TRIGGER IF NOT EXISTS consent_stays BEFORE DELETE ON consent
  BEGIN SELECT RAISE(ABORT, 'a consent is never deleted'); END;
"""


def require_consentable(
    plan: RotationPlan, *, account: LocalAccount, chain_id: int, clients: Collection[ClientIdentity]
) -> None:
    """Whether this authority has a say in the plan. Raises ClientNotServed, InvalidInput."""
    if plan.chain_id != chain_id or set(clients).isdisjoint({plan.identity, replace(plan.identity, host_genesis=b"")}):
        raise ClientNotServed(
            f"the plan is for client {plan.identity.client_id!r} on {plan.identity.host_chain_id!r}, which follows chain "
            f"{plan.chain_id}; this authority does not serve it"
        )
    if bytes.fromhex(account.address[2:]) not in plan.before.authorities:
        raise InvalidInput(f"{account.address} is not one of the authorities that the plan calls in force; it has no say")
    if plan.before == plan.after:
        raise InvalidInput("the plan changes nothing")


def consent_to(plan: RotationPlan, *, account: LocalAccount, record: Path) -> Consent:
    """The signature, once the plan is on record. A repeat gives the same. Raises ContradictingRotation for another plan of
    the same generation, StoreUnusable if the record cannot be written."""
    key = (plan.identity.host_genesis, plan.identity.host_chain_id, plan.identity.client_id, str(plan.generation))
    with _opened(record) as database:
        database.execute("INSERT INTO consent VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", (*key, plan.digest))
        database.commit()
        (found,) = database.execute(
            "SELECT digest FROM consent WHERE host_genesis = ? AND host_chain_id = ? AND client_id = ? AND generation = ?",
            key,
        ).fetchone()
    if found != plan.digest:
        raise ContradictingRotation(
            f"this authority has consented to 0x{found.hex()} for generation {plan.generation} of "
            f"{plan.identity.client_id}; submit that rotation first, and plan the next generation"
        )
    return Consent(digest=plan.digest, signature=sign_digest(bytes(account.key), plan.digest))


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        private_file(path).close()
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA synchronous = FULL")
            database.executescript(_SCHEMA)
            yield database
    except (OSError, sqlite3.Error) as error:
        raise StoreUnusable(
            f"record of consents {path}: cannot be written ({error}); check the path and free space"
        ) from error
