"""The embedded ledger as a process of its own behind gRPC."""
