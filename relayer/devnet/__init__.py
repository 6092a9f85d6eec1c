"""`relayer devnet`: a whole development network in one folder, in the background: Ganache, a settlement ledger, authorities.

For development alone: keys lie in the folder with their password. It must never be needed to run a relayer.
"""
