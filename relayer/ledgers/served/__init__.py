"""A ledger of this process behind gRPC: the adapter service over the ports, and who may call what."""
