"""Loads all of `relayer`. The process that tests fork others from does so once (tests.support.forked)."""

from __future__ import annotations

import gc
import pkgutil
from importlib import import_module

import relayer

_TOOLS = ("relayer.bench", "relayer.demo", "relayer.testing")

for module in pkgutil.walk_packages(relayer.__path__, "relayer."):
    if not module.name.startswith(_TOOLS) and not module.name.endswith("__main__"):
        import_module(module.name)
# Nothing of it is garbage, and looking at it would copy its pages in every process.
gc.freeze()
