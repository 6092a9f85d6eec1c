"""The agent of agent.yaml, opened for reading: its database if there is one, and its contracts."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from relayer.agent.books import AgentBooks
from relayer.agent.claiming import Claiming
from relayer.agent.store_reader import AgentStoreReader
from relayer.app.agent_source import source_of
from relayer.app.evm_settings import open_account
from relayer.config.agent_file import load_agent
from relayer.config.rules_file import load_rules
from relayer.errors import ConfigurationError
from relayer.facts.signing import issuer_of_key


async def opened_activities(opened: AsyncExitStack, path: Path, ledger: str) -> AgentBooks:
    """`ledger`: chain id of the settlement ledger that is compared with. Raises ConfigurationError."""
    settings = load_agent(path)
    if settings.settlement.chain_id != ledger:
        raise ConfigurationError(
            f"{path}: the agent records on {settings.settlement.chain_id}, and {ledger} is compared; name another "
            "agent.yaml with --agent, or leave this way out with --way"
        )
    rules = load_rules(settings.rules)
    source = source_of(settings, rules)
    opened.push_async_callback(source.close)
    store = None
    if settings.store.exists():
        store = AgentStoreReader(settings.store)
        opened.callback(store.close)
    return AgentBooks(
        name=str(path),
        claiming=Claiming(rules, source, issuer=issuer_of_key(open_account(settings.issuer).key)),
        source=source,
        store=store,
        ledger=ledger,
        blocks_per_query=settings.source.blocks_per_query,
    )
