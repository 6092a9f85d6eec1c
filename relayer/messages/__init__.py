"""Wire form of the values that cross a process: packets, ledger verbs, settlement commands and records."""
