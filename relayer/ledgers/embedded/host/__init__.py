"""The IBC v2 host of the embedded ledger: clients, packets, transactions."""
