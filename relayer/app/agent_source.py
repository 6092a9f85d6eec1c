"""The nodes that an agent reads, as agent.yaml names them."""

from __future__ import annotations

from relayer.agent.web3_source import Web3Source
from relayer.app.evm_settings import finality_rule
from relayer.config.agent_file import AgentSettings
from relayer.rating.rules import RuleFile


def source_of(settings: AgentSettings, rules: RuleFile) -> Web3Source:
    """Nothing is asked of them yet."""
    return Web3Source(
        settings.source.endpoints,
        chain_id=rules.chain_id,
        finality=finality_rule(settings.source.finality),
        timeout_seconds=settings.source.request_timeout_seconds,
    )
