"""The same faults for every way: the settlement ledger is killed and stays away, and the process that carries claims is
killed three times: in the middle of the work, while the ledger is away, and once the ledger is back."""

from __future__ import annotations

import time
from dataclasses import dataclass

from relayer.devnet.ways.network import WaysNetwork
from relayer.devnet.ways.running import BusinessProcess, Running

KILLS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What happens, and to whom."""

    ways: WaysNetwork
    running: Running
    work: BusinessProcess
    down_seconds: float

    def happen(self) -> None:
        """Once work is under way. The ledger and the way's processes are up when this returns."""
        self.running.kill(self.work)
        self.ways.network.ledger.kill()
        # How long it is away is what is asked for, so these are pauses and no conditions.
        time.sleep(self.down_seconds / 2)
        self.running.kill(self.work)
        time.sleep(self.down_seconds / 2)
        self.ways.start_ledger()
        self.running.kill(self.work)
