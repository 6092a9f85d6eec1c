"""The embedded settlement ledger: one SQLite file whose operators' keys sign CometBFT-format blocks over IAVL state.

It is an IBC v2 host with the rules of ibc-go, so a light client of a Cosmos chain follows it unchanged.
"""
