"""Health, status and metrics over HTTP on the loopback interface. It reads a report and never touches a ledger."""
