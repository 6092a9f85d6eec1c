"""Light clients as a router shows them, and their creation. A router pairs a client when it is added."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from relayer.core.ids import ClientId, Height, TimestampSeconds, parse_client_id
from relayer.errors import ConfigurationError, InvalidInput, LedgerUnavailable
from relayer.ledgers.evm.abi_types import decode, encode
from relayer.ledgers.evm.calls import GET_CLIENT, GET_COUNTERPARTY, GET_NEXT_CLIENT_SEQUENCE, client_call
from relayer.ledgers.evm.comet_abi import stores_call
from relayer.ledgers.evm.contracts import error_name
from relayer.ledgers.evm.deployer import Deployer
from relayer.ledgers.evm.errors import MalformedAnswer, NodeRefused
from relayer.ledgers.evm.events import parse_log
from relayer.ledgers.evm.node import EvmNode, MinedTransaction
from relayer.ledgers.evm.quantity import data, listing
from relayer.ledgers.evm.rpc import Call
from relayer.ports.ledger import ClientCondition, ClientStatus
from relayer.proofs.comet.client_types import CLIENT_TYPE
from relayer.proofs.errors import ProofError
from relayer.proofs.keccak import keccak256

_GET_CLIENT_STATE = keccak256(b"getClientState()")[:4]
_STATUS = keccak256(b"status()")[:4]
_ADD_CLIENT = keccak256(b"addClient((string,bytes[]),address)")[:4]
_CLIENT_ADDED = keccak256(b"ICS02ClientAdded(string,(string,bytes[]),address)")
_CLIENT_STATE = "(string,uint64,uint64,uint64,uint64,bool,uint64,uint32)"
_COUNTERPARTY = "(string,bytes[])"
_UNKNOWN_CLIENT_ERRORS = frozenset({"IBCClientNotFound", "IBCCounterpartyClientNotFound"})
_CONDITIONS = (ClientCondition.ACTIVE, ClientCondition.FROZEN, ClientCondition.EXPIRED)
_NANOSECONDS = 1_000_000_000


class RouterClients:
    """The client registry (ICS-02) of one router."""

    def __init__(self, node: EvmNode, *, router: bytes) -> None:
        self._node = node
        self._router = router

    async def address(self, client: ClientId) -> bytes | None:
        """The light client's contract, or None if the router knows no such client."""
        try:
            answer = await self._node.view(self._router, client_call(GET_CLIENT, client))
        except NodeRefused as refusal:
            if error_name(refusal.data or b"") in _UNKNOWN_CLIENT_ERRORS:
                return None
            raise
        return _address(answer)

    async def next_client_id(self) -> ClientId:
        """The id of the client that is added next. Raises LedgerUnavailable, MalformedAnswer."""
        answer = await self._node.view(self._router, GET_NEXT_CLIENT_SEQUENCE)
        try:
            (number,) = decode(("uint256",), answer)
        except InvalidInput as error:
            raise MalformedAnswer(f"getNextClientSeq: {error}") from error
        return ClientId(f"client-{number}")

    async def counterparty(self, client: ClientId) -> tuple[str, tuple[bytes, ...]]:
        """Client id and Merkle prefix that the client was paired with; empty if the router knows no such client."""
        try:
            answer = await self._node.view(self._router, client_call(GET_COUNTERPARTY, client))
        except NodeRefused as refusal:
            if error_name(refusal.data or b"") in _UNKNOWN_CLIENT_ERRORS:
                return "", ()
            raise
        try:
            ((counterparty, prefix),) = decode((_COUNTERPARTY,), answer)
        except InvalidInput as error:
            raise MalformedAnswer(f"getCounterparty: {error}") from error
        return counterparty, tuple(prefix)

    async def status(self, client: ClientId) -> ClientStatus:
        """UNKNOWN if there is no such client. A contract that is not our CometBFT light client raises LedgerUnavailable."""
        address, (counterparty, _) = await asyncio.gather(self.address(client), self.counterparty(client))
        if address is None:
            return ClientStatus(client_id=client, condition=ClientCondition.UNKNOWN)
        return replace(await self.status_of_contract(address, client), counterparty_client_id=counterparty)

    async def status_of_contract(self, address: bytes, client: ClientId) -> ClientStatus:
        """Of a light client that the router may not know; `client` is its name in errors."""
        to = "0x" + address.hex()
        views = (_GET_CLIENT_STATE, _STATUS)
        calls = [Call("eth_call", ({"to": to, "data": "0x" + view.hex()}, "latest")) for view in views]
        state, condition = await self._node.rpc.batch(calls)
        for answer in (state, condition):
            if isinstance(answer, NodeRefused):
                raise LedgerUnavailable(f"client {client}: {to} is not a CometBFT light client of this project ({answer})")
        try:
            (encoded,) = decode(("bytes",), data(state, "getClientState"))
            ((chain_id, _, height, trusting, _, _, time, _),) = decode((_CLIENT_STATE,), encoded)
            (code,) = decode(("uint8",), data(condition, "status"))
        except InvalidInput as error:
            raise MalformedAnswer(f"client {client}: its state at {to} does not decode ({error})") from error
        if code >= len(_CONDITIONS):
            raise MalformedAnswer(f"client {client}: status {code} is none that is known here")
        return ClientStatus(
            client_id=client,
            condition=_CONDITIONS[code],
            client_type=CLIENT_TYPE,
            latest_height=Height(height),
            latest_timestamp=TimestampSeconds(time // _NANOSECONDS),
            trusting_period_seconds=trusting // _NANOSECONDS,
            counterparty_chain_id=chain_id,
        )

    async def stores_consensus_state(self, client: ClientId, *, height: Height, consensus_state: bytes) -> bool:
        """Whether the client has stored exactly this at `height`. Raises LedgerUnavailable, MalformedAnswer."""
        address = await self.address(client)
        if address is None:
            return False
        try:
            calldata = stores_call(height=height, consensus_state=consensus_state)
        except (ProofError, InvalidInput):
            return False
        answer = await self._node.view(address, calldata)
        try:
            (stores,) = decode(("bool",), answer)
        except InvalidInput as error:
            raise MalformedAnswer(f"hasConsensusState: {error}") from error
        return bool(stores)

    async def add(
        self, deployer: Deployer, light_client: bytes, *, counterparty: ClientId, prefix: Sequence[bytes]
    ) -> ClientId:
        """Registers a deployed light client under the router's next id; the pairing is permanent."""
        mined = await deployer.call(self._router, _add_client(light_client, counterparty, prefix), "addClient")
        return _added_client(mined, self._router)

    async def rehearse_add(self, deployer: Deployer, *, counterparty: ClientId, prefix: Sequence[bytes]) -> None:
        """Finds a refusal of `add` before a light client is paid for. Any contract does, and the router is one."""
        await deployer.rehearse(self._router, _add_client(self._router, counterparty, prefix), "addClient")

    async def require_counterparty(self, client: ClientId, *, counterparty: ClientId, prefix: Sequence[bytes]) -> None:
        """Pairing is done by then; another pair than the one asked for is an error."""
        found = await self.counterparty(client)
        if not found[0]:
            raise ConfigurationError(f"the router knows no client {client}; create it with `relayer channel open`")
        if found != (counterparty, tuple(prefix)):
            raise ConfigurationError(
                f"client {client} of the router is paired with {found[0]!r}, not with {counterparty!r}; create a new client"
            )


def _add_client(light_client: bytes, counterparty: ClientId, prefix: Sequence[bytes]) -> bytes:
    return _ADD_CLIENT + encode((_COUNTERPARTY, "address"), ((counterparty, tuple(prefix)), light_client))


def _added_client(mined: MinedTransaction, router: bytes) -> ClientId:
    for item in listing(mined.logs, "receipt logs", maximum=1_000):
        log = parse_log(item)
        if log.address == router and log.topics[:1] == (_CLIENT_ADDED,):
            try:
                client, _, _ = decode(("string", _COUNTERPARTY, "address"), log.data)
            except InvalidInput as error:
                raise MalformedAnswer(f"ICS02ClientAdded: {error}") from error
            return parse_client_id(client)
    raise MalformedAnswer("addClient succeeded without its event; is the router an IBC v2 router?")


def _address(answer: bytes) -> bytes:
    if len(answer) != 32 or any(answer[:12]):
        raise MalformedAnswer("the router gave no address")
    return answer[12:]
