"""PURE: activities on a contract ledger become claims by the rules of a file, with a calculation that can be checked."""
