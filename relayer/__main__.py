"""`python -m relayer` and `relayer`: the command line, from the first import to the exit status.

Nothing is imported here before it can be interrupted: Ctrl-C gives one sentence, also while modules load.
"""

from __future__ import annotations

import gc
import signal
import sys

_SERVING = {("ledger", "serve"), ("authority", "serve"), ("devnet", "run")}
_INTERRUPTED = 130
_OBJECTS_BETWEEN_COLLECTIONS = 500_000
"""Loading makes objects that stay, and with the usual 700 the collector goes over them two hundred times meanwhile, which is
a tenth of what a command takes. A process that goes on collects as usual once it is loaded."""


def main() -> None:
    """Entry point."""
    if _serves(sys.argv[1:]):
        # Before the imports, which take a second: whoever starts a service in a terminal may close it at once.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    try:
        from relayer.cli import main as command_line

        command_line()
    except KeyboardInterrupt:
        sys.stderr.write("relayer: interrupted before anything was done\n")
        sys.exit(_INTERRUPTED)


def _serves(words: list[str]) -> bool:
    """Whether the command runs until a signal; it logs a SIGHUP once it is loaded."""
    return words[:1] == ["start"] or tuple(words[:2]) in _SERVING


if __name__ == "__main__":
    main()
