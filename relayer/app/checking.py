"""`relayer check`: every ledger, account, authority, client, journal and port is asked; nothing is changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import grpc

from relayer.app.cosmos import cosmos_ledger, fee_policy, relaying_account
from relayer.app.evm import evm_connection
from relayer.app.evm_settings import address_bytes, open_account
from relayer.app.journal import journal_reader
from relayer.app.ledgers import FullLedger, connected, make_ledger
from relayer.app.running import running_report
from relayer.config.channels import ChannelSettings
from relayer.config.ledgers import AuthorityMember, CosmosLedgerSettings, EvmLedgerSettings
from relayer.config.relayer_file import RelayerSettings
from relayer.core.ids import ClientId
from relayer.errors import JournalUnavailable, RelayerError
from relayer.ledgers.cosmos.ledger import CosmosLedger
from relayer.ledgers.cosmos.settlement import CosmosSettlement
from relayer.ports.ledger import ClientCondition, ClientStatus
from relayer.service.http import bind
from relayer.wire.interledger.authority.v1 import authority_pb2, authority_pb2_grpc

_SOON_PERCENT = 20
"""Less than this much of its trusting period left: the relayer has not updated the client for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was looked at. `remedy` is empty if it is as it should be."""

    subject: str
    found: str
    remedy: str = ""

    @property
    def good(self) -> bool:
        return not self.remedy


async def check(settings: RelayerSettings) -> AsyncIterator[Line]:
    """Each line as soon as it is known."""
    ledgers: dict[str, FullLedger] = {}
    try:
        for name, ledger_settings in settings.ledgers.items():
            if isinstance(ledger_settings, EvmLedgerSettings):
                async for line in _evm_lines(name, ledger_settings):
                    yield line
            if isinstance(ledger_settings, CosmosLedgerSettings):
                yield await _chain_account_line(name, ledger_settings)
            yield await _ledger_line(name, settings, ledgers)
        for channel in settings.channels:
            async for line in _channel_lines(channel, settings, ledgers):
                yield line
    finally:
        for ledger in ledgers.values():
            await ledger.close()
    for line in _local_lines(settings):
        yield line


async def _ledger_line(name: str, settings: RelayerSettings, ledgers: dict[str, FullLedger]) -> Line:
    subject = f"ledger {name}"
    try:
        ledger = make_ledger(name, settings.ledgers[name])
        ledgers[name] = ledger
        await ledger.connect()
        head = await ledger.head()
    except RelayerError as error:
        failed = ledgers.pop(name, None)
        if failed is not None:
            await failed.close()
        return Line(subject=subject, found="cannot be used", remedy=str(error))
    return Line(subject=subject, found=f"chain {ledger.chain_id}, height {head.height}, 0x{head.hash.hex()[:16]}…")


async def _evm_lines(name: str, settings: EvmLedgerSettings) -> AsyncIterator[Line]:
    subject = f"account of {name}"
    try:
        account = open_account(settings.account)
        async with evm_connection(settings, account) as connection:
            balance = await connection.node.balance(address_bytes(account.address))
    except RelayerError as error:
        yield Line(subject=subject, found="cannot be looked at", remedy=str(error))
    else:
        remedy = "" if balance or settings.fees.policy == "zero" else f"send funds to {account.address}, it pays the fees"
        yield Line(subject=subject, found=f"{account.address} has {balance} wei", remedy=remedy)
    good = 0
    for member in settings.authorities.members:
        line = await _authority_line(name, member, settings)
        good += line.good
        yield line
    threshold = settings.authorities.threshold
    yield Line(
        subject=f"authorities of {name}",
        found=f"{good} of {len(settings.authorities.members)} answer, {threshold} are needed",
        remedy="" if good >= threshold else "start more of the authorities, or nothing can be proven to the other ledgers",
    )


async def _chain_account_line(name: str, settings: CosmosLedgerSettings) -> Line:
    subject = f"account of {name}"
    try:
        ledger = cosmos_ledger(name, settings, relaying_account(settings))
        async with connected(ledger):
            await ledger.require_account()
            balance = await ledger.balance()
    except RelayerError as error:
        return Line(subject=subject, found="cannot be looked at", remedy=str(error))
    is_free = not fee_policy(settings.fees).price
    remedy = "" if balance or is_free else f"send coins to {ledger.account}, it pays the fees"
    return Line(
        subject=subject, found=f"{ledger.account} has {balance} {fee_policy(settings.fees).denomination}", remedy=remedy
    )


async def _authority_line(name: str, member: AuthorityMember, settings: EvmLedgerSettings) -> Line:
    subject = f"authority {member.endpoint} of {name}"
    async with grpc.aio.insecure_channel(member.endpoint, options=[("grpc.enable_http_proxy", 0)]) as channel:
        stub = authority_pb2_grpc.AuthorityStub(channel)  # type: ignore[no-untyped-call]
        try:
            told = await stub.Describe(
                authority_pb2.DescribeRequest(), timeout=float(settings.authorities.request_timeout_seconds)
            )
        except grpc.aio.AioRpcError as error:
            remedy = f"is `relayer authority serve` running there? ({error.code().name}: {error.details()})"
            return Line(subject=subject, found="does not answer", remedy=remedy)
    served = ", ".join(f"{client.client_id} on {client.host_chain_id}" for client in told.clients)
    found = f"0x{told.address.hex()} of chain {told.chain_id}, final to {told.final_height}, serves {served or 'no client'}"
    if told.address != address_bytes(member.address):
        return Line(subject=subject, found=found, remedy=f"the configuration says {member.address}; correct one of the two")
    if told.chain_id != settings.chain_id:
        return Line(subject=subject, found=found, remedy=f"it follows another chain than {settings.chain_id}; correct one")
    return Line(subject=subject, found=found)


async def _channel_lines(
    channel: ChannelSettings, settings: RelayerSettings, ledgers: dict[str, FullLedger]
) -> AsyncIterator[Line]:
    for end, other in (channel.ends, channel.ends[::-1]):
        subject = f"channel {channel.name} on {end.ledger}"
        ledger = ledgers.get(end.ledger)
        if end.client is None:
            yield Line(subject=subject, found="no client", remedy=f"run `relayer channel open {channel.name}`")
        elif ledger is not None:
            try:
                status = await ledger.client_status(ClientId(end.client))
                now = (await ledger.head()).timestamp
            except RelayerError as error:
                yield Line(subject=subject, found="its client cannot be looked at", remedy=str(error))
                continue
            expected = str(settings.ledgers[other.ledger].chain_id)
            yield client_line(subject, status, now=now, counterparty=other.client or "", chain_id=expected)
            if isinstance(ledger, CosmosLedger) and status.condition is not ClientCondition.UNKNOWN:
                yield await trust_line(subject, ledger.settlement, ClientId(end.client))


async def trust_line(subject: str, settlement: CosmosSettlement, client: ClientId) -> Line:
    """Whether the chain's settlement application takes facts through the client."""
    try:
        trusted = await settlement.trusts_client(client)
    except RelayerError as error:
        return Line(subject=subject, found=f"trust in {client} cannot be looked at", remedy=str(error))
    if trusted:
        return Line(subject=subject, found=f"facts through {client} become liabilities")
    remedy = "let an operator of the chain run `relayer channel open`; until then every fact is refused for good"
    return Line(subject=subject, found=f"no operator trusts {client}", remedy=remedy)


