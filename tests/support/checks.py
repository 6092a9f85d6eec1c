"""`relayer check` on a network of real processes, as tests read it."""

from __future__ import annotations

from typing import Protocol

from tests.support.outputs import output


class _Finished(Protocol):
    @property
    def status(self) -> int: ...

    @property
    def output(self) -> str: ...


class _Network(Protocol):
    def run(self, *arguments: str) -> _Finished: ...


def failing_lines(network: _Network, configuration: str) -> dict[str, str]:
    """Subjects of `check` that need attention, with what to do. `configuration`: one that must not pass."""
    finished = network.run("check", "--json", "--config", configuration)
    assert finished.status == 1, finished
    return {line["subject"]: line["remedy"] for line in output("check", finished.output) if not line["good"]}
