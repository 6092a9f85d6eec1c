"""What the command line, an agent and a page do with a settlement ledger: verbs over ports, no composition."""
