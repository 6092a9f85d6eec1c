"""Whether there is an IBC v2 router with the standard storage at an address, so that its proofs mean something."""

from __future__ import annotations

from relayer.errors import WrongLedger
from relayer.ledgers.evm.calls import COMMITMENTS_SLOT, GET_COMMITMENT
from relayer.ledgers.evm.errors import NodeRefused
from relayer.ledgers.evm.node import EvmNode
from relayer.ledgers.evm.quantity import data
from relayer.ledgers.evm.rpc import Call
from relayer.proofs.keccak import keccak256

_PROBE = keccak256(b"a path that no packet has")
_MARK = keccak256(b"a commitment that no packet has")
_CODE_BYTES = 1 << 16


async def require_router(node: EvmNode, router: bytes) -> None:
    """Raises WrongLedger with what to do.

    The storage base is tested by letting the node pretend that one slot holds a word (eth_call's state override) and
    asking the router for it. Nodes without overrides are believed if the base is in the contract's code.
    """
    address = "0x" + router.hex()
    call = {"to": address, "data": "0x" + (GET_COMMITMENT + _PROBE).hex()}
    slot = "0x" + keccak256(_PROBE + COMMITMENTS_SLOT).hex()
    override = {address: {"stateDiff": {slot: "0x" + _MARK.hex()}}}
    code, plain, marked = await node.rpc.batch(
        [
            Call("eth_getCode", (address, "latest")),
            Call("eth_call", (call, "latest")),
            Call("eth_call", (call, "latest", override)),
        ]
    )
    if isinstance(code, NodeRefused):
        raise code
    program = data(code, "eth_getCode", maximum=_CODE_BYTES)
    if not program:
        raise WrongLedger(f"there is no contract at {address}; correct `router`, or deploy one with `relayer channel open`")
    if isinstance(plain, NodeRefused) or data(plain, "getCommitment") != bytes(32):
        raise WrongLedger(f"the contract at {address} is not an IBC v2 router: it has no getCommitment; correct `router`")
    is_marked = not isinstance(marked, NodeRefused) and data(marked, "getCommitment") == _MARK
    if not is_marked and COMMITMENTS_SLOT not in program:
        raise WrongLedger(
            f"the router at {address} does not keep its commitments in the standard slot 0x{COMMITMENTS_SLOT.hex()}; "
            "proofs of it would prove nothing, so it cannot be used"
        )
