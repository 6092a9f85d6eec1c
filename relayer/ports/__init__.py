"""Ports: what the engine needs from outside, as Protocols with their value types. There are no implementations here."""
