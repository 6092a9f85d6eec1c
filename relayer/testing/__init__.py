"""The test kit that ships with the product: simulated ledgers, virtual time, faults, factories and contract suites."""
