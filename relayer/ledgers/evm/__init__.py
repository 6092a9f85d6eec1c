"""The EVM ledger: an IBC v2 router in Solidity, watched, proven and submitted to over JSON-RPC."""
