"""PURE: who owes whom. Commands are decided against a reader of the state and become events of an append-only log.

No clock, randomness, logging, socket or database: time and height come with the command, and whoever stores the state
serves it through relayer.settlement.state.SettlementReader. Clearing (netting cycles, payments, disputes) acts on amounts
that a liability already carries: netted, paid, held.
"""
