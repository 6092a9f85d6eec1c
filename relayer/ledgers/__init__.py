"""Adapters: one package per kind of ledger; none imports another."""
