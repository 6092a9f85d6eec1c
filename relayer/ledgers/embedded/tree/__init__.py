"""The store of the embedded ledger: an IAVL tree over SQLite."""
