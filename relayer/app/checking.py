"""`relayer check`: every ledger, account, authority, client, journal and port is asked; nothing is changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace

from relayer.app.checking_rights import rights_lines
from relayer.app.checking_routes import route_lines
from relayer.app.journal import journal_reader
from relayer.app.ledgers import FullLedger, make_checks, make_ledger
from relayer.app.running import answering
from relayer.app.trying import named_line, update_line, vouching_line
from relayer.config.channels import ChannelSettings, End
from relayer.config.ledgers import LedgerSettings
from relayer.config.relayer_file import RelayerSettings
from relayer.core.ids import ClientId
from relayer.errors import JournalUnavailable, RelayerError
from relayer.ports.capabilities import BindsPorts, CheckLine, TrustsChains, TrustsClients, capability
from relayer.ports.ledger import ClientCondition, ClientStatus
from relayer.service.listener import bind

_SOON_PERCENT = 20
"""Less than this much of its trusting period left: the relayer has not updated the client for long."""


async def check(settings: RelayerSettings) -> AsyncIterator[CheckLine]:
    """Each line as soon as it is known."""
    ledgers: dict[str, FullLedger] = {}
    async with AsyncExitStack() as stack:
        for name, ledger_settings in settings.ledgers.items():
            async for line in _ledger_lines(name, ledger_settings, ledgers, stack, _ends_on(name, settings)):
                yield line
        for channel in settings.channels:
            async for line in _channel_lines(channel, settings, ledgers):
                yield line
            async for line in rights_lines(channel, settings, ledgers):
                yield line
        async for line in route_lines(settings, ledgers):
            yield line
    for line in local_lines(settings):
        yield line


async def _ledger_lines(
    name: str, settings: LedgerSettings, ledgers: dict[str, FullLedger], stack: AsyncExitStack, ends: list[End]
) -> AsyncIterator[CheckLine]:
    """What the ledger itself has to be looked at, and whether it answers; one that does is added to `ledgers`."""
    subject = f"ledger {name}"
    ledger: FullLedger | None = None
    try:
        ledger = make_ledger(name, settings)
        stack.push_async_callback(ledger.close)
        await ledger.connect()
        head = await ledger.head()
    except RelayerError as error:
        last = CheckLine(subject=subject, found="cannot be used", remedy=str(error))
    else:
        ledgers[name] = ledger
        found = f"chain {ledger.chain_id}, height {head.height}, 0x{head.hash.hex()[:16]}…"
        first = f", first block 0x{ledger.genesis_hash.hex()}" if ledger.genesis_hash else ""
        last = CheckLine(subject=subject, found=found + first)
    checked = make_checks(settings, ledger, ends=ends)
    if checked is not None:
        async for line in checked.checks():
            yield replace(line, subject=f"{line.subject} of {name}")
    yield last


def _ends_on(ledger: str, settings: RelayerSettings) -> list[End]:
    return [end for channel in settings.channels for end in channel.ends if end.ledger == ledger]


async def _channel_lines(
    channel: ChannelSettings, settings: RelayerSettings, ledgers: dict[str, FullLedger]
) -> AsyncIterator[CheckLine]:
    for end, other in (channel.ends, channel.ends[::-1]):
        subject = f"channel {channel.name} on {end.ledger}"
        ledger = ledgers.get(end.ledger)
        if end.client is None:
            yield CheckLine(subject=subject, found="no client", remedy=f"run `relayer channel open {channel.name}`")
        elif ledger is not None:
            try:
                status = await ledger.client_status(ClientId(end.client))
                now = (await ledger.head()).timestamp
            except RelayerError as error:
                yield CheckLine(subject=subject, found="its client cannot be looked at", remedy=str(error))
                continue
            expected = str(settings.ledgers[other.ledger].chain_id)
            yield client_line(subject, status, now=now, counterparty=other.client or "", chain_id=expected)
            if status.condition is not ClientCondition.UNKNOWN:
                async for line in _fact_lines(subject, ledger, end, other):
                    yield line
            followed = ledgers.get(other.ledger)
            if followed is not None and status.condition is ClientCondition.ACTIVE:
                named = named_line(f"authorities of {other.ledger} in the configuration", ledger, followed, status)
                if named is not None:
                    yield named
                signers = await vouching_line(
                    f"authorities of {other.ledger} for {end.client} on {end.ledger}", ledger, followed, status
                )
                if signers is not None:
                    yield signers
                yield await update_line(f"update on {end.ledger}", ledger, followed, status)


async def _fact_lines(subject: str, ledger: FullLedger, end: End, other: End) -> AsyncIterator[CheckLine]:
    """Which facts the ledger takes through the client, as far as that is a matter of settings."""
    client = ClientId(end.client or "")
    trusting = capability(ledger, TrustsClients)
    if trusting is not None:
        yield await trust_line(subject, trusting, client)
    binding = capability(ledger, BindsPorts)
    if binding is not None:
        yield await port_line(subject, binding, client, other)
    speaking = capability(ledger, TrustsChains)
    if speaking is not None and end.chains:
        yield await chains_line(subject, speaking, end)


async def trust_line(subject: str, ledger: TrustsClients, client: ClientId) -> CheckLine:
    """Whether the ledger takes facts through the client."""
    try:
        trusted = await ledger.trusts_client(client)
    except RelayerError as error:
        return CheckLine(subject=subject, found=f"trust in {client} cannot be looked at", remedy=str(error))
    if trusted:
        return CheckLine(subject=subject, found=f"facts through {client} become liabilities")
    remedy = "let an operator of the chain run `relayer channel open`; until then every fact is refused for good"
    return CheckLine(subject=subject, found=f"no operator trusts {client}", remedy=remedy)


async def chains_line(subject: str, ledger: TrustsChains, end: End) -> CheckLine:
    """Of which chains the ledger takes facts through a client of a hub."""
    client = ClientId(end.client or "")
    try:
        chains = tuple(await ledger.trusted_chains(client))
    except RelayerError as error:
        return CheckLine(subject=subject, found=f"the chains of {client} cannot be looked at", remedy=str(error))
    expected = tuple(map(str, sorted(end.chains)))
    found = f"facts through {client} may be of {', '.join(chains) or 'no chain'}"
    if chains == expected:
        return CheckLine(subject=subject, found=found)
    remedy = f"the configuration says {', '.join(expected)}; correct it, or let an operator run `relayer channel open`"
    return CheckLine(subject=subject, found=found, remedy=remedy)


async def port_line(subject: str, ledger: BindsPorts, client: ClientId, counterparty: End) -> CheckLine:
    """From where the ledger takes facts through the client, and whether they leave from there."""
    try:
        port = await ledger.bound_port(client)
    except RelayerError as error:
        return CheckLine(subject=subject, found=f"the port of {client} cannot be looked at", remedy=str(error))
    found = f"facts through {client} come from port {port}"
    if port == counterparty.port:
        return CheckLine(subject=subject, found=found)
    remedy = (
        f"on {counterparty.ledger} they leave from port {counterparty.port}; run `relayer channel open`, which binds a "
        "client without a port, or open another channel: a client that is bound, or took facts, stays with its port"
    )
    return CheckLine(subject=subject, found=found, remedy=remedy)


def client_line(subject: str, status: ClientStatus, *, now: int, counterparty: str, chain_id: str) -> CheckLine:
    """What is to be said of one end of a channel. `counterparty` and `chain_id` are what the configuration expects."""
    left = status.latest_timestamp + status.trusting_period_seconds - now
    found = f"{status.client_id} is {status.condition}, at height {status.latest_height} of {status.counterparty_chain_id}"
    remedy = ""
    match status.condition:
        case ClientCondition.UNKNOWN:
            remedy = "the ledger has no such client; correct its name, or remove it and run `relayer channel open`"
        case ClientCondition.FROZEN:
            remedy = (
                "its counterparty signed two headers of one height; find out why, then its owner recovers it with "
                "`relayer channel recover`"
            )
        case ClientCondition.EXPIRED:
            remedy = (
                "it was not updated within its trusting period; its owner must recover it with `relayer channel recover`"
            )
        case ClientCondition.ACTIVE if status.counterparty_client_id != counterparty:
            remedy = (
                f"it is paired with {status.counterparty_client_id!r}, not with {counterparty!r}; correct the configuration"
            )
        case ClientCondition.ACTIVE if status.counterparty_chain_id != chain_id:
            remedy = f"it follows another chain than {chain_id}; correct the configuration"
        case ClientCondition.ACTIVE if left * 100 < status.trusting_period_seconds * _SOON_PERCENT:
            remedy = f"it expires in {left} seconds; start the relayer, which updates it"
        case ClientCondition.ACTIVE:
            found += f", expires in {left // 3600} hours unless updated"
    return CheckLine(subject=subject, found=found, remedy=remedy)


def local_lines(settings: RelayerSettings) -> Iterator[CheckLine]:
    """The journal, and what is at the service's port."""
    subject = f"journal {settings.journal.path.name}"
    try:
        with journal_reader(settings.journal.path) as journal:
            head = journal.verify()
        yield CheckLine(subject=subject, found=f"{head.row} rows, every hash fits")
    except JournalUnavailable as error:
        exists = settings.journal.path.exists()
        yield CheckLine(subject=subject, found="is made at the first start", remedy=str(error) if exists else "")
    except RelayerError as error:
        yield CheckLine(subject=subject, found="cannot be used", remedy=str(error))
    host, port = settings.service.host, settings.service.port
    subject = f"service {host}:{port}"
    found = answering(settings)
    if found.mistaken and found.report is None:
        yield CheckLine(subject=subject, found="another relayer runs", remedy=found.mistaken)
        return
    if found.report is not None:
        remedy = "; ".join((*filter(None, [found.mistaken]), *found.report.standstill))
        yield CheckLine(subject=subject, found=f"relayer {found.report.identity.instance} runs", remedy=remedy)
        return
    try:
        bind(host, port).close()
    except RelayerError as error:
        yield CheckLine(subject=subject, found="is taken", remedy=str(error))
    else:
        yield CheckLine(subject=subject, found="free; no relayer runs")
