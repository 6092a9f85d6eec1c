"""`relayer bench ways`: one workload by each way into settlement, with the same faults, on real processes."""
