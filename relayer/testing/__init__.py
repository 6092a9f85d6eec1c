"""Shipped test kit: simulated ledgers, contract suites, development nodes."""
