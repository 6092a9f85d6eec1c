"""The settlement application of the embedded ledger and its tables."""
