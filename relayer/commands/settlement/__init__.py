"""`relayer settlement`: what is owed, netted, paid and disputed on the settlement ledger."""
