"""PURE: bank messages of ISO 20022. Payments that remain after a netting cycle are exported as pain.001, the bank's
statements and notifications come back as camt.053 and camt.054 and serve as evidence.

Versions: pain.001.001.09; camt.053.001 and camt.054.001 in 02, 04 and 08. Nothing here moves money, decides what is owed,
reads a clock or a file other than its own schemas; what a bank reports is untrusted until it has passed every check.
"""
