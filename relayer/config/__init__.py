"""Configuration: strict models of relayer.yaml, authority.yaml and ledger.yaml.

Everything is checked before anything starts, and one report names every problem. No file and no error contains a secret.
"""
