"""Logs of the contract's registry to who may issue for whom: the newest log about an issuer or a mandate counts. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from relayer.ledgers.evm.errors import MalformedAnswer
from relayer.ledgers.evm.events import RawLog
from relayer.ports.facts import RegisteredIssuer, RegisteredMandate, RegisteredRights
from relayer.proofs.keccak import keccak256

_WORD = 32
_ISSUER_ADDED = keccak256(b"IssuerAdded(address,bytes32)")
_ISSUER_REMOVED = keccak256(b"IssuerRemoved(address,bytes32,uint64)")
_MANDATE_GRANTED = keccak256(b"MandateGranted(bytes32,address)")
MANDATE_REVOKED = keccak256(b"MandateRevoked(bytes32,address,uint64)")
REGISTRY_TOPICS = (_ISSUER_ADDED, _ISSUER_REMOVED, _MANDATE_GRANTED, MANDATE_REVOKED)


def rights_of(logs: Iterable[RawLog]) -> RegisteredRights:
    """In ledger order, those that have ended among them. Raises MalformedAnswer."""
    issuers: dict[bytes, RegisteredIssuer] = {}
    mandates: dict[tuple[bytes, bytes], RegisteredMandate] = {}
    for log in logs:
        if len(log.topics) != 3 or log.topics[0] not in REGISTRY_TOPICS:
            raise MalformedAnswer("registry: a log that was not asked for; is the address right?")
        topic, first, second = log.topics
        last = last_sequence_of(log) if topic in (_ISSUER_REMOVED, MANDATE_REVOKED) else None
        if topic in (_ISSUER_ADDED, _ISSUER_REMOVED):
            account = first[-20:]
            issuers[account] = RegisteredIssuer(account=account, party=second, last_sequence=last)
        else:
            mandates[first, second[-20:]] = RegisteredMandate(creditor=first, account=second[-20:], last_sequence=last)
    return RegisteredRights(issuers=tuple(issuers.values()), mandates=tuple(mandates.values()))


def last_sequence_of(log: RawLog) -> int:
    """What a log about an end says was the issuer's last fact. Raises MalformedAnswer."""
    if len(log.data) != _WORD:
        raise MalformedAnswer(f"registry: a log about an end with {len(log.data)} bytes, expected {_WORD}")
    return int.from_bytes(log.data, "big")
