"""PURE: what a hub does with a packet that is for another ledger, and with what comes back."""
