"""The folder of a development network: its files, how it is made, and whether its process runs."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import assert_never

import yaml

from relayer.config.ledgers import CosmosLedgerSettings, EvmLedgerSettings, SettlementLedgerSettings
from relayer.config.relayer_file import load_relayer
from relayer.devnet.chain_node import Progress
from relayer.devnet.layout import AUTHORITIES, write_layout
from relayer.devnet.network import ChainShape, SettlementKind, new_chain, place_of
from relayer.devnet.ports import free_ports
from relayer.devnet.processes import Children
from relayer.errors import ConfigurationError
from relayer.private_files import private_file, private_folder

CLIENTS = 8
"""Light clients on the settlement ledger that the authorities sign for, the first ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DevnetFolder:
    """Paths below one folder."""

    path: Path

    @property
    def configuration(self) -> Path:
        """The relayer's configuration."""
        return self.path / "relayer.yaml"

    @property
    def contracts(self) -> Path:
        """Ganache's state."""
        return self.path / "ganache"

    @property
    def chain(self) -> Path:
        """The chain's nodes."""
        return self.path / "chain"

    @property
    def queue_file(self) -> Path:
        """How a queue is served; there is none if it is missing."""
        return self.path / "queue.yaml"

    @property
    def broker(self) -> Path:
        """What the message broker keeps."""
        return self.path / "broker"

    @property
    def log(self) -> Path:
        """What the network's process prints."""
        return self.path / "devnet.log"

    @property
    def pid_file(self) -> Path:
        """Locked as long as the network runs; holds the number of its process."""
        return self.path / "devnet.pid"

    @property
    def ready_file(self) -> Path:
        """Holds the number of the process that is ready."""
        return self.path / "devnet.ready"

    @property
    def authority_files(self) -> list[Path]:
        """The authorities' configurations."""
        return [self.path / f"authority-{number}.yaml" for number in range(AUTHORITIES)]

    def ledgers(self) -> tuple[EvmLedgerSettings, SettlementLedgerSettings]:
        """Raises ConfigurationError if the folder holds no network."""
        if not self.configuration.is_file():
            raise ConfigurationError(f"{self.path} holds no development network; `relayer devnet up` makes one")
        ledgers = load_relayer(self.configuration).ledgers
        contracts, settlement = ledgers.get("contracts"), ledgers.get("settlement")
        if not isinstance(contracts, EvmLedgerSettings) or settlement is None or isinstance(settlement, EvmLedgerSettings):
            raise ConfigurationError(
                f"{self.configuration} is not what `relayer devnet up` wrote; restore it, or use a new folder"
            )
        return contracts, settlement

    def kind(self) -> SettlementKind:
        """Raises ConfigurationError if the folder holds no network."""
        _, settlement = self.ledgers()
        return SettlementKind.COSMOS if isinstance(settlement, CosmosLedgerSettings) else SettlementKind.EMBEDDED

    def require_whole(self) -> None:
        """Before anything that takes long. Raises ConfigurationError if a part of the network is missing, OSError if its log
        cannot be written."""
        needed = [*self.authority_files, *([self.chain / "node0"] if self.kind() is SettlementKind.COSMOS else [])]
        missing = [each for each in needed if not each.exists()]
        if missing:
            raise ConfigurationError(
                f"{self.configuration} is not what `relayer devnet up` wrote: there is no {missing[0]}; name a new folder"
            )
        self.log.open("ab").close()

    def running(self) -> int | None:
        """The process of the network, or None if it does not run."""
        try:
            with self.pid_file.open("rb") as stream:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return None
        except BlockingIOError:
            text = self.pid_file.read_text().strip()
            return int(text) if text.isdecimal() else None
        return None

    def is_ready(self) -> bool:
        """Whether the process that runs has said that everything answers."""
        running = self.running()
        return running is not None and self.ready_file.is_file() and self.ready_file.read_text() == str(running)

    @contextmanager
    def held(self) -> Iterator[None]:
        """As the one process of this network. Raises ConfigurationError if there is another."""
        with TextIOWrapper(private_file(self.pid_file)) as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ConfigurationError(
                    f"the network of {self.path} runs already; `relayer devnet down` stops it"
                ) from error
            stream.truncate(0)
            stream.write(str(os.getpid()))
            stream.flush()
            try:
                yield
            finally:
                self.ready_file.unlink(missing_ok=True)
                stream.truncate(0)


def make(folder: DevnetFolder, kind: SettlementKind, shape: ChainShape, tell: Progress) -> None:
    """A new network. Afterwards the folder holds either all of it or nothing. Raises ConfigurationError."""
    if folder.path.exists() and any(folder.path.iterdir()):
        raise ConfigurationError(f"{folder.path} is not empty and holds no development network; name a new folder")
    unfinished = folder.path.with_name(f".{folder.path.name}.unfinished")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    private_folder(unfinished)
    url = f"http://127.0.0.1:{free_ports(1)[0]}"
    match kind:
        case SettlementKind.COSMOS:
            write_layout(unfinished, url, clients=CLIENTS, chain=place_of(new_chain(unfinished, shape, tell)))
        case SettlementKind.EMBEDDED:
            write_layout(unfinished, url, clients=CLIENTS)
            Children(unfinished).run("ledger", "init", "ledger.yaml")
        case unreachable:
            assert_never(unreachable)
    if folder.path.exists():
        folder.path.rmdir()
    unfinished.rename(folder.path)


def write_queue_file(folder: DevnetFolder) -> None:
    """queue.yaml for the network's settlement ledger and a broker of its own. Raises ConfigurationError."""
    folder.ledgers()
    (port,) = free_ports(1)
    settlement = yaml.safe_load(folder.configuration.read_text())["ledgers"]["settlement"]
    content = {"version": 1, "broker": {"servers": [f"nats://127.0.0.1:{port}"]}, "settlement": settlement}
    folder.queue_file.write_text(yaml.safe_dump({**content, "logging": {"format": "console"}}, sort_keys=False))
