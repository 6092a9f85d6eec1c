"""PURE: bank messages of ISO 20022. Payments that remain after a netting cycle are exported as pain.001, the bank's
notifications come back as camt.054 and serve as evidence.

Versions: pain.001.001.09 and camt.054.001.08. Nothing here moves money, decides what is owed, reads a clock or a file other
than its own schemas; a notification is untrusted until it has passed every check.
"""
