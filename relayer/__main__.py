"""`python -m relayer` is `relayer`."""

from relayer.cli import main

main()
