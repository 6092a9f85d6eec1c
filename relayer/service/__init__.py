"""Health, status and metrics over HTTP. It tells, and changes nothing."""
