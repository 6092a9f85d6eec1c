"""Scripts that stand in no package, such as the generators beside case files, as modules."""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType


def load_script(path: Path) -> ModuleType:
    """The script at `path`, run once per process. Raises FileNotFoundError, and what the script raises."""
    return _run(path.resolve(strict=True))


@cache
def _run(path: Path) -> ModuleType:
    spec = spec_from_file_location(f"script:{path}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    # Dataclasses look their module up by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
