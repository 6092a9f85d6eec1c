"""The key of an issuer or a creditor, named on the command line. The key is never an argument: those are public."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from relayer.config.fields import Secret
from relayer.errors import ConfigurationError
from relayer.keystore import LocalAccount, account_from_key, open_keystore


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerKey:
    """A keystore with its password's file, or an environment variable with the key."""

    keystore: Path | None
    password_file: Path | None
    environment: str | None

    def open_if_named(self) -> LocalAccount | None:
        """None if no key is named. Raises ConfigurationError if it cannot be read, or only a part of it is named."""
        return None if (self.keystore, self.password_file, self.environment) == (None, None, None) else self.open()

    def open(self) -> LocalAccount:
        """Raises ConfigurationError if no key is named, or it cannot be read."""
        if self.environment is not None:
            return account_from_key(Secret(env=self.environment).resolve())
        if self.keystore is None or self.password_file is None:
            raise ConfigurationError("name the key: --keystore with --password-file, or --key-env")
        return open_keystore(self.keystore, Secret(file=self.password_file).resolve())
