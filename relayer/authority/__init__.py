"""Authorities: each reads its own node and signs the hashes of final blocks for its configured light clients."""
