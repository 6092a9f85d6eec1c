"""The tests of the relayer. What they share lies in `support`."""
