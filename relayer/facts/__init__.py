"""PURE: the business fact, its canonical encoding and hash, and the packet payload that carries it."""
