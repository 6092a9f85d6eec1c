"""Whether an issuer has signed facts for this ledger: the check before any fact of a signed request is looked at."""

from __future__ import annotations

from relayer.codes.settlement import RefusalCode
from relayer.errors import InvalidInput
from relayer.facts.codec import fact_hash
from relayer.facts.signing import SignedFacts, recover_issuer
from relayer.facts.ways import Way
from relayer.settlement.model.facts import PulledFacts, PushedFacts, RecordFacts
from relayer.settlement.rules.checks import refuse


def checked_request(signed: SignedFacts, *, ledger: bytes, height: int, transaction: str) -> RecordFacts:
    """What a signed request asks for. Raises CommandRefused(BAD_SIGNATURE): then none of its facts is looked at.

    `ledger` is this ledger's identity (relayer.facts.signing.ledger_identity); block and transaction become part of the
    origins. Whether the issuer may issue the facts is for the rules of each fact.
    """
    hashes = tuple(map(fact_hash, signed.facts))
    try:
        signer = recover_issuer(ledger, signed, fact_hashes=hashes)
    except InvalidInput as error:
        raise _not_signed(signed, str(error)) from error
    if signer != signed.issuer:
        raise _not_signed(signed, f"the signature is that of 0x{signer.hex()}")
    kind = PushedFacts if signed.way is Way.PUSHED else PulledFacts
    origin = kind(
        chain_id=signed.chain_id,
        contract=signed.contract,
        issuer=signed.issuer,
        system=signed.system,
        object_id="",
        rules=signed.rules,
        height=height,
        transaction=transaction,
    )
    return RecordFacts(origin=origin, facts=signed.facts, fact_hashes=hashes, object_ids=signed.object_ids)


def _not_signed(signed: SignedFacts, why: str) -> Exception:
    return refuse(
        RefusalCode.BAD_SIGNATURE,
        f"issuer 0x{signed.issuer.hex()} has not signed these facts for this ledger: {why}; ask the ledger for its identity "
        "and sign exactly what is sent",
    )
