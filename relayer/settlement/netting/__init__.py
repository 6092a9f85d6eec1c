"""Setting claims off against each other: debts in, what remains out, with a certificate that anyone can check.

PURE: no clock, no randomness, no input or output. Money is an integer in the minor unit of one currency; currencies never
meet. Solvers are not trusted: whatever they return counts only after `certificate.check` or `modes.verify`.
"""
