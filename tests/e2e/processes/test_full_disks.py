"""A full disk under the journal or under the settlement ledger: words that say so, nothing lost, and it goes on with space.

Two ways to fill it: a limit on the size of a process's files, which anyone may set, and a small file system, where the
machine lets us mount one.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from relayer.app.ends import read_both
from relayer.app.selection import Selection
from relayer.codes.facts import FactKind
from relayer.config.relayer_file import load_relayer
from relayer.devnet.network import Network
from relayer.devnet.operators import Business, Watch
from relayer.devnet.processes import Child, has_ended
from relayer.examples.consortium import FactDraft
from tests.support.tally import tally

pytestmark = pytest.mark.node

TRIP = FactDraft(creditor="KCS", debtor="NBM", kind=FactKind.TRIP_COMPLETED, currency="EUR", exponent=2, net=1_000, tax=190)
SMALL_BYTES = 16 << 20
"""Room for the history of a network that other tests have used."""
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
"""Where `mount` lives, whatever the PATH of this process says."""
JOURNAL_STATUS = 6
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def limit_files(process: int, most_bytes: int) -> None:
    resource.prlimit(process, resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))


def unlimit_files(process: int) -> None:
    resource.prlimit(process, resource.RLIMIT_FSIZE, UNLIMITED)


@dataclass
class Disk:
    """Where a journal lies, and how its disk is filled and emptied under a running process."""

    folder: Path
    fill: Callable[[Child], None]
    empty: Callable[[], None]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    ballast = folder / "ballast"
    mount, umount = (shutil.which(name, path=SYSTEM_PATH) for name in ("mount", "umount"))
    if mount is None or umount is None:
        pytest.skip("this machine has no mount")
    command = [mount, "-t", "tmpfs", "-o", f"size={SMALL_BYTES}", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system may be mounted here")

    def fill(_child: Child) -> None:
        with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
            file.writelines(repeat(bytes(16_384)))

    try:
        yield Disk(folder, fill, ballast.unlink)
    finally:
        subprocess.run([umount, "--lazy", str(folder)], check=True)


@pytest.fixture
def limited_disk(tmp_path: Path) -> Disk:
    # The first pages of the write-ahead log fit, what follows does not; nor do the process's own log lines.
    return Disk(tmp_path, lambda child: limit_files(child.process.pid, 4_096), lambda: None)


@pytest.fixture(params=["small_disk", "limited_disk"])
def disk(request: pytest.FixtureRequest) -> Disk:
    made: Disk = request.getfixturevalue(request.param)
    return made


async def test_the_journal_on_a_full_disk(
    network: Network, business: Business, watch: Watch, selection: Selection, disk: Disk
) -> None:
    def there(journal: dict[str, Any]) -> None:
        journal["path"] = str(disk.folder / "relayer.journal")

    configuration = network.variant("full", journal=there)
    issued = await business.issue([TRIP] * 30)
    relayer = network.start_relayer(configuration)
    network.children.wait_until_listening(relayer, load_relayer(configuration).service.port)
    disk.fill(relayer)
    sent = set(await business.send(issued, size=1, timeout_seconds=3_600))
    await watch.until(lambda: relayer.process.poll() is not None, "the relayer to stop")
    assert relayer.process.returncode == JOURNAL_STATUS, relayer.tail()
    if disk.folder.joinpath("ballast").exists():
        assert "check the disk" in relayer.tail()
        again = network.start_relayer(configuration)
        assert has_ended(again.process, stalled_after_seconds=30)
        assert again.process.returncode == JOURNAL_STATUS
        assert "check the disk" in again.tail()
        assert "Traceback" not in again.log.read_text()
    disk.empty()
    network.start_relayer(configuration)
    await watch.until(lambda: watch.acknowledged >= sent, "every packet's end, with space")
    assert (await tally(selection)).wrong() == []
    assert network.run("replay", "--config", configuration.name).status == 0


async def test_the_settlement_ledger_on_a_full_disk(
    network: Network, business: Business, watch: Watch, selection: Selection
) -> None:
    configuration = network.variant("waiting")
    issued = await business.issue([TRIP] * 10)
    relayer = network.start_relayer(configuration)
    port = load_relayer(configuration).service.port
    network.children.wait_until_listening(relayer, port)
    limit_files(network.ledger.process.pid, 4_096)
    try:
        sent = set(await business.send(issued, size=1, timeout_seconds=3_600))

        def told() -> bool:
            status = network.run("status", "--config", configuration.name, "--json")
            return "check disk space" in status.output

        network.children.wait_until(relayer, told, "the reason in /healthz")
        assert not watch.acknowledged & sent
    finally:
        unlimit_files(network.ledger.process.pid)
    await watch.until(lambda: watch.acknowledged >= sent, "every packet's end, with space")
    assert network.ledger.process.poll() is None
    assert relayer.stop() == 0
    assert (await tally(selection)).wrong() == []
    assert (await read_both(selection)).reconcile().agrees
