"""A ledger behind the gRPC adapter service: the same ports, in another process or in another language."""
