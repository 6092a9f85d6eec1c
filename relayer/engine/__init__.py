"""The only code that waits: it watches ledgers, journals what they report, and submits what the lifecycle wants."""
