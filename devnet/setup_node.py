"""Installs the Node packages of this checkout's folders by their lock files. Called by the Makefile; quick when done."""

from __future__ import annotations

import sys
from pathlib import Path

from relayer.devnet.nodes import DEVNET_FOLDER, ensure_node_modules
from relayer.errors import ConfigurationError


def main(arguments: list[str]) -> int:
    """Folders as arguments; without any, devnet alone."""
    for folder in [Path(argument).resolve() for argument in arguments] or [DEVNET_FOLDER]:
        try:
            worked = ensure_node_modules(folder)
        except ConfigurationError as error:
            print(f"node packages of {folder.name}: {error}", file=sys.stderr)
            return 1
        print(f"node packages of {folder.name}: {'installed' if worked else 'up to date'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
