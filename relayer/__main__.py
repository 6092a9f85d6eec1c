"""`python -m relayer` and `relayer`: the command line, from the first import to the exit status.

Nothing is imported here before it can be interrupted: Ctrl-C gives one sentence, also while modules load.
"""

from __future__ import annotations

import sys

_INTERRUPTED = 130


def main() -> None:
    """Entry point."""
    try:
        from relayer.cli import main as command_line

        command_line()
    except KeyboardInterrupt:
        sys.stderr.write("relayer: interrupted before anything was done\n")
        sys.exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
