"""`relayer init` and `relayer agent init`: the commented examples and a key. Nothing that exists is overwritten."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from relayer.commands.output import done, say
from relayer.config.fields import Secret
from relayer.errors import ConfigurationError
from relayer.keystore import create_keystore

EXAMPLE_FILES = ("relayer.yaml", "ledger.yaml", "authority.yaml", "settlement.json")
AGENT_FILES = ("agent.yaml", "trips.rules.yaml")


def write_examples(folder: Path) -> None:
    """`init`. Raises ConfigurationError if one of the files exists already."""
    account = _written(folder, EXAMPLE_FILES, key="relayer")
    done(f"wrote {folder / 'keys/relayer.json'}: the relayer's account {account}, which needs funds unless gas is free")
    say("next: put your endpoints and authorities into relayer.yaml, then run `relayer check`")


def write_agent_examples(folder: Path) -> None:
    """`agent init`. Raises ConfigurationError if one of the files exists already."""
    account = _written(folder, AGENT_FILES, key="agent")
    done(
        f"wrote {folder / 'keys/agent.json'}: the agent's account {account}, which signs facts and writes references, so it "
        "needs funds unless gas is free"
    )
    say(
        "next: register the account as an issuer (`relayer settlement apply`), put your nodes into agent.yaml and your "
        "contract into trips.rules.yaml, then run `relayer agent check`"
    )


def _written(folder: Path, names: Sequence[str], *, key: str) -> str:
    """The files, and a new key with its password. Returns its account."""
    present = [name for name in (*names, f"keys/{key}.json") if (folder / name).exists()]
    if present:
        raise ConfigurationError(f"{folder / present[0]} exists already; choose another folder")
    keys = folder / "keys"
    try:
        keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in names:
            (folder / name).write_bytes(resources.files("relayer.examples").joinpath(name).read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{folder}: cannot be written ({error.strerror}); choose another folder") from error
    account = create_keystore(keys / f"{key}.json", new_secret(keys / f"{key}.password"))
    for name in names:
        done(f"wrote {folder / name}")
    return str(account.address)


def new_secret(path: Path) -> str:
    """Creates a file that its owner alone may read, with 256 random bits in it; an existing one is read."""
    if path.exists():
        return path.read_text().split("\n", 1)[0].strip()
    secret = secrets.token_hex(32)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be created ({error.strerror}); choose another path") from error
    with os.fdopen(descriptor, "w") as stream:
        stream.write(secret + "\n")
    return secret


def secret_of(secret: Secret) -> str:
    """The secret; a referenced file that does not exist yet is created with a random one."""
    if secret.file is not None and not secret.file.exists():
        new_secret(secret.file)
        done(f"wrote {secret.file}")
    return secret.resolve()
