"""PURE: types of light clients. One module is one type, with everything that the rest of the relayer needs of it.

A new type is one module beside these, which implements `kind.LightClientType`, and one line in `known`. The rules themselves
are pure functions of relayer.proofs; nothing here reads a clock, a file or a network.
"""