def client_line(subject: str, status: ClientStatus, *, now: int, counterparty: str, chain_id: str) -> Line:
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
            remedy = "nobody updated it within its trusting period; its owner must recover it with `relayer channel recover`"
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
    return Line(subject=subject, found=found, remedy=remedy)


def _local_lines(settings: RelayerSettings) -> Iterator[Line]:
    subject = f"journal {settings.journal.path.name}"
    try:
        with journal_reader(settings.journal.path) as journal:
            head = journal.verify()
        yield Line(subject=subject, found=f"{head.row} rows, every hash fits")
    except JournalUnavailable as error:
        exists = settings.journal.path.exists()
        yield Line(subject=subject, found="is made at the first start", remedy=str(error) if exists else "")
    except RelayerError as error:
        yield Line(subject=subject, found="cannot be used", remedy=str(error))
    host, port = settings.service.host, settings.service.port
    subject = f"service {host}:{port}"
    running = running_report(host, port)
    if running is not None:
        standstill = "; ".join(running.standstill)
        yield Line(subject=subject, found="a relayer runs", remedy=standstill)
        return
    try:
        bind(host, port).close()
    except RelayerError as error:
        yield Line(subject=subject, found="is taken", remedy=str(error))
    else:
        yield Line(subject=subject, found="free; no relayer runs")
