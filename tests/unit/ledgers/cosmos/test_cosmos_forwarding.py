"""The route table of a chain: what is sent for a change, and what is read back."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from google.protobuf.message import Message

from relayer.errors import AccessDenied, InvalidInput
from relayer.forwarding.model import Forward, RemoveRoute, Route, RouteUse, SetRoute
from relayer.forwarding.records import forward_mapping
from relayer.keystore import account_from_key
from relayer.ledgers.cosmos.account import CosmosAccount
from relayer.ledgers.cosmos.commander import Commander
from relayer.ledgers.cosmos.fees import FeePolicy
from relayer.ledgers.cosmos.forwarding import CosmosForwarding
from relayer.ledgers.cosmos.transactions import AccountSender
from relayer.wire.cosmos_protos import any_
from relayer.wire.interledger.forward.chain.v1 import tx_pb2
from relayer.wire.interledger.forward.v1 import forward_pb2
from tests.support.sdk_chain import SdkChain, SdkClock

SIGNER = CosmosAccount(account_from_key("11" * 32), prefix="cosmos")
PACKAGE = "/interledger.forward.chain.v1."
ROUTE = Route(
    destination="1337", origin_client="07-tendermint-3", client_id="poa-evm-0", quota=9, origin_quota=3, margin_seconds=600
)
OPEN = Forward(
    in_client="poa-evm-0",
    in_sequence=1,
    out_client="07-tendermint-3",
    out_sequence=2,
    destination="settle-1",
    origin_client="",
    in_timeout=1000,
    out_timeout=400,
)


@pytest.fixture
def chain() -> SdkChain:
    return SdkChain(SIGNER.address)


@pytest.fixture
def forwarding(chain: SdkChain) -> CosmosForwarding:
    fees = FeePolicy(price=Fraction(0), denomination="stake", cap=0)
    sender = AccountSender(chain, SIGNER, chain_id=chain.chain_id, fees=fees, clock=SdkClock(chain))
    return CosmosForwarding(chain, Commander(sender), chain_id=chain.chain_id)


async def test_a_route_is_set_once_and_removed(chain: SdkChain, forwarding: CosmosForwarding) -> None:
    seen: list[any_.Any] = []
    uses: list[Message] = []
    for name in ("SetRoute", "RemoveRoute"):
        response = getattr(tx_pb2, f"Msg{name}Response")()

        def rule(message: any_.Any, answer: Message = response) -> Message:
            seen.append(message)
            return answer

        chain.rules[f"{PACKAGE}Msg{name}"] = rule
    chain.queries[f"{PACKAGE}Query/Routes"] = lambda _: forward_pb2.ListRoutesResponse(routes=uses)  # type: ignore[arg-type]
    await forwarding.change(SetRoute(route=ROUTE))
    expected = tx_pb2.MsgSetRoute(operator=SIGNER.address, route=forward_mapping(Route).to_message(ROUTE))  # type: ignore[arg-type]
    assert tx_pb2.MsgSetRoute.FromString(seen[-1].value) == expected
    use = RouteUse(route=ROUTE, open_forwards=7)
    uses.append(forward_mapping(RouteUse).to_message(use))
    assert await forwarding.routes() == (use,)
    await forwarding.change(SetRoute(route=ROUTE))
    assert len(chain.executed) == 1
    await forwarding.change(RemoveRoute(destination="1337", origin_client="07-tendermint-3"))
    removal = tx_pb2.MsgRemoveRoute(operator=SIGNER.address, destination="1337", origin_client="07-tendermint-3")
    assert tx_pb2.MsgRemoveRoute.FromString(seen[-1].value) == removal


async def test_open_forwards_are_read_in_pages(chain: SdkChain, forwarding: CosmosForwarding) -> None:
    asked: list[forward_pb2.ListForwardsRequest] = []

    def answer(raw: bytes) -> Message:
        asked.append(forward_pb2.ListForwardsRequest.FromString(raw))
        return forward_pb2.ListForwardsResponse(forwards=[forward_mapping(Forward).to_message(OPEN)])  # type: ignore[list-item]

    chain.queries[f"{PACKAGE}Query/Forwards"] = answer
    assert await forwarding.forwards(after=("07-tendermint-3", 1), limit=5000) == (OPEN,)
    assert asked == [forward_pb2.ListForwardsRequest(after_out_client="07-tendermint-3", after_out_sequence=1, limit=1000)]


async def test_only_an_operator_changes_routes(chain: SdkChain, forwarding: CosmosForwarding) -> None:
    chain.queries[f"{PACKAGE}Query/Routes"] = lambda _: forward_pb2.ListRoutesResponse()
    chain.rules[f"{PACKAGE}MsgSetRoute"] = lambda _: ("sdk", 4)
    with pytest.raises(AccessDenied, match="use an account of its settlement operators"):
        await forwarding.change(SetRoute(route=ROUTE))
    with pytest.raises(InvalidInput, match="out of range"):
        await forwarding.change(SetRoute(route=replace(ROUTE, quota=-1)))
