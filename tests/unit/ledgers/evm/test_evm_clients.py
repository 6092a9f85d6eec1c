"""What a router and its light clients say of themselves, and what a foreign contract may say."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from eth_abi.abi import encode

from relayer.core.ids import ClientId, Height
from relayer.errors import ClientUnusable, ConfigurationError, InvalidInput, LedgerUnavailable
from relayer.ledgers.evm.calls import GET_CLIENT, GET_COUNTERPARTY
from relayer.ledgers.evm.clients import RouterClients
from relayer.ledgers.evm.comet_codec import CometCodec
from relayer.ledgers.evm.errors import NodeRefused
from relayer.ledgers.evm.finality import LatestIsFinal
from relayer.ledgers.evm.node import EvmNode
from relayer.ports.ledger import ClientCondition
from relayer.ports.prover import ClientMessage
from relayer.proofs.keccak import keccak256

CLIENT = ClientId("client-0")
ROUTER, LIGHT_CLIENT = b"\x11" * 20, b"\x22" * 20
STATE = ("settlement-1", 1, 99, 3_600 * 10**9, 10 * 10**9, False, 1_772_366_400 * 10**9 + 5, 0)
STATE_TYPE = "(string,uint64,uint64,uint64,uint64,bool,uint64,uint32)"
UNKNOWN = NodeRefused("eth_call", 3, "execution reverted", keccak256(b"IBCClientNotFound(string)")[:4])
REFUSED = NodeRefused("eth_call", 3, "execution reverted", b"")


def selector(signature: bytes) -> bytes:
    return keccak256(signature)[:4]


@dataclass
class FakeContracts:
    """Views by selector; a NodeRefused is a revert."""

    changes: dict[bytes, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.views = {
            GET_CLIENT: bytes(12) + LIGHT_CLIENT,
            GET_COUNTERPARTY: encode(("(string,bytes[])",), (("poa-evm-0", [b"ibc", b""]),)),
            selector(b"getClientState()"): encode(("bytes",), (encode((STATE_TYPE,), (STATE,)),)),
            selector(b"status()"): bytes(32),
            **self.changes,
        }

    def answer(self, transaction: dict[str, str]) -> object:
        view = self.views[bytes.fromhex(transaction["data"][2:10])]
        return view if isinstance(view, NodeRefused) else "0x" + view.hex()

    async def call(self, method: str, transaction: dict[str, str], _: str) -> object:
        assert method == "eth_call"
        result = self.answer(transaction)
        if isinstance(result, NodeRefused):
            raise result
        return result

    async def batch(self, calls) -> list[object]:
        return [self.answer(each.params[0]) for each in calls]


def clients(changes: dict[bytes, object] | None = None) -> RouterClients:
    return RouterClients(EvmNode(FakeContracts(changes or {}), LatestIsFinal()), router=ROUTER)


async def test_a_client_s_status_is_read_in_seconds() -> None:
    status = await clients().status(CLIENT)
    assert status.condition is ClientCondition.ACTIVE
    assert (status.latest_height, status.latest_timestamp) == (99, 1_772_366_400)
    assert (status.trusting_period_seconds, status.counterparty_chain_id) == (3_600, "settlement-1")
    assert status.counterparty_client_id == "poa-evm-0"


@pytest.mark.parametrize(("code", "condition"), [(1, ClientCondition.FROZEN), (2, ClientCondition.EXPIRED)])
async def test_frozen_and_expired_are_told_apart(code, condition) -> None:
    status = await clients({selector(b"status()"): code.to_bytes(32, "big")}).status(CLIENT)
    assert status.condition is condition


async def test_an_unknown_client_is_unknown_everywhere() -> None:
    made = clients({GET_CLIENT: UNKNOWN, GET_COUNTERPARTY: UNKNOWN})
    assert (await made.status(CLIENT)).condition is ClientCondition.UNKNOWN
    assert await made.address(CLIENT) is None
    assert await made.counterparty(CLIENT) == ("", ())


@pytest.mark.parametrize(
    "changes",
    [
        {GET_CLIENT: REFUSED},
        {GET_CLIENT: b"\x01" * 32},
        {GET_CLIENT: b""},
        {GET_COUNTERPARTY: REFUSED},
        {GET_COUNTERPARTY: b"\xff" * 64},
        {selector(b"getClientState()"): REFUSED},
        {selector(b"getClientState()"): b""},
        {selector(b"getClientState()"): encode(("bytes",), (b"other",))},
        {selector(b"status()"): REFUSED},
        {selector(b"status()"): (3).to_bytes(32, "big")},
        {selector(b"status()"): b"\xff" * 32},
    ],
)
async def test_a_foreign_contract_is_an_error_never_a_status(changes) -> None:
    with pytest.raises(LedgerUnavailable):
        await clients(changes).status(CLIENT)


async def test_a_pair_is_compared_whole() -> None:
    made = clients()
    await made.require_counterparty(CLIENT, counterparty=ClientId("poa-evm-0"), prefix=(b"ibc", b""))
    for pair in ({"counterparty": "poa-evm-1", "prefix": (b"ibc", b"")}, {"counterparty": "poa-evm-0", "prefix": (b"",)}):
        with pytest.raises(ConfigurationError, match="paired with"):
            await made.require_counterparty(CLIENT, **pair)


async def test_an_unknown_client_has_no_pair() -> None:
    with pytest.raises(ConfigurationError, match="knows no client"):
        await clients({GET_COUNTERPARTY: UNKNOWN}).require_counterparty(CLIENT, counterparty=CLIENT, prefix=())


async def test_a_client_message_of_another_kind_is_refused() -> None:
    made = clients()
    codec = CometCodec(EvmNode(FakeContracts(), LatestIsFinal()), made)
    with pytest.raises(InvalidInput, match="takes"):
        await codec.update(CLIENT, ClientMessage(type_url="/other", value=b"", height=Height(1)))


async def test_an_update_for_an_unknown_client_says_what_to_do() -> None:
    made = clients({GET_CLIENT: UNKNOWN})
    codec = CometCodec(EvmNode(FakeContracts(), LatestIsFinal()), made)
    with pytest.raises(ClientUnusable, match="channel open"):
        await codec._known_sets(CLIENT, [bytes(32)])
