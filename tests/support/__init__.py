"""Fixtures and benches of our own tests."""
