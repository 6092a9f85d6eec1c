"""The papers of a rotation: the plan that a relayer's operator writes, and the consent of each authority in force.

A plan names one light client, the authorities that it trusts and those who come. A consent is one signature of the digest
that the light client checks; with as many as the threshold of those in force, anyone may submit the rotation. Both are JSON,
read strictly. A relayer compares the plan with the host, an authority with its own settings and record.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from relayer.codes.limits import MAXIMUM_AUTHORITIES
from relayer.errors import InvalidInput
from relayer.evidence.strict_json import JsonReader, hex_text
from relayer.proofs.client import ClientIdentity
from relayer.proofs.errors import ProofError
from relayer.proofs.poa_evm.attestation import HASH_BYTES, SIGNATURE_BYTES, recover_signer, rotation_digest
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine
from relayer.proofs.poa_evm.types import (
    ROTATION_TYPE_URL,
    AuthorityRotation,
    decode_client_state,
    encode_client_state,
    encode_rotation,
)

_PLAN = "relayer authority rotation"
_CONSENT = "relayer authority consent"
_ADDRESS_BYTES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationPlan:
    """Who hands over to whom, for one light client and its next generation."""

    chain_id: int
    identity: ClientIdentity
    generation: int
    before: AuthorityEngine
    after: AuthorityEngine

    @property
    def digest(self) -> bytes:
        """What those in force sign."""
        return rotation_digest(
            chain_id=self.chain_id,
            identity=self.identity,
            generation=self.generation,
            threshold=self.after.threshold,
            authorities=self.after.authorities,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One authority's signature of a plan."""

    digest: bytes
    signature: bytes

    @property
    def authority(self) -> bytes:
        """20 bytes: whose key signed. Raises InvalidInput."""
        try:
            return recover_signer(self.digest, self.signature)
        except ProofError as error:
            raise InvalidInput(f"consent: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """What the state of a light client says of the authorities that it trusts, and of the ledger that it follows."""

    chain_id: int
    generation: int
    engine: AuthorityEngine
    client_state: bytes

    def trusting(self, engine: AuthorityEngine) -> bytes:
        """The client state with other authorities."""
        return encode_client_state(replace(decode_client_state(self.client_state), engine=engine))


def trusted_by(client_state: bytes) -> Trusted:
    """Raises InvalidInput for the state of a client that trusts no authorities."""
    try:
        state = decode_client_state(client_state)
    except ProofError as error:
        raise InvalidInput(f"the light client trusts no authorities, so there is nothing to rotate ({error})") from error
    return Trusted(chain_id=state.chain_id, generation=state.generation, engine=state.engine, client_state=client_state)


def rotation_of(plan: RotationPlan, consents: Sequence[Consent]) -> tuple[str, bytes]:
    """Type URL and bytes of the client message, with one consent of each authority, as many as the threshold. Raises
    InvalidInput for a consent to another plan or of a key that is not in force, and if there are too few."""
    signatures: dict[bytes, bytes] = {}
    for consent in consents:
        if consent.digest != plan.digest:
            raise InvalidInput(
                f"a consent is for 0x{consent.digest.hex()}, the plan is 0x{plan.digest.hex()}; sign this plan"
            )
        if consent.authority not in plan.before.authorities:
            raise InvalidInput(f"0x{consent.authority.hex()} consents, but is not one of the authorities in force")
        signatures[consent.authority] = consent.signature
    needed = plan.before.threshold
    if len(signatures) < needed:
        missing = ", ".join("0x" + each.hex() for each in plan.before.authorities if each not in signatures)
        raise InvalidInput(f"{len(signatures)} of the {needed} consents that are needed; ask the operators of {missing}")
    rotation = AuthorityRotation(
        generation=plan.generation, engine=plan.after, signatures=tuple(signatures.values())[:needed]
    )
    return ROTATION_TYPE_URL, encode_rotation(rotation)


def encode_plan(plan: RotationPlan) -> bytes:
    """The file that the operators of the authorities get."""
    return _encode(
        {
            "kind": _PLAN,
            "version": 1,
            "chain_id": plan.chain_id,
            "host_chain_id": plan.identity.host_chain_id,
            "host_genesis": hex_text(plan.identity.host_genesis),
            "client_id": plan.identity.client_id,
            "generation": plan.generation,
            "before": _engine_json(plan.before),
            "after": _engine_json(plan.after),
        }
    )


def decode_plan(raw: bytes) -> RotationPlan:
    """Raises InvalidInput, also for authorities that no light client accepts."""
    reader = JsonReader(_refuse_plan)
    names = ("chain_id", "host_chain_id", "host_genesis", "client_id", "generation", "before", "after")
    found = reader.fields(_of_kind(reader, raw, _PLAN), "plan", "kind", "version", *names)
    reader.constant(found["version"], "version", 1)
    return RotationPlan(
        chain_id=reader.number(found["chain_id"], "chain_id"),
        identity=ClientIdentity(
            host_chain_id=reader.text(found["host_chain_id"], "host_chain_id"),
            host_genesis=reader.octets(found["host_genesis"], "host_genesis", length=HASH_BYTES),
            client_id=reader.text(found["client_id"], "client_id"),
        ),
        generation=reader.number(found["generation"], "generation"),
        before=_engine_of(reader, found["before"], "before"),
        after=_engine_of(reader, found["after"], "after"),
    )


def encode_consent(consent: Consent) -> bytes:
    """The file that an authority's operator gives back."""
    return _encode(
        {
            "kind": _CONSENT,
            "version": 1,
            "authority": hex_text(consent.authority),
            "digest": hex_text(consent.digest),
            "signature": hex_text(consent.signature),
        }
    )


def decode_consent(raw: bytes) -> Consent:
    """Raises InvalidInput, also if the signature is not of the named authority."""
    reader = JsonReader(_refuse_consent)
    document = _of_kind(reader, raw, _CONSENT)
    found = reader.fields(document, "consent", "kind", "version", "authority", "digest", "signature")
    reader.constant(found["version"], "version", 1)
    consent = Consent(
        digest=reader.octets(found["digest"], "digest", length=HASH_BYTES),
        signature=reader.octets(found["signature"], "signature", length=SIGNATURE_BYTES),
    )
    reader.constant(found["authority"], "authority", hex_text(consent.authority))
    return consent


def _of_kind(reader: JsonReader, raw: bytes, kind: str) -> object:
    """A document that says of itself that it is of this kind: whoever mixed up two files learns which one it is."""
    document = reader.load(raw)
    if not isinstance(document, dict) or "kind" not in document:
        reader.refuse("this is another kind of file")
    if document["kind"] != kind:
        reader.refuse(f"this file is a {str(document['kind'])[:40]!r}, not a {kind!r}")
    return document


def _encode(document: dict[str, object]) -> bytes:
    return (json.dumps(document, indent=2) + "\n").encode()


def _engine_json(engine: AuthorityEngine) -> dict[str, object]:
    return {"threshold": engine.threshold, "authorities": [hex_text(each) for each in engine.authorities]}


def _engine_of(reader: JsonReader, value: object, where: str) -> AuthorityEngine:
    found = reader.fields(value, where, "threshold", "authorities")
    listed = reader.array(found["authorities"], f"{where}.authorities", maximum=MAXIMUM_AUTHORITIES)
    engine = AuthorityEngine(
        threshold=reader.number(found["threshold"], f"{where}.threshold"),
        authorities=tuple(reader.octets(each, f"{where}.authorities", length=_ADDRESS_BYTES) for each in listed),
    )
    try:
        engine.check()
    except ProofError as error:
        reader.refuse(f"{where}: {error}")
    return engine


def _refuse_plan(problem: str) -> NoReturn:
    raise InvalidInput(f"plan of a rotation: {problem}")


def _refuse_consent(problem: str) -> NoReturn:
    raise InvalidInput(f"consent to a rotation: {problem}")
