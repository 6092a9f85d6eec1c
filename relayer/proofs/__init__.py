"""PURE: what each proof is and how it is checked.

Nothing here may read a clock, a socket, a file or a database: time and trusted states come in as arguments, so that the
same bytes always get the same verdict, in the relayer, in the embedded ledger and offline years later.
"""
