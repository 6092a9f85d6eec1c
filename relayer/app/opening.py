"""`channel open`: contracts, light clients and their pairing, each step noted at once so that a repeat continues there;
and `channel recover`, for clients that expired or froze.

Any two ledgers form a channel. A host that pairs a client when it creates it comes second, because the counterparty's client
must be known by then; where both do, the second one's next client id is asked for beforehand.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from relayer.app.first_header import FirstHeader, Starting, first_header
from relayer.app.ledgers import FullLedger, Rights, client_types, connected, deploy_missing, fact_registrar, make_ledger
from relayer.app.selection import Chosen, choose
from relayer.app.vouchers import entry, who
from relayer.config.channels import ChannelSettings, End
from relayer.config.deployment import (
    Contracts,
    DeployedClient,
    Deployment,
    deployment_path,
    read_deployment,
    write_deployment,
)
from relayer.core.ids import ClientId
from relayer.errors import ConfigurationError
from relayer.ports.capabilities import (
    BindsPorts,
    DeploysClients,
    PairsAtCreation,
    TrustsChains,
    TrustsClients,
    VouchedByClient,
    capability,
)
from relayer.ports.ledger import ClientCondition, client_reference
from relayer.ports.prover import ClientTerms
from relayer.ports.sending import Sending

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One end of the channel with its ledger, connected with the operator's rights."""

    end: End
    ledger: FullLedger

    @property
    def pairing(self) -> PairsAtCreation | None:
        """Set if clients are paired when they are created, and never again."""
        return capability(self.ledger, PairsAtCreation)


async def open_channel(
    config: Path,
    name: str | None,
    progress: Progress,
    starting: Starting = Starting(),  # noqa: B008  (it is immutable)
    *,
    sending: Sending = nullcontext,
) -> None:
    """`starting` confirms what each light client starts from, before it is created.

    Raises ConfigurationError, before anything is deployed or sent, if one ledger has no light client for the other, and
    what the ledgers raise; whatever was achieved by then is in the deployment file."""
    await _require_light_clients(choose(config, name))
    await deploy_contracts(config, name, progress, sending=sending)
    chosen = choose(config, name)
    one, other = (_make(chosen, end) for end in chosen.channel.ends)
    async with connected(one.ledger), connected(other.ledger):
        first, second = (one, other) if one.pairing is None else (other, one)
        opening = Opening(config=config, channel=chosen.channel, progress=progress, starting=starting, sending=sending)
        clients = await opening.create(first, second)
        for host, client, followed in ((first, clients[0], second), (second, clients[1], first)):
            with sending():
                # Before a packet can come: the first facts would bind it, and a stranger's may come first.
                await _bind_port(host, client, followed, progress)
        await opening.pair(first, second, clients)
        for host, client in ((first, clients[0]), (second, clients[1])):
            with sending():
                if not await _trust_chains(host, client, progress):
                    await _trust(host, client, progress)
        for host, client, followed in ((first, clients[0], second), (second, clients[1], first)):
            await _tell_vouchers(host, client, followed, progress)
    for host, client, followed in ((first, clients[0], second), (second, clients[1], first)):
        await _name_ledger(chosen, host, client, followed, progress, sending=sending)


async def deploy_contracts(config: Path, name: str | None, progress: Progress, *, sending: Sending = nullcontext) -> None:
    """What the channel's ledgers miss. Raises what that raises; what was deployed by then is in the deployment file."""
    for end in choose(config, name).channel.ends:
        await _deploy(config, choose(config, name), end, progress, sending=sending)


async def newest_headers(config: Path, name: str | None) -> tuple[FirstHeader, ...]:
    """From which header a light client of each of the channel's ledgers would start now; creates none."""
    chosen = choose(config, name)
    found = []
    for end in chosen.channel.ends:
        async with connected(make_ledger(end.ledger, chosen.settings.ledgers[end.ledger])) as ledger:
            terms = _terms(chosen.channel)
            found.append(await first_header(ledger, await ledger.initial_client(terms), terms))
    return tuple(found)


