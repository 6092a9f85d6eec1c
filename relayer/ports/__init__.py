"""Ports: what the engine needs of the world, as Protocols with their value types. No implementation lives here."""
