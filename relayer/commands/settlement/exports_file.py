"""Which payments were written to which payment file, kept beside the configuration: no bank gets an order twice unnoticed.

It is the operator's memory and no ledger's: whoever exports from another folder is not warned.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from relayer.errors import InvalidInput
from relayer.private_files import private_file

_SHOWN = 3


def exports_file(config: Path) -> Path:
    """Beside the configuration file: one line for each payment, message id and payment id with a tab between."""
    return config.resolve().parent / "exported-payments.tsv"


def exported_before(file: Path, payment_ids: Collection[str]) -> Mapping[str, str]:
    """Those of the payments that are in a payment file already, with its message id. Raises InvalidInput."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file}: cannot be read ({error}); repair it, or move it away") from error
    rows = (line.partition("\t") for line in lines)
    return {payment_id: message_id for message_id, _, payment_id in rows if payment_id in payment_ids}


def note_export(file: Path, message_id: str, payment_ids: Iterable[str]) -> None:
    """Before the payment file is complete: a warning too many is better than an order too many. Raises InvalidInput."""
    rows = "".join(f"{message_id}\t{payment_id}\n" for payment_id in payment_ids)
    try:
        with private_file(file) as opened:
            opened.write(rows.encode())
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise InvalidInput(f"{file}: cannot be written ({error.strerror}); nothing was exported") from error


def described(before: Mapping[str, str]) -> str:
    """What a person has to know of orders that are exported again."""
    shown = ", ".join(f"{payment_id} in {message_id}" for payment_id, message_id in sorted(before.items())[:_SHOWN])
    more = f" and {len(before) - _SHOWN} more" if len(before) > _SHOWN else ""
    return f"{len(before)} of these payments are in a payment file already ({shown}{more}); a bank may pay them twice"
