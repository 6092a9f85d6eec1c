"""The authorities of a channel's EVM ledger are rotated: the plan from what the host says, and the rotation itself.

Nothing is taken on trust from a plan: before anything is sent it is compared with the light client on its host, every
consent is verified, and enough of the successors must already sign for the client, or nothing could be proven afterwards.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from relayer.app.ledgers import FullLedger, Rights, connected, contract_settings, make_ledger
from relayer.app.selection import Chosen, choose
from relayer.authority.rotation import Consent, RotationPlan, Trusted, rotation_of, trusted_by
from relayer.config.channels import End
from relayer.core.ids import ClientId, TransactionId
from relayer.errors import AuthoritiesUnavailable, ClientUnusable, ConfigurationError, InvalidInput, LedgerUnavailable
from relayer.ports.capabilities import VouchedByClient, Voucher, capability
from relayer.ports.ledger import ClientCondition, SubmissionBatch, client_reference
from relayer.ports.prover import ClientMessage
from relayer.proofs.client import ClientIdentity
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A light client whose authorities can be rotated, on its connected host; `ledger` is the one that it follows."""

    host: FullLedger
    ledger: FullLedger
    client: ClientId
    trusted: Trusted

    @property
    def identity(self) -> ClientIdentity:
        """What signatures bind."""
        return ClientIdentity(host_chain_id=self.host.chain_id, host_genesis=self.host.genesis_hash, client_id=self.client)

    async def unready(self, successors: AuthorityEngine) -> tuple[Voucher, ...]:
        """Those of the successors that do not sign for the client now, with the reason."""
        vouched = capability(self.ledger, VouchedByClient)
        if vouched is None:
            return ()
        reference = client_reference(self.host, self.client)
        return await vouched.not_serving(replace(reference, client_state=self.trusted.trusting(successors)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """A rotation that the light client accepts, as far as can be known before it is sent; or one that it accepted."""

    plan: RotationPlan
    unready: tuple[Voucher, ...]
    before: Trusted
    after: Trusted | None = None
    """None in a dry run."""
    message: bytes
    transactions: tuple[TransactionId, ...] = ()


@asynccontextmanager
async def followed_client(config: Path, name: str | None) -> AsyncIterator[Followed]:
    """The channel's light client of an EVM ledger that authorities vouch for. Raises ConfigurationError if there is none,
    ClientUnusable if it is frozen or expired: such a client is recovered."""
    chosen = choose(config, name)
    one, other = chosen.channel.ends
    for host_end, followed_end in ((one, other), (other, one)):
        if contract_settings(chosen.settings.ledgers[followed_end.ledger]) is not None:
            async with connected(_make(chosen, host_end)) as host, connected(_make(chosen, followed_end)) as ledger:
                client = chosen.client(host_end)
                yield Followed(host=host, ledger=ledger, client=client, trusted=await _trusted(host, client))
            return
    raise ConfigurationError(f"channel {chosen.channel.name!r} follows no EVM ledger, so it has no authorities to rotate")


async def plan_rotation(
    config: Path, name: str | None, successors: AuthorityEngine
) -> tuple[RotationPlan, tuple[Voucher, ...]]:
    """A plan for the client's next generation, and the successors that are not ready yet. Reads alone."""
    async with followed_client(config, name) as followed:
        if successors == followed.trusted.engine:
            raise InvalidInput(f"{followed.client} trusts exactly these authorities already; there is nothing to rotate")
        plan = RotationPlan(
            chain_id=followed.trusted.chain_id,
            identity=followed.identity,
            generation=followed.trusted.generation + 1,
            before=followed.trusted.engine,
            after=successors,
        )
        return plan, await followed.unready(successors)


async def rotate(
    config: Path,
    name: str | None,
    plan: RotationPlan,
    consents: Sequence[Consent],
    *,
    sending: Callable[[], AbstractContextManager[None]] | None,
) -> Rotation:
    """`sending` is entered when the rotation is about to be sent; None is a dry run, in which nothing is.

    Raises InvalidInput for a plan that is not the client's next or lacks consents, AuthoritiesUnavailable if the successors
    could not vouch, and what the host raises.
    """
    async with followed_client(config, name) as followed:
        _require_current(plan, followed)
        type_url, message = rotation_of(plan, consents)
        unready = await followed.unready(plan.after)
        ready = len(plan.after.authorities) - len(unready)
        if ready < plan.after.threshold:
            raise AuthoritiesUnavailable(
                f"{ready} of the successors sign for {followed.client}, {plan.after.threshold} are needed, so nothing could "
                "be proven after the rotation; " + "; ".join(f"{each.name}: {each.error}" for each in unready)
            )
        if sending is None:
            return Rotation(plan=plan, unready=unready, before=followed.trusted, message=message)
        status = await followed.host.client_status(followed.client)
        update = ClientMessage(type_url=type_url, value=message, height=status.latest_height)
        with sending():
            receipt = await followed.host.submit(SubmissionBatch(client_id=followed.client, update=update, messages=()))
        after = await _trusted(followed.host, followed.client)
        if (after.engine, after.generation) != (plan.after, plan.generation):
            raise LedgerUnavailable(
                f"{followed.client} still trusts generation {after.generation}; look at it again with --dry-run"
            )
        return Rotation(
            plan=plan,
            unready=unready,
            before=followed.trusted,
            after=after,
            message=message,
            transactions=receipt.transactions,
        )


def _require_current(plan: RotationPlan, followed: Followed) -> None:
    if (plan.chain_id, plan.identity) != (followed.trusted.chain_id, followed.identity):
        raise InvalidInput(
            f"the plan is for {plan.identity.client_id} on {plan.identity.host_chain_id} following chain {plan.chain_id}, "
            f"not for {followed.client} on {followed.host.chain_id}; name its channel"
        )
    if plan.generation <= followed.trusted.generation:
        raise InvalidInput(
            f"the plan is for generation {plan.generation}, {followed.client} is at {followed.trusted.generation}: the "
            "rotation was made, or another one came first; compare with `channel plan-rotation`"
        )
    if (plan.generation, plan.before) != (followed.trusted.generation + 1, followed.trusted.engine):
        raise InvalidInput(f"{followed.client} does not trust the authorities that the plan calls in force; plan it again")


def _make(chosen: Chosen, end: End) -> FullLedger:
    return make_ledger(end.ledger, chosen.settings.ledgers[end.ledger], rights=Rights.RELAYER)


async def _trusted(host: FullLedger, client: ClientId) -> Trusted:
    status = await host.client_status(client)
    if status.condition is not ClientCondition.ACTIVE:
        raise ClientUnusable(
            f"{client} on {host.ledger_id} is {status.condition}; `channel recover` starts it again, with the configured "
            "authorities"
        )
    return trusted_by(status.client_state)
