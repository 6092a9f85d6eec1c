"""The example files that `relayer init` writes. A test loads each of them, so they never fall behind the models."""
