"""The embedded ledger as a hub: packets for other ledgers are sent on, and their answers brought back."""
