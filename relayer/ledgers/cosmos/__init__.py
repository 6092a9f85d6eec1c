"""Adapter for chains of the Cosmos SDK with ibc-go: one kind of endpoint, CometBFT's JSON-RPC, carries everything."""
