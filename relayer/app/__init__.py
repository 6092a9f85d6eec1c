"""The composition root: the only package that names concrete ledgers, journals and services."""
