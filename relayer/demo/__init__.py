"""`relayer demo`: the main job with real processes, a crash half-way, settlement, and a count taken from the two ledgers."""

from relayer.demo.run import run_demo
from relayer.demo.ways import run_ways_demo

__all__ = ["run_demo", "run_ways_demo"]
