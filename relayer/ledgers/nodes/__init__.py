"""What every client of ledger nodes shares: failover between endpoints and websocket notices."""
