"""Health, status and metrics over HTTP on the loopback interface. It tells, and changes nothing."""