async def recover_channel(
    config: Path,
    name: str | None,
    progress: Progress,
    starting: Starting = Starting(),  # noqa: B008  (it is immutable)
    *,
    sending: Sending = nullcontext,
) -> None:
    """Frozen and expired light clients start again from the other ledger's newest state, which the caller vouches for."""
    chosen = choose(config, name)
    clients = [chosen.client(end) for end in chosen.channel.ends]
    one, other = (_make(chosen, end) for end in chosen.channel.ends)
    async with connected(one.ledger), connected(other.ledger):
        for host, client, followed in ((one, clients[0], other), (other, clients[1], one)):
            recovery = Recovery(client=client, followed=followed.ledger, terms=_terms(chosen.channel), starting=starting)
            await _recover(host.ledger, recovery, progress, sending=sending)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The light clients of one channel."""

    config: Path
    channel: ChannelSettings
    progress: Progress
    starting: Starting
    sending: Sending

    async def create(self, first: Host, second: Host) -> tuple[ClientId, ClientId]:
        """A client on each host, unless it is there already. Only `first` may wait for its counterparty's id."""
        announced: ClientId | None = None
        if first.pairing is not None and second.pairing is not None:
            announced = ClientId(second.end.client) if second.end.client else await second.pairing.next_client_id()
        mine = await self._client(first, second, counterparty=announced)
        theirs = await self._client(second, first, counterparty=mine)
        if announced not in (None, theirs):
            raise ConfigurationError(
                f"{mine} on {first.ledger.ledger_id} is paired with {announced} for good, but {theirs} was created on "
                f"{second.ledger.ledger_id}: somebody else created a client meanwhile; open a new channel"
            )
        return mine, theirs

    async def pair(self, first: Host, second: Host, clients: tuple[ClientId, ClientId]) -> None:
        """Where that was done at creation it is only confirmed."""
        mine, theirs = clients
        with self.sending():
            await first.ledger.register_counterparty(
                mine, counterparty_client_id=theirs, counterparty_merkle_prefix=second.ledger.merkle_prefix
            )
        with self.sending():
            await second.ledger.register_counterparty(
                theirs, counterparty_client_id=mine, counterparty_merkle_prefix=first.ledger.merkle_prefix
            )
        self.progress(f"paired {theirs} on {second.ledger.ledger_id} with {mine} on {first.ledger.ledger_id}")

    async def _client(self, host: Host, followed: Host, *, counterparty: ClientId | None) -> ClientId:
        if host.end.client is not None:
            return ClientId(host.end.client)
        above = (await host.ledger.head()).height
        deploying, prefix = capability(host.ledger, DeploysClients), followed.ledger.merkle_prefix
        if deploying is None or counterparty is None:
            creation, header = await self.starting.creation(followed.ledger, _terms(self.channel))
            start = str(header)
            with self.sending():
                client = await host.ledger.create_client(
                    creation, counterparty_client_id=counterparty, counterparty_merkle_prefix=prefix
                )
        else:
            deployed = await self._contract(host, followed, deploying, counterparty)
            start = f"header {deployed.header}"
            with self.sending():
                client = await deploying.add_client(
                    deployed.contract, counterparty_client_id=counterparty, counterparty_merkle_prefix=prefix
                )
        name, ledger = self.channel.name, host.end.ledger
        _note(self.config, lambda deployment: deployment.with_client(name, ledger, client, above=above or None))
        self.progress(f"created {client} on {host.ledger.ledger_id}: it starts from {start}")
        return client

    async def _contract(
        self, host: Host, followed: Host, deploying: DeploysClients, counterparty: ClientId
    ) -> DeployedClient:
        """A light client that the router may take: the one of an interrupted try, if it still serves, or a new one."""
        channel, ledger = self.channel.name, host.end.ledger
        earlier = read_deployment(deployment_path(self.config)).unadded.get(channel, {}).get(ledger)
        if earlier is not None and await self._serves(earlier, followed, deploying):
            self.progress(
                f"the light client {earlier.contract} on {ledger} is there already; it starts from {earlier.header}"
            )
            return earlier
        creation, header = await self.starting.creation(followed.ledger, _terms(self.channel))
        with self.sending():
            contract = await deploying.deploy_client(
                creation,
                counterparty_client_id=counterparty,
                counterparty_merkle_prefix=followed.ledger.merkle_prefix,
            )
        deployed = DeployedClient(contract=contract, header=header.pin)
        _note(self.config, lambda deployment: deployment.with_deployed_client(channel, ledger, deployed))
        self.progress(f"deployed the light client {contract} on {ledger}: it starts from {header}")
        return deployed

    async def _serves(self, deployed: DeployedClient, followed: Host, deploying: DeploysClients) -> bool:
        expected = self.starting.expected.get(followed.ledger.ledger_id)
        status = await deploying.deployed_client(deployed.contract)
        return (
            status.condition is ClientCondition.ACTIVE
            and status.counterparty_chain_id == followed.ledger.chain_id
            and status.trusting_period_seconds == _terms(self.channel).trusting_period_seconds
            and (expected is None or deployed.header == expected.pin)
        )


def _make(chosen: Chosen, end: End) -> Host:
    ledger = make_ledger(end.ledger, chosen.settings.ledgers[end.ledger], rights=Rights.OPERATOR)
    return Host(end=end, ledger=ledger)


async def _require_light_clients(chosen: Chosen) -> None:
    """Reads alone. Raises ConfigurationError."""
    one, other = chosen.channel.ends
    for host, followed in ((one, other), (other, one)):
        hosted = client_types(chosen.settings.ledgers[host.ledger]).hosted
        if hosted is None or host.client is not None:
            continue
        needed = client_types(chosen.settings.ledgers[followed.ledger]).followed_by
        if needed is None:
            async with connected(_make(chosen, followed).ledger) as ledger:
                needed = (await ledger.initial_client(_terms(chosen.channel))).client_type
        if needed not in hosted:
            raise ConfigurationError(
                f"channel {chosen.channel.name!r}: {host.ledger} cannot follow {followed.ledger}, because it has no light "
                f"client of type {needed}, only {', '.join(sorted(hosted))}; choose another ledger for one of the two ends. "
                "Nothing was deployed or sent"
            )


