"""Typed read models: what the command line prints with --json, what the HTTP service answers, what a page shows.

A view holds text, numbers, truth values, None, tuples and further views, nothing else; `relayer schema` describes each as
JSON Schema. Nothing here reads a ledger or a file.
"""
