"""Authorities: each reads its own node and signs the hashes of final blocks for the light clients that it was told of."""
