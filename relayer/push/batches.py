"""From claims to one signed delivery, and from its answers to verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from relayer.errors import InvalidInput, WrongLedger
from relayer.facts.signing import SignedFacts, recover_issuer, signing_digest
from relayer.facts.ways import Way
from relayer.push.errors import SignerUnavailable
from relayer.push.leases import Taken, Verdict, answered, parked
from relayer.push.outbox import Outbox
from relayer.push.strangers import Sign, ask_signer
from relayer.push.targets import PushTarget

_IDENTITY_BYTES = 32


@dataclass(slots=True, kw_only=True)
class Delivery:
    """Signs claims and hands them to the settlement ledger that an outbox belongs to."""

    outbox: Outbox
    sign: Sign
    target: PushTarget
    identity: bytes | None = None
    """Of that ledger, once it is known."""
    is_signer_known: bool = False
    """Whether a signature was seen to be the issuer's. The ledger checks each of them."""

    async def deliver(self, claims: Sequence[Taken], verdicts: list[Verdict]) -> None:
        """Adds a verdict for each claim. If the ledger cannot read the request, it is cut in halves until the claim
        at fault is alone. Raises what the target raises if it does not answer; then the verdicts are of the first claims."""
        usable = [claim for claim in claims if claim.fact is not None]
        verdicts += [parked(claim, claim.fault) for claim in claims if claim.fact is None]
        if usable:
            await self._deliver(usable, verdicts)

    async def _deliver(self, claims: Sequence[Taken], verdicts: list[Verdict]) -> None:
        try:
            answers = await self.target.deliver(await self._signed(claims))
        except InvalidInput as error:
            if len(claims) == 1:
                verdicts.append(parked(claims[0], f"the settlement ledger does not take it: {error}"))
                return
            middle = len(claims) // 2
            await self._deliver(claims[:middle], verdicts)
            await self._deliver(claims[middle:], verdicts)
            return
        if len(answers) != len(claims):
            raise WrongLedger(
                f"{len(claims)} facts were answered by {len(answers)} answers; the target is not a settlement ledger"
            )
        assert self.identity is not None
        # References name the ledger by its chain id.
        ledger = self.identity[_IDENTITY_BYTES:].decode(errors="replace")
        verdicts += [answered(claim, answer, ledger) for claim, answer in zip(claims, answers, strict=True)]

    async def _signed(self, claims: Sequence[Taken]) -> SignedFacts:
        assert self.identity is not None
        unsigned = SignedFacts(
            way=Way.PUSHED,
            chain_id=self.outbox.chain_id,
            contract=self.outbox.place,
            issuer=self.outbox.account,
            facts=tuple(claim.fact for claim in claims if claim.fact is not None),
            object_ids=tuple(claim.business_id for claim in claims),
            system=self.outbox.system,
            signature=b"",
        )
        signed = replace(unsigned, signature=await ask_signer(self.sign, signing_digest(self.identity, unsigned)))
        if self.is_signer_known:
            return signed
        try:
            signer = recover_issuer(self.identity, signed)
        except InvalidInput as error:
            raise SignerUnavailable(f"the signer gave no signature of 65 bytes with a low s: {error}") from error
        if signer != self.outbox.account:
            raise SignerUnavailable(
                f"the signer signs as 0x{signer.hex()}, but the outbox's issuer is {self.outbox.issuer}; give it the "
                "issuer's key"
            )
        self.is_signer_known = True
        return signed
