"""Where the checkout keeps what tests read: one place, so that a test may move without counting its parents."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
CASES = TESTS / "cases"
VECTORS = TESTS / "vectors"
GOLDEN = TESTS / "golden"
