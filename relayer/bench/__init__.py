"""Measurements that the figures in the documentation come from. Nothing else in the package may import this."""
