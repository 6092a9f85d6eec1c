"""Push: business logic hands its claims to settlement from its own process, whatever the settlement ledger is.

    outbox = Outbox(system="booking", issuer="0x…", chain_id=1337)
    outbox.put(connection, Claim(business_id="T-1", …))       # in your transaction, with your record
    connection.commit()

    Courier(outbox, connect=…, target="unix:ledger/ledger.sock", sign=keystore_signer("key.json", password)).start()

The claim commits with the business record or not at all, and a courier delivers what was committed: at least once to the
ledger, which makes one liability of it however often it comes. `PushClient` is for callers without a database.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from relayer.push.claim import Claim
from relayer.push.errors import OutboxUnavailable, SignerUnavailable
from relayer.push.outbox import Outbox
from relayer.push.records import ClaimState, Outcome, Reference, Statistics

if TYPE_CHECKING:
    from relayer.push.client import PushClient
    from relayer.push.courier import Courier, CourierSettings
    from relayer.push.signers import issuer_of, issuer_of_keystore, key_signer, keystore_signer
    from relayer.push.targets import PushTarget, ServiceTarget, open_target

__all__ = [
    "Claim",
    "ClaimState",
    "Courier",
    "CourierSettings",
    "Outbox",
    "OutboxUnavailable",
    "Outcome",
    "PushClient",
    "PushTarget",
    "Reference",
    "ServiceTarget",
    "SignerUnavailable",
    "Statistics",
    "issuer_of",
    "issuer_of_keystore",
    "key_signer",
    "keystore_signer",
    "open_target",
]

_LATE = {
    "Courier": "courier",
    "CourierSettings": "courier",
    "PushClient": "client",
    "PushTarget": "targets",
    "ServiceTarget": "targets",
    "issuer_of": "signers",
    "issuer_of_keystore": "signers",
    "key_signer": "signers",
    "keystore_signer": "signers",
    "open_target": "targets",
}
"""Module by name: loaded when they are first used, since a process that only puts claims needs no event loop and no keys."""


def __getattr__(name: str) -> Any:
    module = _LATE.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)
