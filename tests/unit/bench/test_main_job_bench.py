"""The figures of the main job: processes' usage, percentiles, and a small run whose figures hang together."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from relayer.bench.figures import percentile, spread
from relayer.bench.load import NodeKind
from relayer.bench.main_job import BenchPlan, node_kinds, run
from relayer.devnet.usage import usage
from relayer.errors import ConfigurationError, InvalidInput
from tests.support.outputs import output

FIGURES = [
    "packets_per_s",
    "facts_per_s",
    "latency_p50_ms",
    "latency_p99_ms",
    "relayer_cpu_ms_per_packet",
    "relayer_rss_mb",
    "gas_send_1",
    "gas_acknowledge_1",
    "gas_per_fact_64",
    "burst_1000_s",
]


def start(code: str) -> subprocess.Popen[bytes]:
    """A process of its own group that says a line when it has done what it should."""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"done\n"
    return process


def test_usage_counts_processor_time_and_the_peak_of_a_group() -> None:
    working = start(
        "import time, sys\nblock = bytearray(64 << 20)\ndel block\n"
        "while time.process_time() < 0.5: pass\nprint('done', flush=True)\nsys.stdin.read()"
    )
    try:
        found = usage(working.pid)
    finally:
        working.communicate()
    assert 0.4 <= found.cpu_seconds < 5
    assert found.peak_mebibytes > 64


def test_usage_of_a_group_includes_children_and_not_others() -> None:
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time\\nwhile time.process_time() < 0.5: pass\\n"
        "print(1, flush=True)\\nimport sys; sys.stdin.read()'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\nprint('done', flush=True)\nsys.stdin.read()\nchild.communicate()"
    )
    parent = start(code)
    idle = start("import sys\nprint('done', flush=True)\nsys.stdin.read()")
    try:
        assert usage(parent.pid).cpu_seconds >= 0.4
        assert usage(idle.pid).cpu_seconds < 0.4
    finally:
        parent.communicate()
        idle.communicate()


def test_usage_of_a_group_that_has_ended_is_said() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""], start_new_session=True)
    ended.wait()
    with pytest.raises(ConfigurationError, match="still run"):
        usage(ended.pid)


@pytest.mark.parametrize(("percent", "expected"), [(1, 1), (50, 2), (51, 3), (75, 3), (99, 4), (100, 4)])
def test_percentiles_are_values_that_were_seen(percent: int, expected: int) -> None:
    assert percentile([4, 1, 3, 2], percent) == expected


def test_a_spread_names_the_extremes() -> None:
    found = spread([0.5, 4.0, 1.5])
    assert (found.min, found.median, found.mean, found.max) == (0.5, 1.5, 2.0, 4.0)


def test_ledgers_by_name() -> None:
    assert node_kinds(()) == tuple(NodeKind)
    assert node_kinds(("ganache", "ganache")) == (NodeKind.GANACHE,)
    with pytest.raises(InvalidInput, match="anvil or ganache"):
        node_kinds(("geth",))


@pytest.mark.parametrize("change", [{"packets": 0}, {"packets": 10_001}, {"samples": 0}, {"full_packets": 0}])
def test_a_plan_has_bounds(change: dict[str, int]) -> None:
    with pytest.raises(InvalidInput, match="choose 1 to"):
        BenchPlan(**change)


@pytest.mark.node
@pytest.mark.parametrize("kind", [NodeKind.ANVIL, pytest.param(NodeKind.GANACHE, marks=pytest.mark.long)])
def test_a_small_run(kind: NodeKind, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    run(BenchPlan(packets=40, full_packets=2, samples=3), ledgers=(kind,), as_json=True)
    passed = time.monotonic() - began
    found = output("bench", capsys.readouterr().out)
    assert list(found) == [kind.value]
    each = found[kind.value]
    assert set(FIGURES) <= each.keys()
    burst = each["burst_1000_s"]
    assert 0 < burst["min"] <= burst["median"] <= burst["max"] < passed
    assert each["packets_per_s"] == pytest.approx(40 / burst["max"], rel=0.01, abs=0.06)  # told in tenths
    assert each["facts_per_s"] > 0
    assert 0 < each["latency_p50_ms"] <= each["latency_p99_ms"]
    assert 0 <= each["relayer_cpu_ms_per_packet"] < 1000 * passed * (os.cpu_count() or 1)
    assert each["gas_acknowledge_per_fact_64"] < each["gas_per_fact_64"]
    assert 21_000 < each["gas_per_fact_64"] < each["gas_send_1"] < each["gas_acknowledge_1"]
    assert (each["burst_packets"], each["burst_blocks"], each["facts"], each["latency_samples"]) == (40, 1, 128, 3)
    assert each["relayer_rss_mb"] > 10
