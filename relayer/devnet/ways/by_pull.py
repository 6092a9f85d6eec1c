"""Pull: the operators write their trips to a contract that knows no money, and a settlement agent reads them there.

Business logic knows nothing of settlement; the reference appears beside the trip.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from relayer.devnet.ways.book import Book
from relayer.devnet.ways.place import Place
from relayer.devnet.ways.trips import ENDED_AT, Trip, by_creditor
from relayer.ledgers.evm.abi_types import encode
from relayer.ledgers.evm.connection import EvmConnection
from relayer.ledgers.evm.events import parse_logs
from relayer.ledgers.evm.transactions import TransactionOrder
from relayer.proofs.keccak import keccak256

_TYPES = ("bytes32", "address", "uint64", "uint64", "uint32", "uint16")
_RECORD = keccak256(f"record({','.join(_TYPES)})".encode())[:4]
_REFERENCED = keccak256(b"TripReferenced(bytes32,bytes32)")
_SECONDS = 600
_GAS = 150_000


class LoggedTrips:
    """The business logic. `connections`: of each operator's account, by its code."""

    def __init__(self, book: Book, place: Place, connections: Mapping[str, EvmConnection]) -> None:
        self._book = book
        self._contract = place.trip_log
        self._connections = connections
        self._next_block = place.start_block

    async def end(self, trips: Sequence[Trip]) -> None:
        """The trips are over."""
        with self._book.transaction() as connection:
            fresh = [trip for trip in trips if self._book.add(connection, trip)]
        for creditor, own in by_creditor(fresh):
            orders = [TransactionOrder(to=self._contract, calldata=self._record(trip), gas=_GAS) for trip in own]
            await self._connections[creditor].sender.execute_all(orders)

    def _record(self, trip: Trip) -> bytes:
        retailer = "0x" + self._connections[trip.debtor].sender.address.hex()
        values = [trip.number.to_bytes(32, "big"), retailer, ENDED_AT - _SECONDS, ENDED_AT, trip.cents, 1]
        return _RECORD + encode(_TYPES, values)

    async def look(self) -> None:
        """References that the agent has written since the last look."""
        rpc = next(iter(self._connections.values())).rpc
        newest = int(await rpc.call("eth_blockNumber"), 16)
        if newest < self._next_block:
            return
        address = "0x" + self._contract.hex()
        span = {"fromBlock": hex(self._next_block), "toBlock": hex(newest), "topics": ["0x" + _REFERENCED.hex()]}
        answer = await rpc.call("eth_getLogs", {"address": address, **span})
        with self._book.transaction() as connection:
            for log in parse_logs(answer, address=self._contract, first=self._next_block, last=newest):
                self._book.refer(connection, f"trip-{int.from_bytes(log.topics[1], 'big')}", "0x" + log.data.hex())
        self._next_block = newest + 1
