"""Blocks, state and the single writer of the embedded ledger."""
