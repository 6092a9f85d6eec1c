"""The settlement agent: it reads activities from a contract ledger, rates them, records them on a settlement ledger, and
writes the references back. `SettlementAgent` is also a module for a process of others."""

from relayer.agent.agent import AgentReport, SettlementAgent

__all__ = ["AgentReport", "SettlementAgent"]
