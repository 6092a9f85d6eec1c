"""PURE: what happens to debts that stand. Payments, disputes, write-offs, and netting cycles with their certificates.

Money never moves here: a payment is recorded with its evidence. Whatever is promised to one of these is held on the
liability first, so that nothing can be paid, netted, credited or disputed twice. Time comes with each command.
"""
