"""The settlement agent from its settings: for the command, and for a process of others that runs it as a module."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from socket import socket

from relayer.agent.agent import SettlementAgent
from relayer.agent.evm_writer import EvmReferenceWriter
from relayer.agent.proving import ProvenPull
from relayer.agent.schedule import Every, Schedule, cron
from relayer.agent.store import AgentStore
from relayer.agent.triggers import TriggerServer, serve_grpc
from relayer.agent.web3_source import Web3Source
from relayer.app.agent_source import source_of
from relayer.app.certificates import certificate_of, server_context
from relayer.app.clock import SystemClock
from relayer.app.evm_settings import fee_policy, finality_rule, open_account
from relayer.app.ledgers import Rights, SettlementLedger, connected, make_settlement
from relayer.config.agent_file import AgentSettings, ScheduleSettings, WriterSettings
from relayer.config.fields import Listen
from relayer.config.rules_file import load_rules
from relayer.errors import ConfigurationError
from relayer.grpc_server import RunningService
from relayer.ledgers.evm.connection import ConnectionOptions, EvmConnection
from relayer.ledgers.evm.transactions import ResubmissionTimes
from relayer.logs import Log
from relayer.rating.rules import RuleFile
from relayer.service.listener import bind

_log = Log(__name__)


@asynccontextmanager
async def opened_agent(settings: AgentSettings) -> AsyncIterator[SettlementAgent]:
    """Connected, and closed in any case. Raises ConfigurationError, JournalLocked, LedgerError."""
    rules = load_rules(settings.rules)
    key = open_account(settings.issuer).key
    async with AsyncExitStack() as opened:
        source = source_of(settings, rules)
        opened.push_async_callback(source.close)
        writer = None
        if settings.writer is not None:
            connection = EvmConnection(
                _options(settings, settings.writer, rules), open_account(settings.writer.account), SystemClock()
            )
            writer = EvmReferenceWriter(await opened.enter_async_context(connection))
        elif any(rule.write_back for rule in rules.events):
            raise ConfigurationError(
                f"{settings.rules} writes references back, and the agent has no account for it; add writer: with account "
                "and fees, or take reference: out of the rule file"
            )
        settlement = make_settlement("settlement", settings.settlement, rights=Rights.OPERATOR)
        await opened.enter_async_context(connected(settlement.ledger))
        store = AgentStore(settings.store)
        opened.callback(store.close)
        yield SettlementAgent(
            rules=rules,
            source=source,
            recorder=settlement.service,
            store=store,
            clock=SystemClock(),
            key=key,
            ledger=settings.settlement.chain_id,
            writer=writer,
            schedule=schedule_of(settings.schedule),
            blocks_per_query=settings.source.blocks_per_query,
            proven=_proven(rules, source, settlement),
        )


def _proven(rules: RuleFile, source: Web3Source, settlement: SettlementLedger) -> ProvenPull | None:
    """None: the rules read no contract of facts, so there is nothing to prove."""
    if not any(each.is_facts for each in rules.contracts.values()):
        return None
    return ProvenPull(source, settlement.ledger, settlement.service, chain_id=rules.chain_id)


async def serve_agent(settings: AgentSettings, stopping: asyncio.Event) -> None:
    """Pulls as scheduled, and whenever it is triggered, until `stopping` is set."""
    async with AsyncExitStack() as opened:
        # A port that is taken is found before anything else has started.
        listener = None
        if settings.service is not None:
            listener = opened.enter_context(closing(bind(settings.service.host, settings.service.port)))
        agent = await opened.enter_async_context(opened_agent(settings))
        if settings.service is not None and listener is not None:
            await opened.enter_async_context(_http(agent, settings.service, listener))
        if settings.grpc is not None:
            opened.push_async_callback((await _grpc(agent, settings.grpc)).stop)
        _log.info("agent starts", rules=agent.rules.name, issuer=agent.issuer.hex())
        await agent.run(stopping)


@asynccontextmanager
async def _http(agent: SettlementAgent, listen: Listen, listener: socket) -> AsyncIterator[None]:
    tls = None if listen.tls is None else server_context(listen.tls)
    server = TriggerServer(agent, tls=tls, token=None if listen.token is None else listen.token.resolve())
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


async def _grpc(agent: SettlementAgent, listen: Listen) -> RunningService:
    return await serve_grpc(
        agent,
        host=listen.host,
        port=listen.port,
        certificate=None if listen.tls is None else certificate_of(listen.tls),
        token=None if listen.token is None else listen.token.resolve(),
    )


def schedule_of(settings: ScheduleSettings) -> Schedule:
    """Raises ConfigurationError for an expression that cron does not understand."""
    if settings.cron is None:
        return Every(seconds=settings.every_seconds or 10.0)
    return cron(settings.cron, settings.zone)


def _options(settings: AgentSettings, writer: WriterSettings, rules: RuleFile) -> ConnectionOptions:
    return ConnectionOptions(
        chain_id=rules.chain_id,
        endpoints=settings.source.endpoints,
        fees=fee_policy(writer.fees),
        finality=finality_rule(settings.source.finality),
        patience=ResubmissionTimes(replace_after=writer.fees.raise_after_seconds),
        request_timeout_seconds=settings.source.request_timeout_seconds,
    )
