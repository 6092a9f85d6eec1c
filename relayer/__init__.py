"""Carries business facts from an EVM ledger to a settlement ledger as IBC v2 packets with proofs."""
