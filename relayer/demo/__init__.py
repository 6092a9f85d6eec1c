"""`relayer demo`: the main job with real processes, a crash half-way, settlement, and a count taken from the two ledgers."""

from relayer.demo.run import run_demo

__all__ = ["run_demo"]