async def _deploy(config: Path, chosen: Chosen, end: End, progress: Progress, *, sending: Sending) -> None:
    def note(contracts: Contracts) -> None:
        _note(config, lambda deployment: deployment.with_contracts(end.ledger, contracts))
        what = f"router {contracts.router}" + (f", facts {contracts.facts}" if contracts.facts else "")
        progress(f"deployed on {end.ledger}: {what}")

    await deploy_missing(end.ledger, chosen.settings.ledgers[end.ledger], end.named_port, note, sending=sending)


async def _bind_port(host: Host, client: ClientId, followed: Host, progress: Progress) -> None:
    """From where the facts of the other ledger come, and where their news go."""
    binding = capability(host.ledger, BindsPorts)
    if binding is not None:
        await binding.bind_port(client, followed.end.port)
        progress(f"facts through {client} come from port {followed.end.port} on {followed.ledger.ledger_id}")


async def _trust(host: Host, client: ClientId, progress: Progress) -> None:
    """On a chain anyone may create a client, so facts through it count for nothing before an operator trusts it."""
    trusting = capability(host.ledger, TrustsClients)
    if trusting is not None:
        await trusting.trust_client(client)
        progress(f"facts through {client} become liabilities on {host.ledger.ledger_id}")
    speaking = capability(host.ledger, TrustsChains)
    if speaking is not None and host.end.chains:
        chains = tuple(map(str, sorted(host.end.chains)))
        await speaking.trust_chains(client, tuple(sorted(chains)))
        progress(f"{client} may speak for the chains {', '.join(chains)} on {host.ledger.ledger_id}")


async def _trust_chains(host: Host, client: ClientId, progress: Progress) -> bool:
    """Through a client of a hub come facts of the chains that are listed, and of no other. False: none are listed."""
    chains = tuple(map(str, sorted(host.end.chains)))
    trusting = capability(host.ledger, TrustsChains)
    if trusting is None or not chains:
        return False
    await trusting.trust_chains(client, chains)
    progress(f"facts through {client} of the chains {', '.join(chains)} become liabilities on {host.ledger.ledger_id}")
    return True


async def _tell_vouchers(host: Host, client: ClientId, followed: Host, progress: Progress) -> None:
    """Who signs for the clients in its configuration alone has to add a new one, or nothing can be proven to its host."""
    vouched = capability(followed.ledger, VouchedByClient)
    reference = client_reference(host.ledger, client)
    missing = () if vouched is None else await vouched.not_serving(reference)
    if missing:
        progress(
            f"not every authority of {followed.ledger.ledger_id} signs for {client} ({who(missing)}); add this line to "
            f"`clients` in the authority.yaml of each, and start it again:\n  - {entry(reference)}"
        )


async def _name_ledger(
    chosen: Chosen, host: Host, client: ClientId, followed: Host, progress: Progress, *, sending: Sending
) -> None:
    """Facts that go through a client are marked for good with the chain id of the ledger that it leads to."""
    async with fact_registrar(host.end.ledger, chosen.settings.ledgers[host.end.ledger]) as registrar:
        if registrar is None:
            return
        chain_id = followed.ledger.chain_id
        known = await registrar.ledger_of(client)
        if known is None:
            with sending():
                await registrar.register_ledger(client, chain_id)
            progress(f"facts that go through {client} are settled on {chain_id}")
        elif known != chain_id:
            raise ConfigurationError(
                f"the facts contract says that {client} leads to {known!r}, not to {chain_id!r}; open another channel"
            )
        for destination in host.end.destinations:
            if not await registrar.leads_to(client, destination):
                with sending():
                    await registrar.register_far_ledger(client, destination)
                progress(
                    f"facts that go through {client} may be settled on {destination}, to which {chain_id} forwards them"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """A light client that may have to start again, and the ledger that it follows."""

    client: ClientId
    followed: FullLedger
    terms: ClientTerms
    starting: Starting


async def _recover(host: FullLedger, recovery: Recovery, progress: Progress, *, sending: Sending) -> None:
    client, followed = recovery.client, recovery.followed
    condition = (await host.client_status(client)).condition
    if condition not in {ClientCondition.FROZEN, ClientCondition.EXPIRED}:
        progress(f"{client} on {host.ledger_id} is {condition}: left alone")
        return
    start, header = await recovery.starting.creation(followed, recovery.terms)
    with sending():
        await host.recover_client(client, start)
    progress(f"{client} on {host.ledger_id} was {condition}; it starts again, from {header}")


def _terms(channel: ChannelSettings) -> ClientTerms:
    terms = channel.client_terms
    return ClientTerms(
        trusting_period_seconds=terms.trusting_period_seconds, max_clock_drift_seconds=terms.max_clock_drift_seconds
    )


def _note(config: Path, change: Callable[[Deployment], Deployment]) -> None:
    path = deployment_path(config)
    write_deployment(path, change(read_deployment(path)))
